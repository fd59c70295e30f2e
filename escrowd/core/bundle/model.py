"""The bundle: all that a client is owed, in one document (``escrow-bundle/1``).

1. An absent field means "empty": every default is ``None``, an empty text, an empty list or ``false``, and
   what equals its default is not written. A reader that knows fewer fields refuses the document instead of
   dropping them.
2. The order of ``entries``, ``documents``, ``contacts``, ``groups`` is the order on paper.
3. Days are ISO dates (``2027-03-01``), instants are Unix seconds, money is text with a currency: no floats.
4. Ids are unique in the bundle over all kinds of things, and a reference names something that is there.
5. The document's exact name stays in ``name``; ``file`` is the harmless name under which its bytes are
   packed.

The history holds former passwords. That is on purpose (``entry restore``), and harmless: whoever opens the
bundle is owed all of it.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from escrowd.core.bundle.document_file import is_plain_file
from escrowd.core.strict import ClientId, Hex32, RandomId, Strict

SCHEMA = "escrow-bundle/1"

Kind = Literal[
    "website-login",
    "domain-registrar",
    "hosting",
    "mail",
    "server",
    "database",
    "wifi",
    "licence",
    "payment",
    "identity",
    "note",
    "other",
]
SecondFactorKind = Literal["none", "totp", "sms", "key", "passkey", "push"]
DecisionStatus = Literal["wish", "open", "decided", "revised"]
Language = Literal["de", "en"]
Profile = Literal["expert", "guided", "full-service"]
ContactKind = Literal["provider", "client", "successor", "witness", "supplier", "other"]
Action = Literal["added", "changed", "removed"]
Subject = Literal["entry", "document", "contact", "decision", "bundle"]


def _is_day(text: str) -> str:
    """``text`` unchanged when it is an ISO calendar date.

    Raises ``ValueError`` otherwise, for pydantic to report.
    """
    dt.date.fromisoformat(text)
    return text


def _is_document_file(text: str) -> str:
    """``text`` unchanged when no file system reads more into it than one plain name."""
    if not is_plain_file(text):
        message = "not a harmless file name"
        raise ValueError(message)
    return text


Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_is_day)]
Instant = Annotated[int, Field(ge=0, le=2**53 - 1)]
DocumentFile = Annotated[str, Field(min_length=1, max_length=160), AfterValidator(_is_document_file)]


class Part(Strict):
    """What every part of the bundle has in common. It shows no value where it is printed or refused (P10)."""

    model_config = ConfigDict(populate_by_name=True, hide_input_in_errors=True)

    def __repr__(self) -> str:
        """The kind and, where there is one, the id."""
        return f"{type(self).__name__}({getattr(self, 'id', '')})"

    __str__ = __repr__


class Totp(Part):
    """A time-based one-time password (RFC 6238): what an authenticator app needs.

    ``secret`` is base32 without padding; ``period`` is in seconds; ``encoder`` ``steam`` is its alphabet.
    """

    secret: Annotated[str, Field(pattern=r"^[A-Z2-7]{1,2048}$")]
    algorithm: Literal["SHA1", "SHA256", "SHA512"]
    digits: Annotated[int, Field(ge=4, le=10)]
    period: Annotated[int, Field(ge=1, le=86_400)]
    issuer: str = ""
    account: str = ""
    encoder: Literal["", "steam"] = ""


class SecondFactor(Part):
    """What is asked for beside the password, and how to get past its loss.

    ``device`` says on whose device it lives; ``codes_where`` where the recovery codes are kept; ``codes`` are
    the codes themselves. A missing ``SecondFactor`` means "not asked yet"; kind ``none`` means "there is
    none".
    """

    kind: SecondFactorKind
    device: str = ""
    codes_where: str = ""
    codes: tuple[str, ...] = ()


class Money(Part):
    """An amount as text (``"12.50"``) in a currency (ISO 4217), due ``every`` so often."""

    amount: Annotated[str, Field(pattern=r"^-?\d{1,15}(\.\d{1,4})?$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    every: Literal["once", "month", "quarter", "year"] | None = None


class FreeField(Part):
    """A field with a name of its own. ``protected`` fields are shown as secrets."""

    name: str = ""
    value: str = ""
    protected: bool = False


class Decision(Part):
    """What was chosen, when, why, and who asked for it.

    ``topic`` names the question, ``choice`` the answer; ``review`` is the day to look at it again.
    """

    id: RandomId
    date: Day
    status: DecisionStatus
    topic: str = ""
    choice: str = ""
    alternatives: tuple[str, ...] = ()
    reason: str = ""
    asked_by: str = ""
    review: Day | None = None


class Origin(Part):
    """Where an entry or document was imported from, so that the next import finds it again.

    ``scope`` tells several exports of one format apart (which database, which group of it).
    ``source`` is the format (``keepass``), ``key`` what identifies the thing there. ``seen`` maps each field
    that the import carried to a digest of the value it had, which tells a change there from a change by hand.
    ``missing_since`` is the day of the first import that no longer had it.
    """

    source: str
    scope: str = ""
    key: str = ""
    seen: dict[str, str] = Field(default_factory=dict)
    missing_since: Day | None = None


class Shared(Part):
    """Something of the provider's that an entry needs, in words that the client may read.

    ``own`` is the id of an entry of the provider's own estate, which only a successor opens; ``what`` says
    what it is, ``away`` how to get away from it. Both are copied from there and hold nothing else of it.
    """

    own: RandomId
    what: str
    away: str = ""


class Entry(Part):
    """One credential with all that belongs to it, second factor included.

    ``group`` is the path of registers it is filed under; ``depends_on`` are ids of entries; ``purpose`` says
    in plain words what it is for; ``shared`` is what it needs of the provider's own. Its documents name it in
    ``Document.entry``.
    """

    id: RandomId
    title: str
    kind: Kind
    urls: tuple[str, ...] = ()
    user: str = ""
    password: str = ""
    totp: Totp | None = None
    second_factor: SecondFactor | None = None
    recovery_mailbox: str = ""
    contract_holder: str = ""
    renewal: Day | None = None
    cost: Money | None = None
    purpose: str = ""
    depends_on: tuple[RandomId, ...] = ()
    shared: tuple[Shared, ...] = ()
    notes: str = ""
    tags: tuple[str, ...] = ()
    fields: tuple[FreeField, ...] = ()
    group: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    origin: Origin | None = None


class Document(Part):
    """A file in the bundle. Its bytes lie in the payload at ``documents/<id>/<file>``.

    ``entry`` is the id of the entry it is attached to; without one it belongs to the bundle as a whole.
    """

    id: RandomId
    name: str
    file: DocumentFile
    size: Annotated[int, Field(ge=0, le=2**53 - 1)]
    sha256: Hex32
    entry: RandomId | None = None
    note: str = ""
    origin: Origin | None = None


class Contact(Part):
    """A person or firm to call."""

    id: RandomId
    name: str
    kind: ContactKind
    role: str = ""
    organisation: str = ""
    phone: str = ""
    mail: str = ""
    address: str = ""
    note: str = ""


class Change(Part):
    """One difference between two revisions.

    ``title`` names the thing as it was called then. ``fields`` are the names of what changed in it; of the
    former values only the one of ``entry``, ``document``, ``contact``, ``decision`` that fits ``subject`` is
    set, and none when the thing was added. ``values`` holds the bundle's own former fields (name, profile,
    language, groups). A decision of an entry changes with its entry.
    """

    subject: Subject
    action: Action
    id: RandomId | None = None
    title: str = ""
    fields: tuple[str, ...] = ()
    entry: Entry | None = None
    document: Document | None = None
    contact: Contact | None = None
    decision: Decision | None = None
    values: dict[str, str | tuple[tuple[str, ...], ...]] = Field(default_factory=dict)


class Revision(Part):
    """What one revision changed. ``when`` is Unix seconds; ``reason`` says what was done (``entry edit``).

    ``why`` it was done, and ``asked_by``, who wanted it: what somebody said in passing.
    """

    number: Annotated[int, Field(ge=1)]
    when: Instant
    reason: str = ""
    why: str = ""
    asked_by: str = ""
    changes: tuple[Change, ...] = ()


class Bundle(Part):
    """All that a client is owed.

    ``client`` is the provider's short name for the client, ``name`` the client's own. ``revision`` is 0 until
    the first change is recorded. ``groups`` orders the registers; a path that is not in it comes after those
    that are.
    """

    schema_: Annotated[Literal["escrow-bundle/1"], Field(alias="schema")] = "escrow-bundle/1"
    client: ClientId
    name: str
    language: Language
    profile: Profile
    revision: Annotated[int, Field(ge=0)]
    entries: tuple[Entry, ...] = ()
    documents: tuple[Document, ...] = ()
    contacts: tuple[Contact, ...] = ()
    decisions: tuple[Decision, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    history: tuple[Revision, ...] = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> "Bundle":
        """Rule 4: ids are unique, and references lead somewhere."""
        seen: set[str] = set()
        for id_ in _ids(self):
            if id_ in seen:
                raise PydanticCustomError("id_twice", "two things have the same id")
            seen.add(id_)
        entries = {entry.id for entry in self.entries}
        wanted = {id_ for entry in self.entries for id_ in entry.depends_on}
        wanted |= {document.entry for document in self.documents if document.entry is not None}
        if wanted - entries:
            raise PydanticCustomError("reference_unknown", "a reference names no entry")
        numbers = [revision.number for revision in self.history]
        if numbers != sorted(set(numbers)) or (numbers and numbers[-1] > self.revision):
            raise PydanticCustomError("history_order", "the history's numbers do not rise to the revision")
        return self


def _ids(bundle: Bundle) -> Iterator[str]:
    """Every id that a thing in the bundle (history aside) bears."""
    for entry in bundle.entries:
        yield entry.id
        yield from (decision.id for decision in entry.decisions)
    yield from (document.id for document in bundle.documents)
    yield from (contact.id for contact in bundle.contacts)
    yield from (decision.id for decision in bundle.decisions)
