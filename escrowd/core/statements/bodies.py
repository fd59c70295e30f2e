"""The bodies of statements, one model a type. ``docs/formats.md`` says who signs which and what follows."""

import re
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from escrowd.core.strict import ClientId, Compact, Count, Hex32, Strict, Text
from escrowd.core.terms import Terms, Timings
from escrowd.core.wire import (
    BUNDLE_FILE,
    MANIFEST_FILE,
    PROVIDER_KEY_FILE,
    WORKSPACE_FILE,
    FileName,
    FileOf,
)

StatementType = Literal["enrol", "appoint", "timings", "terms", "deposit", "checkin", "end", "query"]
Slip39Id = Annotated[int, Field(ge=0, lt=2**15)]

_PER_SET = re.compile(r"(key|share)-([0-9]+)\.age")
_ALWAYS: Final = frozenset({BUNDLE_FILE, MANIFEST_FILE, PROVIDER_KEY_FILE, WORKSPACE_FILE})
MAX_LIVE_SETS: Final = 2
"""The last proved and the newest."""


class ProviderSet(Strict):
    """The share set of the provider's own cards: 2 of 3 in one group. It opens ``provider-key.age``."""

    slip39_id: Slip39Id
    proof_keys: Annotated[tuple[Hex32, ...], Field(min_length=3, max_length=3)]
    key_sha256: Hex32

    @model_validator(mode="after")
    def _different(self) -> Self:
        if len(set(self.proof_keys)) != len(self.proof_keys):
            raise PydanticCustomError("proof_key_twice", "two cards cannot have the same key")
        return self


class Enrol(Strict):
    """First contact. ``root``: the key whose fingerprint is ``iss``; ``appointment`` names the daily key."""

    invitation: Compact
    root: Hex32
    name: Text
    appointment: Compact
    provider_set: ProviderSet
    timings: Timings
    people_sha256: Hex32


class Appoint(Strict):
    """A new daily key. The appointment inside is signed by the root, whoever signed the statement."""

    appointment: Compact


class NewTimings(Strict):
    """New timings, which hold from the next check-in, and who and where the provider is."""

    timings: Timings
    people_sha256: Hex32


class Deposit(Strict):
    """All files of a client's deposit by name. A file that the node has already is not sent again."""

    client: ClientId
    files: dict[FileName, FileOf]

    @property
    def sets(self) -> tuple[int, ...]:
        """The numbers of the share sets whose keys and shares are deposited, ascending."""
        return _sets(self.files, "key")

    @model_validator(mode="after")
    def _names(self) -> Self:
        if not self.files.keys() >= _ALWAYS:
            raise PydanticCustomError("file_missing", "a file is missing")
        if not 1 <= len(self.sets) <= MAX_LIVE_SETS or self.sets != _sets(self.files, "share"):
            raise PydanticCustomError("sets_incomplete", "each live set needs its key and its share")
        return self


class Checkin(Strict):
    """A check-in; with ``pause`` (seconds) one whose deadline comes that much later."""

    pause: Annotated[int, Field(ge=1)] | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.pause is None) != (self.reason is None):
            raise PydanticCustomError("pause_needs_reason", "a pause and its reason come together")
        return self


class End(Strict):
    """The provider withdraws a client's deposit; it ends 30 d later (P7)."""

    client: ClientId


class Query(Strict):
    """A question, not ledgered: the standing, the ledger after entry ``since``, or a file by its hash."""

    what: Literal["standing", "ledger", "file"]
    since: Count = 0
    sha256: Hex32 | None = None

    @model_validator(mode="after")
    def _which(self) -> Self:
        if (self.what == "file") != (self.sha256 is not None):
            raise PydanticCustomError("file_needs_hash", "a file is asked for by its hash")
        return self


Body = Enrol | Appoint | NewTimings | Terms | Deposit | Checkin | End | Query

TYPE_OF: Final[dict[type[Body], StatementType]] = {
    Enrol: "enrol",
    Appoint: "appoint",
    NewTimings: "timings",
    Terms: "terms",
    Deposit: "deposit",
    Checkin: "checkin",
    End: "end",
    Query: "query",
}


def _sets(files: dict[str, FileOf], kind: str) -> tuple[int, ...]:
    matches = (_PER_SET.fullmatch(name) for name in files)
    return tuple(sorted(int(match[2]) for match in matches if match and match[1] == kind))
