"""Says which promise a recorded history breaks: P2, P3 and P4 of ``docs/promises.md``, judged from outside.

A history is what an onlooker could write down: the node's two clocks as it claims them, whether it heard
itself, who checked in, what became of each mail, what a mail sink received. The checker knows the promises and
none of the code that keeps them: it adds up the time by itself, and it looks at releases only in hindsight. It
imports nothing of escrowd.

``check(history)`` returns the breaches, worst first in time; none is the aim. Times are milliseconds, durations
of the terms are seconds.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from checker.deliveries import of_sink
from checker.events import (
    Answered,
    Armed,
    Begun,
    Breach,
    CheckedIn,
    Delivery,
    Ended,
    Event,
    Heard,
    Ordered,
    RelayTook,
    Reported,
    Started,
    Trial,
    Vouched,
)

S = 1_000
DAY = 86_400
VOUCH, VOUCHES_MOST = 14 * DAY, 28 * DAY
LINKS_IN_A_ROW = 3
TRIAL = 30 * DAY


@dataclass(frozen=True)
class Limits:
    """What the node's operator set, in seconds."""

    notice: int = 3 * DAY
    blind_limit: int = 30 * DAY
    deaf_limit: int = 30 * DAY
    settle: int = DAY
    settle_most: int = 7 * DAY
    relay_window: int = 2 * DAY


@dataclass
class _Epoch:
    terms: CheckedIn
    listened: int = 0  # awake and hearing, since the check-in
    unheard: int = 0  # awake and not hearing
    settled: int = 0  # awake and settling
    blocked: dict[str, int] = field(default_factory=dict)
    warned: int | None = None  # silence when a warning of this round was first accepted
    announced: int | None = None  # silence when the switch was announced
    told: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)  # silence, after
    named: dict[str, set[tuple[str, str]]] = field(default_factory=dict)  # provider's mail -> pairs
    acknowledged: dict[tuple[str, str], int] = field(default_factory=dict)
    refused: int = 0
    refused_last: tuple[int, int] | None = None  # silence, covered
    refused_out: int | None = None  # silence when the refusals of this round added up
    moved: int | None = None  # silence to which reports moved the deadline
    reported: dict[str, bool] = field(default_factory=dict)  # person -> weighs
    vouched: dict[str, tuple[int, bool, int]] = field(default_factory=dict)  # silence, announced, seconds

    @property
    def deadline(self) -> int:
        """Milliseconds of silence."""
        agreed = (self.terms.interval + self.terms.pause) * S
        return agreed if self.moved is None else min(agreed, self.moved)

    def put_off(self, *, announced: bool, since: int = 0) -> int:
        """Milliseconds that vouches add to the end of a phase."""
        counted = [v for at, phase, v in self.vouched.values() if phase == announced and at >= since]
        return sum(counted) * S


class _Watch:
    """Reads a history once, event by event."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.epoch: _Epoch | None = None
        self.state = "deaf"
        self.at: tuple[int, int] | None = None
        self.settle_left = 0
        self.relay_last: int | None = None
        self.covered = 0
        self.orders: dict[str, tuple[Ordered, _Epoch | None]] = {}
        self.causes: dict[int, _Epoch | None] = {}
        self.this_round: set[str] = set()
        self.open: Counter[tuple[str, str]] = Counter()
        self.out: set[tuple[str, str, int]] = set()
        self.breaches: list[Breach] = []
        self.links = 0
        self.trials: dict[str, int] = {}

    # Time -------------------------------------------------------------------------------------------------

    def pass_time(self, event: Event) -> None:
        """Add up what lies between the last event and this one, without trust in the node's own sums."""
        if self.at is not None:
            awake, node = event.awake - self.at[0], event.node - self.at[1]
            if awake < 0 or node < 0:
                self.breach("P2", "a clock of the node went back", event)
            if node > awake:
                self.breach("P2", "node time ran ahead of awake time", event)
            if node > 0 and self.state != "hearing":
                self.breach("P2", "node time ran while the node did not hear itself", event)
            if self.epoch is not None:
                self.epoch.settled += min(awake, self.settle_left)
                if self.state == "hearing":
                    self.epoch.listened += awake
                else:
                    self.epoch.unheard += awake
            self.settle_left = max(0, self.settle_left - awake)
            if self.relay_last is not None:
                window = self.relay_last + self.limits.relay_window * S
                self.covered += max(0, min(event.awake, window) - self.at[0])
        self.at = (event.awake, event.node)

    @property
    def silence(self) -> int:
        """Silence that counts: heard, and deafness beyond what an epoch may hide."""
        assert self.epoch is not None
        return self.epoch.listened + max(0, self.epoch.unheard - self.limits.deaf_limit * S)

    # Events -----------------------------------------------------------------------------------------------

    def see(self, event: Event) -> None:
        """Judge one event."""
        self.pass_time(event)
        match event:
            case Started():
                self.state, self.settle_left = "deaf", self.limits.settle * S
                if event.long_stop and self.epoch is not None:
                    self.forget(self.epoch)
            case Heard(answer="self"):
                if self.state != "hearing":
                    self.settle_left = self.limits.settle * S
                self.state = "hearing"
            case Heard():
                self.state = "held" if event.answer == "other" else "deaf"
            case Ordered():
                self.ordered(event)
            case Answered():
                self.answered(event)
            case RelayTook():
                self.relay_last = event.awake
            case Begun():
                self.begun(event)
            case Ended():
                self.ended(event)
            case _:
                self.see_people(event)

    def see_people(self, event: Event) -> None:
        """Judge what people did."""
        match event:
            case CheckedIn():
                self.checked_in(event)
            case Vouched():
                self.vouched(event)
            case Reported():
                self.reported(event)
            case Trial():
                if event.client in self.trials or event.until - event.awake > TRIAL * S:
                    self.breach("P7", f"a second trial, or a longer one: {event.client}", event)
                self.trials[event.client] = event.until
            case Armed():
                self.trials[event.client] = 0
            case _:
                pass

    def forget(self, epoch: _Epoch) -> None:
        """After a long stop earlier warnings and announcements do not count."""
        epoch.warned, epoch.refused_last, epoch.refused_out = None, None, None
        epoch.acknowledged = {}
        self.this_round = set()

    def checked_in(self, event: CheckedIn) -> None:
        """An epoch begins. A link must not begin one for a provider whose mailbox outlived them (P7)."""
        if event.how == "link":
            self.links += 1
            if self.links > LINKS_IN_A_ROW:
                self.breach("P7", "a check-in by link that was one too many", event)
            if self.epoch is not None and self.epoch.moved is not None:
                self.breach("P7", "a check-in by link after two people said that the provider is gone", event)
        elif event.how == "typed":
            self.links = 0
        self.epoch = _Epoch(event)
        self.this_round = set()

    def vouched(self, event: Vouched) -> None:
        """A vouch counts once each, from overdue on, and all together put off so much (P7)."""
        epoch = self.epoch
        assert epoch is not None
        if self.silence < epoch.deadline:
            self.breach("P7", f"a vouch before anybody waits: {event.person}", event)
        left = VOUCHES_MOST - sum(seconds for _, _, seconds in epoch.vouched.values())
        if event.person in epoch.vouched or left <= 0:
            self.breach("P7", f"a vouch that is one too many: {event.person}", event)
            return
        epoch.vouched[event.person] = (self.silence, epoch.announced is not None, min(VOUCH, left))

    def reported(self, event: Reported) -> None:
        """Two people, one of whom weighs, move the deadline; never during a pause (P2)."""
        epoch = self.epoch
        assert epoch is not None
        if self.silence < epoch.terms.pause * S or event.person in epoch.reported or epoch.moved is not None:
            self.breach("P2", f"a report that must not count: {event.person}", event)
            return
        epoch.reported[event.person] = event.weighs
        if len(epoch.reported) > 1 and any(epoch.reported.values()):
            epoch.moved = self.silence

    def ordered(self, event: Ordered) -> None:
        """A mail was committed: once per key, an announcement only when it may be made."""
        if event.key in self.orders:
            self.breach("P4", f"ordered twice: {event.key}", event)
        epoch = self.epoch
        if (
            event.kind == "release"
        ):  # a repeat belongs to the silence that it comes from, not to the present one
            epoch = self.causes.setdefault(event.cause, self.epoch)
        self.orders[event.key] = (event, epoch)
        self.this_round.add(event.key)
        if event.awake < self.trials.get(event.client, 0) and event.kind in (
            "announce",
            "release",
            "overdue",
        ):
            self.breach("P3", f"a mail to people of a deposit in its trial: {event.key}", event)
        if event.kind != "announce" or epoch is None:
            return
        if epoch.announced is None:
            off = epoch.put_off(announced=False)
            due = epoch.deadline + epoch.terms.grace * S
            warned = None if epoch.warned is None else epoch.warned + self.limits.notice * S
            self.step("announced", event, due, warned, off)
            epoch.announced = self.silence
        if event.person == "provider":
            epoch.named[event.key] = set(epoch.told)
        else:
            pair = (event.client, event.person)
            epoch.told.setdefault(pair, (self.silence, event.after))
            for key, pairs in epoch.named.items():  # committed together: the provider's mail names it too
                other, _ = self.orders[key]
                if (other.awake, other.node) == (event.awake, event.node):
                    pairs.add(pair)

    def answered(self, event: Answered) -> None:
        """An answer counts for the epoch and round in which its mail was ordered."""
        mail, epoch = self.orders.get(event.key, (None, None))
        if mail is None:
            self.breach("P4", f"a mail went out that was never ordered: {event.key}", event)
            return
        if epoch is None or epoch is not self.epoch or event.key not in self.this_round:
            return
        if mail.kind not in ("warn", "announce") or mail.person != "provider":
            return
        if event.outcome == "accepted":
            epoch.refused_last = None
            if mail.kind == "warn" and epoch.warned is None:
                epoch.warned = self.silence
            for pair in epoch.named.get(event.key, ()):
                epoch.acknowledged.setdefault(pair, self.silence)
        elif self.relay_last is not None and event.awake - self.relay_last <= self.limits.relay_window * S:
            if epoch.refused_last is not None:
                silence, covered = epoch.refused_last
                epoch.refused += min(self.silence - silence, self.covered - covered)
            epoch.refused_last = (self.silence, self.covered)
            if epoch.refused_out is None and epoch.refused >= self.limits.blind_limit * S:
                epoch.refused_out = self.silence

    def begun(self, event: Begun) -> None:
        """The point of no return: everything must have been waited for."""
        mail, epoch = self.orders.get(event.key, (None, None))
        if mail is None:
            self.breach("P4", f"a release began that was never ordered: {event.key}", event)
            return
        self.open[event.key, event.address] += 1
        if self.state == "held":
            self.breach("P2", f"released while another node answered: {event.key}", event)
        pair = (mail.client, mail.person)
        if (*pair, mail.cause) in self.out or self.in_flight(event, mail):
            return  # this person has it: further addresses and repeats give nothing away
        if epoch is None or epoch is not self.epoch:
            self.breach("P2", f"released although a check-in came between: {event.key}", event)
            return
        self.first_release(event, mail, epoch, pair)

    def in_flight(self, event: Begun, mail: Ordered) -> bool:
        """Whether another mail of this release is past its point of no return already."""
        for (key, address), count in self.open.items():
            other, _ = self.orders[key]
            same = (other.client, other.person, other.cause) == (mail.client, mail.person, mail.cause)
            if count and same and (key, address) != (event.key, event.address):
                return True
        return False

    def first_release(self, event: Begun, mail: Ordered, epoch: _Epoch, pair: tuple[str, str]) -> None:
        """P2 and P3 in full, for the first mail by which a person gets the share."""
        limits, told = self.limits, epoch.told.get(pair)
        if self.state != "hearing" and epoch.unheard < limits.deaf_limit * S:
            self.breach("P2", f"released by a deaf node: {event.key}", event)
        if self.settle_left and epoch.settled < limits.settle_most * S:
            self.breach("P2", f"released before the node had settled: {event.key}", event)
        if told is None:
            self.breach("P3", f"released without having been announced to the person: {event.key}", event)
            return
        at, after = told
        wait = epoch.terms.announce
        off = epoch.put_off(announced=True, since=at)
        due = at + (wait + after) * S
        known = epoch.acknowledged.get(pair)
        warned = None if known is None else known + wait * S
        way = self.step(f"released {event.key}", event, due, warned, off)
        if way == "blind" and not mail.blind:
            self.breach("P3", f"a blind release does not say so: {event.key}", event)

    def step(self, what: str, event: Event, due: int, warned: int | None, off: int) -> str:
        """Whether a step of the switch was waited for.

        ``due`` and ``warned`` (the wait after an accepted mail is over) in silence; ``off``, put off by so much.
        """
        assert self.epoch is not None
        early = due + off - self.silence
        if early > 0:
            self.breach("P2", f"{what} {-(-early // S)} s before its silence was full", event)
        ways = [at for at in (warned, self.epoch.refused_out) if at is not None]
        if not ways or self.silence < min(ways) + off:
            self.breach("P3", f"{what} without a mail that was accepted long enough ago", event)
            return "unwarned"
        return "warned" if warned is not None and self.silence >= warned else "blind"

    def ended(self, event: Ended) -> None:
        """An outcome belongs to a beginning."""
        mail, _ = self.orders.get(event.key, (None, None))
        if mail is None or not self.open[event.key, event.address]:
            self.breach("P4", f"an outcome without a beginning: {event.key} {event.address}", event)
            return
        self.open[event.key, event.address] -= 1
        if event.outcome == "out":
            self.out.add((mail.client, mail.person, mail.cause))

    def breach(self, promise: str, what: str, event: Event) -> None:
        """Note a promise that was not kept."""
        self.breaches.append(Breach(promise, what, event.awake))


def check(
    history: Iterable[Event], deliveries: Iterable[Delivery] = (), limits: Limits | None = None
) -> list[Breach]:
    """Every promise that the history of one provider breaks, in the order in which it shows.

    Parameters: ``history``, in order; ``deliveries``, what a sink holds of this provider's mails, where there
    is one; ``limits`` of the node, its defaults if None.
    """
    watch = _Watch(limits or Limits())
    begun, out = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for event in history:
        watch.see(event)
        if isinstance(event, Begun):
            begun[event.key, event.address] += 1
        if isinstance(event, Ended) and event.outcome == "out":
            out[event.key, event.address] += 1
    deliveries = list(deliveries)
    releases = {key for key, (mail, _) in watch.orders.items() if mail.kind == "release"}
    return [*watch.breaches, *of_sink(deliveries, set(watch.orders), begun, releases)]
