"""Share proofs: that two of the provider's cards are at hand, which is what a restored workspace needs.

Both proofs carry the same payload, byte for byte. It names the two proof keys and nothing else of the
provider: whoever holds the cards and nothing more cannot know an id, and the node finds the provider by the
keys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from escrowd.core.encoding import hex_bytes
from escrowd.core.keys import SigningKey
from escrowd.core.statements._jws import MAX_COMPACT, PROOF, peek, sign, verify_payload
from escrowd.core.strict import Fingerprint, Hex16, Hex32, Jti, Strict, Wall, read
from escrowd.errors import CardError, IntegrityError, RefusedError

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
