"""Share proofs: that cards are at hand. No card leaves its holder; a proof shows possession, not a person.

Two of the provider's cards are what a restored workspace needs. Both proofs carry the same payload, byte for
byte. It names the two proof keys and nothing else of the provider: whoever holds the cards and nothing more
cannot know an id, and the node finds the provider by the keys.

One card of a client asks for a release, passes a drill, or has older sets end. The proof answers a code that
the node showed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from escrowd.core.encoding import hex_bytes
from escrowd.core.keys import SigningKey
from escrowd.core.statements._jws import MAX_COMPACT, PROOF, peek, sign, verify_payload
from escrowd.core.strict import Fingerprint, Hex16, Hex32, Jti, Purpose, Strict, Wall, read
from escrowd.errors import CardError, InputError, IntegrityError, RefusedError

CARDS: Final = 2
"""Provider's cards that a restore needs."""


class _Claims(Strict):
    purpose: Literal["restore"]
    aud: Annotated[tuple[Fingerprint, ...], Field(min_length=1, max_length=16)]
    jti: Jti
    iat: Wall
    nonces: dict[Fingerprint, Hex16]
    proof_keys: Annotated[tuple[Hex32, ...], Field(min_length=CARDS, max_length=CARDS)]

    @model_validator(mode="after")
    def _audience(self) -> Self:
        if len(set(self.aud)) != len(self.aud) or self.nonces.keys() != set(self.aud):
            raise PydanticCustomError("nonce_missing", "each node of the audience needs one nonce")
        if len(set(self.proof_keys)) != CARDS:
            raise PydanticCustomError("card_twice", "two different cards are needed")
        return self


@dataclass(frozen=True, slots=True)
class RestoreProof:
    """Two provider's cards proved. By ``proof_keys``, public and hex, the node finds the provider."""

    jti: str
    iat: int
    nonces: Mapping[str, str]
    proof_keys: tuple[str, ...]


def sign_restore(
    cards: Sequence[SigningKey], *, nonces: Mapping[str, str], jti: str, iat: int
) -> tuple[str, str]:
    """Prove two cards to the nodes in ``nonces`` (node fingerprint -> nonce).

    Parameters: ``cards``, the share-proof keys of exactly two different cards.
    Raises ``CardError`` ``card.two-needed`` (field ``given``).
    """
    if len({card.public for card in cards}) != CARDS or len(cards) != CARDS:
        raise CardError("card.two-needed", given=len({card.public for card in cards}))
    claims: dict[str, object] = {
        "purpose": "restore",
        "aud": sorted(nonces),
        "jti": jti,
        "iat": iat,
        "nonces": dict(nonces),
        "proof_keys": [card.public.hex() for card in cards],
    }
    return sign(PROOF, claims, cards[0]), sign(PROOF, claims, cards[1])


def verify_restore(proofs: Sequence[str], *, node: str) -> RestoreProof:
    """Check that two proofs belong together, are for this node, and that each named key signed one.

    Parameters: ``proofs``, two compact strings, in the order of the named keys; ``node``, its fingerprint.
    Raises what ``verify_payload`` raises, ``InputError`` ``document.invalid``, ``IntegrityError``
    ``proof.pair-differs``, ``RefusedError`` ``statement.other-node`` (field ``node``).
    Not checked here: whether the keys are a provider's, and the nonce.
    """
    if len(proofs) != CARDS:
        raise IntegrityError("proof.pair-differs")
    first, second = (peek(proof) for proof in proofs)
    if first.payload != second.payload:
        raise IntegrityError("proof.pair-differs")
    claims = read(_Claims, first.payload, max_bytes=MAX_COMPACT)
    for proof, public in zip(proofs, claims.proof_keys, strict=True):
        verify_payload(proof, PROOF, hex_bytes(public, size=32))
    if node not in claims.aud:
        raise RefusedError("statement.other-node", node=node)
    return RestoreProof(jti=claims.jti, iat=claims.iat, nonces=claims.nonces, proof_keys=claims.proof_keys)


# One client's card ---------------------------------------------------------------------------------------

_CODE: Final = re.compile(r"escrow-code/1\.([a-z2-7]{32})\.([0-9a-f]{32})")


class _CardClaims(Strict):
    purpose: Purpose
    aud: Annotated[tuple[Fingerprint, ...], Field(min_length=1, max_length=16)]
    jti: Jti
    iat: Wall
    nonces: dict[Fingerprint, Hex16]
    proof_key: Hex32

    @model_validator(mode="after")
    def _audience(self) -> Self:
        if len(set(self.aud)) != len(self.aud) or self.nonces.keys() != set(self.aud):
            raise PydanticCustomError("nonce_missing", "each node of the audience needs one nonce")
        return self


@dataclass(frozen=True, slots=True)
class CardProof:
    """One card proved. By ``proof_key``, public and hex, a node finds deposit, set, group and member."""

    compact: str
    purpose: Purpose
    aud: tuple[str, ...]
    jti: str
    iat: int
    nonces: Mapping[str, str]
    proof_key: str

    @property
    def sha256(self) -> str:
        """For the node's nonces: SHA-256 of the compact string, lower-case hex."""
        return sha256(self.compact.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Code:
    """What a node's page shows and a holder takes to where the card is: the node's id, and a nonce of it."""

    node: str
    nonce: str


def make_code(node: str, nonce: str) -> str:
    """The text ``escrow-code/1.<node id>.<nonce>``. It is no secret: without a card it is worth nothing."""
    return f"escrow-code/1.{node}.{nonce}"


def read_code(text: str) -> Code:
    """Read a code as pasted: white space anywhere is dropped, upper case is lowered.

    Raises ``InputError`` ``code.malformed``.
    """
    match = _CODE.fullmatch("".join(text.split()).lower())
    if match is None:
        raise InputError("code.malformed")
    return Code(node=match[1], nonce=match[2])


def sign_card(card: SigningKey, purpose: Purpose, *, codes: Sequence[Code], jti: str, iat: int) -> str:
    """Prove one card to the nodes that gave out the codes.

    Parameters: ``card``, the card's share-proof key; ``codes``, one a node, at least one; ``jti``, 16 to 32
    random base32 characters; ``iat``, wall time. Returns the compact form.
    Raises ``InputError`` ``document.invalid``.
    """
    claims: dict[str, object] = {
        "purpose": purpose,
        "aud": sorted(code.node for code in codes),
        "jti": jti,
        "iat": iat,
        "nonces": {code.node: code.nonce for code in codes},
        "proof_key": card.public.hex(),
    }
    compact = sign(PROOF, claims, card)
    read(_CardClaims, peek(compact).payload, max_bytes=MAX_COMPACT)  # what we would not read we do not send
    return compact


def verify_card(proof: str, *, node: str) -> CardProof:
    """Check a proof of one card: signed by the very key that it names, for this node.

    Parameters: ``proof``, as pasted: white space is dropped; ``node``, the fingerprint of the node that asks.
    Raises what ``verify_payload`` raises, ``InputError`` ``document.invalid`` (also for another purpose),
    ``RefusedError`` ``statement.other-node`` (field ``node``).
    Not checked here, because it needs state: whose card it is, whether its set is live, nonce and ``jti``.
    """
    compact = "".join(proof.split())
    unverified = peek(compact)
    if unverified.typ != PROOF:
        raise IntegrityError("jws.wrong-kind", expected=PROOF, found=unverified.typ[:64])
    unverified.claims()  # one reading only, or ``jws.damaged``
    # The key is in the payload: sound, since the proof says no more than that its holder has this very key.
    claims = read(_CardClaims, unverified.payload, max_bytes=MAX_COMPACT)
    verify_payload(compact, PROOF, hex_bytes(claims.proof_key, size=32))
    if node not in claims.aud:
        raise RefusedError("statement.other-node", node=node)
    return CardProof(
        compact=compact,
        purpose=claims.purpose,
        aud=claims.aud,
        jti=claims.jti,
        iat=claims.iat,
        nonces=claims.nonces,
        proof_key=claims.proof_key,
    )
