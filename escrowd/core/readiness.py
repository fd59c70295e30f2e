"""What still stands between one client and a working recovery, worst first. Advice: nothing is refused by it.

Facts come from the provider's own records, from the open bundle, and from what the nodes said last. Times are
wall times: only people read what follows, and no rule of a node does.

| code | severity | found when |
|---|---|---|
| ``nodes.none`` | alarm | nobody holds the deposit |
| ``nodes.provider-only`` | alarm | the provider runs every node: only P6 stands (P7) |
| ``card.not-handed-over`` | alarm (client), warn | a role of the terms has no card of the newest set |
| ``card.unproved`` | alarm (client), warn | a card that was handed over was never proved |
| ``card.proof-old`` | warn | the last proof is older than ``PROVED_WITHIN`` |
| ``outside.one-group`` | alarm | fewer than two cards are held outside the nodes: no way in without (P6) |
| ``address.unconfirmed`` | alarm (client), warn | a person confirmed no address that counts |
| ``address.hangs`` | alarm | all of them hang on the provider, the node or the bundle |
| ``address.only-one`` | alarm | a person has one address |
| ``paid.node``, ``.domain``, ``.mail`` | alarm (over), warn | paid for less than the timeline + 60 d |
| ``paid.unknown`` | todo | a node does not say until when something is paid (``what``) |
| ``successor.not-accepted`` | warn | a successor did not confirm the terms |
| ``terms.unconfirmed`` | warn | a client or reserve did not confirm the terms that hold |
| ``kit.none``, ``kit.old`` | warn | no kit was made; the bundle changed since |
| ``entry.second-factor`` | warn | its second factor is in the provider's hands alone |
| ``entry.recovery-mailbox`` | warn | so is the mailbox by which its password is set anew |
| ``entry.no-reason`` | todo | profile ``full-service``: no decision with a reason |
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Literal

from escrowd.core.addresses import domain_of
from escrowd.core.bundle import Bundle, Entry
from escrowd.core.delivery import Overtaken
from escrowd.core.standing import AddressState
from escrowd.core.terms import DAY, Profile, Role

PROVED_WITHIN: Final = 400 * DAY
PAID_BEYOND: Final = 60 * DAY
"""Beyond the whole timeline from check-in to the last release. Seconds."""
ADDRESSES: Final = 2
OUTSIDE: Final = 2
"""Groups that open a bundle without a node (P6)."""

OUTSIDE_GROUPS: Final[tuple[Role, ...]] = ("client", "successor", "reserve")
Paid = Literal["node", "domain", "mail"]
PAID: Final[tuple[Paid, ...]] = ("node", "domain", "mail")


class Severity(IntEnum):
    """How bad a finding is; the lower, the worse."""

    ALARM = 0  # the client could be locked out
    WARN = 1  # a way in is weaker than it should be
    TODO = 2  # something is not recorded


@dataclass(frozen=True, slots=True)
class Finding:
    """One gap. ``person`` or ``""``; ``fields``, what a sentence about it names: never a secret."""

    code: str
    severity: Severity
    person: str = ""
    fields: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """An address as the node tells: its state, and whether it hangs on something (``addresses``, A11)."""

    state: AddressState
    hangs: bool


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A beneficiary. ``confirmed``: the terms that hold now were confirmed by a click."""

    person: str
    role: Role
    addresses: tuple[AddressFacts, ...] = ()
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class CardFacts:
    """The card of a group in the newest set: whether it was handed over, and when last proved."""

    group: Role
    handed_out: bool
    proved: int | None = None


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """A node that holds the deposit. ``by_provider``: the provider, or somebody who works for them, runs it.

    ``paid``: until when what it needs is paid, as the operator says.
    """

    name: str
    by_provider: bool
    paid: Mapping[Paid, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """An entry of the bundle, as far as it can be a gap."""

    id: str
    title: str
    second_factor_alone: bool = False
    recovery_alone: bool = False
    has_reason: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that is known of one client.

    ``timeline``, seconds from a check-in to the last release (``timeline_of``); ``set``, the newest set, 0
    for none; ``revision`` of the bundle; ``kit``, the revision of the last kit that was made, or None;
    ``overtaken``, where the list that the client holds is old: no gap, since nothing here opens less for it;
    ``cards`` of the newest set; ``entries`` of the open bundle, empty where it is not open.
    """

    profile: Profile
    timeline: int
    set: int
    revision: int
    kit: int | None = None
    people: tuple[PersonFacts, ...] = ()
    overtaken: Overtaken | None = None
    cards: tuple[CardFacts, ...] = ()
    nodes: tuple[NodeFacts, ...] = ()
    entries: tuple[EntryFacts, ...] = ()


def findings(facts: Facts, now: int) -> tuple[Finding, ...]:
    """All gaps at wall time ``now``, worst first, in an order that does not change from call to call."""
    found = [
        *_nodes(facts),
        *_cards(facts, now),
        *_outside(facts),
        *(finding for person in facts.people for finding in _person(person)),
        *(finding for node in facts.nodes for finding in _paid(node, facts.timeline, now)),
        *_kit(facts),
        *(finding for entry in facts.entries for finding in _entry(entry, facts.profile)),
    ]
    return tuple(sorted(found, key=lambda finding: finding.severity))  # stable: the order above stays


def timeline_of(interval: int, grace: int, announce: int, after: Collection[int]) -> int:
    """Seconds from a check-in to the last release."""
    return interval + grace + announce + max(after, default=0)


def entry_facts(bundle: Bundle, provider_domains: Collection[str]) -> tuple[EntryFacts, ...]:
    """What the entries of an open bundle lack.

    Parameters: ``provider_domains``, host names of the provider's own addresses.
    """
    return tuple(
        EntryFacts(
            entry.id,
            entry.title,
            second_factor_alone=_second_factor_alone(entry),
            recovery_alone=_under(domain_of(entry.recovery_mailbox), provider_domains),
            has_reason=any(decision.reason.strip() for decision in entry.decisions),
        )
        for entry in bundle.entries
    )


def _second_factor_alone(entry: Entry) -> bool:
    """There is one, and the bundle has neither its secret, nor codes, nor where codes are kept."""
    factor = entry.second_factor
    if factor is None or factor.kind == "none" or entry.totp is not None:
        return False
    return not (factor.codes or factor.codes_where.strip())


def _under(domain: str, domains: Collection[str]) -> bool:
    labels = domain.split(".")
    return any(".".join(labels[at:]) in domains for at in range(len(labels)))


def _worse_for(role: Role) -> Severity:
    return Severity.ALARM if role == "client" else Severity.WARN


def _nodes(facts: Facts) -> Iterator[Finding]:
    if not facts.nodes:
        yield Finding("nodes.none", Severity.ALARM)
    elif all(node.by_provider for node in facts.nodes):
        yield Finding("nodes.provider-only", Severity.ALARM)


def _cards(facts: Facts, now: int) -> Iterator[Finding]:
    cards = {card.group: card for card in facts.cards}
    roles = {person.role for person in facts.people}
    for group in OUTSIDE_GROUPS:
        card = cards.get(group)
        named: dict[str, str | int] = {"group": group, "set": facts.set}
        if card is None or not card.handed_out:
            if group in roles:
                yield Finding("card.not-handed-over", _worse_for(group), fields=named)
        elif card.proved is None:
            yield Finding("card.unproved", _worse_for(group), fields=named)
        elif now - card.proved > PROVED_WITHIN:
            yield Finding("card.proof-old", Severity.WARN, fields={**named, "proved": card.proved})


def _outside(facts: Facts) -> Iterator[Finding]:
    held = [card.group for card in facts.cards if card.handed_out]
    if len(set(held)) < OUTSIDE:
        yield Finding("outside.one-group", Severity.ALARM, fields={"held": ", ".join(held)})


def _person(person: PersonFacts) -> Iterator[Finding]:
    there = [one for one in person.addresses if one.state != "removed"]
    confirmed = [one for one in there if one.state == "confirmed"]
    fields: dict[str, str | int] = {"role": person.role}
    if not confirmed:
        yield Finding("address.unconfirmed", _worse_for(person.role), person.person, fields)
    if there and all(one.hangs for one in confirmed or there):
        yield Finding("address.hangs", Severity.ALARM, person.person, fields)
    if len(there) < ADDRESSES:
        yield Finding("address.only-one", Severity.ALARM, person.person, fields)
    if not person.confirmed:
        code = "successor.not-accepted" if person.role == "successor" else "terms.unconfirmed"
        yield Finding(code, Severity.WARN, person.person, fields)


def _paid(node: NodeFacts, timeline: int, now: int) -> Iterator[Finding]:
    for what in PAID:
        until = node.paid.get(what)
        if until is None:
            yield Finding("paid.unknown", Severity.TODO, fields={"node": node.name, "what": what})
        elif until < now + timeline + PAID_BEYOND:
            severity = Severity.ALARM if until <= now else Severity.WARN
            yield Finding(f"paid.{what}", severity, fields={"node": node.name, "until": until})


def _kit(facts: Facts) -> Iterator[Finding]:
    if facts.kit is None:
        yield Finding("kit.none", Severity.WARN)
    elif facts.kit < facts.revision:
        yield Finding("kit.old", Severity.WARN, fields={"kit": facts.kit, "revision": facts.revision})


def _entry(entry: EntryFacts, profile: Profile) -> Iterator[Finding]:
    fields: dict[str, str | int] = {"entry": entry.id, "title": entry.title}
    if entry.second_factor_alone:
        yield Finding("entry.second-factor", Severity.WARN, fields=fields)
    if entry.recovery_alone:
        yield Finding("entry.recovery-mailbox", Severity.WARN, fields=fields)
    if profile == "full-service" and not entry.has_reason:
        yield Finding("entry.no-reason", Severity.TODO, fields=fields)
