"""P9: a folder that is kept by following printed cover sheets, read back from the sheets themselves."""

import io
import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pypdf
from provider.vault_world import NOW, add_clients

from escrowd.core.bundle.registers import KEYS
from escrowd.provider.actions.contents import (
    add_contact,
    add_entry,
    edit_entry,
    list_entries,
    remove_entry,
)
from escrowd.provider.actions.list_ import write_list
from escrowd.provider.workspace import Session

CLIENT = "client-1"
KINDS = ("domain-registrar", "mail", "website-login", "server", "licence", "identity", "note")
Folder = dict[str, list[str]]
"""The sheets behind each divider, by its name."""


def sheets(session: Session, file: Path, since: int | None) -> tuple[str, Folder]:
    """What a list says: its cover sheet, if it has one, and its sheets as their feet file them."""
    write_list(session, CLIENT, file, since=since)
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file.read_bytes())).pages]
    cover = "" if since is None else pages.pop(0)
    filed: Folder = {}
    for page in pages:
        foot = re.search(r"(Vorn|Anhang|Register \d) · Blatt \d+ · Stand \d+", page)
        assert foot, page
        filed.setdefault(foot[1], []).append(page)
    return re.sub(r"\s+", " ", cover), filed


def named(cover: str) -> tuple[set[str], set[str]]:
    """The registers that a cover sheet says to exchange, and those that it says to empty."""
    told = re.findall(r"(Register \d), [^:]+: Nehmen Sie alle (alten Blätter|Blätter heraus)", cover)
    return (
        {name for name, what in told if what.startswith("alten")},
        {name for name, what in told if what.startswith("Blätter")},
    )


def follow(folder: Mapping[str, Sequence[str]], cover: str, new: Folder) -> Folder:
    """The folder after somebody did what the cover sheet says, and nothing else."""
    put_in, take_out = named(cover)
    kept = {name: list(pages) for name, pages in folder.items() if name.startswith("Register")}
    for name in put_in | take_out:
        kept.pop(name, None)
    assert put_in == {name for name in new if name.startswith("Register")}
    return kept | new


def edit(session: Session, draw: random.Random, number: int) -> None:
    entries = list_entries(session, CLIENT)
    act = draw.choice(["add", "password", "title", "kind", "remove", "contact"]) if entries else "add"
    if act == "add":
        values = {"title": f"Zugang {number}", "kind": draw.choice(KINDS), "password": f"pw-{number}"}
        add_entry(session, CLIENT, values, now=NOW + number)
    elif act == "contact":
        add_contact(session, CLIENT, {"name": f"Kim {number}", "kind": "supplier"}, now=NOW + number)
    elif act == "remove":
        remove_entry(session, CLIENT, draw.choice(entries).id, now=NOW + number)
    else:
        change = {"password": f"pw-{number}", "title": f"Neu {number}", "kind": draw.choice(KINDS)}[act]
        edit_entry(session, CLIENT, draw.choice(entries).id, {act: change}, now=NOW + number)


def test_twenty_edits_and_a_folder_that_follows_its_covers(session: Session, tmp_path: Path) -> None:
    """The cover names exactly the registers whose sheets became others, and the folder equals a new print."""
    add_clients(session, 1)
    draw = random.Random(20)  # noqa: S311 — a story, not a key
    for number in range(6):
        edit(session, draw, number)
    _, folder = sheets(session, tmp_path / "all.pdf", None)
    held, seen = 6, set()
    for number in range(6, 26):
        edit(session, draw, number)
        if draw.random() < 0.5:  # not every change is delivered at once
            continue
        before = folder
        cover, new = sheets(session, tmp_path / "new.pdf", held)
        _, whole = sheets(session, tmp_path / "all.pdf", None)
        held = int(re.search(r"hat jetzt Stand (\d+)", cover)[1])  # type: ignore[index]
        folder = follow(folder, cover, new)
        assert folder == whole
        put_in, take_out = named(cover)
        registers = {f"Register {n}" for n in range(1, len(KEYS) + 1)}
        assert put_in == {name for name in registers & whole.keys() if before.get(name) != whole[name]}
        assert take_out == {name for name in registers & before.keys() if name not in whole}
        seen |= {bool(put_in), bool(take_out)}
    assert seen == {True, False}
