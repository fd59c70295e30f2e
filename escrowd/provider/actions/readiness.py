"""What still stands between a client and a working recovery: the facts for ``core.readiness``, gathered.

From the sealed table, from the open bundle, and from what each node said last; nothing is asked here.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from escrowd.core import addresses
from escrowd.core.addresses import domain_of
from escrowd.core.delivery import overtaken
from escrowd.core.readiness import (
    OUTSIDE_GROUPS,
    AddressFacts,
    CardFacts,
    Facts,
    Finding,
    NodeFacts,
    PersonFacts,
    entry_facts,
    findings,
    timeline_of,
)
from escrowd.core.standing import AddressState
from escrowd.core.terms import OWN, PROVIDER, Beneficiary, owner_role
from escrowd.core.wire import Address
from escrowd.errors import EscrowdError
from escrowd.provider import estate
from escrowd.provider.agreement import agreed_sha256, domains_of
from escrowd.provider.memory import NodeMemory, recall
from escrowd.provider.records import ClientRecord, NodeRecord, Vault
from escrowd.provider.workspace import Session

_STATES: Final[tuple[AddressState, ...]] = ("removed", "asked", "founding", "waiting", "confirmed")
"""From the worst to the best: with several nodes the worst counts."""

Memories = Mapping[str, NodeMemory]
"""What is remembered of each node, by fingerprint."""


def memories_of(session: Session) -> Memories:
    """What the workspace remembers of its nodes."""
    nodes = session.vault.nodes
    return {node.fingerprint: recall(session.folder, node.fingerprint) for node in nodes}


def gaps_of(
    session: Session, client: str, *, now: int, memories: Memories | None = None
) -> tuple[Finding, ...]:
    """All gaps of one client, worst first.

    Raises ``client.unknown``, ``client.ended``; as ``estate.opened``.
    """
    record = session.client(client)
    return findings(facts_of(session, record, memories_of(session) if memories is None else memories), now)


def facts_of(session: Session, record: ClientRecord, memories: Memories) -> Facts:
    """Everything that is known of a client. Raises as ``estate.opened``.

    Of the provider's own estate only what makes sense there: nothing is released to a reserve, no list is
    delivered, and that a mailbox is the provider's is no gap.
    """
    is_own = record.id == OWN
    with estate.opened(session, record.id) as payload:
        bundle = payload.bundle
    vault = session.vault
    own = {domain_of(address.address) for address in vault.provider.addresses}
    nodes = [node for node in vault.nodes if record.id in memories[node.fingerprint].held]
    held = [memories[node.fingerprint] for node in nodes]
    domains = {*own, *domains_of(bundle)}
    timings = vault.timings
    newest = record.sets[-1] if record.sets else None
    terms = _terms(vault, record)
    return Facts(
        profile=record.profile,
        timeline=timeline_of(
            timings.interval, timings.grace, timings.announce, [one.after for one in record.beneficiaries]
        ),
        set=newest.number if newest else 0,
        revision=bundle.revision,
        kit=record.kit,
        overtaken=None
        if is_own
        else overtaken(bundle, max((one.revision for one in record.deliveries), default=None)),
        people=tuple(
            _person(record, one, held, domains, terms)
            for one in record.beneficiaries
            if not is_own or one.role == owner_role(record.id)
        ),
        cards=tuple(
            CardFacts(group, group in newest.handed_out, _proved(record.id, newest.number, group, held))
            for group in OUTSIDE_GROUPS
        )
        if newest
        else (),
        nodes=tuple(_node(node, memories[node.fingerprint]) for node in nodes),
        entries=entry_facts(bundle, () if is_own else own),
    )


def _node(node: NodeRecord, memory: NodeMemory) -> NodeFacts:
    paid = memory.paid
    return NodeFacts(
        name=node.name,
        by_provider=PROVIDER in {node.operator, node.works_for},
        paid={"node": paid.node, "domain": paid.domain, "mail": paid.mail},
    )


def _proved(client: str, number: int, group: str, held: Iterable[NodeMemory]) -> int | None:
    """When the card was last proved, to whichever node."""
    times = [
        card.proved
        for memory in held
        for deposit in [memory.deposit(client)]
        if deposit is not None
        for card in deposit.cards
        if (card.set, card.group) == (number, group)
    ]
    return max(times, default=None)


def _terms(vault: Vault, record: ClientRecord) -> str:
    """The hash of the terms that hold here now; "" where there is no node, or none would take them."""
    if not vault.nodes:
        return ""
    try:
        return agreed_sha256(vault, record)
    except EscrowdError:
        return ""


def _person(
    record: ClientRecord, one: Beneficiary, held: list[NodeMemory], domains: set[str], terms: str
) -> PersonFacts:
    person = next(each for each in record.people if each.id == one.person)
    return PersonFacts(
        one.person,
        one.role,
        tuple(_address(record.id, one.person, address, held, domains) for address in person.addresses),
        confirmed=bool(held) and all(_agreed(record.id, one.person, terms, memory) for memory in held),
    )


def _address(
    client: str, person: str, address: Address, held: Iterable[NodeMemory], domains: set[str]
) -> AddressFacts:
    said = [
        standing
        for memory in held
        for deposit in [memory.deposit(client)]
        if deposit is not None
        for standing in deposit.addresses
        if (standing.person, standing.id) == (person, address.id)
    ]
    states: list[AddressState] = [standing.state for standing in said]
    state = min(states, key=_STATES.index, default=_STATES[1])
    known = addresses.Address(person=person, id=address.id, address=address.address, founding=True, named=0)
    # A node knows its own domain as well; what changed here since, it does not know yet.
    hangs = addresses.hangs(known, domains) or any(standing.hangs for standing in said)
    return AddressFacts(state, hangs)


def _agreed(client: str, person: str, terms: str, memory: NodeMemory) -> bool:
    """Whether the person confirmed, at this node, what holds here now: ``terms``, its hash."""
    deposit = memory.deposit(client)
    return deposit is not None and any((one.person, one.sha256) == (person, terms) for one in deposit.terms)
