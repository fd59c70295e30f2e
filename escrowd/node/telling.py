"""Telling everyone about the node itself: the operator at once, then each provider, a few in a transaction.

An announcement has a key of its own (`deaf/…`), and each person's letter carries it. So a process that ends
on the way goes on where it was: who has the letter is passed over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from escrowd.core.switch import Facts
from escrowd.core.terms import PROVIDER
from escrowd.node import letters
from escrowd.node.clock import NodeClock, Now
from escrowd.node.orders import OPERATOR, Common, Desk
from escrowd.node.store import Connection, Store
from escrowd.node.store.switches import load_switch, switches_after

#: Providers told in one transaction.
_CHUNK: Final = 50

#: From the common fields, who reads it, the moment, and that provider's facts (None: the operator) to a
#: context.
Make = Callable[[Common, letters.Audience, Now, Facts | None], letters.Context]


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told: ``key`` names this occasion, ``kind`` the letter; ``clients`` are told as well."""

    key: str
    kind: str
    make: Make
    clients: bool = False


class Teller:
    """Tells news to all whom it concerns."""

    def __init__(self, store: Store, clock: NodeClock, desk: Desk) -> None:
        self._store = store
        self._clock = clock
        self._desk = desk

    async def everyone(self, news: News) -> None:
        """Put a letter for the operator, every provider and perhaps every client into the outbox."""
        await self._store.write(partial(self.operator, news=news))
        after: str | None = ""
        while after is not None:
            after = await self._store.write(partial(self._chunk, news=news, after=after))

    def operator(self, tx: Connection, news: News) -> None:
        """Put the operator's letter into the outbox."""
        now = self._clock.stamp_now(tx)
        self._one(tx, now, news, to=("", OPERATOR, "operator"), facts=None)

    def _chunk(self, tx: Connection, news: News, after: str) -> str | None:
        now = self._clock.stamp_now(tx)
        found = switches_after(tx, after, limit=_CHUNK)
        for provider in found:
            facts = load_switch(tx, provider)
            self._one(tx, now, news, to=(provider, PROVIDER, "provider"), facts=facts)
            if not news.clients:
                continue
            for deposit in facts.deposits:
                for beneficiary in deposit.beneficiaries:
                    if beneficiary.role == "client":
                        to: tuple[str, str, letters.Audience] = (provider, beneficiary.person, "client")
                        self._one(tx, now, news, to=to, facts=facts)
        return found[-1] if len(found) == _CHUNK else None

    def _one(
        self,
        tx: Connection,
        now: Now,
        news: News,
        *,
        to: tuple[str, str, letters.Audience],
        facts: Facts | None,
    ) -> None:
        provider, person, audience = to
        self._desk.order(
            tx,
            now,
            key=f"{news.key}/{person}",
            provider=provider,
            person=person,
            kind=news.kind,
            make=lambda common, _: news.make(common, audience, now, facts),
        )
