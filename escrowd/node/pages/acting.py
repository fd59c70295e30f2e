"""What people do by the links in their letters: addresses, requests, card sets, and a provider's silence.

GET shows what the button would do; POST does it, once (``intake.acts``). A rule's refusal is a page that says
why, not an error.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from escrowd.core import addresses, requests, sets
from escrowd.core.addresses import REMOVE_WAIT
from escrowd.core.switch import evaluate, reporting, vouching
from escrowd.errors import ConflictError, EscrowdError, NotFoundError, RefusedError
from escrowd.node.intake import NodeContext, acts, addressing, holding
from escrowd.node.intake.circle import Case
from escrowd.node.intake.clicks import Visit
from escrowd.node.links import page_link
from escrowd.node.pages.frame import PREFIX, answer, no_such_link
from escrowd.node.pages.guests import Guest, pressed, welcome
from escrowd.node.pages.reading import agreements, read, said, shown_cards, shown_request
from escrowd.node.pages.views import (
    AddressView,
    ConsentView,
    ObjectView,
    RemoveView,
    SetView,
    View,
    VouchView,
)
from escrowd.node.store.holders import confirmed_terms
from escrowd.node.store.pages import find_order
from escrowd.node.store.rights import load_requests
from escrowd.node.store.switches import began_wall, load_node, load_switch

_MS: Final = 1000
Look = Callable[[Case, Visit], View]
Act = Callable[[NodeContext, Visit], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class _Page:
    """A page with buttons.

    Parameters: ``look``, the view as things stand; ``acts``, what each button does; ``done``, the view after
    a button, from that after it and the button's answer; ``refused``: the state for the code of a refusal.
    """

    path: str
    kinds: Collection[str]
    look: Look
    acts: dict[str, Act]
    done: Callable[[View, str, object], View]
    refused: dict[str, str]


def add_acts(router: APIRouter, context: NodeContext) -> None:
    """``/p/address``, ``/p/remove``, ``/p/object``, ``/p/consent``, ``/p/set`` and ``/p/vouch``."""
    for page in _PAGES:
        _add(router, context, page)


def _add(router: APIRouter, context: NodeContext, page: _Page) -> None:
    async def view_of(guest: Guest) -> View:
        return await read(context, guest, lambda case: page.look(case, guest.visit))

    @router.api_route(f"{PREFIX}{page.path}", methods=["GET", "HEAD"])
    async def show(request: Request) -> Response:
        guest = await welcome(context, request, page.kinds)
        return answer(guest.frame, await view_of(guest))

    @router.post(f"{PREFIX}{page.path}")
    async def do(request: Request) -> Response:
        guest = await welcome(context, request, page.kinds)
        form = await pressed(request, page.acts)
        try:
            done = await page.acts[form["do"]](context, guest.visit)
        except (RefusedError, ConflictError, NotFoundError) as error:
            view = await _refused(error, page, view_of(guest))
            return answer(guest.frame, view)
        return answer(guest.frame, page.done(await view_of(guest), form["do"], done))


async def _refused(error: EscrowdError, page: _Page, view: Awaitable[View]) -> View:
    """The page as it says why. Raises ``error`` where the page has no word for it."""
    shown = await view
    state = page.refused.get(error.code)
    if state is None:
        raise error
    return replace(shown, state=state)  # type: ignore[call-arg]  # every page of these has a state


def _state(view: View, button: str, _: object) -> View:
    """``done``, whatever the view said before: the button was pressed, now or earlier."""
    del button
    return replace(view, state="done")  # type: ignore[call-arg]  # every page of these has a state


# Addresses -----------------------------------------------------------------------------------------------


def _address(case: Case, visit: Visit) -> AddressView:
    person, awake = visit.ordered.person, case.place.now.moment.awake
    one = _find(case, person, visit.address)
    place = case.place
    shown = agreements(case, person)
    known = {c.person: c.terms_sha256 for c in confirmed_terms(place.tx, place.provider, place.client)}
    is_new = one.clicked is None or one.removing is not None
    asks = is_new or any(known.get(person) != terms.sha256 for terms in shown)
    counts = addresses.counts_from(one)
    gone = addresses.is_removed(one, awake)
    return AddressView(
        state="removed" if gone else "ask" if asks else "done",
        address=one.address,
        agreements=shown,
        founding=one.founding,
        counts_from=place.now.wall_in(counts - awake) if counts is not None and counts > awake else 0,
        status=_status_link(case, visit),
    )


def _find(case: Case, person: str, address: str) -> addresses.Address:
    try:
        return addresses.find(case.addresses, person, address)
    except NotFoundError:
        raise no_such_link() from None


def _status_link(case: Case, visit: Visit) -> str:
    """The status page, by the letter that confirmed this address; "" for a witness, or if there is none."""
    person, place = visit.ordered.person, case.place
    if case.audience(person) == "witness":
        return ""
    one = addresses.find(case.addresses, person, visit.address)
    if one.clicked is None:
        return ""
    key = f"{place.provider}/address-confirmed/{place.client}/{person}/{one.id}/{one.clicked}"
    if find_order(place.tx, key) is None:
        return ""
    return page_link("", "status", case.context.link_key, key, one.id)


def _remove(case: Case, visit: Visit) -> RemoveView:
    about, now = addressing.about(visit.ordered), case.place.now
    one, person = _find(case, about.person, about.address), visit.ordered.person
    awake = now.moment.awake
    if addresses.is_removed(one, awake):
        return RemoveView(state="old", address=one.address)
    waits = addresses.counts(one, awake) and visit.address != one.id
    gone = now.wall_in(REMOVE_WAIT * _MS) if waits else 0
    if one.removing is not None:
        gone = now.wall_in(one.removing + REMOVE_WAIT * _MS - awake)
    mine = about.person == person
    may_say = mine or {about.person, person} <= case.owners
    return RemoveView(
        state="done" if one.removing is not None else "ask",
        address=one.address,
        gone_from=gone,
        own=may_say and not addresses.is_own(one),
        owner="" if mine else case.name(about.person),
    )


async def _do_remove(context: NodeContext, visit: Visit) -> object:
    await acts.remove_address(context, visit)
    return None


def _removed(view: View, button: str, _: object) -> View:
    if isinstance(view, RemoveView) and button == "own":
        return replace(view, state="owned")
    return replace(view, state="done")  # type: ignore[call-arg]  # a RemoveView has one


# Requests ------------------------------------------------------------------------------------------------


def _request_of(case: Case, visit: Visit) -> requests.Request:
    """The request that a letter is about. Raises ``NotFoundError`` ``link.invalid``: it is not kept."""
    order = visit.ordered.order
    here = load_requests(case.place.tx, case.place.provider, case.place.client)
    found = next((one for one in here if order is not None and one.id == order.request), None)
    if found is None:
        raise no_such_link()
    return found


def _object(case: Case, visit: Visit) -> ObjectView:
    request = _request_of(case, visit)
    shown = shown_request(case, request)
    late = shown.state in {"due", "released"}
    by_me = request.objected is not None and request.objector == visit.ordered.person
    return ObjectView(
        state="done" if by_me else "again" if request.objected is not None else "late" if late else "ask",
        client=case.client_name,
        request=shown,
    )


def _consent(case: Case, visit: Visit) -> ConsentView:
    request = _request_of(case, visit)
    shown = shown_request(case, request)
    if request.consent is not None:
        return ConsentView(state="done", client=case.client_name, request=shown)
    asks = shown.state == "consent" and not request.closed
    return ConsentView(state="ask" if asks else "old", client=case.client_name, request=shown)


# Sets ----------------------------------------------------------------------------------------------------


def _set(case: Case, visit: Visit) -> SetView:
    number, asked = holding.set_asked(visit.ordered.key)
    known = holding.known_sets(case)
    missing = sets.missing(known, case.roles)
    confirmed = known.confirmed == number
    live = number == known.newest and bool(known.older)
    at_once = asked == "at-once" and known.hastened != number
    waits = live and confirmed and not at_once
    return SetView(
        state="waiting" if waits else "ask" if live else "done" if confirmed else "old",
        why="at-once" if at_once else "missing" if missing else "proved",
        ends_from=0 if at_once else holding.ripe_wall(case, known),
        client=case.client_name,
        number=number,
        old=known.older[-1] if live else max((one for one in known.over if one < number), default=number),
        cards=shown_cards(case, number),
    )


def _set_done(view: View, button: str, done: object) -> View:
    del button
    waits = isinstance(done, sets.Sets) and bool(done.older)
    return replace(view, state="waiting" if waits else "done")  # type: ignore[call-arg]  # a SetView has one


# Silence -------------------------------------------------------------------------------------------------


def _vouch(case: Case, visit: Visit) -> VouchView:
    place, person = case.place, visit.ordered.person
    facts, node, now = load_switch(place.tx, place.provider), load_node(place.tx), place.now
    found = evaluate(facts, node, now.moment)
    ahead = [
        planned.earliest
        for planned in found.schedule.releases
        if planned.client == place.client and planned.state in {"waiting", "ordered"}
    ]
    next_on = found.schedule.announced
    if found.phase == "announced":
        next_on = min(ahead, default=0)
    return VouchView(
        state="ask",
        phase=found.phase,
        silent_since=began_wall(place.tx, place.provider),
        next_on=now.wall_in(next_on),
        said=said(case),
        vouch=vouching(facts, node, now.moment, person),
        report=reporting(facts, node, now.moment, person),
    )


def _spoken(view: View, button: str, done: object) -> View:
    if not isinstance(view, VouchView):
        return view
    if done != "yes":
        return replace(view, state="refused")
    moved = button == "report" and view.report == "used-up"
    return replace(view, state="vouched" if button == "vouch" else "moved" if moved else "reported")


async def _say_vouch(context: NodeContext, visit: Visit) -> object:
    return await acts.say(context, visit, "vouch")


async def _say_report(context: NodeContext, visit: Visit) -> object:
    return await acts.say(context, visit, "report")


_PAGES: Final = (
    _Page(
        "address",
        acts.ADDRESS_KINDS,
        _address,
        {"confirm": acts.confirm_address},
        _state,
        {"address.removed": "removed"},
    ),
    _Page(
        "remove",
        acts.REMOVE_KINDS,
        _remove,
        {"remove": _do_remove, "own": acts.own_address},
        _removed,
        {"address.last": "last", "address.hangs": "hangs", "address.removed": "old"},
    ),
    _Page(
        "object",
        acts.OBJECT_KINDS,
        _object,
        {"object": acts.object_to},
        _state,
        {
            "address.hangs": "hangs",
            "request.address-hangs": "hangs",
            "request.not-the-client": "hangs",
            "address.removed": "hangs",
            "request.objected": "again",
            "request.due": "late",
        },
    ),
    _Page(
        "consent",
        acts.CONSENT_KINDS,
        _consent,
        {"consent": acts.consent_to},
        _state,
        {"request.no-consent-needed": "old", "request.not-the-client": "old", "address.removed": "old"},
    ),
    _Page(
        "set",
        acts.SET_KINDS,
        _set,
        {"set": acts.confirm_set},
        _set_done,
        {
            "address.hangs": "hangs",
            "address.removed": "hangs",
            "request.not-the-client": "hangs",
            "sets.not-newest": "old",
            "sets.only-one": "old",
        },
    ),
    _Page(
        "vouch",
        acts.VOUCH_KINDS,
        _vouch,
        {"vouch": _say_vouch, "report": _say_report},
        _spoken,
        {"address.removed": "refused"},
    ),
)
