"""What two sides must agree on: bodies of the HTTP API, names of files and headers, limits, the people file.

``docs/formats.md`` describes all of it for a second implementation.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from escrowd.core.standing import (
    AddressStanding,
    CardStanding,
    RequestStanding,
    SetsStanding,
    TermsStanding,
)
from escrowd.core.strict import (
    ClientId,
    Compact,
    Count,
    Fingerprint,
    GroupName,
    Hex16,
    Hex32,
    Hex64,
    Millis,
    PersonId,
    Purpose,
    RandomId,
    SetNumber,
    Strict,
    Text,
    Wall,
)
from escrowd.core.terms import Role

# Names ---------------------------------------------------------------------------------------------------

BUNDLE_FILE: Final = "bundle.age"
MANIFEST_FILE: Final = "manifest.jws"
PROVIDER_KEY_FILE: Final = "provider-key.age"
WORKSPACE_FILE: Final = "workspace.age"
INSTRUCTIONS_FILE: Final = "INSTRUCTIONS.html"
"""The page of instructions in a kit and in a release. The list inside the bundle has a name of its own."""
PAGE_FILE: Final = "recover.html"
"""The recovery page in a kit, without a kit inside."""

AUTHORIZATION_SCHEME: Final = "Statement"
"""``Authorization: Statement <compact>``: the statement that names the file which is sent."""
STATEMENT_TYPE: Final = "text/plain; charset=us-ascii"
LEDGER_TYPE: Final = "application/jsonl"
FILE_TYPE: Final = "application/octet-stream"

RELEASE_CLIENT_HEADER: Final = "Escrow-Client"
RELEASE_SET_HEADER: Final = "Escrow-Set"
RELEASE_SHARE_HEADER: Final = "Escrow-Share"
"""Headers of a release mail: client id, number of the newest set, and ``nodes`` where the text holds that
share."""
SHARE_BEGIN: Final = "-----BEGIN ESCROW SHARE-----"
SHARE_END: Final = "-----END ESCROW SHARE-----"
"""In the text of a release mail, lines of their own around the 20 words of a node's share."""

# Limits --------------------------------------------------------------------------------------------------

MAX_FILE: Final = 64 * 1024 * 1024
"""The largest file that a node takes, in bytes."""
MAX_INLINE: Final = 5 * 1024 * 1024
"""The largest ``bundle.age`` that a release mail carries itself, in bytes. A larger one is behind a link."""
MAX_SMALL_FILE: Final = 64 * 1024
"""The largest key, share, manifest or provider key file, in bytes."""
MAX_STATEMENT: Final = 32 * 1024
"""The longest statement, in characters of its compact form. It must fit a request header."""
MAX_BODY: Final = 256 * 1024
"""The longest JSON body, in bytes."""
MAX_PEOPLE: Final = 256 * 1024
"""The largest people file, in bytes."""
MAX_NAMES: Final = 64
"""Entries that a file of names holds; how many more there are it says by number."""
MAX_NAMES_FILE: Final = 256 * 1024
"""The largest file of names, in bytes."""
NONCE_AWAKE: Final = 3_600
"""How long a nonce is good, in seconds of awake time."""


def mappe_file(client: str, kept: int | None = None) -> str:
    """The name of the recovery page with this client's kit inside. An id holds only a-z, 0-9 and ``-``.

    Parameters: ``kept``, the revision, where it is not the newest: both lie in one folder of downloads.
    """
    return f"Mappe-{client}.html" if kept is None else f"Mappe-{client}-Stand-{kept}.html"


def key_file(number: int) -> str:
    """The name of the sealed key of a share set: ``key-1.age``."""
    return f"key-{number}.age"


FileName = Annotated[
    str,
    Field(
        pattern=r"^(bundle\.age|manifest\.jws|provider-key\.age|workspace\.age|(key|share)-[1-9][0-9]{0,3}\.age)$"
    ),
]
"""The name of a file of a deposit."""


def share_file(number: int) -> str:
    """The name of a node's share of a set, sealed to that node: ``share-1.age``."""
    return f"share-{number}.age"


# Standing ------------------------------------------------------------------------------------------------

Phase = Literal["current", "overdue", "announced", "released"]
Hearing = Literal["hearing", "settling", "deaf", "held"]


class BeneficiaryStanding(Strict):
    """How far the release to one person is. ``earliest``: a wall-clock estimate that moves with node time."""

    person: PersonId
    role: Role
    state: Literal["waiting", "begun", "released", "confirmed"]
    earliest: Wall | None


class DepositStanding(Strict):
    """What a node holds for one client. ``ends``: when an ended deposit is deleted.

    ``trial_until``: None once the trial is over. ``addresses``, ``cards``, ``terms``, ``requests``: what is
    known of each; ``share_sets``: which of the client's sets are live and which are over; ``list_told``: when
    the client was last told that the printed list is old, None while it is not.
    """

    client: ClientId
    revision: Count | None
    sets: tuple[Count, ...]
    received: Wall | None
    exposed: bool
    ends: Wall | None
    beneficiaries: tuple[BeneficiaryStanding, ...]
    trial_until: Wall | None = None
    addresses: tuple[AddressStanding, ...] = ()
    cards: tuple[CardStanding, ...] = ()
    terms: tuple[TermsStanding, ...] = ()
    requests: tuple[RequestStanding, ...] = ()
    share_sets: SetsStanding | None = None
    list_told: Wall | None = None


class Standing(Strict):
    """Where a provider's switch on one node stands. Wall times are estimates for people; no rule reads them.

    ``epoch`` counts check-ins; ``mail_checkins``, those by link since the last typed one; ``blind``, a step
    was taken without an accepted mail; ``daily_from``, when the newest daily key begins to count (None: it
    does). In a receipt ``deposits`` holds only the deposit that the statement names.
    """

    phase: Phase
    epoch: Count
    node_time: Millis
    wall: Wall
    time_scale: Annotated[int, Field(ge=1)]
    deadline: Wall | None
    announced_from: Wall | None
    released_from: Wall | None
    paused_until: Wall | None
    mail_checkins: Count
    hearing: Hearing
    blind: bool
    daily_from: Wall | None = None
    deposits: tuple[DepositStanding, ...] = ()


# Bodies --------------------------------------------------------------------------------------------------


class HeadOf(Strict):
    """The end of a ledger, as a document: the last entry's ``seq`` (0: no entry yet) and ``hash``."""

    seq: Count
    hash: Hex32


class SeenHead(HeadOf):
    """A head that a provider saw. ``receipt``: the node's own receipt with that head, which proves it."""

    receipt: Compact | None = None


class FileOf(Strict):
    """A file that a statement names: hash and size in bytes."""

    sha256: Hex32
    size: Annotated[int, Field(ge=1, le=MAX_FILE)]


class Limits(Strict):
    """What a node takes, in bytes."""

    file: Count = MAX_FILE
    inline: Count = MAX_INLINE
    statement: Count = MAX_STATEMENT


class PaidUntil(Strict):
    """Until when the operator has paid for what a node needs: server, domain, mail relay. Wall times."""

    node: Wall | None = None
    domain: Wall | None = None
    mail: Wall | None = None


class NodeInfo(Strict):
    """``GET /v1/node``. ``recipient`` is the age recipient to which shares for this node are sealed.

    ``operator``: the name of who runs it.
    """

    fingerprint: Fingerprint
    public: Hex32
    recipient: Annotated[str, Field(pattern=r"^age1[0-9a-z]{58}$")]
    name: Text
    version: Text
    time_scale: Annotated[int, Field(ge=1)]
    limits: Limits = Limits()
    operator: Text | None = None
    paid_until: PaidUntil = PaidUntil()


class NonceAnswer(Strict):
    """``POST /v1/nonces``. Good for an hour awake, dead at the node's next start."""

    nonce: Hex16


class StatementAnswer(Strict):
    """``POST /v1/statements``."""

    receipt: Compact
    standing: Standing


class ProofRequest(Strict):
    """``POST /v1/proofs``: a proof of one card."""

    proof: Compact


class ProofAnswer(Strict):
    """``POST /v1/proofs``: what the proof did.

    ``done``: ``opened`` a request, ``joined`` one that was open, ``recorded`` that the card is there, or
    ``asked`` the client to confirm that older sets end. ``request``: its id, if there is one; ``earliest``,
    as ``RequestStanding``. The same proof again gets the same answer.
    """

    purpose: Purpose
    client: ClientId
    set: SetNumber
    group: GroupName
    done: Literal["opened", "joined", "recorded", "asked"]
    request: RandomId | None = None
    earliest: Wall | None = None


class RestoreRequest(Strict):
    """``POST /v1/restore``: the same payload, signed by two provider cards."""

    proofs: Annotated[tuple[Compact, ...], Field(min_length=2, max_length=2)]


class RestoreDeposit(Strict):
    """What a node still holds for one client; each file can be fetched by a ``query`` for its hash."""

    client: ClientId
    revision: Count | None
    files: dict[FileName, FileOf]


class RestoreAnswer(Strict):
    """``POST /v1/restore``: what a lost workspace is built from. Files are lower-case hex.

    ``head``: the provider's ledger on this node, so that the new workspace knows where it was.
    """

    provider: Fingerprint
    provider_key: Annotated[str, Field(pattern=r"^([0-9a-f]{2})+$", max_length=2 * MAX_SMALL_FILE)]
    workspace: Annotated[str, Field(pattern=r"^([0-9a-f]{2})+$")]
    head: HeadOf
    deposits: tuple[RestoreDeposit, ...]


class HearingQuestion(Strict):
    """``POST /v1/hearing``: 32 random bytes."""

    challenge: Hex32


class HearingAnswer(Strict):
    """The number that the process drew at its start, and the signature over challenge and number."""

    number: Hex16
    signature: Hex64


class ErrorDetail(Strict):
    """A stable code and what a sentence about it names."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", max_length=80)]
    fields: dict[str, str | int | bool]


class ErrorAnswer(Strict):
    """The body of every answer that is no success."""

    error: ErrorDetail


# People --------------------------------------------------------------------------------------------------


_ATOM: Final = r"[^\x00-\x20\x7f-\x9f()<>@,;:\\\"\[\].\s]+"
"""RFC 5322, section 3.2.3, and RFC 6532: an atom, whose characters may be any but ASCII's special ones."""


class Address(Strict):
    """A mail address of a person: a plain ``local@domain`` without quotes and comments.

    What a node could not write into a mail's header later is refused now.
    """

    id: RandomId
    address: Annotated[str, Field(max_length=254, pattern=rf"^{_ATOM}(\.{_ATOM})*@{_ATOM}(\.{_ATOM})*$")]

    @model_validator(mode="after")
    def _domain(self) -> Self:
        try:
            self.address.rpartition("@")[2].encode("idna")
        except UnicodeError:
            raise PydanticCustomError("domain_malformed", "no domain name") from None
        return self


class Person(Strict):
    """One person: in ledger and statements only ``id`` appears. The provider's is ``provider``."""

    id: PersonId
    name: Text
    language: Literal["de", "en"]
    phrase: Text
    addresses: Annotated[tuple[Address, ...], Field(min_length=1, max_length=16)]

    @model_validator(mode="after")
    def _not_the_node(self) -> Self:
        if self.id == "operator":  # how a node calls its own operator: one's letters must not reach the other
            raise PydanticCustomError("person_reserved", "this id is the node's own")
        return self


class ClientName(Strict):
    """What a client is called in letters."""

    id: ClientId
    name: Text


class PeopleFile(Strict):
    """Names and addresses, uploaded as a file of its own so that it can be deleted.

    ``salt``: 16 random bytes. Without it a short file could be guessed from its hash in the ledger.
    """

    schema_name: Annotated[Literal["escrow-people/1"], Field(alias="schema")] = "escrow-people/1"
    salt: Hex16
    people: Annotated[tuple[Person, ...], Field(min_length=1, max_length=256)]
    clients: Annotated[tuple[ClientName, ...], Field(max_length=4096)] = ()


class NamesFile(Strict):
    """The entries that changed since the client's list was printed, uploaded as ``PeopleFile`` is.

    Names only, and only of what the client has no sheet of. ``more``: how many others there are.
    """

    schema_name: Annotated[Literal["escrow-names/1"], Field(alias="schema")] = "escrow-names/1"
    salt: Hex16
    names: Annotated[tuple[Text, ...], Field(min_length=1, max_length=MAX_NAMES)]
    more: Count = 0
