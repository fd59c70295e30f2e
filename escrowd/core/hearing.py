"""The rules of a node's two clocks, and of its hearing.

A node has no trust in the wall clock. It adds up what the monotonic clock says from tick to tick, and that is
*node time* only while it hears itself: while a challenge that it posts to its own public address comes back
signed by this very process. Then whoever wanted to check in could have.

H1   A tick adds the monotonic time since the last one, at most two tick lengths: a suspend, a stop or a
     frozen process adds next to nothing.
H2   A start is deaf until the first good answer.
H3   Nobody answers: deaf. Node time stands.
H4   Another process answers under our key: held. The copy is remembered, also across starts, until this one
     hears itself again; then every epoch begins anew, for nobody knows which of the two heard a check-in.
H5   A spell of settling begins at each start, each time hearing comes back, and when a copy falls mute. It
     ends after ``settle`` awake or with the next one. Spells add up; the bound on them is the switch's (R9).
H6   A start after a wall-clock gap over a day opens a new round. It is the only thing that the wall clock
     decides, and all it can do is warn again. A clock set back decides nothing.
H7   The mail server is good for ``relay_window`` after it took any mail. The time so covered adds up.
H8   Node time that falls behind the wall clock is told to people, who can look for the reason.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

from escrowd.core.switch.facts import SECOND, Moment, NodeFacts
from escrowd.core.terms import DAY

Answer = Literal["self", "other", "none"]

ROUND_GAP: Final = DAY
BEHIND_WITHIN: Final = 30 * DAY
BEHIND_MOST: Final = 3 * DAY
"""So far behind the wall clock, within so long, is told. Seconds."""


def advance(now: Moment, *, hearing: bool, elapsed: int, tick: int, time_scale: int = 1) -> Moment:
    """Return the moment after a tick.

    Parameters: ``elapsed``, milliseconds on the monotonic clock since the last tick; ``tick``, a tick's
    length in milliseconds; ``hearing``, the node's state is ``hearing``; ``time_scale`` multiplies both.
    """
    counts = max(0, min(elapsed, 2 * tick)) * time_scale  # H1
    return Moment(now.awake + counts, now.node + (counts if hearing else 0))


def started(node: NodeFacts, now: Moment, *, wall_gap: int = 0, restored: bool = False) -> NodeFacts:
    """Return the node facts after a start.

    Parameters: ``wall_gap``, seconds on the wall clock since the last committed tick, 0 if none is known;
    ``restored``, the database is an older copy that was put back.
    """
    return replace(
        _settling(node, now),
        state="deaf",  # H2
        round=node.round + (1 if wall_gap > ROUND_GAP else 0),  # H6
        generation=node.generation + (1 if restored else 0),
    )


def heard(node: NodeFacts, now: Moment, answer: Answer) -> NodeFacts:
    """Return the node facts after asking the own public URL: it answered itself, another did, or nobody."""
    if answer == "other":
        return replace(node, state="held", copy_seen=True)  # H4
    if answer == "none":
        return replace(_settling(node, now) if node.state == "held" else node, state="deaf")  # H3
    if node.state == "hearing":
        return node
    return replace(
        _settling(node, now),
        state="hearing",
        copy_seen=False,
        generation=node.generation + (1 if node.copy_seen else 0),  # H4
    )


def relay_took(node: NodeFacts, now: Moment) -> NodeFacts:
    """Return the node facts after the mail server took any mail (H7)."""
    window = node.policy.relay_window * SECOND
    covered = 0 if node.relay_last is None else min(now.awake - node.relay_last, window)
    return replace(node, relay_good=node.relay_good + covered, relay_last=now.awake)


def _settling(node: NodeFacts, now: Moment) -> NodeFacts:
    """The node facts with a new spell of settling begun, and the one before it added up (H5)."""
    spell = 0
    if node.settle_from is not None:
        spell = min(now.awake - node.settle_from, node.policy.settle * SECOND)
    return replace(node, settled=node.settled + spell, settle_from=now.awake)


@dataclass(frozen=True, slots=True)
class Mark:
    """Node time in milliseconds beside the wall clock in seconds."""

    node: int
    wall: int


def noted(marks: tuple[Mark, ...], mark: Mark) -> tuple[Mark, ...]:
    """Return the marks with ``mark`` added: one a day, those of the last 30 d and the one before them.

    Marks later than ``mark`` by the wall clock were made by a wrong clock and are dropped.
    """
    kept = [m for m in marks if m.wall <= mark.wall]
    while len(kept) > 1 and kept[1].wall <= mark.wall - BEHIND_WITHIN:
        del kept[0]
    if not kept or mark.wall - kept[-1].wall >= DAY:
        kept.append(mark)
    return tuple(kept)


def behind(marks: tuple[Mark, ...], mark: Mark) -> int:
    """How far node time fell behind the wall clock since the first mark, in seconds; 0: it did not (H8).

    More than ``BEHIND_MOST`` is told to operator, provider and clients.
    """
    if not marks:
        return 0
    return max(0, (mark.wall - marks[0].wall) - (mark.node - marks[0].node) // SECOND)
