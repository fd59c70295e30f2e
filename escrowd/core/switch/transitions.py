"""What events make of the facts. Each takes the moment at which it is recorded; none asks a clock."""

from escrowd.core.switch.facts import (
    Change,
    Deposit,
    Facts,
    Gate,
    Moment,
    NodeFacts,
    Order,
)
from escrowd.core.terms import Timings


def enrol(node: NodeFacts, now: Moment, timings: Timings) -> Facts:
    """The facts of a provider who enrols: epoch 1 begins."""
    raise NotImplementedError


def check_in(facts: Facts, node: NodeFacts, now: Moment, *, presence: str, pause: int = 0) -> Change:
    """Begin a new epoch and cancel what this switch has not released.

    Parameters: ``presence``, ``typed`` or ``link``; ``pause`` in seconds, typed only.

    Raises ``RefusedError``: ``checkin.not-typed`` (any other presence, or a pause by link);
    ``pause.too-long`` (fields ``asked``, ``most``: seconds); ``pause.used-up`` (fields ``asked``, ``left``).
    """
    raise NotImplementedError


def begin_anew(facts: Facts, node: NodeFacts, now: Moment) -> Change:
    """Begin the epoch anew without a check-in: the node was restored, or a copy of it is gone.

    To be applied to every switch whose ``generation`` is not the node's; until then it orders nothing.
    """
    raise NotImplementedError


def set_timings(facts: Facts, timings: Timings) -> Facts:
    """Record new timings: they hold from the next check-in."""
    raise NotImplementedError


def set_deposit(facts: Facts, deposit: Deposit) -> Facts:
    """Record a deposit, new or changed (beneficiaries, newest set). It revives one whose end was ordered."""
    raise NotImplementedError


def end_deposit(facts: Facts, now: Moment, client: str) -> Facts:
    """Record that a deposit is to end, 30 d from now. Ordered twice: the first time counts.

    Raises ``NotFoundError`` ``deposit.unknown`` (field ``client``).
    """
    raise NotImplementedError


def accepted(facts: Facts, node: NodeFacts, now: Moment, order: Order) -> Facts:
    """The mail server took the mail of a warning or announcement for an address of the provider.

    Any other order changes nothing, so that the driver need not choose. Reads of the order: ``kind``,
    ``epoch``, ``person``, ``number``.
    """
    raise NotImplementedError


def refused(facts: Facts, node: NodeFacts, now: Moment, order: Order) -> Facts:
    """Every address of the provider gave a definite refusal (4xx, 5xx) as its last answer to this order.

    Also to be called when the provider has no address at all. Call it again at each further such answer.
    Any other order changes nothing.
    """
    raise NotImplementedError


def may_go(facts: Facts, node: NodeFacts, now: Moment, order: Order) -> Gate:
    """May a queued mail go now? For a release see ``may_release``."""
    raise NotImplementedError


def may_release(facts: Facts, node: NodeFacts, now: Moment, order: Order) -> Gate:
    """The question at the point of no return, after RCPT was accepted and before ``release_begun``.

    Reads of the order: ``epoch``, ``client``, ``person``, ``number``.
    """
    raise NotImplementedError


def release_begun(facts: Facts, now: Moment, order: Order) -> Facts:
    """Record the point of no return of one mail. Only after ``may_release`` said GO in the same transaction."""
    raise NotImplementedError


def release_refused(facts: Facts, now: Moment, order: Order) -> Facts:
    """Record a definite 4xx or 5xx to DATA: nothing left. A check-in cancels again."""
    raise NotImplementedError


def released(facts: Facts, now: Moment, order: Order) -> Facts:
    """Record a 250, a lost reply, or a crash after ``release_begun``: the mail counts as out."""
    raise NotImplementedError


def confirmed(facts: Facts, *, client: str, person: str, epoch: int) -> Facts:
    """Record that the person has the release: its repeats end. Twice is once.

    Raises ``NotFoundError`` ``release.unknown`` (fields ``client``, ``person``).
    """
    raise NotImplementedError
