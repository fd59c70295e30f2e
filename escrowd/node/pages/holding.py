"""Checking in, the kit, and a release.

Mail programs and their scanners follow links. So a GET checks nobody in, confirms nothing and shows no share.
"""

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from escrowd.core.switch.facts import LINKS_IN_A_ROW
from escrowd.core.wire import share_file
from escrowd.errors import NotFoundError
from escrowd.node.intake import NodeContext
from escrowd.node.intake.clicks import (
    CHECKIN_KINDS,
    KIT_KINDS,
    RELEASE_KINDS,
    State,
    check_in_by_link,
    confirm_release,
)
from escrowd.node.intake.deposits import opened_share
from escrowd.node.pages.downloads import has_mappe, offer, send_kit, send_mappe
from escrowd.node.pages.fetched import note_fetched
from escrowd.node.pages.frame import PREFIX, answer
from escrowd.node.pages.guests import Guest, asked, kept, newest, pressed, welcome
from escrowd.node.pages.kit import kit_size
from escrowd.node.pages.views import (
    CheckinView,
    KitView,
    ReleaseAskView,
    ReleaseView,
    ShownShare,
)
from escrowd.node.parcels import Parcel, parcel
from escrowd.node.store.deposits import Held


def add_checkin(router: APIRouter, context: NodeContext) -> None:
    """``/p/checkin``: the provider is there."""

    @router.api_route(f"{PREFIX}checkin", methods=["GET", "HEAD"])
    async def show_checkin(request: Request) -> Response:
        guest = await welcome(context, request, CHECKIN_KINDS)
        state: State | None = "old" if guest.visit.is_old else None
        return _checkin(context, guest, state, guest.visit.deadline, guest.visit.facts.links)

    @router.post(f"{PREFIX}checkin")
    async def do_checkin(request: Request) -> Response:
        guest = await welcome(context, request, CHECKIN_KINDS)
        await pressed(request, {"checkin"})
        clicked = await check_in_by_link(context, guest.visit.ordered)
        return _checkin(context, guest, clicked.state, clicked.deadline, clicked.links)


def add_kit(router: APIRouter, context: NodeContext) -> None:
    """``/p/kit``: what a holder keeps beside a card, always the newest."""

    @router.api_route(f"{PREFIX}kit", methods=["GET", "HEAD"])
    async def show_kit(request: Request) -> Response:
        guest = await welcome(context, request, KIT_KINDS)
        deposit = newest(guest)
        view = KitView(
            client=guest.client,
            revision=deposit.revision,
            received=deposit.made_wall,
            size=kit_size(deposit),
            mappe=has_mappe(deposit),
            kept=tuple(offer(one, number) for number, one in kept(guest).items()),
        )
        return answer(guest.frame, view)

    @router.post(f"{PREFIX}kit")
    async def do_kit(request: Request) -> Response:
        guest = await welcome(context, request, KIT_KINDS)
        form = await pressed(request, {"kit", "mappe"})
        deposit = asked(guest, form)
        await note_fetched(context, guest, deposit)
        if form["do"] == "mappe" and has_mappe(deposit):
            return await send_mappe(context, guest, deposit)
        return await send_kit(context, guest, deposit)


def add_release(router: APIRouter, context: NodeContext) -> None:
    """``/p/release``: the bundle, with the node's share."""

    @router.api_route(f"{PREFIX}release", methods=["GET", "HEAD"])
    async def show_release(request: Request) -> Response:
        guest = await welcome(context, request, RELEASE_KINDS)
        _released(guest)
        return answer(guest.frame, ReleaseAskView())

    @router.post(f"{PREFIX}release")
    async def do_release(request: Request) -> Response:
        guest = await welcome(context, request, RELEASE_KINDS)
        _released(guest)
        form = await pressed(request, {"show", "kit", "mappe", "confirm"})
        if form["do"] in {"kit", "mappe"}:
            deposit = await _chosen(context, guest, form.get("revision", ""))
            if form["do"] == "mappe" and has_mappe(deposit):
                shares = [" ".join(share.words) for share in await _shares(context, (deposit,))]
                return await send_mappe(context, guest, deposit, shares)
            return await send_kit(context, guest, deposit)
        if form["do"] == "confirm":
            await confirm_release(context, guest.visit.ordered)
            guest = await welcome(context, request, RELEASE_KINDS)
        return answer(guest.frame, await _release(context, guest))


def _checkin(context: NodeContext, guest: Guest, state: State | None, deadline: int, links: int) -> Response:
    view = CheckinView(
        state=state or "ask",
        deadline=deadline,
        passed=deadline <= context.clock.wall(),
        links_used=links,
        spent=links >= LINKS_IN_A_ROW,
    )
    return answer(guest.frame, view)


def _released(guest: Guest) -> None:
    """Raises ``NotFoundError`` ``release.unknown`` unless the point of no return was passed."""
    ordered = guest.visit.ordered
    if guest.visit.release is None:
        raise NotFoundError("release.unknown", client=ordered.client, person=ordered.person)


async def _shown(context: NodeContext, guest: Guest) -> Parcel:
    """The revision that was released, and the older ones that go with it.

    A later deposit is not part of this release: it may be sealed to a set whose share nobody released.
    """
    ordered = guest.visit.ordered
    found = await context.store.read(
        lambda tx: parcel(tx, ordered.provider, ordered.client, ordered.revision)
    )
    if found is None:
        raise NotFoundError("link.nothing-left")
    return found


async def _chosen(context: NodeContext, guest: Guest, revision: str) -> Held:
    shown = await _shown(context, guest)
    found = next((one for one in shown.all if str(one.revision) == revision), None)
    if found is None:
        raise NotFoundError("link.nothing-left")
    return found


async def _shares(context: NodeContext, shown: tuple[Held, ...]) -> tuple[ShownShare, ...]:
    """The node's words of every set that these revisions are sealed to, the newest set first."""

    def open_them() -> tuple[ShownShare, ...]:
        where: dict[int, Held] = {}
        for deposit in shown:
            for number in deposit.sets:
                if share_file(number) in deposit.files:
                    where.setdefault(number, deposit)
        return tuple(
            ShownShare(number=number, words=opened_share(context, where[number], number))
            for number in sorted(where, reverse=True)
        )

    return await asyncio.to_thread(open_them)


async def _release(context: NodeContext, guest: Guest) -> ReleaseView:
    shown = await _shown(context, guest)
    release, rule = guest.visit.release, guest.visit.ordered.order
    return ReleaseView(
        client=guest.client,
        role="client" if release is None else release.role,
        requested=bool(rule and rule.request),
        kits=tuple(offer(one) for one in (shown.main, *shown.older)),
        kept=tuple(offer(one, number) for number, one in shown.kept.items()),
        shares=await _shares(context, shown.all),
        confirmed=guest.confirmed,
    )
