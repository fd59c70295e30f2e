"""The bytes of ``bundle.json``: UTF-8, indented for a person with a text editor, empty fields left out."""

import json
from collections.abc import Mapping
from typing import TypeVar

from pydantic_core import PydanticSerializationError

from escrowd.core import encoding
from escrowd.core.bundle.model import SCHEMA, Bundle, Part
from escrowd.core.strict import read
from escrowd.errors import InputError

_P = TypeVar("_P", bound=Part)

MAX_BUNDLE_BYTES = 32 * 2**20
"""The largest ``bundle.json`` that is read or written."""


def bundle_to_bytes(bundle: Bundle) -> bytes:
    """The one text of ``bundle``: the same bundle gives the same bytes.

    Raises ``InputError``: ``bundle.too-large`` (``size``, ``limit``), ``bundle.not-text`` when a value holds
    a lone surrogate, which no UTF-8 file can hold.
    """
    # Every default is empty (rule 1 of the model), so leaving out defaults leaves out nothing else.
    try:
        value = {"schema": SCHEMA, **bundle.model_dump(mode="json", exclude_defaults=True)}
        data = (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()
    except (UnicodeEncodeError, PydanticSerializationError):
        raise InputError("bundle.not-text") from None
    if len(data) > MAX_BUNDLE_BYTES:
        raise InputError("bundle.too-large", size=len(data), limit=MAX_BUNDLE_BYTES)
    return data


def bundle_from_bytes(data: bytes) -> Bundle:
    """The bundle that ``data`` describes.

    Raises ``InputError``: ``json.*`` and ``document.invalid`` as ``strict.read``; ``bundle.schema-unknown``
    (``schema``) for a document of another kind or of a version that this program does not know.
    """
    value = encoding.loads(data, max_bytes=MAX_BUNDLE_BYTES)
    schema = value.get("schema") if isinstance(value, dict) else None
    if schema != SCHEMA:
        raise InputError("bundle.schema-unknown", schema=schema[:40] if isinstance(schema, str) else "")
    return read(Bundle, data, max_bytes=MAX_BUNDLE_BYTES)


def part_from_values(model: type[_P], values: Mapping[str, object]) -> _P:
    """A part from plain values as JSON has them (lists, texts, whole numbers).

    Raises ``InputError`` as ``strict.read``, ``bundle.not-text`` for a value that is none of these.
    """
    try:
        text = json.dumps(dict(values), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        raise InputError("bundle.not-text") from None
    return read(model, text, max_bytes=MAX_BUNDLE_BYTES)
