"""Carrying out orders: the ledger entry and the finished letters, in the transaction of the facts behind
them.

1. An order is done once: its key is remembered, doing it again does nothing.
2. The letters are finished here, one per address: text, Date and Message-ID are those of the commit (P4).
   Only the share and the attachments of a release follow at sending.
3. An order to a person without an address still stands in the ledger. To the provider it counts as refused:
   nobody could be told.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from escrowd.core.encoding import b32
from escrowd.core.keys import random_bytes
from escrowd.core.switch import Change, Facts, NodeFacts, Order, evaluate, refused, silence
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
from escrowd.node.store.held import Held, newest_held
from escrowd.node.store.ledger import append_ledger
from escrowd.node.store.outbox import is_ordered, put_letter, record_order
from escrowd.node.store.people import Reader, To, client_names, load_reader, load_readers
from escrowd.node.store.switches import began_wall, load_node, save_switch

Common = Mapping[str, Any]
#: The operator, as the person of a letter.
OPERATOR: Final = "operator"
_MESSAGE_ID_BYTES: Final = 20


class Desk:
    """Where orders become letters.

    Parameters: ``config``, whose names and addresses the letters carry; ``link_key``, for links in them.
    """

    def __init__(self, config: NodeConfig, link_key: bytes) -> None:
        self._config = config
        self._link_key = link_key
        self._domain = config.smtp.sender.rpartition("@")[2]

    def apply(self, tx: Connection, now: Now, provider: str, before: Facts, change: Change) -> Facts:
        """Store what an event made of a provider's facts, and carry out what it ordered. The facts stored."""
        facts = self.carry_out(tx, now, provider, change.facts, load_node(tx), change.orders, before=before)
        save_switch(tx, provider, facts)
        return facts

    def carry_out(
        self,
        tx: Connection,
        now: Now,
        provider: str,
        facts: Facts,
        node: NodeFacts,
        orders: Sequence[Order],
        *,
        before: Facts | None = None,
    ) -> Facts:
        """Carry out orders of the rules; the caller stores the facts that come back.

        Parameters: ``facts``, as they are recorded with these orders; ``before``, as they were before the
        event.
        """
        if not orders:
            return facts
        readers = load_readers(tx, provider)
        clients = client_names(tx, provider)
        schedule = evaluate(facts, node, now.moment).schedule
        since = began_wall(tx, provider)
        cancelled = any(order.kind == "all-clear" for order in orders)
        for order in orders:
            key = f"{provider}/{order.key}"
            if is_ordered(tx, key):
                continue  # rule 1
            reader = readers.get(order.person)
            view = View(
                common=self._common(tx, provider, reader),
                page=lambda page, key=key: self._link(page, key),
                now=now,
                before=before or facts,
                facts=facts,
                schedule=schedule,
                silent_since=since,
                cancelled=cancelled,
                readers=readers,
                clients=clients,
                held=lambda client: newest_held(tx, provider, client),
            )
            self._carry_out_one(tx, now, provider, key, order, reader, view)
            self._record(tx, now, provider, facts, node, order, reader)
            if order.person == PROVIDER and not (reader and reader.addresses):
                facts = refused(facts, node, now.moment, order)  # rule 3
        return facts

    def _carry_out_one(
        self,
        tx: Connection,
        now: Now,
        provider: str,
        key: str,
        order: Order,
        reader: Reader | None,
        view: View,
    ) -> None:
        held = view.held(order.client) if order.kind == "release" else None
        revision = None if held is None else held.revision
        kind: str = order.kind
        letter = None
        if order.kind != "ended":
            kind, context = context_of(order, view)
            if reader is not None:
                letter = letters.compose(kind, reader.language, context)
        record_order(
            tx,
            now,
            key=key,
            provider=provider,
            kind=kind,
            client=order.client,
            person=order.person,
            order=order,
            revision=revision,
        )
        if letter is None or reader is None:
            return
        headers = {} if held is None else _release_headers(order, held)
        parts = None if held is None else _release_parts(order, held)
        self._post(tx, now, key, provider, kind, reader, letter, headers=headers, parts=parts)

    def _record(
        self,
        tx: Connection,
        now: Now,
        provider: str,
        facts: Facts,
        node: NodeFacts,
        order: Order,
        reader: Reader | None,
    ) -> None:
        body: dict[str, Any] = {
            "order": order.key,
            "kind": order.kind,
            "epoch": order.epoch,
            "person": order.person,
            "client": order.client,
            "number": order.number,
            "addresses": 0 if reader is None else len(reader.addresses),
        }
        if order.blind:
            body["blind"] = True  # P3: the ledger says so
        deaf = silence(facts, node, now.moment) - (now.moment.node - facts.began.node)
        if deaf > 0:
            body["deaf_counted"] = deaf  # the silence that counts ran on while the node could not hear
        append_ledger(tx, provider, "ordered", body)

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
        """Order a letter that no rule of the switch ordered (a deposit's receipt, an alarm). False: done
        before.

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
            context = make(self._common(tx, provider, reader), lambda page: self._link(page, full))
            letter = letters.compose(kind, reader.language, context)
            self._post(tx, now, full, provider, kind, reader, letter, headers={}, parts=None)
        return True

    def _post(
        self,
        tx: Connection,
        now: Now,
        key: str,
        provider: str,
        kind: str,
        reader: Reader,
        letter: letters.Letter,
        *,
        headers: Mapping[str, str],
        parts: dict[str, FileOf] | None,
    ) -> None:
        for address in reader.addresses:
            message_id = f"{b32(random_bytes(_MESSAGE_ID_BYTES))}@{self._domain}"
            envelope = message.Envelope(
                sender_name=self._config.name,
                sender=self._config.smtp.sender,
                name=reader.name,
                address=address.address,
                message_id=message_id,
                date=now.wall,
                zone=self._config.zone,
                language=reader.language,
            )
            put_letter(
                tx,
                now,
                key=key,
                provider=provider,
                person=reader.id,
                kind=kind,
                address_id=address.id,
                address=address.address,
                message_id=message_id,
                message=message.finish(letter, envelope, headers, parts=parts is not None),
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

    def _link(self, page: Any, key: str) -> str:
        return page_link(self._config.public_url, page, self._link_key, key)


def _provider_name(tx: Connection, provider: str) -> str:
    """The provider's name, "" in letters about the node itself."""
    reader = load_reader(tx, provider, PROVIDER) if provider else None
    return "" if reader is None else reader.name


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
