import json

import pytest
from pydantic import ValidationError

from escrowd.core.bundle import (
    SCHEMA,
    Bundle,
    Contact,
    Decision,
    Document,
    Entry,
    FreeField,
    Money,
    SecondFactor,
    Totp,
    bundle_from_bytes,
    bundle_to_bytes,
    changed,
    documents_of,
    find_document,
    find_entry,
    harmless_file,
    part_from_values,
    put_contact,
    put_decision,
    put_document,
    put_entry,
    remove_contact,
    remove_document,
    remove_entry,
)
from escrowd.core.bundle.document_file import is_plain_file
from escrowd.errors import ConflictError, EscrowdError, InputError, NotFoundError

SHOP = Entry(
    id="aaaaaaaa",
    title="Webshop",
    kind="website-login",
    urls=("https://bäckerei-größe.example/admin",),
    user="jörg",
    password='p"ä\\ß\t€ \u200b',
    totp=Totp(
        secret="JBSWY3DPEHPK3PXP", algorithm="SHA256", digits=8, period=60, issuer="Shop", account="jörg"
    ),
    second_factor=SecondFactor(
        kind="totp", device="Jörgs Telefon", codes_where="Ordner", codes=("1234-5678",)
    ),
    recovery_mailbox="inhaber@example.org",
    contract_holder="Bäckerei Größe",
    renewal="2027-03-01",
    cost=Money(amount="12.50", currency="EUR", every="month"),
    purpose="Hier bestellen die Stammkunden.",
    depends_on=("aaaaaaab",),
    notes="erste Zeile\nzweite",
    tags=("wichtig",),
    fields=(FreeField(name="PIN", value="0042", protected=True), FreeField(name="leer")),
    group=("Web", "Shop"),
    decisions=(
        Decision(
            id="aaaaaaac",
            date="2026-11-24",
            status="decided",
            topic="Welcher Shop?",
            choice="Eigener",
            alternatives=("Marktplatz", "keiner"),
            reason="Gebühren",
            asked_by="Frau Größe",
            review="2027-11-24",
        ),
    ),
)
HOST = Entry(id="aaaaaaab", title="Hosting", kind="hosting")
PLAN = Document(
    id="aaaaaaad",
    name="../Plan ä.pdf",
    file="_Plan ä.pdf",
    size=3,
    sha256="0" * 64,
    entry="aaaaaaaa",
    note="Skizze",
)
WHOLE = Bundle(
    client="baeckerei",
    name="Bäckerei Größe",
    language="de",
    profile="full-service",
    revision=0,
    entries=(SHOP, HOST),
    documents=(PLAN,),
    contacts=(Contact(id="aaaaaaae", name="Jana Winter", kind="provider", phone="+49 30 1"),),
    decisions=(Decision(id="aaaaaaaf", date="2026-01-02", status="open", topic="Umzug?"),),
    groups=(("Web", "Shop"),),
)


def code_of(function, *args, **kwargs) -> str:
    with pytest.raises(EscrowdError) as caught:
        function(*args, **kwargs)
    return caught.value.code


def test_a_bundle_survives_its_bytes():
    """Every field, with umlauts, quotes and invisible characters, is read back as it was written (P9)."""
    assert bundle_from_bytes(bundle_to_bytes(WHOLE)) == WHOLE


def test_the_bytes_are_for_people_too():
    """``bundle.json`` is indented UTF-8 with unescaped letters and without empty fields."""
    text = bundle_to_bytes(WHOLE).decode()
    assert text.startswith(f'{{\n "schema": "{SCHEMA}",\n')
    assert "Bäckerei Größe" in text
    assert "history" not in json.loads(text)
    assert json.loads(text)["entries"][1] == {"id": "aaaaaaab", "title": "Hosting", "kind": "hosting"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "json.malformed"),
        (b"[" * 100_000 + b"]" * 100_000, "json.too-deep"),
        (b'{"schema": NaN}', "json.not-finite"),
        (b'{"schema": "a", "schema": "b"}', "json.duplicate-key"),
        (b'{"schema": "escrow-bundle/2"}', "bundle.schema-unknown"),
        (b'["escrow-bundle/1"]', "bundle.schema-unknown"),
        (b'{"schema": {"a": "b"}}', "bundle.schema-unknown"),
        (b'{"schema": "escrow-bundle/1"}', "document.invalid"),
        (bundle_to_bytes(WHOLE).replace(b'"revision": 0', b'"revision": 0.0'), "json.float"),
        (bundle_to_bytes(WHOLE).replace(b'"revision": 0', b'"revision": "0"'), "document.invalid"),
        (bundle_to_bytes(WHOLE).replace(b'"revision": 0', b'"revision": 0, "hidden": 1'), "document.invalid"),
        (bundle_to_bytes(WHOLE).replace(b"2027-03-01", b"2027-02-30"), "document.invalid"),
        (bundle_to_bytes(WHOLE).replace(b'"12.50"', b'"12,50"'), "document.invalid"),
        (bundle_to_bytes(WHOLE).replace(b'"_Plan', b'"../Plan'), "document.invalid"),
        (bundle_to_bytes(WHOLE).replace(b'"aaaaaaad"', b'"aaaaaaab"'), "document.invalid"),
        (bundle_to_bytes(WHOLE)[:-10], "json.malformed"),
        (b"{}" + b" " * 33 * 2**20, "json.too-large"),
    ],
)
def test_other_bytes_are_refused_by_name(data: bytes, code: str):
    """What is no bundle of this version is refused with one error that says why (P9)."""
    assert code_of(bundle_from_bytes, data) == code


def test_an_error_shows_no_value():
    """A malformed bundle's error names the place, not the password that stands there (P10)."""
    data = bundle_to_bytes(WHOLE).replace(b'"user": "j\xc3\xb6rg"', b'"user": ["geheim-4711"]')
    with pytest.raises(InputError) as caught:
        bundle_from_bytes(data)
    assert caught.value.fields == {
        "document": "Bundle",
        "claim": "entries.0.user",
        "problem": "string_type",
    }
    with pytest.raises(ValidationError) as raw:
        Entry.model_validate({"id": "geheim-4711"})
    assert "4711" not in str(raw.value) + str(caught.value) + repr(SHOP) + str(SHOP) + repr(WHOLE)


def test_a_lone_surrogate_is_refused():
    """Text that no UTF-8 file can hold never gets into a bundle."""
    odd = put_entry(WHOLE, Entry(id="baaaaaaa", title="\ud800", kind="other"))
    assert code_of(bundle_to_bytes, odd) == "bundle.not-text"
    assert code_of(part_from_values, Entry, {"title": "\ud800"}) == "json.not-utf8"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"entries": (SHOP,), "documents": ()}, "reference_unknown"),
        ({"entries": (HOST,), "documents": (PLAN,)}, "reference_unknown"),
        ({"entries": (HOST, HOST)}, "id_twice"),
        ({"contacts": (Contact(id="aaaaaaab", name="x", kind="other"),)}, "id_twice"),
    ],
)
def test_a_bundle_hangs_together(values: dict[str, object], problem: str):
    """Ids are unique over all things, and a reference names an entry that is there."""
    with pytest.raises(InputError) as caught:
        changed(WHOLE, **values)
    assert (caught.value.code, caught.value.fields["problem"]) == ("document.invalid", problem)


def test_an_entry_is_found_by_id_and_unique_title():
    """ENTRY on the command line is an id or a title, in any case, that only one entry has."""
    twins = put_entry(WHOLE, Entry(id="baaaaaaa", title="webshop", kind="other"))
    assert find_entry(WHOLE, "aaaaaaaa") == find_entry(WHOLE, "WEBSHOP") == SHOP
    assert find_entry(twins, "Webshop") == SHOP
    assert code_of(find_entry, twins, "WEBSHOP") == "bundle.entry-ambiguous"
    assert code_of(find_entry, WHOLE, "Laden") == "bundle.entry-unknown"
    assert find_document(WHOLE, "../Plan ä.pdf") == find_document(WHOLE, PLAN.id) == PLAN
    assert code_of(find_document, WHOLE, "x") == "bundle.document-unknown"


def test_changes_keep_their_place():
    """A changed thing stays where it was, a new one comes last, a removed one leaves nothing that points to it."""
    renamed = put_entry(WHOLE, SHOP.model_copy(update={"title": "Laden"}))
    assert [entry.title for entry in renamed.entries] == ["Laden", "Hosting"]
    without_host = remove_entry(WHOLE, "aaaaaaab")
    assert without_host.entries[0].depends_on == ()
    without_shop = remove_entry(WHOLE, "aaaaaaaa")
    assert without_shop.documents[0].entry is None
    assert documents_of(WHOLE, SHOP) == (PLAN,)
    assert [document.id for document in documents_of(without_shop, None)] == [PLAN.id]
    assert put_document(WHOLE, PLAN) == WHOLE
    assert remove_document(WHOLE, PLAN.id).documents == ()
    assert remove_contact(WHOLE, "aaaaaaae").contacts == ()
    assert len(put_contact(WHOLE, Contact(id="baaaaaaa", name="Bank", kind="other")).contacts) == 2


def test_decisions_belong_to_the_bundle_or_to_an_entry():
    """A decision is filed with what it is about, and one with the same id replaces the former."""
    decision = Decision(id="aaaaaaac", date="2026-12-01", status="revised", topic="Welcher Shop?")
    assert put_decision(WHOLE, decision, SHOP).entries[0].decisions == (decision,)
    other = Decision(id="baaaaaab", date="2026-12-01", status="wish", topic="Neues Logo")
    assert put_decision(WHOLE, other).decisions[1] == other


def test_parts_are_made_from_plain_values():
    """What options and forms give (lists, texts, whole numbers) makes a part, and nothing is converted."""
    values = {
        "id": "aaaaaaaa",
        "title": "x",
        "kind": "mail",
        "urls": ["a", "b"],
        "cost": {"amount": "1", "currency": "EUR"},
    }
    assert part_from_values(Entry, values).cost == Money(amount="1", currency="EUR")
    assert code_of(part_from_values, Entry, {**values, "urls": "a"}) == "document.invalid"
    assert code_of(part_from_values, Entry, {**values, "urls": [1.5]}) == "json.float"
    assert code_of(part_from_values, Entry, {**values, "urls": {1, 2}}) == "bundle.not-text"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Verträge 2026.pdf", "Verträge 2026.pdf"),
        ("../../etc/passwd", "_._etc_passwd"),
        ("C:\\Users\\x.txt", "C__Users_x.txt"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1", "_com1"),
        ("a\u202egnp.exe", "a_gnp.exe"),
        ("a\x00b\n", "a_b_"),
        (".htaccess", "htaccess"),
        ("...", "document"),
        ("", "document"),
        ("x. ", "x"),
        ("Gro\u0308ße", "Größe"),
        ("ä" * 300 + ".pdf", "ä" * 58 + ".pdf"),
    ],
)
def test_names_of_documents_are_made_harmless(name: str, file: str):
    """A hostile or odd name becomes one plain file of a similar name on every system."""
    assert harmless_file(name) == file
    assert is_plain_file(file)


def test_errors_are_of_the_right_family():
    """Naming what is not there, or is there twice, are errors of their own families."""
    with pytest.raises(NotFoundError):
        find_entry(WHOLE, "nichts")
    with pytest.raises(ConflictError):
        find_entry(put_entry(WHOLE, Entry(id="baaaaaaa", title="Webshop", kind="other")), "Webshop")
