"""How things stand for one client, at any time: behind a link that a beneficiary keeps.

GET shows it; POST hands out the kit, and remembers which revision the reader has.
"""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from escrowd.core import addresses
from escrowd.core.manifest import verify_manifest
from escrowd.core.wire import MANIFEST_FILE, DepositStanding, Standing
from escrowd.errors import NotFoundError
from escrowd.node.intake import NodeContext
from escrowd.node.intake.acts import STATUS_KINDS
from escrowd.node.intake.circle import Case
from escrowd.node.intake.standing import standing
from escrowd.node.letters import Planned, Role
from escrowd.node.pages.downloads import has_mappe, offer, send_kit, send_mappe
from escrowd.node.pages.fetched import fetched, note_fetched
from escrowd.node.pages.frame import PREFIX, answer
from escrowd.node.pages.guests import Guest, asked, kept, newest, pressed, welcome
from escrowd.node.pages.kit import kit_size
from escrowd.node.pages.reading import read, said, shown_cards, shown_request, wall_of
from escrowd.node.pages.views import ShownAddress, ShownRequest, StatusView
from escrowd.node.store.deposits import Held, terms_sha256
from escrowd.node.store.pages import waiting_terms
from escrowd.node.store.rights import load_requests
from escrowd.node.store.switches import began_wall, load_node, load_switch

_SHOWN_REQUESTS: Final = 5


def add_status(router: APIRouter, context: NodeContext) -> None:
    """``/p/status``."""

    @router.api_route(f"{PREFIX}status", methods=["GET", "HEAD"])
    async def show_status(request: Request) -> Response:
        guest = await welcome(context, request, STATUS_KINDS)
        deposit = newest(guest)
        view = await read(context, guest, lambda case: _status(case, guest, deposit))
        return answer(guest.frame, view)

    @router.post(f"{PREFIX}status")
    async def do_status(request: Request) -> Response:
        guest = await welcome(context, request, STATUS_KINDS)
        form = await pressed(request, {"kit", "mappe"})
        deposit = asked(guest, form)
        await note_fetched(context, guest, deposit)
        if form["do"] == "mappe" and has_mappe(deposit):
            return await send_mappe(context, guest, deposit)
        return await send_kit(context, guest, deposit)


def _status(case: Case, guest: Guest, deposit: Held) -> StatusView:
    place, person = case.place, guest.visit.ordered.person
    facts = load_switch(place.tx, place.provider)
    whole = standing(
        place.tx,
        place.now,
        place.provider,
        config=case.context.config,
        facts=facts,
        node=load_node(place.tx),
        daily_from=None,
        client=place.client,
    )
    mine = whole.deposits[0]
    notice_on, notice_ends = _notice(case, mine)
    return StatusView(
        client=case.client_name,
        role=_role(case, person),
        phase=whole.phase,
        checked_in=began_wall(place.tx, place.provider),
        deadline=whole.deadline or 0,
        next_on=_next_on(whole, mine),
        revision=deposit.revision,
        revision_on=deposit.made_wall,
        next_by=_next_by(case, deposit),
        now=place.now.wall,
        size=kit_size(deposit),
        mappe=has_mappe(deposit),
        fetched=fetched(place.tx, place.provider, place.client, person),
        paused_until=whole.paused_until or 0,
        trial_until=mine.trial_until or 0,
        terms_confirmed=_terms_confirmed(case, mine, person),
        notice_on=notice_on,
        notice_ends=notice_ends,
        planned=_planned(case, mine) if whole.phase == "announced" and not mine.trial_until else (),
        requests=_requests(case),
        cards=shown_cards(case, max(deposit.sets)),
        addresses=_addresses(case, person),
        said=said(case),
        new_set=max(deposit.sets) if len(deposit.sets) > 1 else 0,
        kept=tuple(offer(one, number) for number, one in kept(guest).items()),
    )


def _role(case: Case, person: str) -> Role:
    found = case.people().get(person, "client")
    return "client" if found == "witness" else found


def _next_on(whole: Standing, mine: DepositStanding) -> int:
    if whole.phase != "announced":
        return whole.announced_from or 0
    ahead = [b.earliest for b in mine.beneficiaries if b.earliest is not None]
    return min(ahead, default=0)


def _next_by(case: Case, deposit: Held) -> int:
    """By when the next revision should come, as the manifest says; 0 if its file was lost."""
    try:
        path = case.context.store.find_file(deposit.files[MANIFEST_FILE].sha256)
    except NotFoundError:
        return 0
    return verify_manifest(path.read_bytes()).next_revision_by


def _notice(case: Case, mine: DepositStanding) -> tuple[int, bool]:
    """When the end of the deposit, or worse terms, count; and whether it is the end."""
    if mine.ends is not None:
        return mine.ends, True
    place = case.place
    since = waiting_terms(place.tx, place.provider, place.client)
    if since is None:
        return 0, False
    return place.now.wall_in(max(0, since - place.now.moment.node)), False


def _terms_confirmed(case: Case, mine: DepositStanding, person: str) -> int:
    valid = terms_sha256(case.place.tx, case.place.provider, case.place.client)
    return next((t.confirmed for t in mine.terms if t.person == person and t.sha256 == valid), 0)


def _planned(case: Case, mine: DepositStanding) -> tuple[Planned, ...]:
    return tuple(
        Planned(
            client=case.client_name,
            person=case.name(one.person),
            role=one.role,
            earliest=one.earliest,
        )
        for one in mine.beneficiaries
        if one.earliest is not None
    )


def _requests(case: Case) -> tuple[ShownRequest, ...]:
    """The newest requests, the newest first."""
    place = case.place
    here = [one for one in load_requests(place.tx, place.provider, place.client) if not one.closed]
    return tuple(shown_request(case, one) for one in reversed(here[-_SHOWN_REQUESTS:]))


def _addresses(case: Case, person: str) -> tuple[ShownAddress, ...]:
    """The reader's own addresses. Those of others are nobody's business."""
    awake = case.place.now.moment.awake
    return tuple(
        ShownAddress(
            address=one.address,
            state=addresses.state_of(one, awake),
            counts_from=wall_of(case, addresses.counts_from(one) or awake),
        )
        for one in case.addresses
        if one.person == person
    )
