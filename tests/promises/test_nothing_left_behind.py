"""P10: what a command leaves in the file system, whether it ends well, fails, or is killed in the middle.

The test looks at every file in the home, the temporary, the runtime and the working folder: nothing may be
there but what was asked for, whole, and the sealed workspace.
"""

import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest
from cli.cli_world import BIN, EXPORT, Desk, quicken, typed_cards

SECRET = b"secret of"
"""How the passwords of the entries begin."""
OUT = "out"
"""The one folder into which commands are asked to write."""
WRITING: dict[str, tuple[str, ...]] = {
    "list.pdf": ("list", "bakery", "-o", "out/list.pdf"),
    "list.html": ("list", "bakery", "-o", "out/list.html"),
    "table.csv": ("export", "bakery", "-o", "out/table.csv"),
    "vault.kdbx": ("export", "bakery", "-o", "out/vault.kdbx", "--password-file", "passphrase"),
    "sheets.pdf": ("deliver", "bakery", "-o", "out/sheets.pdf"),
}
"""Commands that write one readable file (the database is sealed, and made in memory of what is not)."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A workspace with one client, three entries, cards and a kit."""
    desk = Desk(tmp_path_factory.mktemp("left") / "desk")
    desk.folder.mkdir(mode=0o700)
    desk.write("passphrase", "copper lantern orchard violin\n")
    desk.does("init", "--name", "Winter IT", "--address", "jana@winter.example", "-o", "cards-provider")
    quicken(desk.workspace)
    desk.does("client", "add", "bakery", "--name", "Bakery Crumb", "--language", "en")
    for role in ("client", "successor"):
        desk.does(
            *("beneficiary", "add", "bakery", "--role", role, "--name", f"Kim {role}"),
            *("--address", f"{role}@crumb.example"),
        )
    (desk.folder / "export.json").write_text(json.dumps(EXPORT))
    desk.does("import", "bakery", "export.json")
    (desk.folder / "export.json").unlink()
    desk.does("cards", "bakery", "-o", "cards-bakery")
    typed_cards(desk.folder / "cards-bakery", desk.folder)
    for folder in ("cards-bakery", "cards-provider"):
        shutil.rmtree(desk.folder / folder)
    yield desk
    shutil.rmtree(desk.folder)


@pytest.fixture
def desk(made: Desk, tmp_path: Path) -> Desk:
    """A copy with a home, a temporary and a runtime folder of its own."""
    copy = made.copy(tmp_path / "desk")
    for name in ("home", "tmp", "run", "desk/out"):
        (tmp_path / name).mkdir(mode=0o700)
    places = {"HOME": "home", "TMPDIR": "tmp", "XDG_RUNTIME_DIR": "run", "XDG_CACHE_HOME": "home/cache"}
    copy.environment |= {name: str(tmp_path / place) for name, place in places.items()}
    return copy


def left(desk: Desk) -> dict[str, bytes]:
    """Every file that is there, by its place; but for the passphrase and the cards, which the test wrote."""
    top = desk.folder.parent
    return {
        str(path.relative_to(top)): path.read_bytes()
        for path in sorted(top.rglob("*"))
        if path.is_file() and not (path.parent == desk.folder and path.suffix in {"", ".txt"})
    }


def is_readable(data: bytes) -> bool:
    return SECRET in data or data.startswith((b"%PDF", b"PK"))


def check(desk: Desk, allowed: Sequence[str] = ()) -> None:
    """Nothing is readable but the files in ``allowed``, and outside of the workspace there is nothing else."""
    for place, data in left(desk).items():
        if place.removeprefix("desk/out/") in allowed:
            continue
        assert place.startswith("desk/workspace/"), place
        assert not is_readable(data), place


def begun(desk: Desk, *words: object, **environment: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [BIN / "escrow", *map(str, words), "--passphrase-file", "passphrase"],
        cwd=desk.folder,
        env=desk.env() | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.mark.long
def test_a_command_leaves_what_was_asked_for_and_nothing_else(desk: Desk) -> None:
    """P10: each file that was asked for is there, 0600; temporary and runtime folders are empty."""
    for name, words in WRITING.items():
        desk.does(*words)
        assert (desk.folder / OUT / name).stat().st_mode & 0o777 == 0o600
    desk.does("kit", "bakery", "-o", "out/kit")
    cards = (word for name in ("client", "successor") for word in ("--card", f"bakery-{name}.txt"))
    opened = desk.escrow("recover", "--kit", "out/kit", *cards, "--yes", "-o", "out/opened")
    assert opened.code == 0, opened
    assert SECRET in (desk.folder / OUT / "opened" / "bundle.json").read_bytes()
    kept = [str(path.relative_to(desk.folder / OUT)) for path in (desk.folder / OUT).rglob("*")]
    assert {name.split("/")[0] for name in kept} == {*WRITING, "kit", "opened"}
    check(desk, kept)


def is_whole(name: str, data: bytes) -> bool:
    if name.endswith(".pdf"):
        return bool(pypdf.PdfReader(io.BytesIO(data)).pages)
    return data.rstrip().endswith(b"</html>") if name.endswith(".html") else bool(data)


def killed_anywhere(desk: Desk, times: int, seed: int) -> None:
    """Kill each command ``times`` times, somewhere in the last half of what it takes."""
    draw = random.Random(seed)  # noqa: S311 — where to kill, not a key
    for name, words in WRITING.items():
        started = time.monotonic()
        assert begun(desk, *words).wait() == 0
        took = time.monotonic() - started
        for _ in range(times):
            (desk.folder / OUT / name).unlink(missing_ok=True)
            process = begun(desk, *words)
            time.sleep(took * draw.uniform(0.5, 1.0))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            file = desk.folder / OUT / name
            assert not file.exists() or is_whole(name, file.read_bytes())
            check(desk, tuple(WRITING))


@pytest.mark.long
def test_a_killed_command_leaves_no_half_of_a_list(desk: Desk) -> None:
    """P4, P10: killed at a random moment, a command leaves the whole file or none, and no other name beside it."""
    killed_anywhere(desk, 1, 1)


@pytest.mark.long
def test_a_killed_command_leaves_no_half_of_a_list_often(desk: Desk) -> None:
    """P4, P10: the same, twenty times for each command."""
    killed_anywhere(desk, 20, 2)


@pytest.mark.long
def test_a_command_without_room_leaves_nothing(desk: Desk) -> None:
    """P10: where a file cannot grow as large as it must, no part of it stays, and the error says where."""
    small = resource.RLIMIT_FSIZE, (40_000, 40_000)
    words = [BIN / "escrow", *WRITING["list.pdf"], "--passphrase-file", "passphrase"]
    limited = [shutil.which("prlimit") or "prlimit", f"--fsize={small[1][0]}", *words]
    done = subprocess.run(limited, cwd=desk.folder, env=desk.env(), capture_output=True, check=False)
    assert done.returncode == 9, done.stderr
    assert b"list.pdf" in done.stderr
    check(desk)


EDITOR = """#!/bin/sh
cp "$1" "$1~"; cp "$1" "$(dirname "$1")/.entry.swp"
touch "$STARTED"
[ -z "$WAITS" ] || exec sleep 30
sed -i 's/secret of Shop/secret of a new shop/' "$1"
"""


@pytest.fixture
def editor(desk: Desk, tmp_path: Path) -> Path:
    """An editor that leaves copies, as most do; returns what it touches once it runs."""
    program = tmp_path / "desk" / "editor"
    program.write_text(EDITOR)
    program.chmod(0o700)
    desk.environment |= {"VISUAL": str(program), "STARTED": str(tmp_path / "desk" / "started"), "WAITS": ""}
    return tmp_path / "desk" / "started"


def test_an_editors_copies_go_with_the_text(desk: Desk, editor: Path) -> None:
    """P10: what an editor writes beside the text (a backup, a swap file) is gone when it ends."""
    desk.does("entry", "edit", "bakery", "Shop")
    assert editor.exists()
    check(desk)
    assert "a new shop" in desk.does("entry", "show", "bakery", "Shop", "--reveal")


def waiting(desk: Desk, editor: Path) -> "subprocess.Popen[bytes]":
    process = begun(desk, "entry", "edit", "bakery", "Shop", WAITS="yes")
    end = time.monotonic() + 30
    while not editor.exists():
        assert time.monotonic() < end, "no editor"
        time.sleep(0.02)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_ended_command_takes_the_edited_text_along(desk: Desk, editor: Path, number: int) -> None:
    """P10: Ctrl-C, an end from outside, and a closed terminal leave nothing of what was being edited."""
    process = waiting(desk, editor)
    os.kill(process.pid, number)
    assert process.wait(timeout=30) == 130
    check(desk)


def test_what_a_killed_edit_left_goes_with_the_next_command(desk: Desk, editor: Path) -> None:
    """P10: nothing can tidy up after its own SIGKILL; whatever command comes next does."""
    process = waiting(desk, editor)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert any(is_readable(data) for place, data in left(desk).items() if place.startswith("run/"))
    desk.does("entry", "list", "bakery")
    check(desk)


def test_the_readable_export_is_the_persons_own_and_no_copy_is_made(desk: Desk) -> None:
    """P10: import and sync, and their failures, write nothing readable anywhere."""
    readable = desk.folder / OUT / "export.json"
    readable.write_text(json.dumps(EXPORT))
    desk.does("import", "bakery", "out/export.json")
    refused = replace(desk).unlocked("import", "bakery", "out/export.json", "--group", "none")
    assert refused.code == 8, refused
    check(desk, ("export.json",))
    desk.does("sync", "out/export.json", "--map", "/=bakery", "--delete", "--why", "")
    check(desk)
