"""Writing an opened bundle: into a new folder only, and nothing is left after an error."""

import subprocess
import sys
from pathlib import Path

import pytest

from escrowd.errors import ConflictError, EscrowdError, InputError
from escrowd.recovery import Materials, gather, open_materials, read_cards, read_kit, write_out

MATERIAL = Path(__file__).resolve().parents[1] / "vectors/recovery/material"
CARDS = [MATERIAL / f"cards/meier-{group}.txt" for group in ("client", "successor")]


def kit() -> Materials:
    return gather([read_kit(MATERIAL / "kit"), read_cards(files=CARDS)])


def test_what_was_written_is_told(tmp_path: Path):
    """The report names client, revision, folder and every file with its size."""
    with open_materials(kit()) as opened:
        assert opened.groups == ("client", "successor")
        written = write_out(opened, tmp_path / "out")
    assert (written.client, written.name, written.revision) == ("meier", "Bäckerei Meier", 3)
    assert written.size == sum((written.folder / file.name).stat().st_size for file in written.files)
    assert [file.name for file in written.files][:2] == ["READ-ME-FIRST.html", "bundle.json"]


def test_a_folder_with_content_is_left_alone(tmp_path: Path):
    """Nothing is written over: a folder that holds something is refused, and keeps what it holds."""
    (tmp_path / "mine.txt").write_text("mine")
    with open_materials(kit()) as opened, pytest.raises(ConflictError) as caught:
        write_out(opened, tmp_path)
    assert caught.value.code == "folder.not-empty"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_disk_that_gives_up_in_the_middle_leaves_nothing(tmp_path: Path):
    """When a file cannot be written whole, those before it are removed again (P10)."""
    script = (
        "import resource, signal, sys\nfrom pathlib import Path\n"
        "from escrowd.errors import EscrowdError\n"
        "from escrowd.recovery import gather, open_materials, read_cards, read_kit, write_out\n"
        "material, out = Path(sys.argv[1]), Path(sys.argv[2])\n"
        "cards = read_cards(files=[Path(name) for name in sys.argv[3:]])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "with open_materials(gather([read_kit(material), cards])) as opened:\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "    try:\n        write_out(opened, out)\n"
        "    except EscrowdError as error:\n        print(error.code, Path(error.fields['path']).name)\n"
    )
    out = tmp_path / "out"
    arguments = [sys.executable, "-c", script, MATERIAL / "kit", out, *CARDS]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["disk.failed", "bundle.json"]
    assert list(out.iterdir()) == []


def test_nothing_readable_touches_a_disk_before_it_is_written_out(tmp_path: Path):
    """Strace sees no file opened for writing while a bundle is opened, only an anonymous one in memory (P10)."""
    log = tmp_path / "log"
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from escrowd.recovery import gather, open_materials, read_cards, read_kit\n"
        "cards = read_cards(files=[Path(name) for name in sys.argv[2:]])\n"
        "with open_materials(gather([read_kit(Path(sys.argv[1])), cards])) as opened:\n"
        "    print(opened.payload.bundle.entries[0].password)\n"
    )
    trace = ["strace", "-f", "-e", "trace=open,openat,creat,memfd_create", "-o", log]
    python = [sys.executable, "-B", "-c", script, MATERIAL / "kit", *CARDS]
    try:
        done = subprocess.run([*trace, *python], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("strace is not installed")
    assert done.stdout == 'Bröt:chen"42\n'
    calls = log.read_text()
    assert "memfd_create(" in calls
    written = [
        line for line in calls.splitlines() if "O_WRONLY" in line or "O_RDWR" in line or "O_CREAT" in line
    ]
    assert [line for line in written if "/dev/" not in line] == []


def test_a_bundle_over_the_limit_is_not_read(tmp_path: Path):
    """A file that no node would have taken is refused by its size."""
    path = tmp_path / "bundle.age"
    with path.open("wb") as target:
        target.truncate(64 * 2**20 + 1)
    with pytest.raises(InputError) as caught, open_materials(Materials(bundle=path)):
        pass
    assert caught.value.code == "file.too-large"


def test_cards_are_found_wherever_they_come_from():
    """A typed card's error names what the caller called it; a file's error names the file."""
    with pytest.raises(EscrowdError) as caught:
        read_cards(texts=[("typed card 1", "academic")])
    assert caught.value.fields == {"words": 1, "expected": 20, "source": "typed card 1"}
    text = CARDS[0].read_text()
    assert len(read_cards(files=CARDS, texts=[("typed", text)]).cards) == 3
