"""P10: what ``escrow deliver --print`` leaves behind, looked for in everything that the program could write to."""

import datetime as dt
import io
import re
import shutil
from pathlib import Path

import pypdf
import pytest
from cli.cli_world import Desk

SECRET = "secret of"
"""How the passwords of the world's entries begin."""


@pytest.fixture
def tray(desk: Desk, tmp_path: Path) -> Path:
    """A folder whose ``lp`` keeps its standard input outside of what is searched."""
    tray = tmp_path / "tray"
    for name in ("bin", "home", "tmp", "run"):
        (tmp_path / name).mkdir(mode=0o700)
    tray.mkdir()
    desk.environment |= {
        "PATH": str(tmp_path / "bin"),
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "tmp"),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "XDG_CACHE_HOME": str(tmp_path / "home" / "cache"),
    }
    says(
        tray,
        f'{shutil.which("cat")} > {tray}/sheets.pdf; echo "$*" > {tray}/words; {shutil.which("env")} > {tray}/env',
    )
    return tray


def says(tray: Path, script: str) -> None:
    program = tray.parent / "bin" / "lp"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def readable(desk: Desk, tray: Path) -> list[str]:
    """What lies about and holds a password, as text or as a PDF, but for what the world had before."""
    found = []
    for home in (desk.folder, *(tray.parent / name for name in ("home", "tmp", "run"))):
        for path in (path for path in home.rglob("*") if path.is_file()):
            data = path.read_bytes()
            if data.startswith(b"%PDF"):
                data = "".join(
                    page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages
                ).encode()
            if SECRET.encode() in data and path.name != "export.json":
                found.append(path.name)
    return sorted(found)


def deliveries(desk: Desk) -> list[dict[str, object]]:
    (mine,) = [one for one in desk.unlocked("client", "list", "--json").json() if one["id"] == "bakery"]
    return mine["deliveries"]


def test_the_printer_gets_the_sheets_and_the_disk_nothing(desk: Desk, tray: Path) -> None:
    """Letter, every password and receipt come through the pipe; no argument, variable or file tells one."""
    before = readable(desk, tray)
    answer = desk.unlocked("deliver", "bakery", "--print")
    assert answer.code == 0, answer
    pages = [
        page.extract_text() for page in pypdf.PdfReader(io.BytesIO((tray / "sheets.pdf").read_bytes())).pages
    ]
    whole = re.sub(r"\s+", "", "".join(pages))
    for name in ("Domain", "Mail", "Shop"):
        assert f"secretof{name}" in whole
    assert SECRET not in (tray / "words").read_text() + (tray / "env").read_text() + answer.out + answer.err
    assert readable(desk, tray) == before
    assert [one["how"] for one in deliveries(desk)] == ["print"]
    desk.unlocked("deliver", "bakery", "--print").refuses(
        6,
        f"nothing in bakery's list changed since the sheets of revision {deliveries(desk)[0]['revision']}",
        "to print all of it again, for a lost folder: escrow deliver bakery --print --all",
    )


@pytest.mark.parametrize("script", [None, "exit 4", "read -r line; exit 1", "kill -9 $$"])
def test_no_printer_no_file_no_record(desk: Desk, tray: Path, script: str | None) -> None:
    """A missing or failing lp is one error; nothing readable stays, and no handover is on record."""
    before = readable(desk, tray)
    if script is None:
        (tray.parent / "bin" / "lp").unlink()
    else:
        says(tray, script)
    with desk.unchanged():
        answer = desk.unlocked("deliver", "bakery", "--print")
    assert answer.code == 9, answer
    assert answer.err.count("escrow: error:") == 1
    assert SECRET not in answer.out + answer.err
    assert readable(desk, tray) == before
    assert deliveries(desk) == []


def test_a_stick_a_file_and_a_receipt(desk: Desk) -> None:
    """The other two ways, the receipt's day, and one way at a time."""
    assert "List.pdf" in desk.does("deliver", "bakery", "--stick", desk.folder / "stick")
    assert "all of it" in desk.does("deliver", "bakery", "-o", desk.folder / "new.pdf", "--to", "Kim Crumb")
    assert "is no day between" in desk.unlocked("deliver", "bakery", "--received", "2001-01-01").err
    today = dt.datetime.now(dt.UTC).date().isoformat()
    assert f"received {today}: Kim Crumb" in desk.does("deliver", "bakery", "--received", today)
    assert desk.unlocked("deliver", "bakery").code == 2
    assert desk.unlocked("deliver", "bakery", "--print", "--received", today).code == 2
    assert desk.unlocked("letter", "family").code == 2
    assert "family.pdf" in desk.does("letter", "family", "-o", desk.folder / "family.pdf")


def test_an_agreement_is_written_and_known_again(desk: Desk) -> None:
    """P8: the fingerprint that is printed, shown and checked is one; after other terms the paper is refused."""
    said = desk.does("agreement", "bakery", "-o", desk.folder / "agreed.pdf").splitlines()[-1]
    code = said.removeprefix("Fingerprint of the agreement: ")
    assert f"agreement     {code}" in desk.does("terms", "show", "bakery")
    assert code in desk.does("agreement", "bakery", "--check", desk.folder / "agreed.pdf")
    assert code in desk.does("agreement", "bakery", "--check", code)
    assert "deliver-by    14d" in desk.does("terms", "set", "bakery", "--deliver-by", "14d")
    refused = desk.unlocked("agreement", "bakery", "--check", desk.folder / "agreed.pdf")
    assert refused.code != 0
    assert f"this paper says {code}" in refused.err
    assert "nor such a fingerprint" in desk.unlocked("agreement", "bakery", "--check", "nothing").err
    assert desk.unlocked("agreement", "bakery").code == 2
    assert desk.unlocked("terms", "set", "--deliver-by", "14d").code == 2
