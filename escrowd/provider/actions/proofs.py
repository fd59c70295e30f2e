"""``escrow request``: whoever holds a card proves it to a node. Needs no workspace.

No card leaves this machine. Online the node is asked for a code itself; offline the code of its page is
given, and the proof is pasted there.
"""

from escrowd.core.keys import SigningKey, new_id
from escrowd.core.shares import parse_card
from escrowd.core.statements import Code, read_code, sign_card
from escrowd.core.strict import Purpose
from escrowd.core.wire import ProofAnswer
from escrowd.errors import CardError
from escrowd.provider.node_client import NodeClient


def prove(url: str, card: str, purpose: Purpose, *, now: int) -> ProofAnswer:
    """Prove a card to the node at ``url``, and tell what the node made of it.

    Parameters: ``card``, its words.
    Raises ``CardError`` as ``parse_card``, ``card.provider``; as ``NodeClient``; and what the node refuses.
    """
    client = NodeClient(url)
    try:
        signer = _signer(card)  # a card that cannot be read asks nobody anything
        code = Code(node=client.info().fingerprint, nonce=client.nonce())
        return client.prove(sign_card(signer, purpose, codes=[code], jti=new_id() + new_id(), iat=now))
    finally:
        client.close()


def prove_code(code: str, card: str, purpose: Purpose, *, now: int) -> str:
    """The proof that answers the code on a node's page, to be pasted there.

    Raises ``InputError`` ``code.malformed``; ``CardError`` as ``prove``.
    """
    return sign_card(_signer(card), purpose, codes=[read_code(code)], jti=new_id() + new_id(), iat=now)


def _signer(text: str) -> SigningKey:
    card = parse_card(text)
    if card.kind == "provider":
        raise CardError("card.provider")
    return card.signing_key
