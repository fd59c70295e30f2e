"""What becomes of a letter that rules ordered: asked before it goes, recorded when it was answered.

The switch and requests order alike. Which of them an order came from, it says itself (``Order.request``).
From letters about a client's list (``ABOUT_LISTS``) no fact follows.

1. Before a letter goes, whether it is still true; a release once more at the point of no return. It also asks
   whether the very address may still have it.
2. Facts follow from answers: accepted, refused (every address of the provider said no), and for a release:
   begun, refused, released.
3. Who was not told that an announcement is off, because their release was under way when the provider checked
   in, is told once that release is refused.
"""

from dataclasses import dataclass
from typing import Any

from escrowd.core import addresses, requests
from escrowd.core.orders import ABOUT_LISTS, Gate, Order
from escrowd.core.releases import Release, find
from escrowd.core.switch import (
    Change,
    Facts,
    accepted,
    may_go,
    may_release,
    refused,
    release_begun,
    release_refused,
    released,
)
from escrowd.node import printed
from escrowd.node.asking import Place, settle
from escrowd.node.clock import Now
from escrowd.node.orders import Desk
from escrowd.node.store import Connection
from escrowd.node.store.ledger import append_ledger
from escrowd.node.store.outbox import Waiting, answers, is_ordered
from escrowd.node.store.rights import load_addresses, load_requests, save_addresses
from escrowd.node.store.switches import load_node, load_switch


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Records what became of ordered letters. ``desk``, for what follows."""

    desk: Desk

    def gate(self, tx: Connection, now: Now, letter: Waiting, order: Order) -> Gate:
        """May it go now, as far as committed facts tell? Reads only (rule 1)."""
        if order.request:
            here = load_requests(tx, letter.provider, order.client)
            gate = requests.may_go(here, now.moment.awake, order)
        elif order.kind in ABOUT_LISTS:
            gate = printed.may_go(tx, letter.provider, order)
        else:
            gate = may_go(load_switch(tx, letter.provider), load_node(tx), now.moment, order)
        return self._at_address(tx, now, letter, order, gate)

    def begin(self, tx: Connection, now: Now, letter: Waiting, order: Order) -> Gate:
        """The point of no return of a release: ask again, and record "begun" if it may go."""
        if order.request:
            here = load_requests(tx, letter.provider, order.client)
            gate = requests.may_release(here, now.moment.awake, order)
        else:
            gate = may_release(load_switch(tx, letter.provider), load_node(tx), now.moment, order)
        gate = self._at_address(tx, now, letter, order, gate)
        if gate is Gate.GO:
            self._note(tx, now, letter, "release-begun")
            if order.request:
                self._requests(tx, now, letter, requests.begun(here, order))
            else:
                facts = load_switch(tx, letter.provider)
                self._look(tx, now, letter, facts, release_begun(facts, order))
        return gate

    def accepted(self, tx: Connection, now: Now, letter: Waiting, order: Order, code: int) -> None:
        """A mail server took it."""
        if order.kind == "release":
            self._went_out(tx, now, letter, order, code)
            return
        self._note(tx, now, letter, "accepted", code)
        if order.kind in ABOUT_LISTS:
            return
        if order.request:
            here = load_requests(tx, letter.provider, order.client)
            self._requests(tx, now, letter, requests.told_accepted(here, now.moment.awake, order))
        else:
            facts = load_switch(tx, letter.provider)
            self._look(tx, now, letter, facts, accepted(facts, load_node(tx), now.moment, order))

    def told(self, tx: Connection, now: Now, letter: Waiting) -> None:
        """A mail server took a letter that nobody's rules ordered: others were told of an added address."""
        if letter.kind != "address-added":
            return
        _, _, client, person, about, *_ = letter.key.split("/")
        known = load_addresses(tx, letter.provider, client)
        if known is not None:
            save_addresses(
                tx, letter.provider, client, addresses.told(known, now.moment.awake, person, about)
            )

    def refused(
        self, tx: Connection, now: Now, letter: Waiting, order: Order, *, code: int, begun: bool
    ) -> None:
        """A mail server definitely refused it."""
        everywhere = all(answer == "refused" for answer in answers(tx, letter.key))
        if order.kind == "release" and (begun or everywhere):
            self._back(tx, now, letter, order, code=code, begun=begun)
            return
        self._note(tx, now, letter, "refused", code)
        if everywhere and not order.request and order.kind not in ABOUT_LISTS:
            facts = load_switch(tx, letter.provider)
            self._look(tx, now, letter, facts, refused(facts, load_node(tx), now.moment, order))

    def unanswered(self, tx: Connection, now: Now, letter: Waiting, order: Order, *, lost: bool) -> None:
        """The attempt began and got no answer: lost after the body, or broken off before it."""
        if lost:
            self._went_out(tx, now, letter, order, 0)
        else:
            self._back(tx, now, letter, order, code=0, begun=True)

    def _went_out(self, tx: Connection, now: Now, letter: Waiting, order: Order, code: int) -> None:
        self._note(tx, now, letter, "released", code)
        if order.request:
            here = load_requests(tx, letter.provider, order.client)
            self._requests(tx, now, letter, requests.released(here, now.moment.awake, order))
        else:
            facts = load_switch(tx, letter.provider)
            self._look(tx, now, letter, facts, released(facts, now.moment, order))

    def _back(
        self, tx: Connection, now: Now, letter: Waiting, order: Order, *, code: int, begun: bool
    ) -> None:
        """Nothing left: the release is where it was."""
        self._note(tx, now, letter, "release-refused" if begun else "refused", code)
        if order.request:
            here = load_requests(tx, letter.provider, order.client)
            after = requests.refused(here, now.moment.awake, order, begun=begun)
            self._requests(tx, now, letter, after)
            return
        before = load_switch(tx, letter.provider)
        facts = release_refused(before, now.moment, order, begun=begun)
        release = find(before.releases, order)
        if release is not None and find(facts.releases, order) is None:
            self._all_clear(tx, now, letter, release, before=before, facts=facts)
        else:
            self._look(tx, now, letter, before, facts)

    def _all_clear(
        self, tx: Connection, now: Now, letter: Waiting, release: Release, *, before: Facts, facts: Facts
    ) -> None:
        """Rule 3. Where an epoch began anew without a check-in, everybody was told so."""
        person, client, role = release.person, release.client, release.role
        anew = Order("anew", release.epoch + 1, person, client, role=role)
        orders: tuple[Order, ...] = ()
        if not is_ordered(tx, f"{letter.provider}/{anew.key}"):
            orders = (Order("all-clear", release.epoch, person, client, role=role),)
        self.desk.apply(tx, now, letter.provider, before, Change(facts, orders))

    def _at_address(self, tx: Connection, now: Now, letter: Waiting, order: Order, gate: Gate) -> Gate:
        """Rule 1: an address that was removed meanwhile gets no release any more."""
        if order.kind != "release" or gate is not Gate.GO:
            return gate
        known = load_addresses(tx, letter.provider, order.client)
        if known is None:
            return gate
        where = addresses.for_request if order.request else addresses.for_silence
        there = {one.id for one in where(known, order.person, now.moment.awake)}
        return gate if letter.address_id in there else Gate.DROP

    def _look(self, tx: Connection, now: Now, letter: Waiting, before: Facts, after: Facts) -> None:
        if after != before:
            self.desk.look(tx, now, letter.provider, after)

    def _requests(self, tx: Connection, now: Now, letter: Waiting, after: requests.Requests) -> None:
        order = letter.order
        if order is None:
            return
        settle(self.desk, Place(tx, now, letter.provider, order.client), after)

    def _note(self, tx: Connection, now: Now, letter: Waiting, type_: str, code: int | None = None) -> None:
        order = letter.order
        if order is None:
            return
        body: dict[str, Any] = {
            "order": order.key,
            "person": order.person,
            "address": letter.address_id,
            "awake": now.moment.awake,
        }
        if code is not None:
            body["code"] = code
        append_ledger(tx, letter.provider, type_, body)
