"""Statements: what a provider signed for its nodes, and the root's appointment of the daily key.

1. ``iss`` is the fingerprint of the provider's root key; ``key`` says whether root or daily signed, and the
   signature must hold under that very key. A daily key counts because the root appointed it.
2. A statement is for the nodes in ``aud`` and for no other; each gave out the nonce that stands beside its
   name.
3. The enrolment proves itself: it brings the root key, and the root's appointment of the key that signed it.
4. No clock is asked. ``iat`` is for people; a nonce is what makes a statement fresh, and the node judges it.
5. A check-in that was not typed is refused: a forgotten job must not keep a dead provider alive. So are an
   approval and an unsealing: each takes a wait or a way in from somebody.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Final, Generic, Literal, Self, TypeVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from escrowd.core.encoding import hex_bytes
from escrowd.core.keys import SigningKey, fingerprint
from escrowd.core.statements._jws import (
    APPOINTMENT,
    MAX_COMPACT,
    STATEMENT,
    Unverified,
    peek,
    prove,
    sign,
    verify_payload,
)
from escrowd.core.statements.bodies import (
    TYPE_OF,
    Appoint,
    Approve,
    Arm,
    Body,
    Checkin,
    Delay,
    Deposit,
    Drill,
    End,
    Enrol,
    NewTimings,
    Query,
    StatementType,
    Unseal,
)
from escrowd.core.strict import Fingerprint, Hex16, Hex32, Jti, Strict, Wall, parse, read
from escrowd.core.terms import Terms
from escrowd.core.wire import MAX_STATEMENT, HeadOf, SeenHead
from escrowd.errors import InputError, IntegrityError, NotFoundError, RefusedError

Presence = Literal["typed", "stored"]
KeyKind = Literal["root", "daily"]
BodyT = TypeVar("BodyT")

MAX_AUDIENCE: Final = 16


class _Claims(Strict, Generic[BodyT]):
    iss: Fingerprint
    aud: Annotated[tuple[Fingerprint, ...], Field(min_length=1, max_length=MAX_AUDIENCE)]
    jti: Jti
    iat: Wall
    type: StatementType
    presence: Presence
    key: KeyKind
    nonces: dict[Fingerprint, Hex16]
    seen: Annotated[dict[Fingerprint, SeenHead], Field(default_factory=dict)]
    body: BodyT

    @model_validator(mode="after")
    def _audience(self) -> Self:
        if len(set(self.aud)) != len(self.aud) or self.nonces.keys() != set(self.aud):
            raise PydanticCustomError("nonce_missing", "each node of the audience needs one nonce")
        if not self.seen.keys() <= set(self.aud):
            raise PydanticCustomError("seen_foreign", "heads are told to the node that they are of")
        return self


_MODELS: Final[dict[StatementType, type[_Claims[Any]]]] = {
    "enrol": _Claims[Enrol],
    "appoint": _Claims[Appoint],
    "timings": _Claims[NewTimings],
    "terms": _Claims[Terms],
    "deposit": _Claims[Deposit],
    "checkin": _Claims[Checkin],
    "end": _Claims[End],
    "query": _Claims[Query],
    "approve": _Claims[Approve],
    "delay": _Claims[Delay],
    "arm": _Claims[Arm],
    "unseal": _Claims[Unseal],
    "drill": _Claims[Drill],
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement whose signature holds.

    ``compact``, the document; ``provider``, ``iss``; ``key``, root or daily, and ``signer``, that public key;
    ``nonces``, per node; ``seen``, the highest ledger head that the provider saw, per node.
    """

    compact: str
    provider: str
    aud: tuple[str, ...]
    jti: str
    iat: int
    presence: Presence
    key: KeyKind
    signer: bytes
    nonces: Mapping[str, str]
    seen: Mapping[str, SeenHead]
    body: Body

    @property
    def type(self) -> StatementType:
        """The type, as claimed."""
        return TYPE_OF[type(self.body)]

    @property
    def sha256(self) -> str:
        """What a receipt names: SHA-256 of the compact string, lower-case hex."""
        return statement_hash(self.compact)

    @property
    def checks_in(self) -> bool:
        """Whether it counts as a check-in: whatever was typed does, but for a question."""
        return self.presence == "typed" and not isinstance(self.body, Query)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What an unverified statement says, to find the key and the limits. No decision rests on it."""

    provider: str
    jti: str
    type: str
    key: str


@dataclass(frozen=True, slots=True)
class ProviderKeys:
    """The public keys of a provider: the root's, the daily ones that count, and those that do not yet."""

    root: bytes
    daily: tuple[bytes, ...] = ()
    waiting: tuple[bytes, ...] = ()


KeyLookup = Callable[[str], ProviderKeys | None]
"""Provider id -> its keys, or None for a provider that is not known."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """The root's word that ``daily`` (public key) may sign for it. ``created``: wall time, for people."""

    compact: str
    provider: str
    daily: bytes
    created: int


class _AppointmentClaims(Strict):
    iss: Fingerprint
    daily: Hex32
    created: Wall


def statement_hash(compact: str) -> str:
    """SHA-256 of a compact string, lower-case hex."""
    return sha256(compact.encode("ascii")).hexdigest()


def sign_statement(
    body: Body,
    *,
    provider: str,
    signer: SigningKey,
    key: KeyKind,
    presence: Presence,
    nonces: Mapping[str, str],
    jti: str,
    iat: int,
    seen: Mapping[str, HeadOf] | None = None,
) -> str:
    """Make a statement.

    Parameters: ``provider``, fingerprint of the root key; ``signer``, root or daily as ``key`` says;
    ``nonces``, node fingerprint -> nonce, for each node that it is for; ``jti``, 16 to 32 random base32
    characters; ``iat``, wall time; ``seen``, node fingerprint -> highest head seen, best as a ``SeenHead``
    with its receipt. Returns the compact form. Raises ``InputError`` ``document.invalid``, ``jws.too-large``.
    """
    claims: dict[str, object] = {
        "iss": provider,
        "aud": sorted(nonces),
        "jti": jti,
        "iat": iat,
        "type": TYPE_OF[type(body)],
        "presence": presence,
        "key": key,
        "nonces": dict(nonces),
        "seen": {
            node: head.model_dump(mode="json", exclude_none=True) for node, head in (seen or {}).items()
        },
        "body": body.model_dump(mode="json", exclude_none=True),
    }
    compact = sign(STATEMENT, claims, signer)
    if len(compact) > MAX_STATEMENT:
        raise InputError("jws.too-large", size=len(compact), limit=MAX_STATEMENT)
    # What we would refuse to read we do not send.
    _parse(claims, peek(compact).payload)
    return compact


def peek_statement(compact: str) -> Claimed:
    """What a statement says of itself, unverified. Raises as ``peek``, and ``document.invalid``."""
    return _claimed(_statement(peek(compact)).claims())


def _claimed(claims: dict[str, object]) -> Claimed:
    found = {name: claims.get(name) for name in ("iss", "jti", "type", "key")}
    for name, value in found.items():
        if not isinstance(value, str):
            raise InputError("document.invalid", document="Statement", claim=name, problem="string_type")
    return Claimed(
        provider=str(found["iss"]), jti=str(found["jti"]), type=str(found["type"]), key=str(found["key"])
    )


def verify_statement(compact: str, *, keys: KeyLookup, node: str | None = None) -> Statement:
    """Read a statement and check everything that needs no state: rules 1 to 3 and 5.

    Parameters: ``keys``, finds a provider's keys; ``node``, the fingerprint of the node that asks, None
    offline. Raises what ``peek`` raises; ``InputError`` ``document.invalid`` and ``json.*`` (signed
    nonsense); ``IntegrityError``: ``jws.wrong-kind``, ``jws.bad-signature``, ``statement.root-mismatch`` (an
    enrolment whose root is not its ``iss``); ``NotFoundError`` ``provider.unknown`` (field ``provider``);
    ``RefusedError``: ``statement.other-node`` (field ``node``), ``statement.daily-waits`` (signed by a daily
    key that does not count yet), ``checkin.not-typed``, ``statement.not-typed`` (field ``type``).
    Not checked here, because it needs state: nonce, ``jti``, invitation, terms, files.
    """
    if len(compact) > MAX_STATEMENT:
        raise InputError("jws.too-large", size=len(compact), limit=MAX_STATEMENT)
    unverified = _statement(peek(compact))
    raw = unverified.claims()
    claimed = _claimed(raw)
    known = _enrolling(raw, unverified.payload) if claimed.type == "enrol" else keys(claimed.provider)
    if known is None:
        raise NotFoundError("provider.unknown", provider=claimed.provider[:32])
    signer = _signer(unverified, claimed.key, known)
    claims = _parse(raw, unverified.payload)
    if fingerprint(known.root) != claims.iss:
        raise IntegrityError("statement.root-mismatch")
    if node is not None and node not in claims.aud:
        raise RefusedError("statement.other-node", node=node)
    if isinstance(claims.body, Checkin) and claims.presence != "typed":
        raise RefusedError("checkin.not-typed")
    if isinstance(claims.body, Approve | Unseal) and claims.presence != "typed":
        raise RefusedError("statement.not-typed", type=claims.type)
    if isinstance(claims.body, Appoint):
        verify_appointment(claims.body.appointment, known.root)
    return Statement(
        compact=compact,
        provider=claims.iss,
        aud=claims.aud,
        jti=claims.jti,
        iat=claims.iat,
        presence=claims.presence,
        key=claims.key,
        signer=signer,
        nonces=claims.nonces,
        seen=claims.seen,
        body=claims.body,
    )


def sign_appointment(root: SigningKey, *, daily: bytes, created: int) -> str:
    """The root appoints a daily key (32-byte public key). ``created``: wall time."""
    claims: dict[str, object] = {
        "iss": fingerprint(root.public),
        "daily": daily.hex(),
        "created": created,
    }
    return sign(APPOINTMENT, claims, root)


def verify_appointment(compact: str, root: bytes) -> Appointment:
    """Read an appointment by this root key.

    Raises what ``verify_payload`` raises, ``InputError`` ``document.invalid``, ``IntegrityError``
    ``statement.root-mismatch``.
    """
    claims = read(_AppointmentClaims, verify_payload(compact, APPOINTMENT, root), max_bytes=MAX_COMPACT)
    if claims.iss != fingerprint(root):
        raise IntegrityError("statement.root-mismatch")
    return Appointment(
        compact=compact,
        provider=claims.iss,
        daily=hex_bytes(claims.daily, size=32),
        created=claims.created,
    )


def _statement(unverified: Unverified) -> Unverified:
    if unverified.typ != STATEMENT:
        raise IntegrityError("jws.wrong-kind", expected=STATEMENT, found=unverified.typ[:64])
    return unverified


def _parse(raw: dict[str, object], payload: bytes) -> _Claims[Any]:
    """``raw`` is ``payload``, read strictly."""
    kind = raw.get("type")
    model = _MODELS.get(kind) if isinstance(kind, str) else None  # type: ignore[call-overload]
    if model is None:
        raise InputError("document.invalid", document="Statement", claim="type", problem="literal_error")
    try:
        return parse(model, payload)
    except InputError as error:
        raise InputError("document.invalid", **{**error.fields, "document": "Statement"}) from None


def _enrolling(raw: dict[str, object], payload: bytes) -> ProviderKeys:
    """The keys that an enrolment brings itself. Sound because ``iss`` is the hash of that very root."""
    claims: _Claims[Enrol] = _parse(raw, payload)
    root = hex_bytes(claims.body.root, size=32)
    if fingerprint(root) != claims.iss:
        raise IntegrityError("statement.root-mismatch")
    return ProviderKeys(root=root, daily=(verify_appointment(claims.body.appointment, root).daily,))


def _signer(unverified: Unverified, key: str, known: ProviderKeys) -> bytes:
    """The public key under which the signature holds."""
    candidates = (known.root,) if key == "root" else (*known.daily, *known.waiting)
    for public in candidates:
        try:
            prove(unverified, STATEMENT, public)
        except IntegrityError:
            continue
        if key != "root" and public in known.waiting and public not in known.daily:
            raise RefusedError("statement.daily-waits")
        return public
    raise IntegrityError("jws.bad-signature")
