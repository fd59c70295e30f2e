"""The bodies of statements, one model a type. ``docs/formats.md`` says who signs which and what follows."""

import re
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from escrowd.core.strict import (
    ClientId,
    Compact,
    Count,
    Hex32,
    Hostname,
    RandomId,
    SetNumber,
    Strict,
    Text,
    Wall,
)
from escrowd.core.terms import Terms, Timings
from escrowd.core.wire import (
    BUNDLE_FILE,
    MANIFEST_FILE,
    PROVIDER_KEY_FILE,
    WORKSPACE_FILE,
    FileName,
    FileOf,
)

StatementType = Literal[
    "enrol", "appoint", "timings", "terms", "deposit", "checkin", "end", "query",
    "approve", "delay", "arm", "unseal", "drill",
]  # fmt: skip
Slip39Id = Annotated[int, Field(ge=0, lt=2**15)]
FindingCode = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", max_length=80)]
"""A finding of ``core.readiness``."""

_PER_SET = re.compile(r"(key|share)-([0-9]+)\.age")
_ALWAYS: Final = frozenset({BUNDLE_FILE, MANIFEST_FILE, PROVIDER_KEY_FILE, WORKSPACE_FILE})
MAX_LIVE_SETS: Final = 2
"""The last proved and the newest."""
MAX_DOMAINS: Final = 128
"""Host names that a deposit names."""
MAX_GAPS: Final = 64
"""Findings that an ``arm`` names."""


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


class OldList(Strict):
    """What a printed list lacks.

    ``first``: the revision of the first change that the client has no sheet of; ``since``, when that was;
    ``names_sha256``: of a file of names (``core.wire.NamesFile``), the entries that changed.
    """

    first: Count
    since: Wall
    names_sha256: Hex32 | None = None


class PrintedList(Strict):
    """The list that the client has on paper.

    ``delivered``: its Stand, None for none; ``old``: None while it is current.
    """

    delivered: Count | None = None
    old: OldList | None = None


class Deposit(Strict):
    """All files of a client's deposit by name. A file that the node has already is not sent again.

    ``domains``: the host names that the bundle's entries are about, so that a node can tell which addresses
    hang on what may be lost. ``printed``: the client's list, so that the node can tell the client that it is
    old; None: nothing is said of it.
    """

    client: ClientId
    files: dict[FileName, FileOf]
    domains: Annotated[tuple[Hostname, ...], Field(max_length=MAX_DOMAINS)] = ()
    printed: PrintedList | None = None

    @property
    def names_sha256(self) -> str | None:
        """The file of names that comes with it, if one does."""
        old = None if self.printed is None else self.printed.old
        return None if old is None else old.names_sha256

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


class Approve(Strict):
    """The provider says yes to a request: it is due now. Must be typed."""

    client: ClientId
    request: RandomId


class Delay(Strict):
    """The provider delays a request by so many seconds, for a reason that the client reads."""

    client: ClientId
    request: RandomId
    seconds: Annotated[int, Field(ge=1)]
    reason: Text


class Arm(Strict):
    """The provider ends a deposit's trial.

    ``gaps``: codes of the findings that still stand; ``despite``: why all the same. Without gaps no reason.
    """

    client: ClientId
    despite: Text | None = None
    gaps: Annotated[tuple[FindingCode, ...], Field(max_length=MAX_GAPS)] = ()

    @model_validator(mode="after")
    def _reason(self) -> Self:
        if (self.despite is None) != (not self.gaps):
            raise PydanticCustomError("gaps_need_reason", "gaps and the reason to go on come together")
        return self


class Unseal(Strict):
    """The provider wants to stop sealing to an old set: first the notice, 30 d later the act, both typed."""

    client: ClientId
    set: SetNumber


class Drill(Strict):
    """The provider asks a client's card holders to prove their cards."""

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


Body = (
    Enrol
    | Appoint
    | NewTimings
    | Terms
    | Deposit
    | Checkin
    | End
    | Query
    | Approve
    | Delay
    | Arm
    | Unseal
    | Drill
)

TYPE_OF: Final[dict[type[Body], StatementType]] = {
    Enrol: "enrol",
    Appoint: "appoint",
    NewTimings: "timings",
    Terms: "terms",
    Deposit: "deposit",
    Checkin: "checkin",
    End: "end",
    Query: "query",
    Approve: "approve",
    Delay: "delay",
    Arm: "arm",
    Unseal: "unseal",
    Drill: "drill",
}


def _sets(files: dict[str, FileOf], kind: str) -> tuple[int, ...]:
    matches = (_PER_SET.fullmatch(name) for name in files)
    return tuple(sorted(int(match[2]) for match in matches if match and match[1] == kind))
