"""What the buttons of mailed pages do. Each is one transaction, and harmless when pressed twice.

A link belongs to one letter. What it may do follows from that letter's order: which person, which deposit,
which epoch.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from escrowd.core import requests
from escrowd.core.releases import find
from escrowd.core.requests import Requests
from escrowd.core.switch import Change, Facts, Release, check_in, confirmed, evaluate
from escrowd.errors import NotFoundError
from escrowd.node import letters
from escrowd.node.asking import Place, settle
from escrowd.node.clock import Now
from escrowd.node.intake.context import NodeContext
from escrowd.node.links import Page, is_ours, page_link
from escrowd.node.orders import Common
from escrowd.node.store import Connection
from escrowd.node.store.ledger import append_ledger
from escrowd.node.store.pages import Ordered, find_order
from escrowd.node.store.people import client_names
from escrowd.node.store.rights import load_requests
from escrowd.node.store.switches import load_node, load_switch

CHECKIN_KINDS: Final = frozenset({"remind", "warn", "announce-provider"})
KIT_KINDS: Final = frozenset({"deposit-receipt", "list-old"})
RELEASE_KINDS: Final = frozenset({"release-client", "release-successor"})


State = Literal["done", "spent", "old"]


@dataclass(frozen=True, slots=True)
class Clicked:
    """What a click did. ``deadline``: wall time of the next; ``links``: check-ins by link in a row."""

    state: State
    deadline: int
    links: int


@dataclass(frozen=True, slots=True)
class Visit:
    """A link that was followed: the letter's order, and switch and requests as they stand now.

    ``address``: the id of the address to which the letter went; ``asked``, the requests of its deposit.
    """

    ordered: Ordered
    facts: Facts
    now: Now
    deadline: int
    address: str = ""
    asked: Requests = ()

    @property
    def is_old(self) -> bool:
        """The provider checked in since the letter was ordered."""
        order = self.ordered.order
        return order is None or order.epoch != self.facts.epoch

    @property
    def release(self) -> Release | None:
        """The release that the letter is about, once it is past the point of no return."""
        order = self.ordered.order
        if order is None:
            return None
        if order.request:
            request = next((one for one in self.asked if one.id == order.request), None)
            release = None if request is None else find(request.releases, order)
        else:
            release = find(self.facts.releases, order)
        return release if release and release.is_out else None


def follow(
    tx: Connection,
    context: NodeContext,
    order: str,
    token: str,
    kinds: frozenset[str],
    *,
    address: str = "",
) -> Visit | None:
    """The order that a link names, if this node wrote the link, and in such a letter.

    Parameters: ``order``, ``token``, ``address`` as the link has them (``o``, ``t``, ``a``).
    """
    if not is_ours(context.link_key, order, token, address):
        return None
    found = find_order(tx, order)
    if found is None or found.kind not in kinds:
        return None
    now = Now(context.clock.now(), context.clock.wall(), context.clock.scale)
    return replace(_visit(tx, found, load_switch(tx, found.provider), now), address=address)


def _visit(tx: Connection, ordered: Ordered, facts: Facts, now: Now) -> Visit:
    schedule = evaluate(facts, load_node(tx), now.moment).schedule
    asked = load_requests(tx, ordered.provider, ordered.client) if ordered.client else ()
    return Visit(ordered, facts, now, now.wall_in(schedule.deadline), asked=asked)


async def check_in_by_link(context: NodeContext, ordered: Ordered) -> Clicked:
    """Check the provider in, three times in a row at most; a link of an earlier epoch does nothing."""
    clicked = await context.store.write(lambda tx: _check_in(tx, context, ordered))
    context.wake()
    return clicked


def _check_in(tx: Connection, context: NodeContext, ordered: Ordered) -> Clicked:
    now, node = context.clock.stamp_now(tx), load_node(tx)
    before = load_switch(tx, ordered.provider)
    visit = _visit(tx, ordered, before, now)
    if visit.is_old:
        return Clicked("old", visit.deadline, before.links)
    change = check_in(before, node, now.moment, presence="link")
    after = change.facts
    if after != before:
        body = {"order": ordered.key, "counted": change.counted, "links": after.links}
        append_ledger(tx, ordered.provider, "checkin-by-link", body)
        after = context.desk.apply(tx, now, ordered.provider, before, change)
    state: State = "done" if change.counted else "spent"
    return Clicked(state, _visit(tx, ordered, after, now).deadline, after.links)


async def confirm_release(context: NodeContext, ordered: Ordered) -> None:
    """The person has the release: its repeats end, and every address of theirs is told.

    Raises ``NotFoundError`` ``release.unknown``.
    """
    await context.store.write(lambda tx: _confirm(tx, context, ordered))
    context.wake()


def _confirm(tx: Connection, context: NodeContext, ordered: Ordered) -> None:
    now = context.clock.stamp_now(tx)
    before = load_switch(tx, ordered.provider)
    visit = _visit(tx, ordered, before, now)
    release = visit.release
    if release is None:
        raise NotFoundError("release.unknown", client=ordered.client, person=ordered.person)
    if release.confirmed:
        return
    client, person, epoch = release.client, release.person, release.epoch
    cause = {"request": release.request} if release.request else {"epoch": epoch}
    append_ledger(tx, ordered.provider, "release-confirmed", {"client": client, "person": person, **cause})
    if release.request:
        place = Place(tx, now, ordered.provider, client)
        settle(context.desk, place, requests.confirmed(visit.asked, request=release.request, person=person))
    else:
        after = confirmed(before, client=client, person=person, epoch=epoch)
        context.desk.apply(tx, now, ordered.provider, before, Change(after))
    name = client_names(tx, ordered.provider).get(client, client)
    page = page_link(context.config.public_url, "release", context.link_key, ordered.key)

    def letter(common: Common, _: Callable[[Page], str]) -> letters.Context:
        return letters.Confirmed(**common, client=name, at=now.wall, page=page)

    context.desk.order(
        tx,
        now,
        key=confirmation_key(client, person, release.cause),
        provider=ordered.provider,
        person=person,
        kind="confirmed",
        make=letter,
        client=client,
    )


def confirmation_key(client: str, person: str, cause: str) -> str:
    """The key, among the provider's, of the letter that a confirmation causes. Its order has the date.

    Parameters: ``cause``, of the release (``Order.cause``).
    """
    return f"confirmed/{client}/{person}/{cause}"
