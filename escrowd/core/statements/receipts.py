"""Receipts: a node's signed word that a statement is on its disk, and what follows (P4, P8)."""

from typing import Annotated

from pydantic import Field

from escrowd.core.keys import SigningKey, fingerprint
from escrowd.core.ledger import Head
from escrowd.core.statements._jws import MAX_COMPACT, RECEIPT, sign, verify_payload
from escrowd.core.statements.statement import statement_hash
from escrowd.core.strict import Fingerprint, Hex32, Jti, Millis, Strict, Wall, read
from escrowd.core.wire import SeenHead, Standing
from escrowd.errors import EscrowdError, IntegrityError


class Receipt(Strict):
    """The claims of a receipt.

    ``statement_sha256``, the hash of the statement's compact string; ``seq`` and ``head``, the ledger entry
    that records it; ``node_time`` in milliseconds; ``wall``, for people; ``standing``, what follows.
    """

    node: Fingerprint
    provider: Fingerprint
    jti: Jti
    statement_sha256: Hex32
    seq: Annotated[int, Field(ge=1)]
    head: Hex32
    node_time: Millis
    wall: Wall
    standing: Standing

    @property
    def ledger_head(self) -> Head:
        """The chain's end at this receipt."""
        return Head(self.seq, self.head)


def sign_receipt(receipt: Receipt, node: SigningKey) -> str:
    """Sign a receipt with the node's key. Returns the compact form."""
    return sign(RECEIPT, receipt.model_dump(mode="json"), node)


def verify_receipt(compact: str, node: bytes, *, statement: str | None = None) -> Receipt:
    """Read a receipt.

    Parameters: ``node``, the node's public key; ``statement``, the compact statement that it must be for.
    Raises what ``verify_payload`` raises, ``InputError`` ``document.invalid``, ``IntegrityError``:
    ``receipt.other-node`` (fields ``expected``, ``found``), ``receipt.other-statement`` (field ``jti``).
    """
    receipt = read(Receipt, verify_payload(compact, RECEIPT, node), max_bytes=MAX_COMPACT)
    expected = fingerprint(node)
    if receipt.node != expected:
        raise IntegrityError("receipt.other-node", expected=expected, found=receipt.node)
    if statement is not None and receipt.statement_sha256 != statement_hash(statement):
        raise IntegrityError("receipt.other-statement", jti=receipt.jti)
    return receipt


def proof_of_head(seen: SeenHead, node: bytes, *, provider: str) -> Receipt | None:
    """The receipt by which the node (public key) once signed that this was this provider's head, or None.

    A node that holds another entry there, or none, was put back to an older copy. Without the proof it is
    only a provider's word, and must not touch anybody else's switch
    (``docs/decisions/0009-heads-that-were-seen.md``).
    """
    if seen.receipt is None:
        return None
    try:
        receipt = verify_receipt(seen.receipt, node)
    except EscrowdError:
        return None
    found = (receipt.provider, receipt.seq, receipt.head)
    return receipt if found == (provider, seen.seq, seen.hash) else None
