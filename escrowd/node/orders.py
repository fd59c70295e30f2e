"""Carrying out orders: ledger entry and finished letters, in the transaction of the facts behind them.

1. An order is done once: its key is remembered, doing it again does nothing.
2. The letters are finished here, one per address: text, Date and Message-ID are those of the commit (P4).
   Only the share and the attachments of a release follow at sending.
3. An order to a person without an address still stands in the ledger. To the provider it counts as refused:
   nobody could be told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from escrowd.core.encoding import b32
from escrowd.core.keys import random_bytes
from escrowd.core.switch import Change, Facts, NodeFacts, Order, Phase, evaluate, refused, silence
from escrowd.core.terms import PROVIDER
from escrowd.core.wire import (
    RELEASE_CLIENT_HEADER,
    RELEASE_SET_HEADER,
    RELEASE_SHARE_HEADER,
    FileOf,
    share_file,
)
from escrowd.node import letters, message
from escrowd.node.clock import Now
from escrowd.node.config import NodeConfig
from escrowd.node.contexts import View, context_of, release_files, release_share
from escrowd.node.links import Page, page_link
from escrowd.node.store import Connection
from escrowd.node.store.deposits import Held, newest
from escrowd.node.store.hearing import load_silence
from escrowd.node.store.ledger import append_ledger
from escrowd.node.store.outbox import is_ordered, put_letter, record_order
from escrowd.node.store.people import Reader, To, client_names, load_reader, load_readers
from escrowd.node.store.switches import began_wall, load_node, save_switch, set_due

Common = Mapping[str, Any]
#: Names the kind of a letter, for those who sort their mail by machine.
LETTER_HEADER: Final = "Escrow-Letter"
#: The operator, as the person of a letter.
OPERATOR: Final = "operator"
_MESSAGE_ID_BYTES: Final = 20


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


@dataclass(frozen=True, slots=True)
class _Post:
    """A letter on its way into the outbox."""

    key: str
    provider: str
    kind: str
    reader: Reader
    letter: letters.Letter


class Desk:
    """Where orders become letters.

    Parameters: ``config``, whose names and addresses the letters carry; ``link_key``, for links in them.
    """

    def __init__(self, config: NodeConfig, link_key: bytes) -> None:
        self._config = config
        self._link_key = link_key
        self._domain = config.smtp.sender.rpartition("@")[2]

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
                    url=self._config.public_url,
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
        readers = load_readers(tx, provider)
        view = partial(
            View,
            now=now,
            before=case.before,
            facts=facts,
            schedule=evaluate(facts, case.node, now.moment).schedule,
            silent_since=began_wall(tx, provider),
            cancelled=any(order.kind == "all-clear" for order in orders),
            readers=readers,
            clients=client_names(tx, provider),
            held=partial(newest, tx, provider),
        )
        for order in orders:
            key = f"{provider}/{order.key}"
            reader = readers.get(order.person)
            common = self._common(tx, provider, reader)
            self._carry_out_one(case, order, reader, view(common=common, page=partial(self._link, key=key)))
            if order.person == PROVIDER and not (reader and reader.addresses):
                facts = refused(facts, case.node, now.moment, order)  # rule 3
        return facts

    def _carry_out_one(self, case: "_Case", order: Order, reader: Reader | None, view: View) -> None:
        key = f"{case.provider}/{order.key}"
        held = view.held(order.client) if order.kind == "release" else None
        kind: str = order.kind
        letter = None
        if order.kind != "ended":
            kind, context = context_of(order, view)
            letter = None if reader is None else letters.compose(kind, reader.language, context)
        record_order(
            case.tx,
            case.now,
            key=key,
            provider=case.provider,
            kind=kind,
            client=order.client,
            person=order.person,
            order=order,
            revision=None if held is None else held.revision,
        )
        append_ledger(case.tx, case.provider, "ordered", _order_body(case, view.facts, order, reader))
        if letter is not None and reader is not None:
            post = _Post(key, case.provider, kind, reader, letter)
            if held is None:
                self._post(case.tx, case.now, post)
            else:
                headers, parts = _release_headers(order, held), _release_parts(order, held)
                self._post(case.tx, case.now, post, headers=headers, parts=parts)

    def order(
        self,
        tx: Connection,
        now: Now,
        *,
        key: str,
        provider: str,
        person: str,
        kind: str,
        make: Callable[[Common, Callable[[Page], str]], letters.Context],
        client: str = "",
        revision: int | None = None,
    ) -> bool:
        """Order a letter that no rule of the switch ordered: a receipt, an alarm. False: done before.

        Parameters: ``key``, unique among the provider's; ``person``, of the provider's people, or
        ``OPERATOR``; ``make``, from the fields that every context has and the maker of page links to the
        context.
        """
        full = f"{provider or 'node'}/{key}"
        if is_ordered(tx, full):
            return False
        reader = self._operator() if person == OPERATOR else load_reader(tx, provider, person)
        record_order(
            tx,
            now,
            key=full,
            provider=provider,
            kind=kind,
            client=client,
            person=person,
            order=None,
            revision=revision,
        )
        if reader is not None:
            context = make(self._common(tx, provider, reader), partial(self._link, key=full))
            letter = letters.compose(kind, reader.language, context)
            self._post(tx, now, _Post(full, provider, kind, reader, letter))
        return True

    def _post(
        self,
        tx: Connection,
        now: Now,
        post: "_Post",
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        parts: dict[str, FileOf] | None = None,
    ) -> None:
        for address in post.reader.addresses:
            message_id = f"{b32(random_bytes(_MESSAGE_ID_BYTES))}@{self._domain}"
            envelope = message.Envelope(
                sender_name=self._config.name,
                sender=self._config.smtp.sender,
                name=post.reader.name,
                address=address.address,
                message_id=message_id,
                date=now.wall,
                zone=self._config.zone,
                language=post.reader.language,
            )
            put_letter(
                tx,
                now,
                key=post.key,
                provider=post.provider,
                person=post.reader.id,
                kind=post.kind,
                address_id=address.id,
                address=address.address,
                message_id=message_id,
                message=message.finish(
                    post.letter, envelope, {LETTER_HEADER: post.kind, **headers}, parts=parts is not None
                ),
                parts=parts,
            )

    def _common(self, tx: Connection, provider: str, reader: Reader | None) -> Common:
        return {
            "name": "" if reader is None else reader.name,
            "phrase": "" if reader is None else reader.phrase,
            "provider": _provider_name(tx, provider),
            "node": self._config.name,
            "time_scale": self._config.time.time_scale,
            "zone": self._config.zone,
        }

    def _operator(self) -> Reader:
        operator = self._config.operator
        return Reader(OPERATOR, operator.name, operator.language, "", (To(OPERATOR, operator.address),))

    def _link(self, page: Page, key: str) -> str:
        return page_link(self._config.public_url, page, self._link_key, key)


def _provider_name(tx: Connection, provider: str) -> str:
    """The provider's name, "" in letters about the node itself."""
    reader = load_reader(tx, provider, PROVIDER) if provider else None
    return "" if reader is None else reader.name


def _order_body(case: _Case, facts: Facts, order: Order, reader: Reader | None) -> dict[str, Any]:
    """What the ledger keeps of an order (docs/formats.md, "Ledger")."""
    body: dict[str, Any] = {
        "order": order.key,
        "kind": order.kind,
        "epoch": order.epoch,
        "person": order.person,
        "client": order.client,
        "number": order.number,
        "addresses": 0 if reader is None else len(reader.addresses),
        "awake": case.now.moment.awake,
    }
    if order.blind:
        body["blind"] = True  # P3: the ledger says so
    deaf = case.deaf_counted(facts)
    if deaf > 0:
        body["deaf_counted"] = deaf
    return body


def _release_headers(order: Order, held: Held) -> dict[str, str]:
    headers = {RELEASE_CLIENT_HEADER: order.client, RELEASE_SET_HEADER: str(order.set)}
    if release_share(held, order.set) is not None:
        headers[RELEASE_SHARE_HEADER] = "nodes"
    return headers


def _release_parts(order: Order, held: Held) -> dict[str, FileOf]:
    """What is put in at sending: the attachments, and the sealed share under its own name."""
    parts = release_files(held, order.set)
    share = release_share(held, order.set)
    return parts if share is None else {**parts, share_file(order.set): share}
