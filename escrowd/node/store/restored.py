"""Has this database gone back? A provider who saw a later ledger of this node can tell."""

import json
from typing import Final

from sqlalchemy import Connection, func, select

from escrowd.core.ledger import EMPTY
from escrowd.core.wire import HeadOf
from escrowd.node.store.schema import journal, ledger

#: The type of the ledger entry that notes it.
RESTORED: Final = "restored"
#: The line of the journal that notes that everybody's epoch began anew because of it.
ANEW: Final = "anew"


def went_back(tx: Connection, provider: str, seen: HeadOf) -> bool:
    """Whether the provider was shown a head that this ledger does not contain, and that was not noted yet."""
    if seen.seq == EMPTY.seq:
        return False
    ours = tx.execute(
        select(ledger.c.hash).where(ledger.c.provider == provider, ledger.c.seq == seen.seq)
    ).scalar_one_or_none()
    return ours != seen.hash and seen.hash not in _noted(tx, provider)


def lost_until(tx: Connection) -> int:
    """Wall time of the last beginning anew: what was lost until then is accounted for. 0: there was none."""
    latest = select(func.max(journal.c.wall)).where(journal.c.what == ANEW)
    return tx.execute(latest).scalar_one() or 0


def _noted(tx: Connection, provider: str) -> set[str]:
    bodies = tx.execute(
        select(ledger.c.body_json).where(
            ledger.c.provider == provider, ledger.c.type == RESTORED, ledger.c.body_json.is_not(None)
        )
    ).scalars()
    return {json.loads(body)["seen"]["hash"] for body in bodies if body is not None}
