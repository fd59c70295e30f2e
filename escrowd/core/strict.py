"""Documents that travel: strict, frozen pydantic models, read from bytes that allow one reading only.

Bytes go through ``encoding.loads`` first, which refuses whatever two parsers could read differently, and then
through pydantic's own JSON mode, which knows that an array is a tuple.
"""

from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from escrowd.core.encoding import loads
from escrowd.errors import InputError

MAX_TEXT: Final = 500
"""The longest free text (a name, a reason) in a document that travels, in characters."""

Hex16 = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Hex64 = Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
Fingerprint = Annotated[str, Field(pattern=r"^[a-z2-7]{32}$")]
"""The first 20 bytes of SHA-256 of a public key, base32: a provider (its root key) or a node."""
Jti = Annotated[str, Field(pattern=r"^[a-z2-7]{16,32}$")]
"""A random identifier of at least 80 bits, base32."""
ClientId = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
PersonId = Annotated[str, Field(pattern=r"^([a-z2-7]{8}|provider)$")]
RandomId = Annotated[str, Field(pattern=r"^[a-z2-7]{8}$")]
SetNumber = Annotated[int, Field(ge=1, le=9999)]
"""A client's share sets are numbered from 1."""
GroupName = Literal["nodes", "client", "successor", "reserve"]
"""The groups of a client's share set."""
Purpose = Literal["request", "card-proof", "retire"]
"""What a card is proved for: to ask for a release; to show that it is there; to have older sets end."""
Hostname = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$", max_length=253
    ),
]
"""A host name of two labels or more in lower case, in its ASCII form (RFC 5890): one label is too much."""
COMPACT_PATTERN: Final = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"
Compact = Annotated[str, Field(pattern=COMPACT_PATTERN, max_length=65_536)]
"""A JWS in the compact form."""
Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$", max_length=MAX_TEXT)]
"""One line: it may end up in a mail's header, a table, a page."""
Seconds = Annotated[int, Field(ge=0)]
"""A duration in whole seconds."""
MAX_WALL: Final = 253_402_214_400
"""The last day of the year 9999: with every zone's offset still a date that a calendar knows."""
Wall = Annotated[int, Field(ge=0, le=MAX_WALL)]
"""A wall-clock time in whole Unix seconds. Only people read it; no rule does."""
Millis = Annotated[int, Field(ge=0)]
"""Node time or awake time in whole milliseconds."""
Count = Annotated[int, Field(ge=0)]


class Strict(BaseModel):
    """Base of every document that travels: types are not converted, unknown claims are refused."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], data: bytes | str, *, max_bytes: int) -> Model:
    """Read a document.

    Parameters: ``model``, what it must be; ``data``, its JSON text; ``max_bytes``, the largest size accepted.
    Raises ``InputError``: the ``json.*`` codes of ``encoding.loads``, or ``document.invalid`` (fields
    ``document``, ``claim``: where, dotted, ``problem``: pydantic's type of error; never the value).
    """
    loads(data, max_bytes=max_bytes)
    return parse(model, data)


def parse(model: type[Model], data: bytes | str) -> Model:
    """As ``read``, for JSON text that has passed ``encoding.loads`` already."""
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        claim = ".".join(str(part) for part in first["loc"])
        raise InputError(
            "document.invalid", document=model.__name__, claim=claim, problem=first["type"]
        ) from None
