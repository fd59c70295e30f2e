"""Switch, requests, sets and addresses together, under random acts of a hostile provider and of a thief.

``ESCROW_HISTORIES`` says how many histories are run; ``make histories`` runs 10,000.
"""

import os
from random import Random

import pytest
from core.client_world import (
    CLIENT,
    DOMAINS,
    FOUNDING,
    GROUPS,
    HOME,
    SUCCESSOR,
    D,
    Deposit,
    HostileProvider,
)

from escrowd.core import addresses, requests, sets
from escrowd.core.requests import SECOND, TOLD_WITHIN
from escrowd.errors import EscrowdError

CHANGES = int(os.environ.get("ESCROW_HISTORIES", "800"))
ASKED, WITH_SWITCH, STOLEN = CHANGES // 3, CHANGES // 20, CHANGES // 5
"""How many of each kind: they take longer."""


def dice(seed: int) -> Random:
    """The same history for the same number."""
    return Random(seed)  # noqa: S311 — no secret: a history that can be run again


def told(seed: int, world: Deposit) -> str:
    """What a failure needs to be understood."""
    return f"seed {seed}\n" + "\n".join(
        [*world.log, str(world.its_sets), str(world.its_addresses), str(world.its_requests)]
    )


class Client:
    """Proves a card that was handed over, confirms at a free address that it is there, and throws old ones away."""

    def __init__(self, world: Deposit, *, hastens: bool = True) -> None:
        self.world, self.hastens = world, hastens

    def act(self, handed_over: int | None) -> None:
        world, random = self.world, self.world.random
        if handed_over is not None and handed_over in world.its_sets.live:
            world.cards |= {handed_over}
        held = sorted(world.cards & {*world.its_sets.live})
        if random.random() < 0.5:
            world.prove(random.choice(held), "client")
        newest = world.its_sets.newest
        if newest in world.cards and random.random() < 0.4:
            at_home = addresses.find(world.its_addresses, CLIENT, HOME)
            may_act = addresses.may_act(at_home, world.now, DOMAINS)
            try:
                at_once = self.hastens and random.random() < 0.3
                if at_once:
                    world.prove(newest, "client")
                    world.after(sets.ask_at_once(world.its_sets, newest, "client"))
                world.after(
                    sets.confirm(
                        world.its_sets, world.now, newest, world.roles, may_act=may_act, at_once=at_once
                    )
                )
            except EscrowdError as error:
                assert error.code == "sets.only-one"  # noqa: PT017 — any other is a failure
        world.cards &= {*world.its_sets.live}


def can_open(world: Deposit) -> bool:
    """Whether a release now would open with a card that the client has."""
    live = {*world.its_sets.live}
    return any(bundle.good and bundle.to & live & world.cards for bundle in world.offered)


def test_nobody_is_locked_out_by_a_change_of_set() -> None:
    """P7: after any history of sets, handed over or not, the client's cards open what the node would release."""
    retired = 0
    for seed in range(CHANGES):
        world = Deposit(dice(seed))
        provider, client = HostileProvider(world, 10_000 * D), Client(world)
        for _ in range(world.random.randint(5, 30)):
            world.now += world.random.randint(0, 25 * D)
            provider.act()
            client.act(world.random.choice([None, world.its_sets.newest, *provider.printed]))
            assert can_open(world), told(seed, world)
            home = addresses.find(world.its_addresses, CLIENT, HOME)
            assert addresses.counts(home, world.now), told(seed, world)
        retired += 1 in world.its_sets.over
    assert retired > CHANGES / 20  # the histories do change sets


class Spoiler(HostileProvider):
    """Hands over all cards, and from some day on, for ``SPOILS``, seals nothing into the bundles."""

    SPOILS = 29 * D

    def __init__(self, world: Deposit) -> None:
        super().__init__(world, 10_000 * D)
        self.spoils_from = self.random.randint(1, 300 * D)

    def deposit(self) -> None:
        world = self.world
        new = max(self.printed) + 1
        numbers = self.random.choice([world.its_sets.sealed, (world.its_sets.sealed[0], new)])
        world.deposit(numbers, good=world.now < self.spoils_from)
        self.printed |= {*numbers}

    def prove(self) -> None:
        number = self.world.its_sets.newest
        for group in GROUPS:
            self.world.prove(number, group)


def test_a_change_of_set_takes_no_good_bundle_away() -> None:
    """P7: who does not click "at once" opens a good bundle, though for 29 d only spoilt ones came and sets changed."""
    retired = late = 0
    for seed in range(CHANGES):
        world = Deposit(dice(seed))
        provider, client = Spoiler(world), Client(world, hastens=False)
        end = provider.spoils_from + provider.SPOILS
        for at in sorted(world.random.randint(0, end) for _ in range(world.random.randint(5, 60))):
            world.now = at
            before = world.its_sets.over
            provider.act()
            client.act(world.its_sets.newest)
            assert can_open(world), told(seed, world)
            late += world.its_sets.over != before and at > provider.spoils_from
        retired += 1 in world.its_sets.over
    assert retired > CHANGES / 20  # the histories do change sets
    assert late > CHANGES / 40  # and while only spoilt bundles come


def asking(seed: int, *, with_switch: bool) -> None:
    """One history: acts before the client asks, the proof, acts until the bound."""
    world = Deposit(dice(seed), with_switch=with_switch)
    random = world.random
    asked = random.randint(0, 400 * D)
    provider = HostileProvider(world, asked)
    for at in sorted(random.randint(0, asked) for _ in range(random.randint(0, 25))):
        world.tick(at)
        provider.act()
    world.tick(asked)
    world.ask(1, "client")
    request = world.its_requests[-1]
    bound = asked + (request.wait + request.delay_max + TOLD_WITHIN) * SECOND
    assert request.wait + request.delay_max <= 30 * D // SECOND
    for at in sorted(random.randint(asked, bound) for _ in range(random.randint(0, 15))):
        world.tick(at)
        provider.act()
    world.tick(bound)
    assert requests.find(world.its_requests, request.id).objected is None, told(seed, world)
    mine = [one for one in world.sent if (one.order.request, one.address.id) == (request.id, HOME)]
    assert mine, told(seed, world)
    assert any(one.opens({1}) for one in mine), told(seed, world)


def test_a_client_with_a_proved_card_gets_what_opens() -> None:
    """P7: whatever the provider does, within request_wait + delay_max + 2 d of the proof comes what opens."""
    for seed in range(ASKED):
        asking(seed, with_switch=False)


def test_the_switch_changes_nothing_about_it() -> None:
    """P7: check-ins, pauses, silence, deafness, restarts and copies of the node leave a request alone."""
    for seed in range(WITH_SWITCH):
        asking(seed, with_switch=True)


class Thief:
    """Has a client's and a successor's card, and the provider's daily key; reads none of their mailboxes."""

    def __init__(self, world: Deposit) -> None:
        self.world = world
        self.mine = 0
        self.named: list[tuple[str, str]] = []

    def act(self) -> None:
        """One act. What the node refuses changes nothing."""
        try:
            getattr(
                self,
                self.world.random.choice(
                    ["ask", "ask", "retire", "name", "click", "steal", "prove", "remove"]
                ),
            )()
        except EscrowdError as error:
            self.world.log.append(f"{self.world.now / D:.2f} {error.code}")

    def ask(self) -> None:
        self.world.ask(1, self.world.random.choice(["client", "successor"]))

    def prove(self) -> None:
        self.world.prove(1, self.world.random.choice(["client", "successor"]))

    def retire(self) -> None:
        world = self.world
        world.after(sets.ask_at_once(world.its_sets, world.its_sets.newest, "client"))

    def name(self) -> None:
        self.mine += 1
        person, id_ = self.world.random.choice([CLIENT, SUCCESSOR]), f"thief{self.mine:03}"
        self.world.name({**FOUNDING, person: [*FOUNDING[person], (id_, f"{id_}@thief.example")]})
        self.named.append((person, id_))

    def click(self) -> None:
        person, id_ = self.world.random.choice(self.named or [(CLIENT, "nothinga")])
        self.world.its_addresses = addresses.click(self.world.its_addresses, self.world.now, person, id_)

    def steal(self) -> None:
        """An id of the client's, for another address."""
        self.world.name({CLIENT: [(HOME, "me@thief.example")]})

    def remove(self) -> None:
        """An address of the client's, by a click in a mailbox of the thief's own."""
        by = self.world.random.choice(self.named or [(CLIENT, "nothinga")])
        self.world.its_addresses = addresses.remove(
            self.world.its_addresses, self.world.now, CLIENT, HOME, by=by, domains=DOMAINS, clients={CLIENT}
        ).addresses


@pytest.mark.parametrize("with_switch", [False, True])
def test_a_thief_gets_nothing_sent(with_switch: bool) -> None:  # noqa: FBT001 — a parameter of the test
    """A card and the daily key together send nothing to an address that was not confirmed, nor to a new one."""
    sent = 0
    for seed in range(WITH_SWITCH if with_switch else STOLEN):
        world = Deposit(dice(seed), with_switch=with_switch)
        thief = Thief(world)
        for _ in range(world.random.randint(1, 30)):
            world.tick(world.now + world.random.randint(0, 3 * D))
            thief.act()
        world.tick(world.now + 5 * D)
        for one in world.sent:
            assert one.address.clicked is not None, told(seed, world)
            assert one.address.founding or one.at - one.address.named >= 30 * D, told(seed, world)
        assert addresses.counts(addresses.find(world.its_addresses, CLIENT, HOME), world.now)
        assert 1 in world.its_sets.live
        sent += len(world.sent)
    assert sent
