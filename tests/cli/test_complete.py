"""A real export arrives complete in what a client opens: from KeePassXC's own file, and from Bitwarden's JSON."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cli.cli_world import Desk, typed_cards

MASTER = "Bäckerei-Straße 7"
FILE = bytes(range(256)) * 40
ENTRY = {
    "Title": "Webshop Größe",
    "UserName": "jörg",
    "Password": 'pä$$ "ß" <&>',
    "URL": "https://bäckerei.example/admin",
    "Notes": "Zeile 1\nZeile 2 — „so“",
    "Kundennummer": "ö-99",
}
XML = """<?xml version="1.0" encoding="UTF-8"?>
<KeePassFile><Meta/><Root><Group><UUID>{root}</UUID><Name>Root</Name>
<Group><UUID>{group}</UUID><Name>Büro &amp; Laden</Name>
<Entry><UUID>{entry}</UUID>{strings}
<String><Key>PIN</Key><Value ProtectInMemory="True">0042</Value></String>
<String><Key>otp</Key><Value>otpauth://totp/Shop:j?secret=JBSWY3DPEHPK3PXP&amp;period=60&amp;digits=8</Value></String>
</Entry></Group></Group></Root></KeePassFile>
"""
BITWARDEN = {
    "encrypted": False,
    "folders": [{"id": "f1", "name": "Büro"}],
    "items": [
        {
            "id": "0c0ffee0-0000-4000-8000-000000000001",
            "folderId": "f1",
            "type": 1,
            "name": "Überweisung",
            "notes": "TAN am Telefon",
            "favorite": True,
            "reprompt": 0,
            "fields": [
                {"name": "Filiale", "value": "Süd", "type": 0},
                {"name": "Karten-PIN", "value": "0815", "type": 1},
            ],
            "login": {
                "uris": [{"match": None, "uri": "https://bank.example"}, {"uri": "https://zwei.example"}],
                "username": "ä.ö@bank.example",
                "password": "ß' \\ \"€",
                "totp": "GEZDGNBVGY3TQOJQ",
            },
        },
        {"id": "0c0ffee0-0000-4000-8000-000000000002", "type": 2, "name": "Tür", "notes": "Code 1234#",
         "folderId": None, "favorite": False, "reprompt": 0, "secureNote": {"type": 0}},
    ],
}  # fmt: skip


def opened(
    desk: Desk, client: str, folder: Path, *export: str, answers: tuple[tuple[str, str], ...] = ()
) -> Path:
    """What the client's kit and two cards open to, after the export was imported and deposited."""
    desk.does("client", "add", client, "--name", "Bäckerei Krume")
    for role in ("client", "successor"):
        address = f"{role}@{client}.example"
        desk.does("beneficiary", "add", client, "--role", role, "--name", role.title(), "--address", address)
    desk.types("import", client, *export, answers=answers)
    desk.does("cards", client, "-o", f"cards-{client}")
    typed_cards(desk.folder / f"cards-{client}", desk.folder)
    desk.does("deposit", client)
    desk.does("kit", client, "-o", f"new-kit-{client}")
    cards = [word for role in ("client", "successor") for word in ("--card", f"{client}-{role}.txt")]
    answer = desk.escrow("recover", "--kit", f"new-kit-{client}", *cards, "-o", folder)
    assert answer.code == 0, answer
    return folder


def keepassxc(folder: Path, *words: str) -> None:
    subprocess.run(
        ["keepassxc-cli", *words],
        input=f"{MASTER}\n{MASTER}\n".encode(),
        cwd=folder,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8"},
        check=True,
        capture_output=True,
        timeout=60,
    )


@pytest.mark.skipif(shutil.which("keepassxc-cli") is None, reason="needs keepassxc-cli (Debian: keepassxc)")
def test_a_kdbx_of_keepassxc_arrives_whole(desk: Desk, tmp_path: Path):
    """Every field, the one-time code, the protected PIN and the attached file are in what two cards open."""
    from xml.sax.saxutils import escape  # noqa: PLC0415 — only where KeePassXC is there

    strings = "".join(f"<String><Key>{k}</Key><Value>{escape(v)}</Value></String>" for k, v in ENTRY.items())
    ids = {
        name: base64.b64encode(bytes([n]) * 16).decode()
        for n, name in enumerate(("root", "group", "entry"), 1)
    }
    (desk.folder / "in.xml").write_text(XML.format(strings=strings, **ids), encoding="utf-8")
    (desk.folder / "vertrag.bin").write_bytes(FILE)
    keepassxc(desk.folder, "import", "-q", "-p", "in.xml", "krume.kdbx")
    keepassxc(
        desk.folder,
        "attachment-import",
        "-q",
        "krume.kdbx",
        "/Büro & Laden/Webshop Größe",
        "Verträge.bin",
        "vertrag.bin",
    )
    words = ("krume.kdbx", "--encrypted")
    found = opened(desk, "kdbx", tmp_path / "out", *words, answers=(("Password of the export:", MASTER),))
    bundle = json.loads((found / "bundle.json").read_bytes())
    (entry,) = bundle["entries"]
    assert {
        "Title": entry["title"],
        "UserName": entry["user"],
        "Password": entry["password"],
        "URL": entry["urls"][0],
        "Notes": entry["notes"],
        "Kundennummer": next(f["value"] for f in entry["fields"] if f["name"] == "Kundennummer"),
    } == ENTRY
    assert {"name": "PIN", "value": "0042", "protected": True} in entry["fields"]
    assert (entry["totp"]["secret"], entry["totp"]["period"], entry["totp"]["digits"]) == (
        "JBSWY3DPEHPK3PXP",
        60,
        8,
    )
    assert entry["group"] == ["Büro & Laden"]
    (document,) = bundle["documents"]
    assert (document["name"], document["entry"]) == ("Verträge.bin", entry["id"])
    assert (found / "documents" / document["id"] / document["file"]).read_bytes() == FILE
    page = (found / "READ-ME-FIRST.html").read_text(encoding="utf-8")
    assert "Webshop Größe" in page


def test_a_bitwarden_export_arrives_whole(desk: Desk, tmp_path: Path):
    """Every field of a login and of a note is in what two cards open."""
    desk.write("bw.json", json.dumps(BITWARDEN))
    found = opened(desk, "bitwarden", tmp_path / "out", "bw.json")
    bundle = json.loads((found / "bundle.json").read_bytes())
    login, note = bundle["entries"]
    theirs = BITWARDEN["items"][0]
    assert (login["title"], login["user"], login["password"], login["notes"]) == (
        theirs["name"],
        theirs["login"]["username"],
        theirs["login"]["password"],
        theirs["notes"],
    )
    assert login["urls"] == ["https://bank.example", "https://zwei.example"]
    assert login["totp"]["secret"] == "GEZDGNBVGY3TQOJQ"
    assert {"name": "Filiale", "value": "Süd"} in login["fields"]
    assert {"name": "Karten-PIN", "value": "0815", "protected": True} in login["fields"]
    assert login["group"] == ["Büro"]
    assert (note["title"], note["notes"]) == ("Tür", "Code 1234#")
