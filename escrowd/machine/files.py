"""Files that are there whole or not at all, locks, and files that never touch a disk.

A write is: a file without a name in the target's folder, its fsync, its name, the fsync of the folder.
Whatever happens in between, the old content or the new one is there, and of a process that is killed nothing
stays: half a list would be readable, too (P10). The rules:

1. Where the target is there already, or where the file system knows no files without a name (FAT, NFS), the
   name is a temporary one, taken exclusively, and a rename follows. It is removed on any error.
2. What a killed process left is removed by the next one that holds the folder's lock.
3. A failed fsync is not tried again: the kernel may have dropped the pages and would say yes the second time.
"""

import errno
import fcntl
import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, cast

from escrowd.errors import ConflictError, InputError, NotFoundError, UnavailableError

LOCK_FILE: Final = "lock"
_TEMPORARY: Final = ".escrow-tmp"
_OWN_FILES: Final = Path("/proc/self/fd")
_NO_NAMELESS: Final = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS}
"""What a file system answers that knows no files without a name."""
_PIECE: Final = 1024 * 1024
_NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN: Final = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into our own errors.

    Raises ``UnavailableError``: ``disk.full``, ``disk.forbidden``, ``disk.failed`` (fields ``path``, and
    ``errno`` by name); ``NotFoundError`` ``file.not-found`` (``path``); ``InputError``
    ``file.not-regular`` (``path``).
    """
    try:
        yield
    except FileNotFoundError:
        raise NotFoundError("file.not-found", path=str(path)) from None
    except IsADirectoryError:
        raise InputError("file.not-regular", path=str(path)) from None
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise UnavailableError("disk.full", path=str(path)) from None
        if error.errno in _FORBIDDEN:
            raise UnavailableError("disk.forbidden", path=str(path)) from None
        name = errno.errorcode.get(error.errno or 0, "unknown")
        raise UnavailableError("disk.failed", path=str(path), errno=name) from None


def write_atomic(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace the file ``path`` by ``data``, durably. Raises as ``disk_errors``; then nothing has changed."""
    write_atomic_stream(path, lambda target: target.write(data), mode)


def write_atomic_stream(path: Path, write: Callable[[BinaryIO], object], mode: int = 0o600) -> None:
    """Replace the file ``path`` by what ``write`` writes to the stream that it is given, durably.

    Raises as ``disk_errors``, and what ``write`` raises; then nothing has changed.
    """
    with disk_errors(path):
        descriptor, temporary = _new_file(path)
        try:
            with os.fdopen(descriptor, "w+b") as stream:
                os.fchmod(descriptor, mode)  # whatever the umask said
                write(stream)
                stream.flush()
                os.fsync(descriptor)
                if temporary is None and not _named(descriptor, path):
                    temporary = _beside(path)
                    _named(descriptor, temporary)
            if temporary is not None:
                temporary.replace(path)
        except BaseException:
            if temporary is not None:
                with suppress(OSError):
                    temporary.unlink()
            raise
    sync_folder(path.parent)


def _new_file(path: Path) -> tuple[int, Path | None]:
    """A new private file in the folder of ``path``, without a name if that can be; else its temporary one."""
    if _OWN_FILES.is_dir():
        try:
            return os.open(path.parent, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600), None
        except OSError as error:
            if error.errno not in _NO_NAMELESS:
                raise
    temporary = _beside(path)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(temporary, flags, 0o600), temporary


def _named(descriptor: int, path: Path) -> bool:
    """Give a file its name; false where something has that name."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.link(_OWN_FILES / str(descriptor), path.name, dst_dir_fd=folder, follow_symlinks=True)
    except FileExistsError:
        return False
    finally:
        os.close(folder)
    return True


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}{_TEMPORARY}")


def sync_folder(path: Path) -> None:
    """Make what was created, renamed or removed in the folder durable. Raises as ``disk_errors``."""
    with disk_errors(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file, durably; that it is not there is no error. Raises as ``disk_errors``."""
    with disk_errors(path):
        path.unlink(missing_ok=True)
    sync_folder(path.parent)


def read_bounded(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most ``limit`` bytes.

    Raises ``NotFoundError`` ``file.not-found``; ``InputError``: ``file.not-regular``, ``file.too-large``
    (``size``, ``limit``); and as ``disk_errors``.
    """
    with open_regular(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > limit:
            raise InputError("file.too-large", path=str(path), size=size, limit=limit)
        with disk_errors(path):
            return stream.read(limit)


def open_regular(path: Path) -> BinaryIO:
    """A regular file, open for reading; a folder, pipe or device is refused and never waited for.

    Raises ``NotFoundError`` ``file.not-found``; ``InputError`` ``file.not-regular``; and as ``disk_errors``.
    """
    with disk_errors(path):
        # A pipe without a writer would block here for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputError("file.not-regular", path=str(path))
    return os.fdopen(descriptor, "rb")


@contextmanager
def lock_folder(path: Path) -> Iterator[None]:
    """Hold the folder alone until the block ends, and remove what a killed process left in it.

    Raises ``ConflictError`` ``workspace.locked`` (``path``) at once if another process holds it;
    ``NotFoundError`` ``file.not-found`` if the folder is not there; and as ``disk_errors``.
    """
    lock = path / LOCK_FILE
    with disk_errors(path):
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            # The lock belongs to the open file: the kernel drops it however the process ends.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError("workspace.locked", path=str(path)) from None
        _sweep(path)
        yield
    finally:
        os.close(descriptor)


def new_private_folder(path: Path) -> None:
    """Create a folder with mode 0700; an empty one that is there becomes private.

    Raises ``ConflictError`` ``folder.not-empty`` (``path``); ``InputError`` ``folder.not-a-folder``;
    ``NotFoundError`` ``file.not-found`` if the folder above is not there; and as ``disk_errors``.
    """
    try:
        with disk_errors(path):
            path.mkdir(mode=0o700)
            path.chmod(0o700)
            sync_folder(path.parent)
    except UnavailableError as error:
        if error.fields.get("errno") != "EEXIST":
            raise
        if path.is_symlink() or not path.is_dir():
            raise InputError("folder.not-a-folder", path=str(path)) from None
        if any(path.iterdir()):
            raise ConflictError("folder.not-empty", path=str(path)) from None
        with disk_errors(path):
            path.chmod(0o700)


def memory_file(name: str = "escrow") -> BinaryIO:
    """An anonymous file in memory, gone with its last user.

    It may be swapped out, like all memory of a process.
    """
    return cast("BinaryIO", os.fdopen(os.memfd_create(name, os.MFD_CLOEXEC), "w+b"))


def _sweep(path: Path) -> None:
    for left_over in path.rglob(f".*{_TEMPORARY}"):
        with suppress(OSError):
            left_over.unlink()


def is_whole(path: Path, sha256: str, size: int) -> bool:
    """Whether a file can be read and has this hash and size (bytes)."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
            return file.tell() == size and digest.hexdigest() == sha256
    except OSError:
        return False
