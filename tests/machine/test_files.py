"""Files on a real disk: whole or not at all, private, locked, and what a full disk leaves."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from escrowd.errors import ConflictError, EscrowdError, InputError, NotFoundError
from escrowd.machine import files


def failure(call, *args, **kwargs) -> EscrowdError:
    with pytest.raises(EscrowdError) as caught:
        call(*args, **kwargs)
    return caught.value


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_written_file_is_private_and_replaces_the_old(tmp_path: Path):
    """A file is written 0600 whatever the umask and the old mode were, and nothing else is left."""
    path = tmp_path / "file"
    before = os.umask(0)
    try:
        files.write_atomic(path, b"one")
        assert mode(path) == 0o600
        path.chmod(0o644)
        os.umask(0o377)
        files.write_atomic(path, b"two")
    finally:
        os.umask(before)
    assert (path.read_bytes(), mode(path)) == (b"two", 0o600)
    files.write_atomic(path, b"page", mode=0o644)
    assert mode(path) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_while_writing_changes_nothing(tmp_path: Path):
    """Whatever fails while the content is produced, the old file stays and no temporary one does (P4)."""
    path = tmp_path / "file"
    files.write_atomic(path, b"old")

    def write(target) -> None:
        target.write(b"half")
        raise InputError("test.error")

    assert failure(files.write_atomic_stream, path, write).code == "test.error"
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_changes_nothing(tmp_path: Path):
    """A disk without room is ``disk.full``; the old file stays and no temporary one does (P4)."""
    path = tmp_path / "file"
    files.write_atomic(path, b"old")

    def write(target) -> None:
        # The kernel's own answer, from the device made for it.
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")
        target.write(b"never")

    error = failure(files.write_atomic_stream, path, write)
    assert (error.code, error.fields) == ("disk.full", {"path": str(path)})
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_not_followed(tmp_path: Path):
    """Where a symbolic link stands, the link is replaced; what it points at stays as it is."""
    outside = tmp_path / "outside"
    outside.write_bytes(b"outside")
    link = tmp_path / "link"
    link.symlink_to(outside)
    files.write_atomic(link, b"new")
    assert not link.is_symlink()
    assert (link.read_bytes(), outside.read_bytes()) == (b"new", b"outside")


def test_a_missing_folder_is_named(tmp_path: Path):
    """Writing into, locking or reading what is not there says so, with the path."""
    path = tmp_path / "none" / "file"
    for call in (lambda: files.write_atomic(path, b"x"), lambda: files.read_bounded(path, 10)):
        error = failure(call)
        assert isinstance(error, NotFoundError)
        assert (error.code, error.fields) == ("file.not-found", {"path": str(path)})
    with pytest.raises(NotFoundError), files.lock_folder(path.parent):
        pass


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_forbidden_folder_is_named(tmp_path: Path):
    """A folder that may not be written is ``disk.forbidden``."""
    tmp_path.chmod(0o500)
    assert failure(files.write_atomic, tmp_path / "file", b"x").code == "disk.forbidden"


def test_a_full_quota_while_streaming_is_seen(tmp_path: Path):
    """A file size limit of the process (errno EFBIG) is reported by name, and nothing is left."""
    script = (
        "import sys, signal, resource\n"
        "from pathlib import Path\n"
        "from escrowd.machine.files import write_atomic\n"
        "from escrowd.errors import EscrowdError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    write_atomic(Path(sys.argv[1]), b'x' * 100_000)\n"
        "except EscrowdError as error:\n    print(error.code, error.fields['errno'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "file"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["disk.failed", "EFBIG"]
    assert list(tmp_path.iterdir()) == []


LOCKER = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from escrowd.machine.files import lock_folder\n"
    "with lock_folder(Path(sys.argv[1])):\n    print('locked', flush=True)\n    time.sleep(60)\n"
)


def test_a_second_process_is_refused_until_the_first_ends(tmp_path: Path):
    """A locked folder is refused at once; a killed owner leaves no lock behind."""
    owner = subprocess.Popen([sys.executable, "-c", LOCKER, tmp_path], stdout=subprocess.PIPE)
    try:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"locked\n"
        with pytest.raises(ConflictError) as caught, files.lock_folder(tmp_path):
            pass
        assert (caught.value.code, caught.value.fields) == ("workspace.locked", {"path": str(tmp_path)})
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        if owner.stdout:
            owner.stdout.close()
    with files.lock_folder(tmp_path):
        pass
    assert mode(tmp_path / files.LOCK_FILE) == 0o600


def test_a_killed_process_leaves_the_old_content_and_nothing_else(tmp_path: Path):
    """P4, P10: a process killed in the middle of a write leaves no half of it; what an older one left is swept."""
    below = tmp_path / "clients" / "x"
    below.mkdir(parents=True)
    path = below / "bundle.age"
    files.write_atomic(path, b"old")
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom escrowd.machine.files import write_atomic_stream\n"
        "def write(target):\n    target.write(b'half'); target.flush(); print('on', flush=True); time.sleep(60)\n"
        "write_atomic_stream(Path(sys.argv[1]), write)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"on\n"
    writer.kill()
    writer.wait()
    writer.stdout.close()
    assert list(below.iterdir()) == [path]
    (below / ".bundle.age.0123456789abcdef.escrow-tmp").write_bytes(b"half")
    with files.lock_folder(tmp_path):
        assert list(below.iterdir()) == [path]
    assert path.read_bytes() == b"old"


def test_reading_is_bounded_and_waits_for_nobody(tmp_path: Path):
    """A file over the limit, a folder, and a pipe that nobody writes to are refused at once."""
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert files.read_bounded(path, 5) == b"12345"
    error = failure(files.read_bounded, path, 4)
    assert (error.code, error.fields) == ("file.too-large", {"path": str(path), "size": 5, "limit": 4})
    assert failure(files.read_bounded, tmp_path, 4).code == "file.not-regular"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    started = time.monotonic()
    assert failure(files.open_regular, pipe).code == "file.not-regular"
    assert time.monotonic() - started < 5


def test_a_private_folder_is_new_or_empty(tmp_path: Path):
    """A new folder is 0700; an empty one becomes so; one with content, a file or a link is refused."""
    folder = tmp_path / "out"
    files.new_private_folder(folder)
    assert mode(folder) == 0o700
    folder.chmod(0o755)
    files.new_private_folder(folder)
    assert mode(folder) == 0o700
    (folder / "x").touch()
    assert failure(files.new_private_folder, folder).code == "folder.not-empty"
    assert failure(files.new_private_folder, folder / "x").code == "folder.not-a-folder"
    (tmp_path / "link").symlink_to(folder)
    assert failure(files.new_private_folder, tmp_path / "link").code == "folder.not-a-folder"
    assert failure(files.new_private_folder, tmp_path / "a" / "b").code == "file.not-found"


def test_a_memory_file_has_no_name_on_disk():
    """The anonymous file holds what is written and cannot be opened by a path of any file system."""
    with files.memory_file() as memory:
        memory.write(b"inside")
        memory.seek(0)
        assert memory.read() == b"inside"
        assert str(Path(f"/proc/self/fd/{memory.fileno()}").readlink()).startswith("/memfd:")


def test_removing_twice_is_no_error(tmp_path: Path):
    """A file that is not there needs no removing."""
    path = tmp_path / "file"
    files.write_atomic(path, b"x")
    files.remove(path)
    files.remove(path)
    assert not path.exists()
    assert isinstance(failure(files.sync_folder, path), NotFoundError)


def test_a_write_is_synced_before_it_is_named(tmp_path: Path):
    """Strace sees: fsync of the content, its name, fsync of the folder, in this order; over an old file too (P4)."""
    if subprocess.run(["which", "strace"], capture_output=True, check=False).returncode:
        pytest.skip("strace is not installed")
    log = tmp_path / "log"
    script = f"from pathlib import Path\nfrom escrowd.machine.files import write_atomic\nwrite_atomic(Path({str(tmp_path / 'f')!r}), b'x')"
    script += f"\nwrite_atomic(Path({str(tmp_path / 'f')!r}), b'y')"
    subprocess.run(
        [
            "strace",
            "-f",
            "-e",
            "trace=fsync,rename,renameat,renameat2,linkat",
            "-o",
            log,
            sys.executable,
            "-c",
            script,
        ],
        check=True,
    )
    calls = [line.split("(")[0].split()[-1] for line in log.read_text().splitlines() if "(" in line]
    assert [call[:6] for call in calls if call[:6] in {"fsync", "rename", "linkat"}] == [
        *("fsync", "linkat", "fsync"),
        *("fsync", "linkat", "linkat", "rename", "fsync"),
    ]


def test_without_nameless_files_the_name_is_a_temporary_one(tmp_path: Path):
    """P4: on a file system that knows no files without a name (FAT), a write is still whole or not at all."""
    disk, image = tmp_path / "stick", tmp_path / "image"
    disk.mkdir()
    with image.open("wb") as target:
        target.truncate(4 * 2**20)
    made = shutil.which("mkfs.vfat") and subprocess.run(
        ["mkfs.vfat", image], capture_output=True, check=False
    )
    if (
        not made
        or subprocess.run(["mount", "-o", "loop", image, disk], capture_output=True, check=False).returncode
    ):
        pytest.skip("no FAT can be mounted here")
    try:
        for content in (b"one", b"two"):
            files.write_atomic(disk / "file", content)
            assert (disk / "file").read_bytes() == content
        assert list(disk.iterdir()) == [disk / "file"]
    finally:
        subprocess.run(["umount", disk], check=True)
