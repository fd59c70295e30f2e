"""A world for the switch: a node with its clocks and hearing, a mail server, mailboxes that take mail or do not.

It drives the rules as a node must: evaluate when a hint is due and after each event, carry out each order
once, ask the gate before a mail goes. Beside that it writes down what an onlooker would see, for the checker.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from checker import events as seen

from escrowd.core import hearing
from escrowd.core.switch import (
    Change,
    Deposit,
    Evaluation,
    Facts,
    Gate,
    Moment,
    NodeFacts,
    Order,
    accepted,
    begin_anew,
    check_in,
    end_deposit,
    end_trial,
    enrol,
    evaluate,
    may_go,
    refused,
    release_begun,
    release_refused,
    released,
    report,
    set_deposit,
    set_timings,
    trial_end,
    vouch,
)
from escrowd.core.terms import DAY, PROVIDER, Beneficiary, Role, Timings
from escrowd.errors import EscrowdError

H = 3_600_000
D = 24 * H
CLIENT, SUCCESSOR, RESERVE, WITNESS = "cccccccc", "ssssssss", "rrrrrrrr", "wwwwwwww"


def person(name: str, role: Role, after: int = 0) -> Beneficiary:
    """A beneficiary who waits ``after`` days."""
    return Beneficiary(person=name, role=role, after=after * DAY)


ALL = (person(CLIENT, "client"), person(SUCCESSOR, "successor"), person(RESERVE, "reserve", 14))


@dataclass
class World:
    """One node, one provider. ``every``: evaluate at every step, instead of only when a hint is due."""

    timings: Timings = field(default_factory=Timings)
    every: bool = False
    witnesses: tuple[str, ...] = ()  # of the first deposit
    trial: bool = False  # of the first deposit
    now: Moment = field(default_factory=lambda: Moment(0, 0))
    node: NodeFacts = field(default_factory=NodeFacts)
    relay_up: bool = True
    digest: bool = True  # the node's daily mail to its operator
    mailbox: str = "take"  # the provider's: take | refuse (5xx) | later (4xx) | mute (no answer)
    people: str = "take"  # the beneficiaries': take | refuse | later | lost (the reply to DATA is lost)
    slow: bool = False  # the reply to DATA comes a step later
    queue: list[Order] = field(default_factory=list)
    in_data: list[Order] = field(default_factory=list)
    log: list[tuple[Moment, Order]] = field(default_factory=list)
    phases: list[tuple[int, str]] = field(default_factory=list)
    history: list[seen.Event] = field(default_factory=list)
    evaluations: int = 0

    def __post_init__(self) -> None:
        self.facts: Facts = enrol(self.node, self.now, self.timings)
        self.see_epoch()
        self.last: Evaluation = evaluate(self.facts, self.node, self.now)
        self.hear("self")
        self.put("bakery", *ALL, witnesses=self.witnesses, trial=self.trial)

    # Seeing -----------------------------------------------------------------------------------------------

    def see(self, event: Callable[..., seen.Event], **more: object) -> None:
        """Write down an event for the checker."""
        self.history.append(event(awake=self.now.awake, node=self.now.node, **more))

    def see_epoch(self, how: str = "typed") -> None:
        """Write down that an epoch begins."""
        t = self.facts.timings
        self.see(
            seen.CheckedIn,
            interval=t.interval,
            grace=t.grace,
            announce=t.announce,
            pause=self.facts.pause,
            how=how,
        )

    # Driving ----------------------------------------------------------------------------------------------

    def evaluate(self) -> None:
        """Evaluate, and commit facts and orders."""
        if self.facts.generation != self.node.generation:
            self.change(begin_anew(self.facts, self.node, self.now))
            self.see_epoch("anew")
        self.evaluations += 1
        self.last = evaluate(self.facts, self.node, self.now)
        self.facts = self.last.facts
        self.commit(self.last.orders)
        self.phases.append((self.facts.epoch, self.last.phase))

    def change(self, change: Change) -> None:
        """Commit what an event made of the facts."""
        self.facts = change.facts
        self.commit(change.orders)

    def commit(self, orders: tuple[Order, ...]) -> None:
        """Put orders into the outbox."""
        for order in orders:
            self.log.append((self.now, order))
            self.queue.append(order)
            after = next((n.after for n in self.facts.notices if self.same(n, order)), 0)
            self.see(
                seen.Ordered,
                kind=order.kind,
                key=order.key,
                cause=order.epoch,
                person=order.person,
                client=order.client,
                after=after,
                blind=order.blind,
            )

    @staticmethod
    def same(notice: object, order: Order) -> bool:
        """Whether a notice is about the person and deposit of an order."""
        return (notice.client, notice.person) == (order.client, order.person)  # type: ignore[attr-defined]

    def is_due(self) -> bool:
        """Whether a hint of the last evaluation has come."""
        due = self.last.due
        by_node = due.node is not None and self.now.node >= due.node
        return self.every or by_node or (due.awake is not None and self.now.awake >= due.awake)

    def step(self, ms: int) -> None:
        """Let time pass: one tick, however long, then the outbox."""
        self.now = hearing.advance(self.now, hearing=self.node.state == "hearing", elapsed=ms, tick=ms)
        self.see(seen.Tick)
        if self.digest and self.relay_up and (self.node.relay_last or -D) + D <= self.now.awake:
            self.took()
        if self.is_due():
            self.evaluate()
        self.queue += [order for order in self.in_data if not self.outcome(order)]
        self.in_data = []
        self.send()
        if self.last.facts is not self.facts:
            self.evaluate()

    def run(self, ms: int, tick: int = 6 * H) -> None:
        """Let much time pass."""
        end = self.now.awake + ms
        while self.now.awake < end:
            self.step(min(tick, end - self.now.awake))

    def took(self) -> None:
        """The relay takes some mail."""
        self.node = hearing.relay_took(self.node, self.now)
        self.see(seen.RelayTook)

    def send(self) -> None:
        """Try each mail in the outbox once."""
        kept: list[Order] = []
        for order in self.queue:
            match may_go(self.facts, self.node, self.now, order):
                case Gate.GO if self.relay_up:
                    if not self.try_one(order):
                        kept.append(order)
                case Gate.GO | Gate.WAIT:
                    kept.append(order)
                case Gate.DROP:
                    pass
        self.queue = kept

    def try_one(self, order: Order) -> bool:
        """Hand one mail to the server. False: it stays in the outbox."""
        if order.person == PROVIDER:
            return self.to_provider(order)
        if order.kind != "release":
            self.took()
            return True
        self.facts = release_begun(self.facts, order)
        self.see(seen.Begun, key=order.key, address="a")
        if self.slow:
            self.in_data.append(order)
            return True
        return self.outcome(order)

    def to_provider(self, order: Order) -> bool:
        """One mail to the provider's only address."""
        if self.mailbox == "mute":
            return False
        if self.mailbox == "take":
            self.took()
            self.facts = accepted(self.facts, self.node, self.now, order)
            self.see(seen.Answered, key=order.key, outcome="accepted")
            return True
        self.facts = refused(self.facts, self.node, self.now, order)
        self.see(seen.Answered, key=order.key, outcome="refused")
        return self.mailbox == "refuse"

    def outcome(self, order: Order) -> bool:
        """The server's reply to DATA. False: the mail stays in the outbox."""
        if self.people in ("take", "lost"):
            if self.people == "take":
                self.took()
            self.facts = released(self.facts, self.now, order)
            self.see(seen.Ended, key=order.key, address="a", outcome="out")
            return True
        self.facts = release_refused(self.facts, self.now, order)
        self.see(seen.Ended, key=order.key, address="a", outcome="refused")
        return self.people == "refuse"

    # What may happen --------------------------------------------------------------------------------------

    def check_in(self, presence: str = "typed", pause: int = 0) -> bool:
        """A check-in; ``pause`` in days. False if it was refused or did not count."""
        try:
            change = check_in(self.facts, self.node, self.now, presence=presence, pause=pause * DAY)
        except EscrowdError:
            return False
        self.change(change)
        if change.counted:
            self.see_epoch(presence)
        if change.vouched:
            self.see(seen.Vouched, person=PROVIDER)
        self.evaluate()
        return change.counted

    def vouch(self, who: str) -> bool:
        """A person vouches. False if it did not count."""
        change = vouch(self.facts, self.node, self.now, person=who)
        if change.counted:
            self.see(seen.Vouched, person=who)
        self.change(change)
        self.evaluate()
        return change.counted

    def report(self, who: str) -> bool:
        """A person reports that the provider is gone. False if it did not count."""
        change = report(self.facts, self.node, self.now, person=who)
        if change.counted:
            self.see(seen.Reported, person=who, weighs=change.facts.reports[-1].weighs)
        self.change(change)
        self.evaluate()
        return change.counted

    def hear(self, answer: hearing.Answer) -> None:
        """The node asks its own public address."""
        generation = self.node.generation
        self.node = hearing.heard(self.node, self.now, answer)
        self.see(seen.Heard, answer=answer)
        if self.every or self.last.phase != "current" or generation != self.node.generation:
            self.evaluate()

    def restart(self, *, long_stop: bool = False, restored: bool = False, deaf: bool = False) -> None:
        """The node stops, for however long, and starts: mails in DATA count as out. Then it hears itself, or not."""
        for order in self.in_data:
            self.facts = released(self.facts, self.now, order)
            self.see(seen.Ended, key=order.key, address="a", outcome="out")
        self.in_data = []
        gap = 10 * DAY if long_stop else 60
        self.node = hearing.started(self.node, self.now, wall_gap=gap, restored=restored)
        self.see(seen.Started, long_stop=long_stop)
        if self.every or self.last.phase != "current" or restored:
            self.evaluate()
        self.hear("none" if deaf else "self")

    def put(
        self, client: str, *people: Beneficiary, witnesses: tuple[str, ...] = (), trial: bool = False
    ) -> None:
        """A deposit, new or with other people."""
        until = trial_end(self.now) if trial else None
        before = self.trial_of(client)
        deposit = Deposit(client, 1, people, witnesses=witnesses, trial_ends_awake=until)
        self.facts = set_deposit(self.facts, deposit)
        after = self.trial_of(client)
        if after is not None and after != before:
            self.see(seen.Trial, client=client, until=after)
        self.evaluate()

    def trial_of(self, client: str) -> int | None:
        """When the trial of a client's deposit ends, if it is in one."""
        return next((d.trial_ends_awake for d in self.facts.deposits if d.client == client), None)

    def arm(self, client: str) -> None:
        """The provider ends a trial."""
        self.facts = end_trial(self.facts, client)
        self.see(seen.Armed, client=client)
        self.evaluate()

    def end(self, client: str) -> None:
        """The provider ends a deposit."""
        self.facts = end_deposit(self.facts, self.now, client)
        self.evaluate()

    def agree(self, timings: Timings) -> None:
        """The provider states new timings."""
        self.facts = set_timings(self.facts, timings)
        self.evaluate()

    def policy(self, **limits: int) -> None:
        """The operator sets other limits."""
        self.node = replace(self.node, policy=replace(self.node.policy, **limits))

    # Looking ----------------------------------------------------------------------------------------------

    def ordered(self, kind: str, who: str | None = None) -> list[tuple[float, int]]:
        """When (awake, in days) orders of a kind were given, and their numbers."""
        return [
            (moment.awake / D, order.number)
            for moment, order in self.log
            if order.kind == kind and who in (None, order.person)
        ]

    def days(self, kind: str, who: str | None = None) -> list[float]:
        """Days at which orders of a kind were given."""
        return [day for day, _ in self.ordered(kind, who)]


def silent(days: float, **more: object) -> World:
    """A world whose provider has been silent for so many days."""
    world = World(**more)
    world.run(int(days * D))
    return world


def release(world: World, who: str, number: int = 0) -> Order:
    """The order of a release to a person."""
    return next(o for _, o in world.log if (o.kind, o.person, o.number) == ("release", who, number))


def went(world: World) -> list[float]:
    """Days at which mails of releases passed the point of no return."""
    return [event.awake / D for event in world.history if isinstance(event, seen.Begun)]
