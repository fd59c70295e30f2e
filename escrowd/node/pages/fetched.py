"""Which revision of the kit a person downloaded last.

No right follows from it, so it stands in no ledger: the page tells a reader whose stick is out of date.
"""

from typing import Final

from escrowd.node.clock import Now
from escrowd.node.intake import NodeContext
from escrowd.node.pages.guests import Guest
from escrowd.node.store import Connection
from escrowd.node.store.deposits import Held
from escrowd.node.store.outbox import is_ordered, record_order
from escrowd.node.store.pages import newest_revision

_KIND: Final = "kit-fetched"


def fetched(tx: Connection, provider: str, client: str, person: str) -> int:
    """The newest revision that this person downloaded; 0 if none."""
    return newest_revision(tx, provider, _KIND, client=client, person=person)


async def note_fetched(context: NodeContext, guest: Guest, deposit: Held) -> None:
    """Remember that a person downloads a kit. Once a revision."""
    ordered = guest.visit.ordered
    key = f"{ordered.provider}/{_KIND}/{ordered.client}/{ordered.person}/{deposit.revision}"

    def note(tx: Connection) -> None:
        if is_ordered(tx, key):
            return
        record_order(
            tx,
            Now(context.clock.now(), context.clock.wall(), context.clock.scale),
            key=key,
            provider=ordered.provider,
            kind=_KIND,
            client=ordered.client,
            person=ordered.person,
            order=None,
            revision=deposit.revision,
        )

    await context.store.write(note)
