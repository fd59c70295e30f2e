"""Hearing: a node asks itself through its public URL, and knows by the answer that it, and no copy, is there.

The signature is over the RFC 8785 form of ``["escrow-hearing/1", node, challenge, number]``. A JWS is signed
over text that begins with base64url, so neither signature can pass for the other.
"""

from escrowd.core.encoding import canonical, hex_bytes
from escrowd.core.keys import SigningKey, fingerprint, verify
from escrowd.core.wire import HearingAnswer
from escrowd.errors import InputError, IntegrityError

_SCHEMA = "escrow-hearing/1"


def answer_hearing(node: SigningKey, *, challenge: str, number: str) -> HearingAnswer:
    """Answer a challenge (64 hex) with the number (32 hex) that this process drew at its start.

    Raises ``InputError`` ``hex.malformed``.
    """
    hex_bytes(challenge, size=32)
    hex_bytes(number, size=16)
    signature = node.sign(_signed(fingerprint(node.public), challenge, number))
    return HearingAnswer(number=number, signature=signature.hex())


def check_hearing(answer: HearingAnswer, node: bytes, *, challenge: str) -> str:
    """The number in an answer that the node's key (32-byte public key) signed for this challenge.

    Raises ``IntegrityError`` ``hearing.bad-signature``.
    """
    signed = _signed(fingerprint(node), challenge, answer.number)
    try:
        signature = hex_bytes(answer.signature, size=64)
    except InputError:
        raise IntegrityError("hearing.bad-signature") from None
    if not verify(node, signature, signed):
        raise IntegrityError("hearing.bad-signature")
    return answer.number


def _signed(node: str, challenge: str, number: str) -> bytes:
    return canonical([_SCHEMA, node, challenge, number])
