"""What several pages read of one deposit, in the words of their views."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from escrowd.core import requests
from escrowd.core.requests import Request
from escrowd.core.switch import silence
from escrowd.core.terms import PROVIDER, Role
from escrowd.node.asking import Place
from escrowd.node.clock import Now
from escrowd.node.intake import NodeContext
from escrowd.node.intake.addressing import agreement
from escrowd.node.intake.circle import Case
from escrowd.node.letters import Agreement
from escrowd.node.pages.guests import Guest
from escrowd.node.pages.views import Card, Delay, Said, ShownRequest
from escrowd.node.store import Connection
from escrowd.node.store.holders import proved
from escrowd.node.store.switches import load_node, load_switch

T = TypeVar("T")


async def read(context: NodeContext, guest: Guest, make: Callable[[Case], T]) -> T:
    """Make something of the deposit that a guest's letter is about, as it stands now."""
    ordered = guest.visit.ordered

    def look(tx: Connection) -> T:
        now = Now(context.clock.now(), context.clock.wall(), context.clock.scale)
        return make(Case(context, Place(tx, now, ordered.provider, ordered.client)))

    return await context.store.read(look)


def wall_of(case: Case, awake: int) -> int:
    """Wall time of an awake time, as well as it can be told."""
    return case.place.now.wall_in(awake - case.place.now.moment.awake)


def names(case: Case, people: Iterable[str]) -> str:
    """The names of some people in one line."""
    return ", ".join(case.name(person) for person in people)


def shown_request(case: Case, request: Request) -> ShownRequest:
    """A request as pages show it."""
    state = requests.state_of(request, case.place.now.moment.awake)
    due = requests.due_at(request)
    return ShownRequest(
        role=request.role,
        person=names(case, request.askers),
        opened=wall_of(case, request.opened),
        state=state,
        earliest=wall_of(case, due) if due is not None and state == "waiting" else 0,
        approved=request.approved is not None,
        objected=request.objected is not None,
        delays=tuple(
            Delay(seconds=delay.seconds, reason=delay.reason, made=wall_of(case, delay.awake))
            for delay in request.delays
        ),
    )


def shown_cards(case: Case, number: int) -> tuple[Card, ...]:
    """The cards of a set: who has which by the terms, and when it was proved last."""
    place = case.place
    holders: dict[Role, list[str]] = {}
    for person, role in case.people().items():
        if role != "witness":
            holders.setdefault(role, []).append(person)
    last = {
        one.group: one.wall for one in proved(place.tx, place.provider, place.client) if one.set == number
    }
    return tuple(
        Card(role=role, person=names(case, people), set_number=number, proved=last.get(role, 0))
        for role, people in holders.items()
    )


def agreements(case: Case, person: str) -> tuple[Agreement, ...]:
    """The terms that count now, for one person; none before the first."""
    return () if case.terms is None else (agreement(case, case.terms, person),)


def said(case: Case) -> tuple[Said, ...]:
    """Who vouched or reported in this silence, in the order in which they did."""
    place = case.place
    facts, node = load_switch(place.tx, place.provider), load_node(place.tx)
    passed = silence(facts, node, place.now.moment)
    people = case.people(witnesses=True)

    def one(what: str, person: str, at: int) -> Said:
        return Said(
            what="vouch" if what == "vouch" else "report",
            person=case.name(person),
            standing="provider" if person == PROVIDER else people.get(person, "witness"),
            at=place.now.wall_in(at - passed),
        )

    vouches = [one("vouch", vouch.person, vouch.at) for vouch in facts.vouches]
    reports = [one("report", report.person, report.at) for report in facts.reports]
    return tuple(sorted([*vouches, *reports], key=lambda one: one.at))
