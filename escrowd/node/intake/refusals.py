"""A refused attempt of somebody who proved a card, or came by a mailed link, stands in the ledger: once each.

Only of those: who has neither could fill a ledger at will.
"""

from escrowd.errors import EscrowdError
from escrowd.node.clock import Now
from escrowd.node.store import Connection
from escrowd.node.store.ledger import append_ledger
from escrowd.node.store.outbox import is_ordered, record_order

KIND = "attempt-refused"


def enter_refusal(
    tx: Connection,
    now: Now,
    error: EscrowdError,
    *,
    provider: str,
    client: str,
    by: str,
    act: str,
    **who: str,
) -> None:
    """Write into the ledger that an attempt was refused, unless the same one was before.

    Parameters: ``by``, what identifies the attempt (an order's key, a proof key); ``act``, what was tried;
    ``who``, person and address, or the card's group.
    """
    key = f"{provider}/{KIND}/{act}/{error.code}/{by}"
    if is_ordered(tx, key):
        return
    record_order(
        tx, now, key=key, provider=provider, kind=KIND, client=client, person="", order=None, revision=None
    )
    body = {"client": client, "act": act, "code": error.code, **who, "awake": now.moment.awake}
    append_ledger(tx, provider, KIND, body)
