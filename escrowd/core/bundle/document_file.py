"""Harmless file names for documents, whatever the source called them.

A name from an export may be ``../../x``, ``CON``, 300 characters long, or hold an order to write from right
to left. The exact name stays in ``Document.name``; this one is what gets packed and written to a disk, on any
system.
"""

import re
import unicodedata

_PLAIN = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|]+")

_MAX_BYTES = 120
"""UTF-8 bytes. Leaves room below the 255 of common file systems and the 260 characters of Windows' paths."""

_MAX_SUFFIX = 16

_FORBIDDEN = frozenset('/\\:*?"<>|')
_DEVICES = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
    + [f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³"]
)
"""Names that Windows takes for devices, with any extension."""

_INVISIBLE = frozenset(["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
"""Unicode categories: controls, formats (bidirectional ones too), surrogates, private, unassigned, breaks."""


def is_plain_file(name: str) -> bool:
    """Whether ``name`` is one file in the folder where it is written, and is not hidden.

    Readers rely on this and not on ``harmless_file``, whose taste may change: old files must stay readable.
    """
    return bool(_PLAIN.fullmatch(name)) and name[0] != "." and name[-1] not in ". "


def harmless_file(name: str) -> str:
    """A file name like ``name`` that is one plain file on every system.

    Letters, digits and accents stay (NFC). Separators, wildcards, control and invisible characters become
    ``_``; dots and spaces at either end go; a device gets a ``_`` in front; a long name is cut and keeps its
    extension. Never empty. The result for a given name may change between versions: what counts is what a
    document recorded.
    """
    plain = "".join(map(_plain, unicodedata.normalize("NFC", name))).strip(". ")
    stem, dot, suffix = plain.rpartition(".")
    if not stem or len(suffix.encode()) > _MAX_SUFFIX:
        stem, dot, suffix = plain, "", ""
    stem = _cut(stem, _MAX_BYTES - len((dot + suffix).encode())).rstrip(". ")
    if plain.split(".")[0].rstrip().upper() in _DEVICES:
        stem = "_" + stem
    return (stem or "document") + dot + suffix


def _plain(character: str) -> str:
    """``character``, or ``_`` for one that a file system or a reader could trip over."""
    category = unicodedata.category(character)
    if character in _FORBIDDEN or category in _INVISIBLE:
        return "_"
    return " " if category == "Zs" else character


def _cut(text: str, size: int) -> str:
    """The longest beginning of ``text`` of at most ``size`` UTF-8 bytes."""
    return text.encode()[:size].decode(errors="ignore")
