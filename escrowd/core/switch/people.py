"""What people say about a provider who is silent: "I spoke to them", or "they are gone".

R31  A vouch puts off the end of the phase it falls into, from overdue on: R18. Each person once an epoch. Who
     is told nothing yet, because of a trial, has nothing to put off.
R32  A report says that the provider is gone. With the second one in an epoch, if one of them is a
     witness's or is said in the role client, the deadline is now, unless it is past: R19. From then on a link
     only vouches (R21). Not during a pause; once an epoch. Each is told to everybody at once, so that
     a provider who is not gone can say so.

``vouching`` and ``reporting`` answer beforehand what ``vouch`` and ``report`` make of it.
"""

from dataclasses import replace
from typing import Literal

from escrowd.core.orders import Order
from escrowd.core.switch.facts import (
    REPORTERS,
    SECOND,
    VOUCH,
    VOUCHES_MOST,
    Change,
    Facts,
    Moment,
    NodeFacts,
    Report,
    Say,
    Vouch,
)
from escrowd.core.switch.measures import earnest, pairs, phase, silence, unreleased, witnesses
from escrowd.core.terms import Role


def vouching(facts: Facts, node: NodeFacts, now: Moment, person: str) -> Say:
    """Say whether a vouch of this person counts now (R31)."""
    named = {b.person for _, b in earnest(facts)} | {w for _, w in witnesses(facts)}
    return _vouching(facts, node, now, person) if person in named else "nobody"


def vouch(facts: Facts, node: NodeFacts, now: Moment, *, person: str) -> Change:
    """A person says to have spoken to the provider. ``counted`` as ``vouching`` says."""
    if vouching(facts, node, now, person) != "yes":
        return Change(facts, counted=False)
    return _vouched(facts, node, now, person)


def vouch_by_link(facts: Facts, node: NodeFacts, now: Moment, provider: str) -> Change:
    """A check-in by link that does not count as one vouches, as the provider (R21)."""
    if _vouching(facts, node, now, provider) != "yes":
        return Change(facts, counted=False)
    return replace(_vouched(facts, node, now, provider), counted=False, vouched=True)


def reporting(facts: Facts, node: NodeFacts, now: Moment, person: str) -> Say:
    """Say whether a report of this person counts now (R32)."""
    if person not in {b.person for _, b in pairs(facts)} | _witnesses(facts):
        return "nobody"
    passed = silence(facts, node, now)
    if passed < facts.pause * SECOND:  # R32
        return "paused"
    if person in {r.person for r in facts.reports}:
        return "twice"
    if facts.gone is not None:  # R32
        return "used-up"
    return "yes" if unreleased(facts) else "late"


def report(facts: Facts, node: NodeFacts, now: Moment, *, person: str) -> Change:
    """A person says that the provider is gone. ``counted`` as ``reporting`` says."""
    if reporting(facts, node, now, person) != "yes":
        return Change(facts, counted=False)
    passed = silence(facts, node, now)
    weighs = person in _witnesses(facts) | {b.person for _, b in pairs(facts) if b.role == "client"}
    reports = (*facts.reports, Report(person, passed, weighs))
    after = replace(facts, reports=reports)
    moves = len(reports) >= REPORTERS and any(r.weighs for r in reports)  # R32
    if moves:
        after = replace(after, gone=passed)
    first = Order("gone" if moves else "reported", facts.epoch, number=len(reports), about=person)
    return Change(after, tuple(to_all(after, first)))


def everybody(facts: Facts) -> list[tuple[str, str, Role | Literal[""]]]:
    """Client, person and role of each beneficiary and witness whose deposit's trial is over."""
    people = [(d.client, b.person, b.role) for d, b in earnest(facts)]
    return [*people, *((d.client, person, "") for d, person in witnesses(facts))]


def to_all(facts: Facts, order: Order) -> list[Order]:
    """An order to the provider, and the same to everybody."""
    return [order, *(replace(order, person=p, client=c, role=role) for c, p, role in everybody(facts))]


def _vouching(facts: Facts, node: NodeFacts, now: Moment, person: str) -> Say:
    if phase(facts, node, now) == "current":  # R31
        return "current"
    if person in {v.person for v in facts.vouches}:  # R31
        return "twice"
    if _left(facts) <= 0:
        return "used-up"
    return "yes" if unreleased(facts) else "late"


def _vouched(facts: Facts, node: NodeFacts, now: Moment, person: str) -> Change:
    said = Vouch(
        person,
        silence(facts, node, now),
        announced=facts.announced is not None,
        seconds=min(VOUCH, _left(facts)),  # R18
    )
    after = replace(facts, vouches=(*facts.vouches, said))
    first = Order("vouched", facts.epoch, number=len(after.vouches), about=person)
    return Change(after, tuple(to_all(after, first)))


def _left(facts: Facts) -> int:
    return VOUCHES_MOST - sum(v.seconds for v in facts.vouches)


def _witnesses(facts: Facts) -> set[str]:
    """Every witness, in a trial too: to say that the provider is gone takes nothing from anybody (P7)."""
    return {person for d in facts.deposits if not d.ended for person in d.witnesses}
