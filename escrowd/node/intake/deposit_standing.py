"""What a node tells about one deposit: its people's addresses, cards, sets, requests, and its trial."""

from escrowd.core import addresses, requests, sets
from escrowd.core.addresses import Address
from escrowd.core.requests import Request
from escrowd.core.standing import (
    AddressStanding,
    CardStanding,
    DelayStanding,
    RequestStanding,
    SetsStanding,
    TermsStanding,
)
from escrowd.core.switch import Evaluation, Facts, Planned
from escrowd.core.wire import BeneficiaryStanding, DepositStanding
from escrowd.node.clock import Now
from escrowd.node.config import NodeConfig
from escrowd.node.readers import hanging_domains
from escrowd.node.store import Connection
from escrowd.node.store.deposits import Held
from escrowd.node.store.holders import confirmed_terms, proved
from escrowd.node.store.papers import load_paper
from escrowd.node.store.rights import load_addresses, load_requests, load_sets


def deposit_standing(
    tx: Connection,
    now: Now,
    config: NodeConfig,
    provider: str,
    *,
    held: Held,
    facts: Facts,
    found: Evaluation,
) -> DepositStanding:
    """The standing of one deposit. ``found``: the evaluation of ``facts`` at ``now``."""
    client, awake = held.client, now.moment.awake
    mine = next((one for one in facts.deposits if one.client == client), None)
    here = load_requests(tx, provider, client)
    released = [*facts.releases, *(release for request in here for release in request.releases)]
    domains = hanging_domains(tx, config, provider, client)
    known, paper = load_sets(tx, provider, client), load_paper(tx, provider, client)
    return DepositStanding(
        client=client,
        revision=held.revision,
        sets=tuple(sorted(held.sets)),
        received=held.made_wall,
        exposed=any(r.client == client and r.role != "client" and r.is_out for r in released),
        ends=_wall(now, None if mine is None else mine.ends_awake),
        beneficiaries=tuple(
            _beneficiary(planned, now) for planned in found.schedule.releases if planned.client == client
        ),
        trial_until=_wall(now, None if mine is None else mine.trial_ends_awake),
        addresses=tuple(_address(one, now, domains) for one in load_addresses(tx, provider, client) or ()),
        cards=tuple(
            CardStanding(set=card.set, group=card.group, proved=card.wall)
            for card in proved(tx, provider, client)
        ),
        terms=tuple(
            TermsStanding(person=one.person, sha256=one.terms_sha256, confirmed=one.wall)
            for one in confirmed_terms(tx, provider, client)
        ),
        requests=tuple(_request(one, now, awake) for one in here if not one.closed),
        share_sets=SetsStanding(
            sealed=known.sealed,
            kept=known.kept,
            retired=known.over,
            unseal=known.unseal,
            unseal_from=_wall(now, sets.unseal_from(known)),
            confirmed=known.confirmed,
        ),
        list_told=None if paper is None else _wall(now, paper.told_of_this),
    )


def _wall(now: Now, awake: int | None) -> int | None:
    return None if awake is None else now.wall_in(awake - now.moment.awake)


def _beneficiary(planned: Planned, now: Now) -> BeneficiaryStanding:
    waits = planned.state in {"waiting", "ordered"}
    return BeneficiaryStanding(
        person=planned.person,
        role=planned.role,
        state="waiting" if planned.state == "ordered" else planned.state,
        earliest=now.wall_in(planned.earliest) if waits else None,
    )


def _address(one: Address, now: Now, domains: frozenset[str]) -> AddressStanding:
    state = addresses.state_of(one, now.moment.awake)
    return AddressStanding(
        person=one.person,
        id=one.id,
        state=state,
        hangs=addresses.hangs(one, domains),
        left_out=one.left_out,
        confirmed=_wall(now, one.clicked),
        counts_from=_wall(now, addresses.counts_from(one)) if state == "waiting" else None,
    )


def _request(one: Request, now: Now, awake: int) -> RequestStanding:
    state, due = requests.state_of(one, awake), requests.due_at(one)
    return RequestStanding(
        id=one.id,
        role=one.role,
        set=one.set,
        state=state,
        opened=now.wall_in(one.opened - awake),
        earliest=_wall(now, due) if state in {"waiting", "due"} else None,
        approved=one.approved is not None,
        objected=one.objected is not None,
        delays=tuple(
            DelayStanding(seconds=d.seconds, reason=d.reason, made=now.wall_in(d.awake - awake))
            for d in one.delays
        ),
    )
