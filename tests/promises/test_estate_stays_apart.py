"""What only the successor may see is in no client's hands: every payload, list, export and kit is searched for it."""

import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import pytest
from provider.provider_world import NOW, Tray, make_workspace, typed

from escrowd.core.bundle.model import Part
from escrowd.core.seal import unseal_bytes
from escrowd.provider import estate
from escrowd.provider.actions.beneficiaries import add_beneficiary
from escrowd.provider.actions.cards import make_cards
from escrowd.provider.actions.clients import add_client
from escrowd.provider.actions.contents import add_contact, add_decision, add_document, add_entry, edit_entry
from escrowd.provider.actions.kit import write_kit
from escrowd.provider.actions.list_ import write_list
from escrowd.provider.own import renew_index, renew_words
from escrowd.provider.workspace import Session, Workspace

CLIENTS = {"bakery": "de", "practice": "en", "harbour": "de"}
PROFILES = {"bakery": "full-service", "practice": "expert", "harbour": "guided"}
PUBLIC = ("Offen: ein Sammelvertrag für alle.", "Offen: eigenen Webspace bestellen.")
SECRET = "Nur-Nachfolge"
_SHORTEST = 5
"""Characters of a text that is no accident elsewhere."""


def furnish(session: Session, folder: Path) -> None:
    """An estate in which every kind of field is filled, and three clients who depend on it."""
    add_client(session, "own", now=NOW, kind="provider")
    add_beneficiary(session, "own", name="Nora Nachfolge", role="successor", addresses=["nora@nach.example"])
    add_entry(
        session, "own", {"title": f"{SECRET} Vertrag", "kind": "note", "notes": f"{SECRET} Notiz"}, now=NOW
    )
    reseller = {
        "title": f"{SECRET} Reseller", "kind": "hosting", "urls": [f"https://{SECRET.lower()}.example"],
        "user": f"{SECRET} Name", "password": f"{SECRET} alt", "recovery_mailbox": f"{SECRET}@winter.example",
        "contract_holder": f"{SECRET} Halterin", "purpose": f"{SECRET} Zweck", "notes": f"{SECRET} Notizen",
        "tags": [f"{SECRET} Wort"], "group": [f"{SECRET} Register"], "depends_on": [f"own/{SECRET} Vertrag"],
        "totp": {"secret": "NURNACHFOLGEAAAA", "algorithm": "SHA1", "digits": 6, "period": 30},
        "second_factor": {"kind": "totp", "device": f"{SECRET} Gerät", "codes_where": f"{SECRET} Ort",
                          "codes": [f"{SECRET} Code"]},
        "fields": [{"name": "Für Kunden", "value": PUBLIC[0], "protected": False},
                   {"name": "Umzug", "value": PUBLIC[1], "protected": False},
                   {"name": f"{SECRET} Feld", "value": f"{SECRET} Wert", "protected": True},
                   {"name": "Für Kunden", "value": f"{SECRET} geschützt", "protected": True}],
    }  # fmt: skip
    add_entry(session, "own", reseller, now=NOW)
    edit_entry(session, "own", f"{SECRET} Reseller", {"password": f"{SECRET} neu"}, now=NOW)
    add_contact(
        session,
        "own",
        {"name": f"{SECRET} Steuerbüro", "kind": "supplier", "phone": "0431 99 88 77"},
        now=NOW,
    )
    decision = {
        "topic": f"{SECRET} Frage",
        "reason": f"{SECRET} Grund",
        "date": "2026-01-02",
        "status": "decided",
    }
    add_decision(session, "own", decision, now=NOW, entry=f"{SECRET} Reseller")
    paper = folder / "papier.txt"
    paper.write_text(f"{SECRET} Papier\n")
    add_document(session, "own", paper, name=f"{SECRET} Dokument.txt", now=NOW)
    make_cards(session, "own", deliver=Tray(), now=NOW)
    for client, language in CLIENTS.items():
        add_client(session, client, name=client.title(), language=language, profile=PROFILES[client], now=NOW)
        for role in ("client", "successor"):
            add_beneficiary(
                session, client, name=f"{role} {client}", role=role, addresses=[f"{role}@{client}.example"]
            )
        entry = {"title": "Website", "kind": "website-login", "depends_on": [f"own/{SECRET} Reseller"]}
        add_entry(session, client, {**entry, "password": f"Kundin {client}"}, now=NOW)
        make_cards(session, client, deliver=Tray(), now=NOW)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    home = tmp_path_factory.mktemp("estate")
    with Workspace(make_workspace(home / "workspace")) as held:
        session = held.unlock(typed())
        furnish(session, home)
        yield session


def texts(value: object) -> Iterator[str]:
    """Every text in a part, ids and digests aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, dict):
        yield from texts(list(value.values()))
    elif isinstance(value, Part):
        for name in type(value).model_fields:
            if name not in {
                "id",
                "kind",
                "action",
                "subject",
                "status",
                "sha256",
                "language",
                "profile",
                "origin",
                "reason",
            }:
                yield from texts(getattr(value, name))


def only_there(session: Session) -> set[str]:
    """What stands in the estate, present or past, and is not written for clients."""
    with estate.opened(session, "own") as payload:
        own = payload.bundle
    found = {
        text for part in (*own.entries, *own.documents, *own.contacts, *own.decisions) for text in texts(part)
    }
    found |= {text for past in own.history for change in past.changes for text in texts(change)}
    public = {*PUBLIC, "Für Kunden", "Umzug", own.name}
    return (
        {
            text
            for text in found
            if len(text) >= _SHORTEST and text not in public and SECRET.casefold() in text.casefold()
        }
        | {text for text in found if re.fullmatch(r"NUR[A-Z]+|0431.*", text)}
        | {f"{SECRET} Papier", SECRET}
    )


def given(session: Session, client: str, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that a client has or is deposited for them, opened: name and bytes."""
    record = session.client(client)
    renew_words(session, record, now=NOW)
    published, _ = estate.publish(session, session.client(client), now=NOW)
    payload = unseal_bytes(published.bundle.read_bytes(), [session.identity.text])
    yield "payload", payload
    for name in ("list.html", "list.pdf"):
        write_list(session, client, folder / name)
        yield name, (folder / name).read_bytes()
    write_kit(session, client, folder / "kit", now=NOW)
    for path in sorted((folder / "kit").iterdir()):
        yield path.name, path.read_bytes()


def unpacked(data: bytes) -> Iterator[bytes]:
    """The bytes, and what is in them: members of archives, the text of a PDF."""
    yield data
    if data.startswith(b"%PDF") and shutil.which("pdftotext"):
        yield subprocess.run(
            ["pdftotext", "-", "-"], input=data, check=True, capture_output=True, timeout=60
        ).stdout
    if data.startswith(b"PK"):
        try:
            archive = ZipFile(io.BytesIO(data))
        except BadZipFile:
            return
        for name in archive.namelist():
            yield name.encode()
            yield from unpacked(archive.read(name))


def forms(text: str) -> set[bytes]:
    """How a text may stand: as it is, and as JSON and HTML escape it."""
    return {text.encode(), json.dumps(text)[1:-1].encode(), text.replace("&", "&amp;").encode()}


@pytest.mark.parametrize("client", CLIENTS)
def test_nothing_of_the_estate_is_in_a_clients_hands(session: Session, client: str, tmp_path: Path) -> None:
    """P1, P7: of all fields of the estate, past ones too, only the two for clients are in payload, list and kit."""
    wanted = only_there(session)
    assert len(wanted) >= 20
    seen = b""
    for name, data in given(session, client, tmp_path):
        for inner in unpacked(data):
            seen += inner
            found = [text for text in wanted if any(form in inner for form in forms(text))]
            assert found == [], f"{name}: {found}"
    assert all(text.encode() in seen for text in PUBLIC)


@pytest.mark.parametrize("client", CLIENTS)
def test_the_estate_knows_the_client_and_no_secret_of_theirs(session: Session, client: str) -> None:
    """P1: the list of clients in the estate names whom to call, and no credential of anybody."""
    renew_index(session, session.client("own"), now=NOW)
    published, _ = estate.publish(session, session.client("own"), now=NOW)
    payload = unseal_bytes(published.bundle.read_bytes(), [session.identity.text])
    whole = b"".join(unpacked(payload))
    assert f"client {client}".encode() in whole
    assert f"Kundin {client}".encode() not in whole


def test_the_search_finds_what_it_looks_for(session: Session) -> None:
    """The same search over the estate's own payload finds all of it: the test can fail."""
    published, _ = estate.publish(session, session.client("own"), now=NOW)
    payload = unseal_bytes(published.bundle.read_bytes(), [session.identity.text])
    whole = b"".join(unpacked(payload))
    assert [text for text in only_there(session) if not any(form in whole for form in forms(text))] == []
