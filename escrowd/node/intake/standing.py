"""Where a provider stands, as receipts and answers say it: derived from facts, with dates for people."""

from typing import Final

from escrowd.core.switch import Evaluation, Facts, NodeFacts, evaluate
from escrowd.core.wire import Hearing, Standing
from escrowd.node.clock import Now
from escrowd.node.config import NodeConfig
from escrowd.node.intake.deposit_standing import deposit_standing
from escrowd.node.store import Connection
from escrowd.node.store.deposits import Held, newest, newest_of_provider

_MS: Final = 1000


def standing(
    tx: Connection,
    now: Now,
    provider: str,
    *,
    config: NodeConfig,
    facts: Facts,
    node: NodeFacts,
    daily_from: int | None,
    client: str | None = None,
) -> Standing:
    """The standing that follows from these facts.

    Parameters: ``config``, of the node; ``daily_from``, node time from which a waiting daily key counts;
    ``client``, whose deposit to tell of; None for all, "" for none.
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
        deposits=tuple(
            deposit_standing(tx, now, config, provider, held=held, facts=facts, found=evaluation)
            for held in _held(tx, provider, client)
        ),
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
