"""What the sealed table (``workspace.age``) holds: every fact about people, clients and nodes.

It is sealed to the provider's own recipient and travels to each node with each deposit, so that two
provider's cards and one node bring a burnt workspace back. Names and shares stand nowhere else in the
workspace.
"""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, StringConstraints

from escrowd.core.bundle.model import Day
from escrowd.core.statements import ProviderSet, Slip39Id
from escrowd.core.strict import (
    MAX_TEXT,
    Compact,
    Fingerprint,
    Hex16,
    Hex32,
    PersonId,
    RandomId,
    Seconds,
    Strict,
    Wall,
)
from escrowd.core.terms import DEFAULT_DELIVER_BY, Beneficiary, Profile, Role, Timings
from escrowd.core.wire import Person

MAX_TABLE_BYTES: Final = 16 * 2**20
"""The largest sealed table, and the largest view, that is read."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)]

Language = Literal["de", "en"]
Group = Literal["nodes", "client", "successor", "reserve"]
ROLES: Final[tuple[Role, ...]] = ("client", "successor", "reserve")


class Record(Strict):
    """Strict, frozen, no unknown member: a fault in a file of ours is an error, not a surprise."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", populate_by_name=True)


class KeptShare(Record):
    """A share without a holder (or the nodes' own), its words: kept here, sealed, until a holder is found."""

    group: Group
    words: str = Field(repr=False)


class GroupRecord(Record):
    """One group of a set, as its manifest shows it. ``proof_keys``: public share-proof keys, hex."""

    name: Group
    k: int
    n: int
    proof_keys: tuple[Hex32, ...]


class SetRecord(Record):
    """One share set of a client. ``handed_out``: the groups whose cards were printed."""

    number: Annotated[int, Field(ge=1)]
    slip39_id: Slip39Id
    recipient: str
    key_sha256: Hex32
    created: Wall
    groups: tuple[GroupRecord, ...]
    kept: tuple[KeptShare, ...]
    handed_out: tuple[Role, ...]


class RetiredRecord(Record):
    """A set that bundles are not sealed to any more, and since when."""

    number: Annotated[int, Field(ge=1)]
    slip39_id: Slip39Id
    date: Wall


class DeliveryRecord(Record):
    """A list that was handed over.

    ``revision``, its Stand; ``how``: printed sheets, a stick, or a PDF with the sheets; ``to``, the person;
    ``received``, the day on the signed receipt (ISO), None until it came back.
    """

    revision: Annotated[int, Field(ge=0)]
    date: Wall
    how: Literal["print", "stick", "file"]
    to: Name
    received: Day | None = None


class ClientRecord(Record):
    """One client: who they are, who gets what when, and which sets of cards exist.

    ``people``: beneficiaries and witnesses; ``people_salt``: what keeps the hash of the people's file from
    being guessed back to names; ``sets``: those that bundles are sealed to, at most two, ascending;
    ``kit``: the revision of the kit that was written last; ``deliveries``: of lists, the newest last.
    """

    id: Slug
    name: Name
    language: Language
    profile: Profile
    created: Wall
    people: tuple[Person, ...] = ()
    beneficiaries: tuple[Beneficiary, ...] = ()
    witnesses: tuple[PersonId, ...] = ()
    request_wait: Seconds
    delay_max: Seconds
    deliver_by: Seconds = DEFAULT_DELIVER_BY
    people_salt: Hex16
    sets: tuple[SetRecord, ...] = ()
    retired: tuple[RetiredRecord, ...] = ()
    kit: Annotated[int, Field(ge=1)] | None = None
    deliveries: tuple[DeliveryRecord, ...] = ()
    ended: Wall | None = None


class NodeRecord(Record):
    """A node that the provider enrolled at.

    ``operator``: who runs it, a person's id or ``provider``; ``operator_name``: what the provider calls them;
    ``works_for``: the person whom the operator serves.
    """

    fingerprint: Fingerprint
    public: Hex32
    recipient: str
    url: str
    name: str
    operator: PersonId
    operator_name: str = ""
    works_for: PersonId | None = None
    enrolled: Wall


class SourceGroup(Record):
    """A group of an export, and whose it is.

    ``path``: empty for what lies in no group; ``client``: None for a group that is left out on purpose;
    ``synced``: the digest of what both sides were after the last sync, if they agreed then.
    """

    path: tuple[str, ...]
    client: Slug | None = None
    synced: Hex32 | None = None


class SourceRecord(Record):
    """A password manager's file that ``sync`` reads.

    ``path`` and ``key_file`` are absolute. ``format``: as ``Imported.source``; ``columns``: which column of
    a table is what; ``password``: whether one is asked for where the format may have one; ``plain``: whether
    whoever has the file can read it.
    """

    id: RandomId
    path: str
    format: str = ""
    key_file: str | None = None
    columns: dict[str, str] = Field(default_factory=dict, repr=False)
    password: bool = True
    plain: bool = False
    groups: tuple[SourceGroup, ...] = ()


class Vault(Record):
    """The whole sealed table.

    ``daily_seed``: hex, the key that signs every day; ``chain``: its appointments.
    """

    schema_: Annotated[Literal["escrow-workspace/1"], Field(alias="schema")] = "escrow-workspace/1"
    root: Hex32
    daily_seed: Hex32 = Field(repr=False)
    chain: tuple[Compact, ...]
    provider: Person
    people_salt: Hex16
    provider_set: ProviderSet
    timings: Timings
    nodes: tuple[NodeRecord, ...] = ()
    clients: tuple[ClientRecord, ...] = ()
    #: every SLIP-39 identifier that was ever drawn here, printed or not, so that none is drawn twice
    used_identifiers: tuple[Slip39Id, ...] = ()
    sources: tuple[SourceRecord, ...] = ()


class PublicView(Record):
    """``workspace.json``: what may be read without a passphrase.

    It is written after the table and never read as truth. It names no person: client ids stand here as they
    stand in the names of the folders.
    """

    schema_: Annotated[Literal["escrow-workspace-view/1"], Field(alias="schema")] = "escrow-workspace-view/1"
    root: Hex32
    root_fingerprint: Fingerprint
    interval: Seconds
    nodes: tuple[NodeRecord, ...] = ()
    clients: tuple[Slug, ...] = ()


def dump(record: Strict) -> bytes:
    """The record as JSON, UTF-8, its ``schema`` first and a line feed last."""
    return record.model_dump_json(by_alias=True, indent=1).encode() + b"\n"
