"""Carrying out what the switch orders: ledger entry and finished letters, in the transaction of the facts.

1. An order is done once: its key is remembered, doing it again does nothing.
2. The release goes to the addresses that ``core.addresses`` lets it go to at that moment.
3. An order to a person without an address still stands in the ledger. To the provider it counts as refused:
   nobody could be told.
4. Whoever was released has the newest mail also at an address that begins to count afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, cast

from escrowd.core.switch import Change, Facts, NodeFacts, Order, Phase, evaluate, refused, silence
from escrowd.core.terms import PROVIDER
from escrowd.node import letters
from escrowd.node.clock import Now
from escrowd.node.contexts import Sight, View, context_of
from escrowd.node.parcels import parcel
from escrowd.node.posting import LETTER_HEADER, OPERATOR, Common, Errand, Link, Poster, order_body
from escrowd.node.readers import addressed
from escrowd.node.releasing import Enclosed, enclose
from escrowd.node.store import Connection
from escrowd.node.store.hearing import load_silence
from escrowd.node.store.ledger import append_ledger
from escrowd.node.store.outbox import addressed_to, is_ordered, record_order
from escrowd.node.store.people import Reader, To, client_names, load_reader, load_readers
from escrowd.node.store.switches import began_wall, load_node, load_switch, save_switch, set_due
from escrowd.texts.render import Language

__all__ = ["LETTER_HEADER", "OPERATOR", "Common", "Desk", "Link"]

#: Orders of which nobody is written to.
_SILENT: Final = frozenset({"ended"})


@dataclass(frozen=True, slots=True)
class _Case:
    """One provider in one transaction. ``before``: the facts before the event that leads to orders."""

    tx: Connection
    now: Now
    provider: str
    node: NodeFacts
    before: Facts

    def deaf_counted(self, facts: Facts) -> int:
        """Milliseconds of silence that count although the node could not hear."""
        now = self.now.moment
        return silence(facts, self.node, now) - (now.node - facts.began.node)


class Desk(Poster):
    """Where the switch's orders become letters. Parameters: as of ``Poster``."""

    def apply(self, tx: Connection, now: Now, provider: str, before: Facts, change: Change) -> Facts:
        """Store what an event made of a provider's facts, carry out what it ordered and what follows from it.

        Parameters: ``before``, the facts before the event. The facts as stored.
        """
        node = load_node(tx)
        case = _Case(tx, now, provider, node, before)
        # Stored before the letters are written: they tell since when the epoch runs.
        save_switch(tx, provider, change.facts)
        facts = self._carry_out(case, change.facts, change.orders)
        return self._settle(case, facts, None)[0]

    def look(
        self, tx: Connection, now: Now, provider: str, facts: Facts, stored: Facts | None = None
    ) -> tuple[Facts, Phase]:
        """Evaluate a switch, carry out what the rules order, and store facts and hints. Facts and phase then.

        Parameters: ``facts``, perhaps changed by an event; ``stored``, the facts as the database has them,
        if the caller knows: unchanged facts are not written again.
        """
        return self._settle(_Case(tx, now, provider, load_node(tx), facts), facts, stored)

    def _settle(self, case: "_Case", facts: Facts, stored: Facts | None) -> tuple[Facts, Phase]:
        while True:
            found = evaluate(facts, case.node, case.now.moment)
            if not found.orders:
                break
            facts = self._carry_out(case, found.facts, found.orders)
        if case.deaf_counted(found.facts) > 0:
            self._tell_deaf_limit(case, found.facts)
        watched = found.phase != "current"
        if found.facts == stored:
            set_due(case.tx, case.provider, found.due, watched=watched)
        else:
            save_switch(case.tx, case.provider, found.facts, due=found.due, watched=watched)
        return found.facts, found.phase

    def _tell_deaf_limit(self, case: "_Case", facts: Facts) -> None:
        """Once an epoch: silence counts though the node cannot hear. Told to ledger, provider, operator."""
        tx, now, provider = case.tx, case.now, case.provider
        since = load_silence(tx).since_wall
        told = False
        for person in (PROVIDER, OPERATOR):

            def make(common: Common, _: object, person: str = person) -> letters.Context:
                return letters.AlarmDeafLimit(
                    **common,
                    audience="operator" if person == OPERATOR else "provider",
                    since=since,
                    at=now.wall,
                    url=self.config.public_url,
                )

            key = f"deaf-limit/{facts.epoch}/{person}"
            told |= self.order(
                tx, now, key=key, provider=provider, person=person, kind="alarm-deaf-limit", make=make
            )
        if told:
            body = {"epoch": facts.epoch, "deaf_counted": case.deaf_counted(facts), "awake": now.moment.awake}
            append_ledger(tx, provider, "deaf-limit", body)

    def _carry_out(self, case: "_Case", facts: Facts, orders: Sequence[Order]) -> Facts:
        """Carry out orders; the facts, with what an order to nobody makes of them (rule 3)."""
        tx, now, provider = case.tx, case.now, case.provider
        orders = [order for order in orders if not is_ordered(tx, f"{provider}/{order.key}")]  # rule 1
        if not orders:
            return facts
        view = self._view(case, facts, cancelled=any(order.kind == "all-clear" for order in orders))
        for order in orders:
            reader = addressed(
                tx,
                now.moment.awake,
                provider,
                view.readers.get(order.person),
                client=order.client,
                purpose="silence" if order.kind == "release" else "mail",  # rule 2
            )
            self._carry_out_one(case, order, reader, view)
            if order.person == PROVIDER and not (reader and reader.addresses):
                facts = refused(facts, case.node, now.moment, order)  # rule 3
        return facts

    def _view(self, case: "_Case", facts: Facts, *, cancelled: bool = False) -> View:
        """What the letters about a provider's silence may speak of."""
        tx, now, provider = case.tx, case.now, case.provider
        return View(
            common={},
            page=self.link("", To("", "")),
            now=now,
            before=case.before,
            facts=facts,
            schedule=evaluate(facts, case.node, now.moment).schedule,
            silent_since=began_wall(tx, provider),
            cancelled=cancelled,
            readers=load_readers(tx, provider),
            clients=client_names(tx, provider),
            parcel=partial(parcel, tx, provider),
        )

    def reach(self, tx: Connection, now: Now, provider: str, client: str) -> None:
        """Send what silence released to a client's people also to addresses that count since (rule 4)."""
        facts = load_switch(tx, provider)
        going = [
            release.order
            for release in facts.releases
            if release.client == client and not (release.confirmed or release.stopped)
        ]
        case = _Case(tx, now, provider, load_node(tx), facts)
        for order in going:
            key = f"{provider}/{order.key}"
            if not is_ordered(tx, key):
                continue
            person = load_reader(tx, provider, order.person)
            reader = addressed(tx, now.moment.awake, provider, person, client=client, purpose="silence")
            there = addressed_to(tx, key)
            if reader is not None and not {to.id for to in reader.addresses} <= there:
                self.extend(tx, now, self._errand(case, order, reader, self._view(case, facts)))

    def _carry_out_one(self, case: "_Case", order: Order, reader: Reader | None, view: View) -> None:
        tx, now, key = case.tx, case.now, f"{case.provider}/{order.key}"
        append_ledger(tx, case.provider, "ordered", _order_body(case, view.facts, order, reader))
        if order.kind in _SILENT:
            record_order(
                tx,
                now,
                key=key,
                provider=case.provider,
                kind=order.kind,
                client=order.client,
                person=order.person,
                order=order,
                revision=None,
            )
            return

        self.put(tx, now, self._errand(case, order, reader, view))

    def _errand(self, case: "_Case", order: Order, reader: Reader | None, view: View) -> Errand:
        """The letters of an order, whether they are all still to be written or some of them."""
        tx, key = case.tx, f"{case.provider}/{order.key}"

        def make(common: Common, link: Link) -> letters.Context:
            return context_of(order, replace(view, common=common, page=link))[1]

        blank = replace(view, common=self.common(tx, case.provider, reader), page=self.link(key, To("", "")))
        kind, _ = context_of(order, blank)
        enclosed = self.enclosed(tx, case.provider, order, reader, view) if order.kind == "release" else None
        enclosed = enclosed or Enclosed()
        return Errand(
            key=key,
            provider=case.provider,
            person=order.person,
            kind=kind,
            reader=reader,
            make=make,
            client=order.client,
            order=order,
            revision=enclosed.revision,
            headers=enclosed.headers,
            parts=enclosed.parts,
            pages=enclosed.pages,
        )

    def enclosed(
        self, tx: Connection, provider: str, order: Order, reader: Reader | None, view: Sight
    ) -> Enclosed | None:
        """What goes out with the release that was ordered, or None where nothing is held."""
        found = parcel(tx, provider, order.client)
        if found is None:
            return None
        return enclose(
            order,
            found,
            self.config.folder / "files",
            language=cast("Language", "de" if reader is None else reader.language),
            client=view.client(order.client),
            provider=view.name(PROVIDER),
            root=provider,
        )


def _order_body(case: _Case, facts: Facts, order: Order, reader: Reader | None) -> dict[str, Any]:
    """What the ledger keeps of it, and silence that counted although the node could not hear."""
    body, deaf = order_body(order, reader, case.now.moment.awake), case.deaf_counted(facts)
    return body | {"deaf_counted": deaf} if deaf > 0 else body
