"""Statements about requests, trials, sets and drills. Each is signed, and the ledger keeps it whole."""

from escrowd.core import requests, sets
from escrowd.core.statements import Approve, Arm, Delay, Drill, Unseal
from escrowd.core.switch import end_trial
from escrowd.core.terms import PROVIDER, Role
from escrowd.errors import NotFoundError
from escrowd.node import letters
from escrowd.node.asking import Place, settle
from escrowd.node.intake import holding
from escrowd.node.intake.circle import Case
from escrowd.node.intake.taking import Outcome, Taking
from escrowd.node.posting import Common, Link
from escrowd.node.store.deposits import newest
from escrowd.node.store.holders import proved
from escrowd.node.store.rights import load_requests


def case_of(taking: Taking, client: str) -> Case:
    """The deposit that a statement is about. Raises ``NotFoundError`` ``deposit.unknown`` (``client``)."""
    if newest(taking.tx, taking.statement.provider, client) is None:
        raise NotFoundError("deposit.unknown", client=client)
    return Case(taking.context, Place(taking.tx, taking.now, taking.statement.provider, client))


def take_approve(taking: Taking, body: Approve) -> Outcome:
    """The provider's yes: the request is due now. Raises as ``requests.approve``."""
    case = case_of(taking, body.client)
    here = load_requests(taking.tx, taking.statement.provider, body.client)
    change = requests.approve(here, taking.now.moment.awake, body.request)
    settle(taking.context.desk, case.place, change.requests, change.orders)
    return Outcome(taking.facts, client=body.client)


def take_delay(taking: Taking, body: Delay) -> Outcome:
    """The provider's delay, with its reason. Raises as ``requests.delay``."""
    case = case_of(taking, body.client)
    here = load_requests(taking.tx, taking.statement.provider, body.client)
    change = requests.delay(
        here, taking.now.moment.awake, body.request, seconds=body.seconds, reason=body.reason
    )
    settle(taking.context.desk, case.place, change.requests, change.orders)
    return Outcome(taking.facts, client=body.client)


def take_arm(taking: Taking, body: Arm) -> Outcome:
    """The provider ends a trial. Raises ``NotFoundError`` ``deposit.unknown``."""
    case = case_of(taking, body.client)
    facts = end_trial(taking.facts, body.client)
    if facts is not taking.facts:
        for person, role in (("provider", "provider"), *case.people().items()):
            if role not in {"provider", "client"}:
                continue

            def letter(common: Common, _: Link, person: str = person) -> letters.Context:
                mine = person == PROVIDER
                return letters.TrialEnded(
                    **common,
                    client=case.client_name,
                    audience=case.audience(person),
                    at=taking.now.wall,
                    armed=True,
                    gaps=body.gaps if mine else (),
                    despite=(body.despite or "") if mine else "",
                )

            case.write("trial-ended", f"{person}/armed", person, letter)
    return Outcome(facts, client=body.client)


def take_unseal(taking: Taking, body: Unseal) -> Outcome:
    """Notice that a set will not be sealed to any more, and 30 d later the act. Raises as ``sets.unseal``."""
    case = case_of(taking, body.client)
    before = holding.known_sets(case)
    running = requests.runs(load_requests(taking.tx, taking.statement.provider, body.client))
    change = sets.unseal(before, taking.now.moment.awake, body.set, request_runs=running)
    holding.apply(case, before, change)
    return Outcome(taking.facts, client=body.client)


def take_drill(taking: Taking, body: Drill) -> Outcome:
    """Each holder is asked to prove the card of the newest set."""
    case = case_of(taking, body.client)
    number = holding.known_sets(case).newest
    last = {
        one.group: one.wall
        for one in proved(taking.tx, taking.statement.provider, body.client)
        if one.set == number
    }
    for person, role in case.people().items():
        if role == "witness":
            continue

        def letter(common: Common, link: Link, role: Role = role) -> letters.Context:
            return letters.Drill(
                **common,
                client=case.client_name,
                role=role,
                set_number=number,
                last=last.get(role, 0),
                link=link("card"),
            )

        case.write("drill", f"{person}/{taking.statement.jti}", person, letter)
    return Outcome(taking.facts, client=body.client)
