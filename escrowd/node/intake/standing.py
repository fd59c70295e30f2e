"""Where a provider stands, as receipts and answers say it: derived from facts, with dates for people."""

from typing import Final

from escrowd.core.switch import Evaluation, Facts, NodeFacts, Planned, evaluate
from escrowd.core.wire import BeneficiaryStanding, DepositStanding, Hearing, Standing
from escrowd.node.clock import Now
from escrowd.node.store import Connection
from escrowd.node.store.deposits import Held, newest, newest_of_provider

_MS: Final = 1000


def standing(
    tx: Connection,
    now: Now,
    provider: str,
    *,
    facts: Facts,
    node: NodeFacts,
    daily_from: int | None,
    client: str | None = None,
) -> Standing:
    """The standing that follows from these facts.

    Parameters: ``daily_from``, node time from which a waiting daily key counts; ``client``, whose deposit to
    tell of; None for all, "" for none.
    """
    evaluation = evaluate(facts, node, now.moment)
    schedule = evaluation.schedule
    ahead = [p.earliest for p in schedule.releases if p.state in {"waiting", "ordered"}]
    return Standing(
        phase=evaluation.phase,
        epoch=facts.epoch,
        node_time=now.moment.node,
        wall=now.wall,
        time_scale=now.scale,
        deadline=now.wall_in(schedule.deadline),
        announced_from=now.wall_in(schedule.announced),
        released_from=now.wall_in(min(ahead)) if ahead else None,
        paused_until=_paused_until(facts, evaluation, now),
        mail_checkins=facts.links,
        hearing=_hearing(node, now),
        blind=evaluation.blind,
        daily_from=None if daily_from is None else now.wall_in(daily_from - now.moment.node),
        deposits=tuple(_deposit(held, facts, evaluation, now) for held in _held(tx, provider, client)),
    )


def _hearing(node: NodeFacts, now: Now) -> Hearing:
    if node.state != "hearing" or node.settle_from is None:
        return node.state
    return "settling" if now.moment.awake < node.settle_from + node.policy.settle * _MS else "hearing"


def _paused_until(facts: Facts, evaluation: Evaluation, now: Now) -> int | None:
    """The end of a pause, when the interval begins to count."""
    if not facts.pause:
        return None
    ends = evaluation.schedule.deadline - facts.timings.interval * _MS
    return now.wall_in(ends) if ends > 0 else None


def _held(tx: Connection, provider: str, client: str | None) -> tuple[Held, ...]:
    if client is None:
        return newest_of_provider(tx, provider)
    one = newest(tx, provider, client) if client else None
    return () if one is None else (one,)


def _deposit(held: Held, facts: Facts, evaluation: Evaluation, now: Now) -> DepositStanding:
    mine = next((one for one in facts.deposits if one.client == held.client), None)
    ends = None if mine is None else mine.ends_awake
    return DepositStanding(
        client=held.client,
        revision=held.revision,
        sets=tuple(sorted(held.sets)),
        received=held.made_wall,
        exposed=any(
            release.client == held.client
            and release.role != "client"
            and (release.open or release.done_awake is not None)
            for release in facts.releases
        ),
        ends=None if ends is None else now.wall_in(ends - now.moment.awake),
        beneficiaries=tuple(
            _beneficiary(planned, now)
            for planned in evaluation.schedule.releases
            if planned.client == held.client
        ),
    )


def _beneficiary(planned: Planned, now: Now) -> BeneficiaryStanding:
    waits = planned.state in {"waiting", "ordered"}
    return BeneficiaryStanding(
        person=planned.person,
        role=planned.role,
        state="waiting" if planned.state == "ordered" else planned.state,
        earliest=now.wall_in(planned.earliest) if waits else None,
    )
