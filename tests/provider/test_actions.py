"""What a provider does without any node: contents, imports, terms, cards, kits, lists."""

import io
import json
import re
import stat
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from provider.provider_world import NOW, Tray, furnish

from escrowd.core.keys import Identity
from escrowd.core.manifest import verify_manifest
from escrowd.core.payload import read_payload
from escrowd.core.seal import unseal_bytes
from escrowd.core.shares import open_key_with, parse_card
from escrowd.errors import (
    ConflictError,
    EscrowdError,
    InputError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from escrowd.provider import estate
from escrowd.provider.actions.beneficiaries import add_beneficiary, edit_beneficiary, remove_beneficiary
from escrowd.provider.actions.cards import make_cards
from escrowd.provider.actions.clients import add_client, edit_client, list_clients
from escrowd.provider.actions.contents import (
    add_contact,
    add_decision,
    add_document,
    add_entry,
    edit_entry,
    list_contacts,
    list_decisions,
    list_documents,
    list_entries,
    remove_entry,
    restore_entry,
    show_entry,
)
from escrowd.provider.actions.import_ import import_export
from escrowd.provider.actions.kit import write_kit
from escrowd.provider.actions.list_ import write_list
from escrowd.provider.actions.reading import open_bundle, open_to_folder, why
from escrowd.provider.actions.status import status
from escrowd.provider.actions.terms import set_terms, set_timings, show_terms, show_timings
from escrowd.provider.delivery import to_folder, to_printer
from escrowd.provider.reasons import Said
from escrowd.provider.workspace import Session

PASSWORD = "Ofenklappe#1987"
DAY = 86_400
KIT = ["INSTRUCTIONS.html", "Mappe-bakery.html", "bundle.age", "key-1.age", "manifest.jws", "recover.html"]


@pytest.fixture
def bakery(session: Session) -> Session:
    """A workspace with one client without cards."""
    add_client(session, "bakery", name="Bäckerei Krume", language="de", profile="guided", now=NOW)
    return session


def test_an_entry_lives_and_its_history_stays(bakery: Session):
    """An entry is added, changed, removed and restored; each step is a revision with what was there before."""
    add_entry(bakery, "bakery", {"title": "Webshop", "kind": "other", "password": "eins"}, now=NOW)
    edit_entry(bakery, "bakery", "webshop", {"password": "zwei"}, now=NOW, ask=lambda: Said("Wechsel"))
    remove_entry(bakery, "bakery", "Webshop", now=NOW)
    assert list_entries(bakery, "bakery") == ()
    assert why(bakery, "bakery", "Webshop").entry is None
    restore_entry(bakery, "bakery", "Webshop", now=NOW)
    assert show_entry(bakery, "bakery", "Webshop").password == "zwei"
    restore_entry(bakery, "bakery", "Webshop", now=NOW, revision=1)
    assert show_entry(bakery, "bakery", "Webshop").password == "eins"
    story = why(bakery, "bakery", "Webshop")
    assert [revision.number for revision in story.history] == [1, 2, 3, 4, 5]
    assert story.history[1].why == "Wechsel"


@pytest.mark.parametrize(
    "values",
    [
        {"title": "A"},
        {"title": "A", "kind": "spaceship"},
        {"title": "A", "kind": "other", "unknown": 1},
        {"title": "A", "kind": "other", "totp": {"secret": "not base32"}},
        {"title": "A", "kind": "other", "id": "aaaaaaaa"},
        {"title": "A", "kind": "other", "notes": "\ud800"},
        {"title": 7, "kind": "other"},
    ],
)
def test_a_wrong_entry_changes_nothing(bakery: Session, values: dict[str, object]):
    """Values that make no entry are one error, and the bundle's file stays as it is (P9)."""
    before = estate.file_sha256(bakery.estate("bakery") / "bundle.age")
    with pytest.raises(InputError):
        add_entry(bakery, "bakery", values, now=NOW)
    assert estate.file_sha256(bakery.estate("bakery") / "bundle.age") == before


def test_contacts_decisions_and_documents(bakery: Session, tmp_path: Path):
    """Contacts, decisions about the bundle and about an entry, and documents arrive in an opened bundle."""
    entry = add_entry(bakery, "bakery", {"title": "Mail", "kind": "mail"}, now=NOW)
    add_contact(bakery, "bakery", {"name": "Nora", "kind": "successor", "phone": "+49 30 1"}, now=NOW)
    decision = {"date": "2027-01-02", "status": "decided", "topic": "Anbieter", "choice": "mailbox.example"}
    add_decision(bakery, "bakery", decision, now=NOW)
    add_decision(bakery, "bakery", {**decision, "topic": "Zweitfaktor"}, now=NOW, entry="Mail")
    file = tmp_path / "Vertrag: neu?.pdf"
    file.write_bytes(b"eins")
    first = add_document(bakery, "bakery", file, now=NOW, entry="Mail", note="unterschrieben")
    file.write_bytes(b"zwei")
    second = add_document(bakery, "bakery", file, now=NOW, entry="Mail")
    assert first.id == second.id
    assert [document.name for document in list_documents(bakery, "bakery")] == ["Vertrag: neu?.pdf"]
    assert [contact.phone for contact in list_contacts(bakery, "bakery")] == ["+49 30 1"]
    assert [(about and about.id, one.topic) for about, one in list_decisions(bakery, "bakery")] == [
        (None, "Anbieter"),
        (entry.id, "Zweitfaktor"),
    ]
    assert [one.topic for one in why(bakery, "bakery", "Mail").decisions] == ["Zweitfaktor"]
    names = open_to_folder(bakery, "bakery", tmp_path / "opened")
    assert (tmp_path / "opened").joinpath(*names[-1].split("/")).read_bytes() == b"zwei"
    assert stat.S_IMODE((tmp_path / "opened").stat().st_mode) == 0o700
    with pytest.raises(ConflictError, match=r"folder\.not-empty"):
        open_to_folder(bakery, "bakery", tmp_path / "opened")


def test_an_import_is_tried_dry_first(bakery: Session, tmp_path: Path):
    """A dry run says what would change and changes nothing; the import does that, and a second one nothing."""
    file = tmp_path / "export.json"
    login = {"username": "krume", "password": PASSWORD, "uris": [{"uri": "https://shop.example"}]}
    item = {"id": "1", "type": 1, "name": "Webshop", "login": login}
    file.write_text(json.dumps({"encrypted": False, "folders": [], "items": [item]}))
    dry = import_export(bakery, "bakery", file, dry_run=True, now=NOW)
    assert ([line.title for line in dry.added], dry.revision) == (["Webshop"], 0)
    assert list_entries(bakery, "bakery") == ()
    done = import_export(bakery, "bakery", file, dry_run=False, now=NOW)
    assert (done.added, done.revision) != ((), 0)
    assert show_entry(bakery, "bakery", "Webshop").password == PASSWORD
    again = import_export(bakery, "bakery", file, dry_run=False, now=NOW)
    assert (again.added, again.changed, again.unchanged, again.revision) == ((), (), 1, 1)
    assert PASSWORD not in repr(done)


def test_what_is_no_export_changes_nothing(bakery: Session, tmp_path: Path):
    """A file that is no export, or NaN and 100,000 brackets in one, is one error (P9)."""
    file = tmp_path / "export"
    for data in (b"", b"hello", b'{"encrypted": NaN}', b"[" * 100_000, bytes(range(256))):
        file.write_bytes(data)
        with pytest.raises(EscrowdError):
            import_export(bakery, "bakery", file, dry_run=False, now=NOW)
    with pytest.raises(NotFoundError, match=r"file\.not-found"):
        import_export(bakery, "bakery", tmp_path / "nowhere", dry_run=False, now=NOW)
    assert list_entries(bakery, "bakery") == ()


def test_terms_stay_in_their_bounds(bakery: Session):
    """Timings and waits outside of the bounds are refused by name, and the ones before stay (P9)."""
    with pytest.raises(InputError, match="name=interval"):
        set_timings(bakery, interval=3 * DAY)
    with pytest.raises(InputError, match=r"name=grace\+announce"):
        set_timings(bakery, grace=8 * DAY, announce=5 * DAY)
    assert show_timings(bakery).grace == 14 * DAY
    with pytest.raises(InputError, match="name=request_wait"):
        set_terms(bakery, "bakery", request_wait=15 * DAY)
    assert set_terms(bakery, "bakery", request_wait=3 * DAY, delay_max=2 * DAY).request_wait == 3 * DAY
    with pytest.raises(InputError, match="name=after"):
        add_beneficiary(bakery, "bakery", name="A", role="client", addresses=["a@b.example"], after=31 * DAY)


def test_people_keep_their_ids_and_phrases(bakery: Session):
    """An edited person keeps id, phrase and the ids of addresses that stay: the phrase is on a printed card."""
    person, _ = add_beneficiary(
        bakery, "bakery", name="Karl Krume", role="client", addresses=["karl@krume.example"]
    )
    edited, given = edit_beneficiary(
        bakery,
        "bakery",
        "karl krume",
        name="Karla Krume",
        addresses=["neu@krume.example", "karl@krume.example"],
        after=DAY,
    )
    assert (edited.id, edited.phrase, given.after) == (person.id, person.phrase, DAY)
    assert edited.addresses[1] == person.addresses[0]
    assert show_terms(bakery, "bakery").beneficiaries == ((edited, given),)
    with pytest.raises(NotFoundError, match=r"person\.unknown"):
        remove_beneficiary(bakery, "bakery", "Karl Krume")
    assert remove_beneficiary(bakery, "bakery", edited.id).beneficiaries == ()
    for wrong in ("no address", "a@b@c", "a@b, c@d", "a@b\nBcc: x@y", ""):
        with pytest.raises(InputError, match=r"person\.invalid"):
            add_beneficiary(bakery, "bakery", name="A", role="client", addresses=[wrong])


def test_clients_are_named_once(bakery: Session):
    """An id is used once and has a plain form; a client's new name is in the bundle as well."""
    with pytest.raises(ConflictError, match=r"client\.exists"):
        add_client(bakery, "bakery", name="B", language="de", profile="guided", now=NOW)
    for wrong in ("", "Bäcker", "-a", "a/../b", "a" * 33):
        with pytest.raises(InputError, match=r"client\.id-malformed"):
            add_client(bakery, wrong, name="B", language="de", profile="guided", now=NOW)
    edit_client(bakery, "bakery", name="Krume GmbH", profile="expert", now=NOW)
    bundle = open_bundle(bakery, "bakery")
    assert (bundle.name, bundle.profile, list_clients(bakery)[0].record.name) == (
        "Krume GmbH",
        "expert",
        "Krume GmbH",
    )


def test_cards_need_a_holder_and_come_once(bakery: Session, tmp_path: Path):
    """Without a person in the role client there are no cards; a client who has a set gets no second one."""
    with pytest.raises(RefusedError, match=r"cards\.no-client-person"):
        make_cards(bakery, "bakery", deliver=Tray(), now=NOW)
    add_beneficiary(bakery, "bakery", name="Karl", role="client", addresses=["karl@krume.example"])
    made = make_cards(bakery, "bakery", deliver=to_folder(tmp_path / "cards"), now=NOW)
    assert (made.printed, made.kept) == (("client",), ("successor", "reserve"))
    (card,) = (tmp_path / "cards").iterdir()
    assert stat.S_IMODE(card.stat().st_mode) == 0o600
    with pytest.raises(ConflictError, match=r"cards\.set-exists"):
        make_cards(bakery, "bakery", deliver=Tray(), now=NOW)


def test_a_card_that_is_there_is_never_overwritten(bakery: Session, tmp_path: Path):
    """When a paper of the same name is in the folder, no set is made and nothing is written (P9)."""
    add_beneficiary(bakery, "bakery", name="Karl", role="client", addresses=["karl@krume.example"])
    (tmp_path / "bakery-set-1-client.pdf").write_bytes(b"old")
    with pytest.raises(ConflictError, match=r"paper\.exists"):
        make_cards(bakery, "bakery", deliver=to_folder(tmp_path), now=NOW)
    assert (tmp_path / "bakery-set-1-client.pdf").read_bytes() == b"old"
    assert bakery.client("bakery").sets == ()
    assert not list(bakery.estate("bakery").glob("key-*"))


def test_printing_goes_through_lp(bakery: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Papers go to lp through a pipe; a printer that fails leaves the client without a set."""
    add_beneficiary(bakery, "bakery", name="Karl", role="client", addresses=["karl@krume.example"])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match=r"printer\.none"):
        make_cards(bakery, "bakery", deliver=to_printer(), now=NOW)
    program = tmp_path / "lp"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(UnavailableError, match=r"printer\.failed"):
        make_cards(bakery, "bakery", deliver=to_printer("office"), now=NOW)
    assert bakery.client("bakery").sets == ()
    program.write_text(
        f'#!/bin/sh\nPATH=/usr/bin:/bin\necho "$*" > {tmp_path}/args\ncat > {tmp_path}/out.pdf\n'
    )
    make_cards(bakery, "bakery", deliver=to_printer("office"), now=NOW)
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "args").read_text() == "-d office -t escrow paper -o media=A4 -o sides=one-sided\n"


def test_a_kit_opens_with_two_cards(session: Session, tmp_path: Path):
    """What lies in the kit opens with the client's and the successor's card, and the manifest names it (P5, P6)."""
    tray = Tray()
    furnish(session, tray, password=PASSWORD)
    done = write_kit(session, "bakery", tmp_path / "kit", now=NOW)
    assert sorted(path.name for path in (tmp_path / "kit").iterdir()) == KIT
    files = {path.name: path.read_bytes() for path in (tmp_path / "kit").iterdir()}
    cards = [parse_card(tray.words(paper)) for paper in tray.papers]
    identity: Identity = open_key_with(cards, files["key-1.age"])
    payload = read_payload(io.BytesIO(unseal_bytes(files["bundle.age"], [identity.text])))
    assert payload.bundle.entries[0].password == PASSWORD
    manifest = verify_manifest(files["manifest.jws"], root=session.provider)
    manifest.check_bundle(estate.file_sha256(tmp_path / "kit" / "bundle.age"))
    assert manifest.revision == done.revision == payload.bundle.revision
    again = write_kit(session, "bakery", tmp_path / "kit", now=NOW)
    assert (again.revision, again.new_revision) == (done.revision, False)
    assert {path.name: path.read_bytes() for path in (tmp_path / "kit").iterdir()} == files


def test_a_change_makes_the_kit_outdated(session: Session, tmp_path: Path):
    """Status says that the working copy changed since; the next kit is a higher revision."""
    furnish(session, Tray(), password=PASSWORD)
    first = write_kit(session, "bakery", tmp_path / "kit", now=NOW)
    assert "client.unpublished" not in {row.code for row in status(session.folder, now=NOW).rows}
    add_entry(session, "bakery", {"title": "Kasse", "kind": "other"}, now=NOW)
    assert "client.unpublished" in {row.code for row in status(session.folder, now=NOW).rows}
    second = write_kit(session, "bakery", tmp_path / "kit", now=NOW)
    assert second.revision > first.revision
    assert [path.name for path in (session.estate("bakery") / "revisions").iterdir()] == [
        str(second.revision)
    ]


def test_the_list_is_complete_and_private(bakery: Session, tmp_path: Path):
    """The list on paper has every password, and its file is the provider's alone."""
    add_entry(bakery, "bakery", {"title": "Webshop", "kind": "other", "password": PASSWORD}, now=NOW)
    file = tmp_path / "lists" / "bakery.html"
    assert write_list(bakery, "bakery", file).revision == 1
    assert PASSWORD in re.sub("<[^>]*>", "", file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(RefusedError, match=r"client\.no-cards"):
        write_kit(bakery, "bakery", tmp_path / "kit", now=NOW)


def test_no_secret_in_the_arguments_of_a_child(bakery: Session, tmp_path: Path):
    """While a set is split, no process on the machine shows a word or a key in its arguments (P10)."""
    add_beneficiary(bakery, "bakery", name="Karl", role="client", addresses=["karl@krume.example"])
    tray = Tray()
    watch = subprocess.Popen(
        ["sh", "-c", f"while :; do ps axww -o args >> {tmp_path}/seen; done"], stderr=subprocess.DEVNULL
    )
    try:
        make_cards(bakery, "bakery", deliver=tray, now=NOW)
    finally:
        watch.kill()
        watch.wait()
    seen = (tmp_path / "seen").read_text(errors="replace")
    assert "escrowd.machine.child" in seen
    words = tray.words(tray.papers[0]).split()
    assert not [pair for pair in pairwise(words) if " ".join(pair) in seen]
    assert "AGE-SECRET" not in seen
