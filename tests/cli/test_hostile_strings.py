"""P9: whatever stands in an export comes out of import, list, deposit and opening as it went in, or is named.

Five hundred texts go through the real programs: five formats, the sheets, the page, a node, a kit, two cards.
"""

import json
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path

import pytest
from cli.cli_world import Desk

from cli import hostile_world as world

CARDS = ("--card", "bakery-client.txt", "--card", "bakery-successor.txt")
NAMED = tuple(f"{field}={heading}" for field, heading in world.COLUMNS.items())
NO_SHEET = tuple("\ufffe\uffff")
"""What a cell cannot hold: no XML has it, and the escape for it is for control characters."""


_RIGHT = {"R", "AL"}


@dataclass(frozen=True)
class Told:
    """What went in, by the name of its format, and the folder in which all that came out lies."""

    texts: dict[str, tuple[str, ...]]
    folder: Path
    desk: Desk

    @property
    def bundle(self) -> dict[str, list[dict[str, object]]]:
        return json.loads((self.folder / "bundle.json").read_bytes())


def sources(part: int) -> dict[str, tuple[str, ...]]:
    """Which texts go through which format: Bitwarden takes all, each other one ``part``-th, all different."""
    whole = world.hostile()
    parts = [whole[at::part] for at in range(4)] if part > 1 else [whole] * 4
    return {
        "bitwarden": whole,
        "1password": parts[0],
        "csv": parts[1],
        "keepass": tuple(text for text in parts[2] if world.in_xml(text)),
        "spreadsheet": tuple(text for text in parts[3] if not set(NO_SHEET) & set(text)),
    }


def play(desk: Desk, texts: dict[str, tuple[str, ...]]) -> Told:
    """Import each format, write both lists, deposit, take a kit, open it with two cards."""
    writers = {
        "bitwarden": world.bitwarden,
        "1password": world.onepassword,
        "csv": world.table,
        "keepass": world.keepass,
        "spreadsheet": world.spreadsheet,
    }
    desk.write("master", world.MASTER)
    options: dict[str, tuple[str, ...]] = {"keepass": ("--password-file", "master")}
    options |= dict.fromkeys(
        ("csv", "spreadsheet"), tuple(word for one in NAMED for word in ("--column", one))
    )
    for name, write in writers.items():
        (desk.folder / f"=export {name}").write_bytes(write(texts[name]))
        words = ("import", "bakery", f"=export {name}", *options.get(name, ()), "--json")
        report = desk.unlocked(*words).json()
        assert [one["title"] for one in report["added"]] == list(texts[name])
        assert not [one for one in report["not_carried"] if one["reason"] == "unreadable"]
    for ending in ("pdf", "html"):
        desk.does("list", "bakery", "-o", f"list.{ending}")
    desk.does("deposit", "bakery")
    desk.does("kit", "bakery", "-o", "kit-hostile")
    opened = desk.escrow("recover", "--kit", "kit-hostile", *CARDS, "--yes", "-o", "opened")
    assert opened.code == 0, opened
    return Told(texts, desk.folder / "opened", desk)


@pytest.fixture(scope="module")
def told(enrolled: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    copy = enrolled.copy(tmp_path_factory.mktemp("hostile") / "desk")
    yield play(copy, sources(4))
    shutil.rmtree(copy.folder)


class Values(HTMLParser):
    """The exact text of each element of class ``value``, as a browser has it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: set[str] = set()
        self._open: list[tuple[str, list[str] | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br", "path"}:
            is_value = "value" in (dict(attrs).get("class") or "").split()
            self._open.append((tag, [] if is_value else None))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        name, pieces = self._open.pop()
        assert name == tag
        if pieces is not None:
            self.values.add("".join(pieces))

    def handle_data(self, data: str) -> None:
        for _, pieces in self._open:
            if pieces is not None:
                pieces.append(data)


def check_bundle(told: Told) -> None:
    for name, texts in told.texts.items():
        entries = [one for one in told.bundle["entries"] if one.get("origin", {}).get("source") == name]
        entries = [one for one in entries if one["title"] not in ("Domain", "Mail", "Shop")]
        assert len(entries) == len(texts)
        for entry, text in zip(entries, texts, strict=True):
            parts = (entry["title"], entry["user"], entry["password"], *entry["urls"], entry["notes"])
            assert parts == (text,) * 5, (name, text)
            assert [field["value"] for field in entry["fields"]] == [text], (name, text)


def check_documents(told: Told) -> None:
    """Each file's name and bytes; on the disk it lies below ``documents/``, whatever it is called."""
    wanted = {text: text.encode() for text in told.texts["keepass"][::10]}
    found = {
        one["name"]: (told.folder / "documents" / one["id"] / one["file"]).read_bytes()
        for one in told.bundle["documents"]
    }
    assert found == wanted
    written = {path for path in told.folder.rglob("*") if path.is_file()}
    assert all(path.resolve().is_relative_to(told.folder.resolve()) for path in written)
    assert len(written) == len(wanted) + 2


def check_page(told: Told, file: Path) -> None:
    """Each text stands on the page exactly; of what no page can carry the code point does."""
    values = Values(file.read_bytes().decode()).values
    for text in {text for texts in told.texts.values() for text in texts}:
        assert text.replace("\x00", "[U+0000]") in values, text


def check_sheets(told: Told) -> None:
    """Each text is on paper, the code points of what paper cannot show among it."""
    raw = subprocess.run(
        ["pdftotext", "-raw", told.desk.folder / "list.pdf", "-"], check=True, capture_output=True
    ).stdout.decode()
    pages = [_joined(re.sub(r"\n[^\n]*\n?$", "", page)) for page in raw.split("\f")]  # without the feet
    whole = _spelt(_joined("".join(pages)))
    for text in {text for texts in told.texts.values() for text in texts}:
        wanted = _spelt(_joined(text))
        # Read from right to left, the runs of a line stand in the order in which they are seen.
        for run in _runs(wanted) if _RIGHT & set(map(unicodedata.bidirectional, wanted)) else (wanted,):
            assert run in whole, text


def _runs(text: str) -> list[str]:
    def way(char: str) -> str:
        found = unicodedata.bidirectional(char)
        return found if found in _RIGHT else ""

    return ["".join(run) for _, run in groupby(text, way)]


def _joined(text: str) -> str:
    """Without white space: a value may break anywhere."""
    return re.sub(r"\s+", "", text)


def _spelt(text: str) -> str:
    """Each ``[U+202E]`` as the character that it stands for; white space goes again."""
    return _joined(re.sub(r"\[U\+([0-9A-F]{4,6})\]", lambda code: chr(int(code[1], 16)), text))


@pytest.mark.long
def test_each_text_is_opened_as_it_was_imported(told: Told) -> None:
    """P9: title, user, password, address, note and field of each entry are equal, in five formats."""
    check_bundle(told)


@pytest.mark.long
def test_each_file_is_opened_as_it_was_imported(told: Told) -> None:
    """P9: a document named ../../x keeps its name in the bundle, and lies in its own folder on the disk."""
    check_documents(told)


@pytest.mark.long
def test_each_text_stands_exactly_on_the_page(told: Told) -> None:
    """P9: READ-ME-FIRST.html that comes out of a kit has each text as it is; so has the list that escrow writes."""
    check_page(told, told.folder / "READ-ME-FIRST.html")
    check_page(told, told.desk.folder / "list.html")


@pytest.mark.long
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_each_text_stands_on_the_sheets(told: Told) -> None:
    """P9: on paper nothing is missing: what a font lacks, and what shows nothing, is spelt as its code point."""
    check_sheets(told)


@pytest.mark.long
def test_each_text_comes_through_each_format(desk: Desk) -> None:
    """P9: the same with all five hundred texts in every format."""
    told = play(desk, sources(1))
    check_bundle(told)
    check_documents(told)
    check_page(told, told.folder / "READ-ME-FIRST.html")
    check_sheets(told)


def test_half_a_character_is_named_by_its_place(desk: Desk) -> None:
    """P9: what JSON can write and no file can hold is refused: what, in which entry, and what to do."""
    export = json.loads(world.bitwarden(("eins", "zwei")))
    export["items"][1]["login"]["password"] = "secret \ud800"
    desk.write("export-half.json", json.dumps(export))
    with desk.unchanged():
        answer = desk.unlocked("import", "bakery", "export-half.json")
    answer.refuses(
        3,
        "a text of the export holds half a character, which no file can hold (at items.1.login.password)",
        "type that text anew in the password manager, and export again; nothing was taken",
    )


def test_a_broken_one_time_secret_is_kept_and_named(desk: Desk) -> None:
    """P9: a TOTP secret that is none stays as it stands, in a protected field, and the import says so."""
    export = json.loads(world.bitwarden(("Kaputt",)))
    export["items"][0]["login"]["totp"] = "not base32!"
    desk.write("export-totp.json", json.dumps(export))
    told = desk.does("import", "bakery", "export-totp.json")
    assert re.search(r"NOT CARRIED +Kaputt +totp: kept as it stands, in a free field", told)
    entry = desk.unlocked("entry", "show", "bakery", "Kaputt", "--json").json()
    assert {"name": "totp", "value": "not base32!", "protected": True} in entry["fields"]


def test_a_title_does_not_steer_the_terminal(desk: Desk) -> None:
    """An escape sequence in an imported entry is spelt out wherever it is shown."""
    (desk.folder / "esc.json").write_bytes(world.bitwarden(("\x1b]0;owned\x07",)))
    entry = desk.unlocked("import", "bakery", "esc.json", "--json").json()["added"][0]["id"]
    for words in (
        ("entry", "list", "bakery"),
        ("entry", "show", "bakery", entry, "--reveal"),
        ("open", "bakery"),
    ):
        told = desk.does(*words)
        assert "\x1b" not in told
        assert "[U+001B]" in told
