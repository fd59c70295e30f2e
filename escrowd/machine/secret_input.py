"""Reading a passphrase, and telling whether a person typed it for this command.

``typed`` is said only of what was read from the terminal device itself, with its echo off. ``getpass`` and
``click`` fall back to standard input when there is no terminal; here that is an error, because a check-in
that a forgotten job can make would keep a dead provider alive. (A program that drives a pseudo-terminal can
still do it: that is somebody's decision, not an accident.)
"""

import importlib
import os
import signal
import stat
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final, Literal

from escrowd.errors import InputError, NotFoundError, UnavailableError
from escrowd.machine.files import read_bounded

Presence = Literal["typed", "stored"]

TERMINAL: Final = "/dev/tty"
MAX_SECRET_BYTES: Final = 4096
_LOCAL_FLAGS: Final = 3  # index of c_lflag in termios attributes
_ENDING: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@dataclass(frozen=True, slots=True)
class Secret:
    """A passphrase or the like; its value is in no ``repr``.

    ``presence`` goes into the statements made with it.
    """

    value: str = field(repr=False)
    presence: Presence


def read_secret(prompt: str, *, file: Path | None = None, stdin: bool = False) -> Secret:
    """Read one line of secret: from ``file``; else from standard input if ``stdin``; else from the terminal.

    Parameters: ``prompt``, shown on the terminal only.
    Raises ``InputError``: ``secret.empty``, ``secret.too-long``, ``secret.not-utf8``; ``UnavailableError``
    ``terminal.none``; ``NotFoundError`` ``file.not-found``; and as ``files.read_bounded``.
    """
    if file is not None:
        return Secret(_line(read_bounded(file, MAX_SECRET_BYTES)), "stored")
    if stdin:
        return Secret(_line(sys.stdin.buffer.readline(MAX_SECRET_BYTES + 1)), "stored")
    return Secret(_line(_read_terminal(prompt)), "typed")


def read_new_secret(prompt: str, repeat: str) -> Secret:
    """A new passphrase, typed twice. Raises ``InputError`` ``secret.mismatch``, and as ``read_secret``."""
    first = read_secret(prompt)
    if read_secret(repeat).value != first.value:
        raise InputError("secret.mismatch")
    return first


def read_secret_lines(prompt: str, *, enough: Callable[[str], bool]) -> Secret:
    """A secret of several lines, typed or pasted at the terminal: a card, say.

    Parameters: ``enough``, asked after each line whether the text so far is all; an empty line ends it too.
    Raises as ``read_secret``.
    """
    text = ""
    with _terminal() as terminal:
        os.write(terminal, prompt.encode("utf-8"))
        while not enough(text):
            line = _read_line(terminal)
            if not line.strip():
                break
            text += _line(line) + "\n"
    return Secret(_line(text.rstrip("\n").replace("\n", " ").encode("utf-8")), "typed")


def read_keyring(service: str, name: str) -> Secret:
    """A secret from the operating system's keyring (extra ``keyring``).

    Raises ``UnavailableError`` ``keyring.not-installed``, ``keyring.failed``; ``NotFoundError``
    ``keyring.no-entry``.
    """
    try:
        keyring: Any = importlib.import_module("keyring")
    except ImportError:
        raise UnavailableError("keyring.not-installed") from None
    try:
        value = keyring.get_password(service, name)
    except keyring.errors.KeyringError:
        raise UnavailableError("keyring.failed") from None
    if value is None:
        raise NotFoundError("keyring.no-entry", service=service, name=name)
    return Secret(str(value), "stored")


def runtime_dir() -> Path:
    """``$XDG_RUNTIME_DIR``: in memory, ours alone. The one place for a readable temporary file of an editor.

    Raises ``UnavailableError`` ``runtime-dir.none``; nothing else will do instead.
    """
    path = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    try:
        found = path.stat()
    except OSError:
        raise UnavailableError("runtime-dir.none") from None
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    if not path.is_absolute() or not private:
        raise UnavailableError("runtime-dir.none")
    return path


def _line(data: bytes) -> str:
    line = data.split(b"\n", 1)[0].removesuffix(b"\r")
    if len(data) > MAX_SECRET_BYTES:
        raise InputError("secret.too-long", limit=MAX_SECRET_BYTES)
    if not line:
        raise InputError("secret.empty")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("secret.not-utf8") from None


def _read_terminal(prompt: str) -> bytes:
    with _terminal() as terminal:
        os.write(terminal, prompt.encode("utf-8"))
        return _read_line(terminal)


@contextmanager
def _terminal() -> Iterator[int]:
    """The terminal device itself, its echo off; a line feed at the end, because none was seen."""
    try:
        terminal = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        raise UnavailableError("terminal.none") from None
    try:
        with _no_echo(terminal):
            yield terminal
    finally:
        os.write(terminal, b"\n")
        os.close(terminal)


def _read_line(terminal: int) -> bytes:
    """One line with its end. The terminal hands over whole lines; an end of file ends a short one."""
    data = b""
    while not data.endswith(b"\n") and len(data) <= MAX_SECRET_BYTES:
        part = os.read(terminal, MAX_SECRET_BYTES)
        if not part:
            break
        data += part
    return data


@contextmanager
def _no_echo(terminal: int) -> Iterator[None]:
    """The terminal's echo off; on again however the block ends, also by a signal that ends or stops us."""
    before = termios.tcgetattr(terminal)
    silent = list(before)
    silent[_LOCAL_FLAGS] = (before[_LOCAL_FLAGS] & ~termios.ECHO) | termios.ICANON | termios.ISIG

    def restore_and_raise(number: int, _frame: FrameType | None) -> None:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
        handler = signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
        # Only a stopped process that goes on comes here.
        signal.signal(number, handler)
        termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)

    handlers: dict[int, Any] = {}
    # Python allows handlers in the main thread only; elsewhere a signal's end is the main thread's business.
    if threading.current_thread() is threading.main_thread():
        handlers = {number: signal.signal(number, restore_and_raise) for number in (*_ENDING, signal.SIGTSTP)}
    try:
        # Flush: what was typed ahead was typed with the echo on, perhaps for another question.
        termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
