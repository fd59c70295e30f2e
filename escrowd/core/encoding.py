"""JSON as this project accepts and writes it, lower-case hex and base32.

What is accepted (``loads``) is stricter than JSON allows, because what one parser reads differently from
another can be signed with one meaning and used with a second: no duplicate keys, no floats, no NaN or
Infinity, no integers that a double cannot hold, bounded depth and size, UTF-8 only. What is hashed
(``canonical``) is RFC 8785.
"""

import base64
import binascii
import json
import re
from datetime import UTC, date, datetime
from typing import Final, NoReturn

import rfc8785

from escrowd.errors import InputError

MAX_DEPTH: Final = 64
"""The deepest nesting of arrays and objects that ``loads`` accepts."""

MAX_INT: Final = 2**53 - 1
"""The largest magnitude of an integer: RFC 8785 writes numbers as doubles."""

_HEX = re.compile(r"(?:[0-9a-f]{2})*")
_BASE32 = re.compile(r"[a-z2-7]*")
# One token that matters for depth: a whole string (so that a bracket inside it does not count) or a bracket.
# An unclosed string runs to the end: with the closing quote required, a hostile text would be scanned again
# and again.
_STRUCTURE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)


def loads(data: bytes | str, *, max_bytes: int) -> object:
    """Read one JSON text (RFC 8259), strictly.

    Parameters: ``data``, the text, or its UTF-8 bytes; ``max_bytes``, the largest size accepted.
    Raises ``InputError``: ``json.too-large``, ``json.not-utf8``, ``json.too-deep``, ``json.malformed`` (field
    ``offset``, in characters), ``json.duplicate-key``, ``json.float``, ``json.not-finite``,
    ``json.int-too-large``.
    """
    raw = data if isinstance(data, bytes) else _utf8(data)
    if len(raw) > max_bytes:
        raise InputError("json.too-large", size=len(raw), limit=max_bytes)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("json.not-utf8", offset=error.start) from None
    # Before parsing: Python's parser recurses, and 100,000 brackets would end it.
    _check_depth(text)
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_no_float,
            parse_constant=_no_constant,
            parse_int=_int,
        )
    except json.JSONDecodeError as error:
        raise InputError("json.malformed", offset=error.pos) from None
    _check_text(value)
    return value


def canonical(value: object) -> bytes:
    """The canonical bytes of a JSON value (RFC 8785).

    Raises ``InputError`` ``json.not-canonical`` for what the form cannot hold: floats, integers over 2^53 -
    1, lone surrogates, keys that are no strings, other types.
    """
    try:
        _refuse_floats(value)
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeEncodeError):
        raise InputError("json.not-canonical") from None


def hex_bytes(text: str, *, size: int | None = None) -> bytes:
    """The bytes that lower-case hex stands for.

    Parameters: ``size``, how many bytes there must be, if that is fixed.
    Raises ``InputError`` ``hex.malformed`` (field ``size``: expected bytes, 0 if any).
    """
    if not _HEX.fullmatch(text) or (size is not None and len(text) != 2 * size):
        raise InputError("hex.malformed", size=size or 0)
    return bytes.fromhex(text)


def b32(data: bytes) -> str:
    """Base32 (RFC 4648), lower case, no padding."""
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


def b32_bytes(text: str) -> bytes:
    """The bytes that ``b32`` wrote.

    Raises ``InputError`` ``base32.malformed``; only the one canonical form is read.
    """
    if _BASE32.fullmatch(text):
        try:
            data = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
        except binascii.Error:
            pass
        else:
            if b32(data) == text:
                return data
    raise InputError("base32.malformed")


def day(wall: int) -> str:
    """The ISO day (UTC) of a wall time in Unix seconds; beyond the calendar, the last day that it has."""
    try:
        return datetime.fromtimestamp(wall, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return date.max.isoformat()


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError("json.not-utf8", offset=error.start) from None


def _check_depth(text: str) -> None:
    depth = 0
    for token in _STRUCTURE.finditer(text):
        first = token.group()[0]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise InputError("json.too-deep", limit=MAX_DEPTH)
        elif first in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        # The key is not named: it comes from a document that may hold secrets anywhere.
        raise InputError("json.duplicate-key")
    return result


def _no_float(_text: str) -> NoReturn:
    raise InputError("json.float")


def _no_constant(_text: str) -> NoReturn:
    raise InputError("json.not-finite")


def _int(text: str) -> int:
    # Length first: turning a million digits into an integer takes quadratic time.
    if len(text) > len(str(-MAX_INT)) or abs(int(text)) > MAX_INT:
        raise InputError("json.int-too-large", limit=MAX_INT)
    return int(text)


def _check_text(value: object) -> None:
    """Refuse lone surrogates: no UTF-8 file and no canonical form can hold them."""
    if isinstance(value, str):
        _utf8(value)
    elif isinstance(value, list):
        for item in value:
            _check_text(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _utf8(key)
            _check_text(item)


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise InputError("json.not-canonical")
    if isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
    elif isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
