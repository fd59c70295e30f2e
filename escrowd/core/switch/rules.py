"""Silence becomes phases, and phases become orders."""

from escrowd.core.switch.facts import Evaluation, Facts, Moment, NodeFacts


def silence(facts: Facts, node: NodeFacts, now: Moment) -> int:
    """Milliseconds of silence that count in this epoch."""
    raise NotImplementedError


def evaluate(facts: Facts, node: NodeFacts, now: Moment) -> Evaluation:
    """Say what is to be done at ``now``. Total: it raises nothing and answers any facts."""
    raise NotImplementedError
