"""The provider's own estate: what it is made of, who gets it, and what of it stands on a client's list."""

import io

import pytest
from provider.provider_world import NOW, Tray, furnish
from pypdf import PdfReader

from escrowd.core.bundle import Document
from escrowd.errors import EscrowdError
from escrowd.paper.readme import readme
from escrowd.provider import estate
from escrowd.provider.actions.beneficiaries import add_beneficiary
from escrowd.provider.actions.cards import make_cards
from escrowd.provider.actions.check import check
from escrowd.provider.actions.clients import add_client, edit_client
from escrowd.provider.actions.contents import add_contact, add_entry, edit_entry, remove_entry, show_entry
from escrowd.provider.actions.readiness import gaps_of
from escrowd.provider.actions.status import ask_status
from escrowd.provider.agreement import terms_of
from escrowd.provider.own import renew_index, renew_words
from escrowd.provider.records import NodeRecord
from escrowd.provider.workspace import Session

WORDS = [
    {"name": "Für Kunden", "value": "Ihr Webspace läuft in einem Sammelvertrag.", "protected": False},
    {"name": "Umzug", "value": "Bestellen Sie eigenen Webspace und nehmen Sie die Sicherung mit.", "protected": False},
]  # fmt: skip
NODE = NodeRecord(
    fingerprint="a" * 32,
    public="0a" * 32,
    recipient="age1x",
    url="http://127.0.0.1:9",
    name="Nord",
    operator="provider",
    enrolled=NOW,
)


@pytest.fixture
def own(session: Session) -> Session:
    """A workspace with a client, and the estate with a successor and an entry that has words for clients."""
    furnish(session, Tray(), password="Ofenklappe#1987")
    add_client(session, "own", now=NOW, kind="provider")
    add_beneficiary(session, "own", name="Nora Nachfolge", role="successor", addresses=["nora@nach.example"])
    reseller = {"title": "Reseller", "kind": "hosting", "password": "Sammel-9", "fields": WORDS}
    add_entry(session, "own", reseller, now=NOW)
    return session


def bundle_of(session: Session, client: str) -> estate.Bundle:
    with estate.opened(session, client) as payload:
        return payload.bundle


def index_of(session: Session) -> tuple[Document, str]:
    with estate.opened(session, "own") as payload:
        (document,) = [one for one in payload.bundle.documents if one.origin]
        with payload.open_document(document) as stream:
            return document, stream.read().decode()


def test_the_estate_is_called_own_and_nothing_else_is(session: Session) -> None:
    """It takes the provider's name and language; without the kind the id is refused, and so is the kind elsewhere."""
    with pytest.raises(EscrowdError, match=r"client\.own-id"):
        add_client(session, "own", name="X", now=NOW)
    with pytest.raises(EscrowdError, match=r"client\.own-id"):
        add_client(session, "mine", name="X", now=NOW, kind="provider")
    record = add_client(session, "own", now=NOW, kind="provider")
    assert (record.name, record.language, record.profile) == ("Jana Winter IT", "de", "expert")


def test_it_goes_to_the_successor_alone(own: Session) -> None:
    """A client in it is refused; a reserve keeps a card and stands in no terms, so nothing is released to them (P6)."""
    with pytest.raises(EscrowdError, match=r"own\.no-client"):
        add_beneficiary(own, "own", name="K", role="client", addresses=["k@k.example"])
    add_beneficiary(own, "own", name="Notar", role="reserve", addresses=["n@n.example"])
    own.save(own.vault.model_copy(update={"nodes": (NODE,)}))
    terms, people = terms_of(own.vault, own.client("own"))
    assert [one.role for one in terms.beneficiaries] == ["successor"]
    with people.open() as stream:
        assert b"Notar" not in stream.read()
    tray = Tray()
    made = make_cards(own, "own", deliver=tray, now=NOW)
    assert (made.printed, made.kept) == (("successor", "reserve"), ("client",))
    printed = [PdfReader(io.BytesIO(paper.pdf)).pages[0].extract_text() for paper in tray.papers]
    assert not [text for text in printed if "Kundenkarte" in text]
    assert all("für die Nachfolge hinterlegt" in " ".join(text.split()) for text in printed)


def test_without_a_successor_there_are_no_cards(session: Session) -> None:
    """Nobody is there to carry on: the cards wait, and the status says so."""
    add_client(session, "own", now=NOW, kind="provider")
    with pytest.raises(EscrowdError, match=r"terms\.own-no-successor"):
        make_cards(session, "own", deliver=Tray(), now=NOW)
    rows = {row.code: row.command for row in ask_status(session, now=NOW).rows}
    assert rows["own.no-successor"] == ("beneficiary", "add", "own", "--role", "successor")


def test_readiness_asks_of_it_only_what_makes_sense(own: Session) -> None:
    """No client, no reserve who must confirm, no delivered list, and a mailbox of the provider's is no gap."""
    add_beneficiary(own, "own", name="Notar", role="reserve", addresses=["n@n.example"])
    edit_entry(own, "own", "Reseller", {"recovery_mailbox": "jana@winter.example"}, now=NOW)
    make_cards(own, "own", deliver=Tray(), now=NOW)
    found = gaps_of(own, "own", now=NOW)
    assert {gap.fields.get("role", "successor") for gap in found} == {"successor"}
    codes = {gap.code for gap in found}
    assert "outside.one-group" not in codes
    assert not codes & {"entry.recovery-mailbox", "terms.unconfirmed"}
    rows = [row for row in ask_status(own, now=NOW).rows if row.client == "own"]
    assert not [row for row in rows if row.code.startswith("list.")]


def test_check_names_the_parts_that_are_missing(own: Session) -> None:
    """Mail server, contracts, invoicing and each node of the provider's are asked for until they are there."""
    own.save(own.vault.model_copy(update={"nodes": (NODE,)}))

    def missing() -> set[str]:
        codes = [row.gap.code for row in check(own, "own", now=NOW).rows if row.gap]
        return {code for code in codes if code.startswith("own.") or code == "finding.contract"}

    assert missing() == {"own.mail", "own.node", "own.contracts", "own.invoicing"}
    add_entry(own, "own", {"title": "Mailserver", "kind": "server"}, now=NOW)
    add_entry(own, "own", {"title": "Verwahrstelle", "kind": "server", "urls": ["ssh://127.0.0.1"]}, now=NOW)
    assert "own.mail" not in missing()
    add_entry(own, "own", {"title": "Knoten 127.0.0.1", "kind": "server"}, now=NOW)
    add_entry(own, "own", {"title": "Verträge", "kind": "note", "notes": "im Schrank"}, now=NOW)
    add_entry(
        own, "own", {"title": "Rechnungen", "kind": "other", "contract_holder": "Jana Winter IT"}, now=NOW
    )
    assert missing() == set()
    assert not [
        row for row in check(own, "bakery", now=NOW).rows if row.gap and row.gap.code.startswith("own.")
    ]


def test_a_clients_entry_depends_on_the_estate_in_words(own: Session) -> None:
    """`own/ENTRY` copies the two texts for clients, they stand on the list, and they are renewed with a deposit."""
    edit_entry(own, "bakery", "Webshop", {"depends_on": ["own/reseller"]}, now=NOW)
    (shared,) = show_entry(own, "bakery", "Webshop").shared
    assert (shared.what, shared.away) == (WORDS[0]["value"], WORDS[1]["value"])
    page = readme(bundle_of(own, "bakery")).decode()
    assert all(str(one["value"]) in page for one in WORDS)
    assert "nur die Nachfolge" in page
    newer = [{**WORDS[0], "value": "Jetzt bei Nordhost."}, WORDS[1]]
    edit_entry(own, "own", "Reseller", {"fields": newer}, now=NOW)
    renew_words(own, own.client("bakery"), now=NOW)
    assert show_entry(own, "bakery", "Webshop").shared[0].what == "Jetzt bei Nordhost."
    before = bundle_of(own, "bakery").revision
    remove_entry(own, "own", "Reseller", now=NOW)
    renew_words(own, own.client("bakery"), now=NOW)
    assert bundle_of(own, "bakery").revision == before
    assert show_entry(own, "bakery", "Webshop").shared[0].away == WORDS[1]["value"]


def test_words_come_in_the_clients_language(own: Session) -> None:
    """An English client gets the English fields where there are such, else the German ones."""
    edit_client(own, "bakery", language="en", now=NOW)
    edit_entry(own, "bakery", "Webshop", {"depends_on": ["own/Reseller"]}, now=NOW)
    assert show_entry(own, "bakery", "Webshop").shared[0].what == WORDS[0]["value"]
    english = [*WORDS, {"name": "For clients", "value": "A shared contract.", "protected": False}]
    edit_entry(own, "own", "Reseller", {"fields": english}, now=NOW)
    renew_words(own, own.client("bakery"), now=NOW)
    assert show_entry(own, "bakery", "Webshop").shared[0].what == "A shared contract."


@pytest.mark.parametrize(
    ("ref", "code"), [("own/Nothing", "bundle.entry-unknown"), ("own/Mailserver", "own.no-words")]
)
def test_what_the_estate_does_not_say_is_refused(own: Session, ref: str, code: str) -> None:
    """P9: an entry that is not there, or that has nothing for a client to read, changes nothing."""
    add_entry(own, "own", {"title": "Mailserver", "kind": "server", "purpose": "geheim"}, now=NOW)
    before = bundle_of(own, "bakery")
    with pytest.raises(EscrowdError) as caught:
        edit_entry(own, "bakery", "Webshop", {"depends_on": [ref]}, now=NOW)
    assert caught.value.code == code
    assert bundle_of(own, "bakery") == before


def test_without_an_estate_nothing_depends_on_it(session: Session) -> None:
    """The error says which entry was meant; in the estate itself, its entries are entries like any other."""
    furnish(session, Tray(), password="x")
    with pytest.raises(EscrowdError, match=r"own\.missing"):
        edit_entry(session, "bakery", "Webshop", {"depends_on": ["own/Reseller"]}, now=NOW)
    add_client(session, "own", now=NOW, kind="provider")
    first = add_entry(session, "own", {"title": "Vertrag", "kind": "note"}, now=NOW)
    second = {"title": "Reseller", "kind": "hosting", "depends_on": ["own/Vertrag"]}
    assert add_entry(session, "own", second, now=NOW).depends_on == (first.id,)


def test_the_list_of_clients_is_in_it_and_stays_current(own: Session) -> None:
    """It names clients, people, contacts and nodes, no secret; made again from the same, it is the same document."""
    add_contact(own, "bakery", {"name": "Marta", "kind": "client", "phone": "0431 4711"}, now=NOW)
    own.save(own.vault.model_copy(update={"nodes": (NODE,)}))
    renew_index(own, own.client("own"), now=NOW)
    document, page = index_of(own)
    assert document.name == "Kundenverzeichnis.html"
    people = ("Bäckerei Krume", "Karla Krume", "Nora Nachfolge", "client@krume.example", "0431 4711", "Nord")
    assert [text for text in people if text not in page] == []
    assert "Ofenklappe" not in page
    before = bundle_of(own, "own")
    renew_index(own, own.client("own"), now=NOW + 5)
    assert bundle_of(own, "own") == before
    add_client(own, "inn", name="Gasthof Adler", now=NOW)
    renew_index(own, own.client("own"), now=NOW)
    again, page = index_of(own)
    assert again == replace_sha(document, again)
    assert "Gasthof Adler" in page


def replace_sha(old: Document, new: Document) -> Document:
    """``old`` with the bytes of ``new``: the same document otherwise."""
    return old.model_copy(update={"size": new.size, "sha256": new.sha256})
