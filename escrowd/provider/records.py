"""What the sealed table (``workspace.age``) holds: every fact about people, clients and nodes.

It is sealed to the provider's own recipient and travels to each node with each deposit, so that two provider's
cards and one node bring a burnt workspace back. Names and shares stand nowhere else in the workspace.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$")]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z2-7]{8}$")]
PersonId = Annotated[str, StringConstraints(pattern=r"^([a-z2-7]{8}|provider)$")]
Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FingerprintText = Annotated[str, StringConstraints(pattern=r"^[a-z2-7]{32}$")]
MailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$", max_length=254)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Seconds = Annotated[int, Field(ge=0)]
UnixTime = Annotated[int, Field(ge=0)]

Language = Literal["de", "en"]
Profile = Literal["expert", "guided", "full-service"]
Role = Literal["client", "successor", "reserve"]


class Record(BaseModel):
    """Strict, frozen, no unknown member: a typo in a file of ours is an error, not a surprise."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Address(Record):
    """A mail address. ``id`` stands for it wherever names must not be read (statements, ledgers)."""

    id: Id
    address: MailAddress


class Person(Record):
    """Who gets mail. ``phrase``: the recognition phrase on cards and in every mail."""

    id: PersonId
    name: Text
    language: Language
    phrase: Text
    addresses: tuple[Address, ...]


class TimingsRecord(Record):
    """The provider's switch: seconds of node time."""

    interval: Seconds
    grace: Seconds
    announce: Seconds


class BeneficiaryRecord(Record):
    """A person to whom a release goes, and how long after the announcement. ``after``: seconds."""

    person: Id
    role: Role
    after: Seconds


class KeptShare(Record):
    """A share without a holder (or the nodes' own): kept sealed, until a holder is found."""

    group: Literal["nodes", "client", "successor", "reserve"]
    member: int
    words: str


class SetRecord(Record):
    """One share set of a client. ``handed_out``: the groups whose cards were printed."""

    number: Annotated[int, Field(ge=1)]
    slip39_id: Annotated[int, Field(ge=0, lt=2**15)]
    recipient: str
    key_sha256: Hex32
    created: UnixTime
    groups: tuple["GroupRecord", ...]
    kept: tuple[KeptShare, ...]
    handed_out: tuple[Literal["client", "successor", "reserve"], ...]


class GroupRecord(Record):
    """One group of a set, as its manifest shows it. ``proof_keys``: public share-proof keys, hex."""

    name: Literal["nodes", "client", "successor", "reserve"]
    k: int
    n: int
    proof_keys: tuple[Hex32, ...]


class ClientRecord(Record):
    """One client: who they are, who gets what when, and which sets of cards exist."""

    id: Slug
    name: Text
    language: Language
    profile: Profile
    created: UnixTime
    people: tuple[Person, ...] = ()
    beneficiaries: tuple[BeneficiaryRecord, ...] = ()
    request_wait: Seconds
    delay_max: Seconds
    people_salt: Hex32
    sets: tuple[SetRecord, ...] = ()
    ended: UnixTime | None = None


class NodeRecord(Record):
    """A node that the provider enrolled at. ``operator``: the id of a person, or ``provider``, or a free name."""

    fingerprint: FingerprintText
    public: Hex32
    recipient: str
    url: str
    name: str
    operator: str
    enrolled: UnixTime


class ProviderSet(Record):
    """The provider's own cards: 2 of 3 open ``provider-key.age``."""

    slip39_id: Annotated[int, Field(ge=0, lt=2**15)]
    proof_keys: tuple[Hex32, Hex32, Hex32]
    key_sha256: Hex32


class Vault(Record):
    """The whole sealed table. ``daily_seed``: hex, the signing key of every day; ``chain``: its appointments."""

    schema_: Annotated[Literal["escrow-workspace/1"], Field(alias="schema")] = "escrow-workspace/1"
    root: Hex32
    daily_seed: Hex32
    chain: tuple[str, ...]
    provider: Person
    people_salt: Hex32
    provider_set: ProviderSet
    timings: TimingsRecord
    nodes: tuple[NodeRecord, ...] = ()
    clients: tuple[ClientRecord, ...] = ()
    #: identifiers of every set that was ever drawn here, so that none is drawn twice
    used_identifiers: tuple[int, ...] = ()


class PublicView(Record):
    """``workspace.json``: what may be read without a passphrase. Written after the table, never read as truth."""

    schema_: Annotated[Literal["escrow-workspace-view/1"], Field(alias="schema")] = "escrow-workspace-view/1"
    root_fingerprint: FingerprintText
    root: Hex32
    nodes: tuple[NodeRecord, ...] = ()
    clients: tuple[Slug, ...] = ()
    interval: Seconds
