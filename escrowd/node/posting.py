"""Finished letters: composed and put into the outbox in the transaction of the facts behind them.

1. An order is done once: its key is remembered, doing it again does nothing.
2. The letters are finished here, one per address: text, Date and Message-ID are those of the commit (P4).
   Only the shares and the sealed files of a release follow at sending.
3. Each letter's links name the address to which it goes, so that a click says who pressed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from escrowd.core.encoding import b32
from escrowd.core.keys import random_bytes
from escrowd.core.orders import Order
from escrowd.core.terms import PROVIDER
from escrowd.core.wire import FileOf
from escrowd.node import letters, message
from escrowd.node.clock import Now
from escrowd.node.config import NodeConfig
from escrowd.node.links import Page, page_link
from escrowd.node.readers import reader_of
from escrowd.node.store import Connection
from escrowd.node.store.outbox import addressed_to, is_ordered, put_letter, record_order
from escrowd.node.store.people import Reader, To, load_reader

Common = Mapping[str, Any]
#: Names the kind of a letter, for those who sort their mail by machine.
LETTER_HEADER: Final = "Escrow-Letter"
#: The operator, as the person of a letter.
OPERATOR: Final = "operator"
_MESSAGE_ID_BYTES: Final = 20


@dataclass(frozen=True, slots=True)
class Link:
    """Makes links for one letter to one address."""

    url: str
    key: bytes = field(repr=False)
    order: str
    to: To

    def __call__(self, page: Page) -> str:
        """The link to a page."""
        return page_link(self.url, page, self.key, self.order, self.to.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A letter to be written to one person, at each of their addresses.

    Parameters: ``key``, unique in the node; ``kind``, of the letter; ``reader``, None: nobody to write to;
    ``make``, from the fields that every context has and the maker of links to the context; ``order``, what
    rules ordered, if they did; ``headers``, ``parts`` (sealed files, put in at sending) and ``pages`` (HTML)
    of a release; ``revision`` that it speaks of.
    """

    key: str
    provider: str
    person: str
    kind: str
    reader: Reader | None
    make: Callable[[Common, Link], letters.Context]
    client: str = ""
    order: Order | None = None
    revision: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: dict[str, FileOf] | None = None
    pages: tuple[tuple[str, bytes], ...] = ()


class Poster:
    """Writes letters.

    Parameters: ``config``, whose names and addresses the letters carry; ``link_key``, for links in them.
    """

    def __init__(self, config: NodeConfig, link_key: bytes) -> None:
        self.config = config
        self._link_key = link_key
        self._domain = config.smtp.sender.rpartition("@")[2]

    def order(
        self,
        tx: Connection,
        now: Now,
        *,
        key: str,
        provider: str,
        person: str,
        kind: str,
        make: Callable[[Common, Link], letters.Context],
        client: str = "",
        revision: int | None = None,
        reader: Reader | None = None,
    ) -> bool:
        """Order a letter that no rule ordered: a receipt, an alarm. False: done before.

        Parameters: ``key``, unique among the provider's; ``person``, of the provider's people, or
        ``OPERATOR``; ``make`` as of ``Errand``; ``reader``, where it is to go to other addresses than letters
        to this person do.
        """
        full = f"{provider or 'node'}/{key}"
        if is_ordered(tx, full):
            return False
        if person == OPERATOR:
            reader = self._operator()
        elif reader is None:
            reader = reader_of(tx, now.moment.awake, provider, person, client=client)
        errand = Errand(
            key=full,
            provider=provider,
            person=person,
            kind=kind,
            reader=reader,
            make=make,
            client=client,
            revision=revision,
        )
        self.put(tx, now, errand)
        return True

    def put(self, tx: Connection, now: Now, errand: Errand) -> None:
        """Remember the order, and put its letters into the outbox."""
        record_order(
            tx,
            now,
            key=errand.key,
            provider=errand.provider,
            kind=errand.kind,
            client=errand.client,
            person=errand.person,
            order=errand.order,
            revision=errand.revision,
        )
        self.extend(tx, now, errand)

    def extend(self, tx: Connection, now: Now, errand: Errand) -> None:
        """Put its letters into the outbox, to each address that has none of this order yet."""
        if errand.reader is not None:
            common = self.common(tx, errand.provider, errand.reader)
            there = addressed_to(tx, errand.key)
            for to in errand.reader.addresses:
                if to.id in there:
                    continue
                context = errand.make(common, self.link(errand.key, to))
                letter = letters.compose(errand.kind, errand.reader.language, context)
                self._put_one(tx, now, errand, letter, to)

    def _put_one(self, tx: Connection, now: Now, errand: Errand, letter: letters.Letter, to: To) -> None:
        reader = errand.reader
        if reader is None:
            return
        message_id = f"{b32(random_bytes(_MESSAGE_ID_BYTES))}@{self._domain}"
        envelope = message.Envelope(
            sender_name=self.config.name,
            sender=self.config.smtp.sender,
            name=reader.name,
            address=to.address,
            message_id=message_id,
            date=now.wall,
            zone=self.config.zone,
            language=reader.language,
        )
        headers = {LETTER_HEADER: errand.kind, **errand.headers}
        parts = errand.parts
        put_letter(
            tx,
            now,
            key=errand.key,
            provider=errand.provider,
            person=reader.id,
            kind=errand.kind,
            address_id=to.id,
            address=to.address,
            message_id=message_id,
            message=message.finish(letter, envelope, headers, parts=parts is not None, pages=errand.pages),
            parts=parts,
        )

    def link(self, key: str, to: To) -> Link:
        """The maker of links for the letter of an order to one address."""
        return Link(self.config.public_url, self._link_key, key, to)

    def common(self, tx: Connection, provider: str, reader: Reader | None) -> Common:
        """What every context has."""
        return {
            "name": "" if reader is None else reader.name,
            "phrase": "" if reader is None else reader.phrase,
            "provider": _provider_name(tx, provider),
            "node": self.config.name,
            "time_scale": self.config.time.time_scale,
            "zone": self.config.zone,
        }

    def _operator(self) -> Reader:
        operator = self.config.operator
        return Reader(OPERATOR, operator.name, operator.language, "", (To(OPERATOR, operator.address),))


def order_body(order: Order, reader: Reader | None, awake: int) -> dict[str, Any]:
    """What the ledger keeps of an order (docs/formats.md, "Ledger")."""
    body: dict[str, Any] = {
        "order": order.key,
        "kind": order.kind,
        "epoch": order.epoch,
        "person": order.person,
        "client": order.client,
        "number": order.number,
        "addresses": 0 if reader is None else len(reader.addresses),
        "awake": awake,
    }
    if order.request:
        body["request"] = order.request
    if order.blind:
        body["blind"] = True  # P3: the ledger says so
    return body


def _provider_name(tx: Connection, provider: str) -> str:
    """The provider's name, "" in letters about the node itself."""
    reader = load_reader(tx, provider, PROVIDER) if provider else None
    return "" if reader is None else reader.name
