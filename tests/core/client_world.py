"""One client's deposit on one node, pure: sets, addresses, requests and switch, as a node puts them together.

Around it: a provider who may do whatever a provider can, a client who does little and looks at nothing, and a
thief. Nothing here is a rule; what a driver has to do between the rules is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from random import Random

from escrowd.core import addresses, requests, sets, switch
from escrowd.core.addresses import Addresses
from escrowd.core.orders import Gate, Order
from escrowd.core.requests import Requests
from escrowd.core.sets import Sets
from escrowd.core.strict import GroupName
from escrowd.core.switch import Moment, NodeFacts
from escrowd.core.terms import DAY, PROVIDER, Beneficiary, NodeRun, Role, Terms, Timings, worse_for_client
from escrowd.errors import EscrowdError

D = DAY * 1_000
HOUR = D // 24
CLIENT, SUCCESSOR, EVIL = "cccccccc", "ssssssss", "eeeeeeee"
OFFICE, HOME, HIS = ("officeaa", "homeaaaa", "hisaaaaa")
"""Addresses: the client's at their own domain, which the provider looks after; one elsewhere; the successor's."""
DOMAINS = frozenset({"mueller.example", "provider.example", "node.example"})
FOUNDING = {
    CLIENT: [(OFFICE, "info@mueller.example"), (HOME, "mueller@freemail.example")],
    SUCCESSOR: [(HIS, "it@nachfolger.example")],
}
GROUPS: tuple[GroupName, ...] = ("nodes", "client", "successor", "reserve")
OLDER = (7 * D, 30 * D, 90 * D)
"""A release offers, beside the newest bundle, those that were it so long before, or else the first one."""
NOTICE = 30 * D
SPOILT = 50 * D


def terms(**changes: object) -> Terms:
    """The terms at the beginning, or others."""
    return Terms(
        **{
            "client": "mueller",
            "timings": Timings(),
            "beneficiaries": (
                Beneficiary(person=CLIENT, role="client", after=0),
                Beneficiary(person=SUCCESSOR, role="successor", after=0),
            ),
            "request_wait": DAY,
            "delay_max": 3 * DAY,
            "nodes": (NodeRun(fingerprint="a" * 32, operator="ffffffff"),),
            "people_sha256": "0" * 64,
            **changes,
        }
    )


FIRST = terms()
WORSE = (
    terms(request_wait=14 * DAY, delay_max=14 * DAY),
    terms(beneficiaries=(Beneficiary(person=CLIENT, role="client", after=30 * DAY),)),
)
WITHOUT = terms(beneficiaries=(Beneficiary(person=EVIL, role="client", after=0),))
NO_WORSE = (
    FIRST,
    terms(beneficiaries=(*FIRST.beneficiaries, Beneficiary(person=EVIL, role="reserve", after=0))),
    terms(beneficiaries=(*FIRST.beneficiaries, Beneficiary(person=EVIL, role="client", after=0))),
)


@dataclass(frozen=True)
class Bundle:
    """A sealed bundle: when it came, which sets open it, and whether anything is in it."""

    at: int
    to: frozenset[int]
    good: bool


@dataclass(frozen=True)
class Sent:
    """A release that went to one address, and what went with it."""

    at: int
    order: Order
    address: addresses.Address
    bundles: tuple[Bundle, ...]
    shares: frozenset[int]

    def opens(self, cards: Iterable[int]) -> bool:
        """Whether the holder of one of the cards opens something with it."""
        return any(b.good and b.to & self.shares & {*cards} for b in self.bundles)


@dataclass
class Deposit:
    """What a node holds, and does. ``cards``: those that the client has, by set."""

    random: Random
    with_switch: bool = False
    now: int = 0
    its_terms: Terms = FIRST
    waiting: tuple[int, Terms] | None = None
    its_sets: Sets = field(default_factory=Sets)
    its_addresses: Addresses = ()
    its_requests: Requests = ()
    bundles: tuple[Bundle, ...] = ()
    kept: tuple[Bundle, ...] = ()
    cards: frozenset[int] = frozenset({1})
    sent: list[Sent] = field(default_factory=list)
    queue: list[Order] = field(default_factory=list)
    number: int = 0
    log: list[str] = field(default_factory=list)
    mute: bool = False
    """No mail is accepted for the provider."""
    due: int | None = None

    def __post_init__(self) -> None:
        self.node = NodeFacts(state="hearing", settle_from=0)
        self.facts = switch.enrol(self.node, self.moment, Timings())
        self.its_addresses = self.told(addresses.name((), FOUNDING, 0, clients={CLIENT}))
        for person, id_ in ((CLIENT, OFFICE), (CLIENT, HOME), (SUCCESSOR, HIS)):
            self.its_addresses = addresses.click(self.its_addresses, 0, person, id_)
        self.deposit((1,), good=True)
        self.prove(1, "client")
        self.facts = switch.set_deposit(self.facts, switch.Deposit("mueller", 1, FIRST.beneficiaries))

    @property
    def moment(self) -> Moment:
        """Now, on a node that always hears itself."""
        return Moment(self.now, self.now)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Those in the terms that count."""
        return tuple({b.role for b in self.its_terms.beneficiaries})

    @property
    def clients(self) -> set[str]:
        """The persons in the role client."""
        return {b.person for b in self.its_terms.beneficiaries if b.role == "client"}

    # What a statement, a click or a proof does -----------------------------------------------------------------

    def told(self, change: addresses.Change) -> Addresses:
        """Take a change of addresses; mails to the others are accepted, or not."""
        known = change.addresses
        for letter in change.letters:
            if letter.kind == "address-added" and self.random.random() < 0.8:
                known = addresses.told(known, self.now, letter.person, letter.about)
        return known

    def state(self, stated: Terms) -> None:
        """A ``terms`` statement: what is worse waits for its notice."""
        if worse_for_client(self.its_terms, stated):
            self.waiting = (self.now + NOTICE, stated)
        else:
            self.waiting, self.its_terms = None, stated
            self.after(sets.retire(self.its_sets, self.now, self.roles))

    def speak(self) -> None:
        """Any statement of the provider: terms on notice may begin."""
        if self.waiting is not None and self.waiting[0] <= self.now:
            self.its_terms, self.waiting = self.waiting[1], None
            self.after(sets.retire(self.its_sets, self.now, self.roles))

    def name(self, people: dict[str, list[tuple[str, str]]]) -> None:
        """A people file."""
        self.its_addresses = self.told(
            addresses.name(self.its_addresses, people, self.now, clients=self.clients)
        )

    def deposit(self, numbers: Iterable[int], *, good: bool) -> None:
        """A ``deposit`` statement."""
        change = sets.deposit(self.its_sets, self.now, tuple(numbers), self.roles)
        self.bundles = (*self.bundles, Bundle(self.now, frozenset(change.sets.sealed), good))
        self.after(change)

    def prove(self, number: int, group: GroupName) -> None:
        """A proof of a card."""
        self.after(sets.proved(self.its_sets, self.now, number, group, self.roles))

    def unseal(self, number: int) -> None:
        """An ``unseal`` statement."""
        running = requests.runs(self.its_requests)
        change = sets.unseal(self.its_sets, self.now, number, request_runs=running)
        if change.kept is not None:
            self.kept = tuple(bundle for bundle in self.offered if change.kept in bundle.to)
        self.after(change)

    def after(self, change: sets.Change) -> None:
        """Take a change of the sets."""
        self.its_sets = change.sets
        if change.retired:
            self.its_requests = requests.move_along(
                self.its_requests, retired=change.retired, newest=self.its_sets.newest
            )
            self.kept = ()
        self.bundles = tuple(bundle for bundle in self.bundles if not bundle.to <= {*self.its_sets.over})

    def ask(self, number: int, group: GroupName) -> None:
        """A proof with the purpose ``request``."""
        self.prove(number, group)
        self.number += 1
        change = requests.open_request(
            self.its_requests,
            self.now,
            id_=f"r{self.number}",
            group=group,
            number=number,
            terms=self.its_terms,
        )
        self.take(change)

    def take(self, change: requests.Change) -> None:
        """Commit an event of a request."""
        self.its_requests = change.requests
        self.queue += change.orders

    def click(self, person: str, id_: str) -> addresses.Address:
        """Somebody clicks a link in a mail to this address."""
        return addresses.find(self.its_addresses, person, id_)

    # What a node does by itself ------------------------------------------------------------------------------

    @property
    def offered(self) -> tuple[Bundle, ...]:
        """The newest bundle, those that were it some time ago, and what is kept."""
        found = [self.bundles[-1]]
        for ago in OLDER:
            before = [bundle for bundle in self.bundles if bundle.at <= found[0].at - ago]
            found += before[-1:] or self.bundles[:1]
        return (*dict.fromkeys(found), *self.kept)

    def tick(self, to: int) -> None:
        """Time passes: evaluate whenever something is due, and send."""
        while True:
            self.evaluate()
            marks = [addresses.due(self.its_addresses, self.now), self.due]
            ahead = [mark for mark in marks if mark is not None and self.now < mark <= to]
            if not ahead:
                break
            self.now = min(ahead)
        self.now = to
        self.evaluate()

    def evaluate(self) -> None:
        """Evaluate requests and switch at this moment, and send, until nothing is left to do."""
        while True:
            evaluation = requests.evaluate(
                self.its_requests,
                self.now,
                reachable=addresses.reachable(self.its_addresses, self.now),
                newest=self.its_sets.newest,
            )
            self.its_requests, self.due = evaluation.requests, evaluation.due
            self.queue += evaluation.orders
            if self.with_switch:
                result = switch.evaluate(self.facts, self.node, self.moment)
                self.facts = result.facts
                self.queue += result.orders
                self.due = min(filter(None, [self.due, result.due.node, result.due.awake]), default=None)
            if not self.queue:
                return
            self.send()

    def send(self) -> None:
        """Hand over what is queued. What the switch holds back is asked for again by the next evaluation."""
        queue, self.queue = self.queue, []
        for order in queue:
            if order.request:
                self.send_request(order)
            elif order.person == PROVIDER and not self.mute:
                self.facts = switch.accepted(self.facts, self.node, self.moment, order)
            elif order.kind == "release":
                self.send_release(order)

    def send_request(self, order: Order) -> None:
        """One mail of a request."""
        gate = requests.may_go(self.its_requests, self.now, order)
        assert gate is not Gate.WAIT
        if gate is Gate.DROP:
            return
        if order.kind == "release":
            self.its_requests = requests.begun(self.its_requests, order)
            for address in addresses.for_request(self.its_addresses, order.person, self.now):
                self.went(order, address)
            self.its_requests = requests.released(self.its_requests, self.now, order)
        elif not self.mute:
            self.its_requests = requests.told_accepted(self.its_requests, self.now, order)

    def send_release(self, order: Order) -> None:
        """One release of silence."""
        if switch.may_go(self.facts, self.node, self.moment, order) is Gate.GO:
            self.facts = switch.release_begun(self.facts, order)
            for address in addresses.for_silence(self.its_addresses, order.person, self.now):
                self.went(order, address)
            self.facts = switch.released(self.facts, self.moment, order)

    def went(self, order: Order, address: addresses.Address) -> None:
        """A release is out."""
        self.sent.append(Sent(self.now, order, address, self.offered, frozenset(self.its_sets.live)))


# Who acts ------------------------------------------------------------------------------------------------------


ACTS = (
    *("deposit", "deposit", "prove", "prove", "at_once", "confirm", "unseal", "unseal", "delay", "delay"),
    *("leave_out", "add", "click", "remove", "own", "object", "terms", "check_in", "relay", "node"),
    *("approve", "end"),
)


class HostileProvider:
    """Does at random whatever a provider can do, who prints every card and reads the client's office mail.

    ``asked``: when the client will ask. What can be undone by nobody comes late enough that the client, who
    was told, still asks in time: a client's name goes from the terms after 30 d of notice, and bundles that
    are spoilt for longer than a node keeps older ones are nobody's to repair.
    """

    def __init__(self, world: Deposit, asked: int) -> None:
        self.world, self.random, self.asked = world, world.random, asked
        self.printed = {1}
        self.evil = 0
        self.mailboxes: list[tuple[str, str]] = [(CLIENT, OFFICE)]

    def act(self) -> None:
        """One act. What the node refuses changes nothing."""
        name = self.random.choice(ACTS)
        try:
            self.world.speak()
            getattr(self, name)()
            self.world.log.append(f"{self.world.now / D:.2f} {name}")
        except EscrowdError as error:
            self.world.log.append(f"{self.world.now / D:.2f} {name}: {error.code}")

    def deposit(self) -> None:
        """New sets that nobody is handed, old ones left out, spoilt bundles."""
        sealed = self.world.its_sets.sealed
        new = max(self.printed) + 1
        numbers = self.random.choice([sealed, sealed, (*sealed, new), (sealed[0], new), (new,), sealed[-1:]])
        self.printed |= {new} & {*numbers}
        good = self.world.now < self.asked - SPOILT or self.random.random() < 0.5
        self.world.deposit(numbers, good=good)

    def prove(self) -> None:
        """Any card that was ever printed."""
        self.world.prove(self.random.choice([*self.printed]), self.random.choice(GROUPS))

    def at_once(self) -> None:
        """The new client's card, which the client never saw."""
        number = self.world.its_sets.newest
        self.world.prove(number, "client")
        self.world.after(sets.ask_at_once(self.world.its_sets, number, "client"))

    def confirm(self) -> None:
        """A click in the client's name, in a mailbox that the provider reads."""
        at = self.world.click(*self.random.choice(self.mailboxes))
        may_act = addresses.may_act(at, self.world.now, DOMAINS)
        after = sets.confirm(
            self.world.its_sets,
            self.world.now,
            self.world.its_sets.newest,
            self.world.roles,
            may_act=may_act,
            at_once=self.random.random() < 0.5,
        )
        self.world.after(after)

    def unseal(self) -> None:
        """Stop sealing to the older set."""
        self.world.unseal(self.world.its_sets.sealed[0])

    def leave_out(self) -> None:
        """A people file without some of the client's addresses."""
        self.world.name({CLIENT: self.random.sample(FOUNDING[CLIENT], self.random.randint(0, 1))})

    def add(self) -> None:
        """A people file with an address of the provider's own for somebody."""
        self.evil += 1
        person, id_ = self.random.choice([CLIENT, EVIL, SUCCESSOR]), f"evil{self.evil:04}"
        self.world.name({**FOUNDING, person: [*FOUNDING.get(person, []), (id_, f"{id_}@evil.example")]})
        self.mailboxes.append((person, id_))

    def click(self) -> None:
        """Confirm one of those."""
        person, id_ = self.random.choice(self.mailboxes)
        self.world.its_addresses = addresses.click(self.world.its_addresses, self.world.now, person, id_)

    def remove(self) -> None:
        """Remove one of the client's addresses by a click in such a mailbox."""
        self.world.its_addresses = addresses.remove(
            self.world.its_addresses,
            self.world.now,
            CLIENT,
            self.random.choice([OFFICE, HOME]),
            by=self.random.choice(self.mailboxes),
            domains=DOMAINS,
            clients=self.world.clients,
        ).addresses

    def own(self) -> None:
        """Say in the client's name that an added mailbox is theirs."""
        person, id_ = self.random.choice(self.mailboxes)
        by = self.random.choice(self.mailboxes)
        self.world.its_addresses = addresses.own(
            self.world.its_addresses,
            self.world.now,
            person,
            id_,
            by=by,
            domains=DOMAINS,
            clients=self.world.clients,
        )

    def object(self) -> None:
        """Object in the client's name."""
        person, id_ = self.random.choice(self.mailboxes)
        may_act = addresses.may_act(self.world.click(person, id_), self.world.now, DOMAINS)
        for request in self.world.its_requests:
            self.world.take(
                requests.object_(
                    self.world.its_requests, self.world.now, request.id, person=person, may_act=may_act
                )
            )

    def terms(self) -> None:
        """Other terms, worse ones too."""
        late = self.world.now >= self.asked - NOTICE
        self.world.state(self.random.choice([*WORSE, *NO_WORSE, *((WITHOUT,) if late else ())]))

    def delay(self) -> None:
        """Delay what runs."""
        for request in self.world.its_requests:
            seconds = self.random.choice([3_600, DAY, 3 * DAY, 14 * DAY])
            self.world.take(
                requests.delay(
                    self.world.its_requests, self.world.now, request.id, seconds=seconds, reason="x"
                )
            )

    def approve(self) -> None:
        """Approve what the others ask: the provider may."""
        for request in self.world.its_requests:
            if request.role != "client":
                self.world.take(requests.approve(self.world.its_requests, self.world.now, request.id))

    def check_in(self) -> None:
        """A typed check-in, sometimes with a pause."""
        world = self.world
        pause = self.random.choice([0, 0, 60 * DAY])
        world.facts = switch.check_in(
            world.facts, world.node, world.moment, presence="typed", pause=pause
        ).facts

    def relay(self) -> None:
        """The provider's own mailbox takes nothing any more, or does again."""
        self.world.mute = not self.world.mute

    def node(self) -> None:
        """The node is cut off, restarted, put back, or a copy runs."""
        self.world.node = replace(
            self.world.node,
            state=self.random.choice(["hearing", "deaf", "held"]),
            round=self.world.node.round + self.random.randint(0, 1),
            settle_from=self.world.now,
        )

    def end(self) -> None:
        """Withdraw the deposit."""
        self.world.facts = switch.end_deposit(self.world.facts, self.world.moment, "mueller")
