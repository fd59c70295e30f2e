"""Who is told beside provider and beneficiaries: witnesses (R15), and the provider in their place (R17)."""

from dataclasses import replace

from escrowd.core.orders import Order
from escrowd.core.switch.facts import Facts, Moment, NodeFacts, Probe, Told
from escrowd.core.switch.measures import (
    deadline,
    in_trial,
    pairs,
    silence,
    step_rehearsed,
    unreleased,
    witnesses,
)


def tell_witnesses(facts: Facts, node: NodeFacts, now: Moment) -> tuple[Facts, list[Order]]:
    """Tell witnesses that the provider is overdue, and what was announced (R15)."""
    if silence(facts, node, now) < deadline(facts):
        return facts, []
    waiting = {d.client for d, _ in unreleased(facts)}
    known = {(t.client, t.person): t for t in facts.told}
    orders = list[Order]()
    for deposit, person in witnesses(facts):
        if deposit.client not in waiting:
            continue
        told = known.get((deposit.client, person), Told(deposit.client, person))
        if facts.announced is None and told.warned < facts.warn_first <= facts.warnings:  # R15, R10
            told = replace(told, warned=facts.warnings)
            orders.append(Order("overdue", facts.epoch, person, deposit.client, facts.warnings))
        elif facts.announced is not None and told.announced < facts.announce_first <= facts.announcements:
            told = replace(told, announced=facts.announcements)
            number, blind = facts.announcements, facts.blind
            orders.append(Order("announce", facts.epoch, person, deposit.client, number, blind=blind))
        known[deposit.client, person] = told
    return (replace(facts, told=tuple(known.values())), orders) if orders else (facts, [])


def rehearse(facts: Facts, node: NodeFacts, now: Moment) -> tuple[Facts, list[Order]]:
    """Give the provider what would go to the people of a deposit in its trial (R17)."""
    if facts.announced is None:
        return facts, []
    passed = silence(facts, node, now)
    known = {(p.client, p.person): p for p in facts.probes}
    orders = list[Order]()
    for deposit, b in pairs(facts):
        if not in_trial(deposit):
            continue
        pair = (deposit.client, b.person)
        probe = known.get(pair)
        about = Order("probe-announce", facts.epoch, client=deposit.client, about=b.person, role=b.role)
        if probe is None:
            known[pair] = Probe(deposit.client, b.person, b.role, passed, b.after)
            orders.append(about)
        elif not probe.released and passed >= step_rehearsed(facts, probe):
            known[pair] = replace(probe, released=True)
            orders.append(replace(about, kind="probe-release", set=deposit.set))
    return (replace(facts, probes=tuple(known.values())), orders) if orders else (facts, [])
