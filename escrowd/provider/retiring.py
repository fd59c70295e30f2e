"""What the nodes say of a client's share sets, taken over into the workspace.

1. A set is over here once every node that holds the client's deposit says so: its holders have new cards, and
   the client clicked at each. One node's word would be too little: a node that lies, or that was put back,
   would have the key of a set destroyed here that another node still demands, and that client's bundle there
   could never be renewed. Until then the one that retired it refuses deposits, and says why.
2. A set that a node *keeps*, since the provider stopped sealing to it, is over here too.
3. The table is saved before the files go: a crash leaves a file too many, never one too few.
"""

from dataclasses import dataclass

from escrowd.core.wire import DepositStanding, key_file
from escrowd.machine.files import remove
from escrowd.provider.memory import recall
from escrowd.provider.records import ClientRecord, RetiredRecord
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class Dropped:
    """A set of a client that is over here since the nodes' last word."""

    client: str
    set: int


def take_over(session: Session, *, now: int) -> tuple[Dropped, ...]:
    """Drop the sets that all nodes say are over (rules 1 and 2)."""
    dropped: list[Dropped] = []
    for record in session.vault.clients:
        over = _over(session, record)
        gone = [one for one in record.sets if one.number in over]
        if not gone or record.ended is not None:
            continue
        session.put_client(
            record.model_copy(
                update={
                    "sets": tuple(one for one in record.sets if one not in gone),
                    "retired": (
                        *record.retired,
                        *(
                            RetiredRecord(number=one.number, slip39_id=one.slip39_id, date=now)
                            for one in gone
                        ),
                    ),
                }
            )
        )
        for one in gone:
            remove(session.estate(record.id) / key_file(one.number))
            for share in session.estate(record.id).glob(f"share-{one.number}.*.age"):
                remove(share)
        dropped += [Dropped(record.id, one.number) for one in gone]
    return tuple(dropped)


def is_relied_on(session: Session, record: ClientRecord, number: int) -> bool:
    """Whether a holder proved a card of the set to a node, or the client confirmed it there."""
    for held in _standings(session, record.id):
        if any(card.set == number for card in held.cards):
            return True
        if held.share_sets is not None and held.share_sets.confirmed == number:
            return True
    return False


def _over(session: Session, record: ClientRecord) -> set[int]:
    """Numbers that are over; never the newest, whatever nodes say: something must stay to seal to."""
    if not record.sets:
        return set()
    said = [held.share_sets for held in _standings(session, record.id) if held.share_sets is not None]
    over = [{*sets.retired, *sets.kept} for sets in said]
    return set.intersection(*over) - {record.sets[-1].number} if over else set()


def _standings(session: Session, client: str) -> list[DepositStanding]:
    found = [recall(session.folder, node.fingerprint).deposit(client) for node in session.vault.nodes]
    return [held for held in found if held is not None]
