"""A list handed over: what reaches the printer or the stick, what is recorded, and what is left on the disk."""

import io
import re
from pathlib import Path

import pytest
from provider.provider_world import NOW, Tray, furnish, typed
from pypdf import PdfReader

from escrowd.core.terms import DAY
from escrowd.errors import EscrowdError, InputError, RefusedError, UnavailableError
from escrowd.provider.actions.contents import add_contact, add_entry
from escrowd.provider.actions.deliver import deliver_file, deliver_printed, deliver_stick, received
from escrowd.provider.actions.status import ask_status
from escrowd.provider.workspace import Session, Workspace

SECRET = "Sauerteig-77-geheim"


@pytest.fixture
def shop(session: Session) -> Session:
    furnish(session, Tray(), password=SECRET)
    return session


@pytest.fixture
def printer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only ``lp`` on the path: a program that keeps what it gets, in a folder of its own."""
    folder = tmp_path / "lp-bin"
    folder.mkdir()
    (tmp_path / "tray").mkdir()
    program = folder / "lp"
    program.write_text(
        f'#!/bin/sh\n/bin/cat > "{tmp_path}/tray/sheets.pdf"\necho "$@" > "{tmp_path}/tray/words"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return program


def failing(printer: Path, script: str) -> None:
    printer.write_text(f"#!/bin/sh\n{script}\n")


def text_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def readable(*folders: Path) -> list[Path]:
    """Files below the folders that hold the secret, as text or on a page."""
    found = []
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if SECRET.encode() in data or (data.startswith(b"%PDF") and SECRET in "".join(text_of(data))):
            found.append(path)
    return found


def list_rows(session: Session, now: int) -> list[tuple[str, str, dict[str, object]]]:
    rows = ask_status(session, now=now).rows
    return [(row.severity, row.code, dict(row.fields)) for row in rows if row.code.startswith("list.")]


def test_letter_sheets_and_receipt_reach_the_printer_and_nothing_stays(
    shop: Session, printer: Path, tmp_path: Path
) -> None:
    """P10: the first delivery is all of the list, by a pipe; no readable file is left but the printer's own."""
    assert printer.exists()
    add_contact(
        shop,
        "bakery",
        {"name": "Karla Krume", "kind": "client", "address": "Mühlenweg 7, 12345 Ort"},
        now=NOW,
    )
    done = deliver_printed(shop, "bakery", now=NOW)
    pages = text_of((tmp_path / "tray" / "sheets.pdf").read_bytes())
    assert len(pages) == done.sheets
    assert "Guten Tag Karla Krume" in pages[0]
    assert re.search(r"Bäckerei Krume\s+Karla Krume\s+Mühlenweg 7\s+12345 Ort", pages[0])
    assert pages[-1].count("Empfangsbestätigung") == 2
    assert SECRET in "".join(pages[1:-1])
    assert SECRET not in pages[0] + pages[-1]
    assert f"{len(pages) - 2} Blätter" in pages[0]
    words = (tmp_path / "tray" / "words").read_text()
    assert "one-sided" in words
    assert "bakery" not in words
    (tmp_path / "tray" / "sheets.pdf").unlink()
    assert readable(tmp_path) == []
    last = shop.client("bakery").deliveries[-1]
    assert (last.how, last.to, last.date, last.revision, last.received) == (
        "print",
        "Karla Krume",
        NOW,
        done.record.revision,
        None,
    )


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (None, "printer.none"),
        ("exit 3", "printer.failed"),
        ("read -r line; exit 1", "printer.failed"),
        ("kill -9 $$", "printer.failed"),
    ],
)
def test_a_printer_that_fails_leaves_no_file_and_no_record(
    shop: Session, printer: Path, tmp_path: Path, script: str | None, code: str
) -> None:
    """P9, P10: one clear error; nothing readable on the disk, and no handover on record."""
    if script is None:
        printer.unlink()
    else:
        failing(printer, script)
    with pytest.raises(UnavailableError) as caught:
        deliver_printed(shop, "bakery", now=NOW)
    assert caught.value.code == code
    assert SECRET not in str(caught.value.fields)
    assert readable(tmp_path) == []
    assert shop.client("bakery").deliveries == ()


def test_only_what_changed_is_delivered_again(shop: Session, printer: Path, tmp_path: Path) -> None:
    """After the first time come the registers that changed; with no change, nothing; with all, everything."""
    assert printer.exists()
    first = deliver_printed(shop, "bakery", now=NOW)
    with pytest.raises(RefusedError, match=r"delivery\.nothing-new"):
        deliver_printed(shop, "bakery", now=NOW)
    add_entry(shop, "bakery", {"title": "Postfach", "kind": "mail", "password": "x"}, now=NOW + DAY)
    second = deliver_printed(shop, "bakery", now=NOW + DAY, to="Kurt Krume")
    pages = text_of((tmp_path / "tray" / "sheets.pdf").read_bytes())
    assert second.since == first.record.revision
    assert second.registers == (2,)
    assert "Geändert haben sich: Postfach." in pages[0]
    assert "Guten Tag Kurt Krume" in pages[0]
    assert "Register 2 und die vorderen Blätter" in pages[-1]
    assert SECRET not in "".join(pages)
    again = deliver_printed(shop, "bakery", now=NOW + DAY, everything=True)
    assert (again.since, set(again.registers)) == (None, {2, 3})
    assert [one.revision for one in shop.client("bakery").deliveries] == [1, 2, 2]


def test_a_stick_holds_list_kit_and_letter_and_leaves_the_folder_as_it_is(
    shop: Session, printer: Path, tmp_path: Path
) -> None:
    """The stick has the whole list; the sheets still follow from the last sheets, not from the stick."""
    assert printer.exists()
    deliver_printed(shop, "bakery", now=NOW)
    add_entry(shop, "bakery", {"title": "Postfach", "kind": "mail", "password": "x"}, now=NOW)
    stick = tmp_path / "stick"
    done = deliver_stick(shop, "bakery", stick, now=NOW)
    names = {path.name for path in stick.iterdir()}
    assert {"bundle.age", "manifest.jws", "key-1.age", "Zugangsliste.pdf", "Anschreiben.pdf"} <= names
    assert {path.name for path in done.files} == names
    assert readable(stick) == [stick / "Zugangsliste.pdf"]
    assert shop.client("bakery").deliveries[-1].how == "stick"
    assert deliver_printed(shop, "bakery", now=NOW).since == 1


def test_a_stick_that_is_full_gets_no_list(shop: Session, tmp_path: Path) -> None:
    """P10: where the kit does not go, neither does the list, and nothing is recorded."""
    stick = tmp_path / "stick"
    stick.write_text("a file, no folder")
    with pytest.raises((EscrowdError, OSError)):
        deliver_stick(shop, "bakery", stick, now=NOW)
    assert readable(tmp_path) == []
    assert shop.client("bakery").deliveries == ()


def test_a_file_is_a_pdf_of_all(shop: Session, tmp_path: Path) -> None:
    """P9: another ending is refused before anything is written; the PDF has its print instruction."""
    with pytest.raises(InputError, match=r"paper\.ending"):
        deliver_file(shop, "bakery", tmp_path / "list.html", now=NOW)
    done = deliver_file(shop, "bakery", tmp_path / "list.pdf", now=NOW)
    assert done.files == (tmp_path / "list.pdf",)
    assert (tmp_path / "list.pdf").stat().st_mode & 0o777 == 0o600
    assert "Drucken Sie alle Blätter" in text_of((tmp_path / "list.pdf").read_bytes())[0]


def test_the_receipt_is_recorded_and_survives(shop: Session, tmp_path: Path) -> None:
    """P9: a day before the delivery or after today is refused; what is recorded is there at the next unlock."""
    with pytest.raises(RefusedError, match=r"delivery\.none"):
        received(shop, "bakery", "2027-01-16", now=NOW)
    deliver_file(shop, "bakery", tmp_path / "list.pdf", now=NOW)
    for day in ("2027-01-01", "2027-02-20", "24.3.2027", "morgen"):
        with pytest.raises(InputError, match=r"delivery\.day"):
            received(shop, "bakery", day, now=NOW + 5 * DAY)
    assert shop.client("bakery").deliveries[-1].received is None
    received(shop, "bakery", "2027-01-18", now=NOW + 5 * DAY)
    assert shop.client("bakery").deliveries[-1].received == "2027-01-18"


def test_the_record_is_in_the_sealed_table(workspace: Path, tmp_path: Path) -> None:
    """A workspace that is opened again knows what was delivered."""
    with Workspace(workspace) as held:
        opened = held.unlock(typed())
        furnish(opened, Tray(), password=SECRET)
        deliver_file(opened, "bakery", tmp_path / "list.pdf", now=NOW)
    with Workspace(workspace) as held:
        assert [one.how for one in held.unlock(typed()).client("bakery").deliveries] == ["file"]


def test_status_says_whose_list_is_old_and_since_when(shop: Session, tmp_path: Path) -> None:
    """No list yet, current, out of date since the first change, and a warning after thirty days."""
    assert list_rows(shop, NOW) == [("todo", "list.none", {"revision": 1, "since": NOW})]
    deliver_file(shop, "bakery", tmp_path / "list.pdf", now=NOW)
    assert list_rows(shop, NOW) == []
    for number, title in enumerate(("Postfach", "Domain"), start=1):
        add_entry(shop, "bakery", {"title": title, "kind": "mail"}, now=NOW + number * DAY)
    old = {"delivered": 1, "revision": 3, "since": NOW + DAY}
    assert list_rows(shop, NOW + 30 * DAY) == [("todo", "list.old", old)]
    assert list_rows(shop, NOW + 31 * DAY) == [("warn", "list.old", old)]
