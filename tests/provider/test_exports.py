"""What other programs read: KeePassXC's own command line, and a reader of CSV."""

import csv
import io
import shutil
import subprocess

import pytest
from paper.bundle_samples import HOSTILE, bakery

from escrowd.core.bundle import Bundle, Entry, changed
from escrowd.core.keys import new_id
from escrowd.provider.exports import Inexact, export_csv, export_keepass
from escrowd.provider.imports import read_export

PASSWORD = "drei Wörter für KeePass"


def nothing(document):
    return io.BytesIO(document.name.encode())


def hostile() -> Bundle:
    entries = tuple(
        Entry(id=new_id(), title=f"{number} {text}", kind="other", user=text, password=text, notes=text)
        for number, text in enumerate(HOSTILE)
    )
    return changed(bakery(), entries=entries, documents=(), groups=())


def test_a_keepass_database_comes_back_as_it_went() -> None:
    """P9: what KDBX has a place for is read back equal, and the rest stands in named fields."""
    bundle = bakery()
    data, inexact = export_keepass(bundle, PASSWORD, nothing)
    assert inexact == ()
    back = {entry.title: entry for entry in read_export(data, password=PASSWORD).entries}
    for entry in bundle.entries:
        again = back[entry.title]
        assert (again.user, again.password, again.notes, again.group) == (
            entry.user,
            entry.password,
            entry.notes,
            entry.group,
        )
        assert again.urls[:1] == entry.urls[:1]
        assert (again.totp is None) == (entry.totp is None)
        if entry.totp is not None:
            assert again.totp == entry.totp
        assert set(entry.tags) <= set(again.tags)
    shop = {(field.name, field.value) for field in back["Registrar der Domain baeckerei-korn.example"].fields}
    assert ("AuthCode", "x7-QQ-19") in shop
    assert ("Vertrag läuft auf", "Bäckerei Korn GmbH") in shop
    assert any("beim Hoster" in value for name, value in shop if name == "Entscheidungen")


@pytest.mark.skipif(
    shutil.which("keepassxc-cli") is None, reason="keepassxc-cli (Debian keepassxc) is not installed"
)
def test_keepassxc_reads_it(tmp_path) -> None:
    """KeePassXC itself shows the password, the one-time code's setting and the attachment."""
    file = tmp_path / "krume.kdbx"
    file.write_bytes(export_keepass(bakery(), PASSWORD, nothing)[0])

    def cli(*arguments: str) -> str:
        done = subprocess.run(
            ["keepassxc-cli", *arguments], input=f"{PASSWORD}\n", text=True, capture_output=True, check=True
        )
        return done.stdout

    title = "Domain/Registrar der Domain baeckerei-korn.example"
    assert "Sauerteig1lI0O-§7" in cli("show", "-q", "-s", "-a", "Password", str(file), title)
    assert cli("show", "-q", "-t", str(file), title).strip().isdigit()
    kept = tmp_path / "back.pdf"
    cli("attachment-export", "-q", str(file), title, "Vertrag Registrar.pdf", str(kept))
    assert kept.read_bytes() == b"Vertrag Registrar.pdf"


def test_what_xml_cannot_hold_is_reported() -> None:
    """P9: hostile texts are read back equal, or named as not exact; nothing is missing."""
    bundle = hostile()
    data, inexact = export_keepass(bundle, PASSWORD, nothing)
    back = {entry.title.split(" ", 1)[0]: entry for entry in read_export(data, password=PASSWORD).entries}
    assert len(back) == len(HOSTILE)
    named = {(one.entry, one.field) for one in inexact}
    for number, entry in enumerate(bundle.entries):
        same = back[str(number)].password == entry.password
        assert same != ((entry.title, "Kennwort") in named), entry.password


def test_a_table_holds_every_entry_and_runs_nothing() -> None:
    """P9: each row reads back equal but for a marked apostrophe before what a spreadsheet would run."""
    bundle = hostile()
    data, inexact = export_csv(bundle)
    named = {(one.entry, one.field) for one in inexact}
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert len(rows) == len(bundle.entries)
    for row, entry in zip(rows, bundle.entries, strict=True):
        assert not row["Kennwort"].lstrip().startswith(("=", "+", "-", "@", *"\uff1d\uff0b\uff0d\uff20"))
        assert not row["Kennwort"].startswith(("\t", "\r", "\n"))
        if (entry.title, "Kennwort") in named:
            assert row["Kennwort"] == f"'{entry.password}"
        else:
            assert row["Kennwort"] == entry.password


def test_documents_and_repeated_names_are_not_lost_in_a_table() -> None:
    """A second recovery code gets a column of its own; a document is named as not exact."""
    data, inexact = export_csv(bakery())
    row = next(iter(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))))
    assert (row["Ersatzcodes"], row["Ersatzcodes (2)"]) == ("4711-0815", "1234-5678")
    assert Inexact("Registrar der Domain baeckerei-korn.example", "Vertrag Registrar.pdf") in inexact
