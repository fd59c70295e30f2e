"""Statements about what was agreed for a client: terms, and the end of a deposit.

Terms that are worse for the client count 30 d after they were stated (P7). Until then the switch knows the
better ones. They begin with the provider's first statement after that day that finds the provider
``current``; no tick begins them, and a provider who falls silent makes nothing worse.
"""

from dataclasses import replace
from typing import Final

from escrowd.core import sets
from escrowd.core.statements import End, Statement
from escrowd.core.switch import Deposit, Facts, end_deposit, evaluate, set_deposit
from escrowd.core.switch.facts import END_NOTICE
from escrowd.core.terms import DAY, Terms, check_terms, owner_role, worse_for_client
from escrowd.errors import InputError, RefusedError
from escrowd.node import letters
from escrowd.node.asking import Place
from escrowd.node.intake import holding
from escrowd.node.intake.addressing import ask_again, name_people
from escrowd.node.intake.circle import Case
from escrowd.node.intake.context import NodeContext
from escrowd.node.intake.moving import renew_people
from escrowd.node.intake.people import People, read_people
from escrowd.node.intake.taking import Outcome, Taking
from escrowd.node.orders import Common
from escrowd.node.store import Connection
from escrowd.node.store.deposits import begin_due_terms, has_due_terms, load_terms, newest, put_terms
from escrowd.node.store.papers import set_paper_due
from escrowd.node.store.people import client_names
from escrowd.node.store.switches import load_node, load_switch

WORSE_WAITS: Final = 30 * DAY * 1000
"""Milliseconds of node time."""
_MS: Final = 1000
#: How long silence lasts is the switch's own matter, by the statement ``timings``; it holds from the next
#: check-in.
_NOT_HERE: Final = {"timings"}


def prepare_terms(context: NodeContext, statement: Statement, body: Terms) -> People:
    """What can be refused before the transaction. For a worker thread.

    Raises as ``read_people`` and ``check_terms``; ``RefusedError`` ``terms.node-missing`` (field ``node``:
    this one is not in them); ``InputError`` ``people.missing`` (field ``person``: a beneficiary or
    witness without a name and address).
    """
    people = read_people(context, statement.provider, body.people_sha256)
    for person in (*(b.person for b in body.beneficiaries), *body.witnesses):
        if person not in people.ids:
            raise InputError("people.missing", person=person)
    if context.fingerprint not in {run.fingerprint for run in body.nodes}:
        raise RefusedError("terms.node-missing", node=context.fingerprint)
    facts = context.store.read_now(lambda tx: load_switch(tx, statement.provider))
    check_terms(body, facts.next_timings or facts.timings)
    return people


def take_terms(taking: Taking, body: Terms, people: People) -> Outcome:
    """Terms, and the people that they speak of.

    Raises as ``check_terms``, and ``InputError`` ``people.address-changed`` (an address under an old id).
    """
    tx, provider, node_time = taking.tx, taking.statement.provider, taking.now.moment.node
    check_terms(body, taking.facts.next_timings or taking.facts.timings)
    old = load_terms(tx, provider, body.client)
    worse = old is not None and set(worse_for_client(old, body)) - _NOT_HERE
    if worse:  # before the people are renewed: a statement must not redirect its own notice
        _give_notice(taking, body.client, ends=False, counts_in=WORSE_WAITS)
    renew_people(taking, people.file, but="" if worse else body.client)
    since = node_time + (WORSE_WAITS if worse else 0)
    put_terms(tx, provider, body, jti=taking.statement.jti, now=node_time, since=since)
    case = Case(taking.context, Place(tx, taking.now, provider, body.client))
    set_paper_due(tx, provider, body.client, 0)  # the client may have to be told sooner
    if not worse:
        ask_again(case, body)
    name_people(case, body, people.file, old)
    if worse:
        return Outcome(taking.facts, client=body.client)
    _retire_due(taking, body.client)
    return Outcome(with_terms(taking.facts, tx, provider, body), client=body.client)


def begin_waiting_terms(taking: Taking) -> Facts:
    """The facts with all terms whose notice has run out, while the provider is there.

    Once the provider is overdue, people count on what holds: worse terms wait for the next check-in (P7).
    """
    tx, provider, facts, now = taking.tx, taking.statement.provider, taking.facts, taking.now
    if not has_due_terms(tx, provider, now=now.moment.node):
        return facts
    if evaluate(facts, load_node(tx), now.moment).phase != "current":
        return facts
    for terms in begin_due_terms(tx, provider, now=now.moment.node):
        set_paper_due(tx, provider, terms.client, 0)
        ask_again(Case(taking.context, Place(tx, now, provider, terms.client)), terms)
        facts = with_terms(facts, tx, provider, terms)
        _retire_due(taking, terms.client)
    return facts


def _retire_due(taking: Taking, client: str) -> None:
    """Other roles, other cards: what held older sets back may be gone with the terms."""
    if newest(taking.tx, taking.statement.provider, client) is not None:
        case = Case(taking.context, Place(taking.tx, taking.now, taking.statement.provider, client))
        before = holding.known_sets(case)
        holding.apply(case, before, sets.retire(before, taking.now.moment.awake, case.roles))


def with_terms(facts: Facts, tx: Connection, provider: str, terms: Terms) -> Facts:
    """The facts with these terms, if the client has a deposit that could be released."""
    known = next((d for d in facts.deposits if d.client == terms.client), None)
    if known is not None:
        return set_deposit(
            facts, replace(known, beneficiaries=terms.beneficiaries, witnesses=terms.witnesses)
        )
    held = newest(tx, provider, terms.client)
    if held is None:
        return facts
    deposit = Deposit(terms.client, held.newest_set, terms.beneficiaries, witnesses=terms.witnesses)
    return set_deposit(facts, deposit)


def take_end(taking: Taking, body: End) -> Outcome:
    """A deposit ends after its notice, and until then as if nothing had been said (P7).

    Raises ``NotFoundError`` ``deposit.unknown`` (field ``client``).
    """
    facts = end_deposit(taking.facts, taking.now.moment, body.client)
    if facts is not taking.facts:
        _give_notice(taking, body.client, ends=True, counts_in=END_NOTICE * _MS)
    return Outcome(facts, client=body.client)


def _give_notice(taking: Taking, client: str, *, ends: bool, counts_in: int) -> None:
    """Tell the client's people at once what counts only after its notice. ``counts_in``: milliseconds."""
    tx, provider = taking.tx, taking.statement.provider
    name = client_names(tx, provider).get(client, client)
    deposit = next((one for one in taking.facts.deposits if one.client == client), None)

    def letter(common: Common, _: object) -> letters.Context:
        return letters.Notice(**common, client=name, ends=ends, counts_from=taking.now.wall_in(counts_in))

    for beneficiary in deposit.beneficiaries if deposit else ():
        if beneficiary.role == owner_role(client):
            taking.context.desk.order(
                tx,
                taking.now,
                key=f"notice/{client}/{beneficiary.person}/{taking.statement.jti}",
                provider=provider,
                person=beneficiary.person,
                kind="notice",
                make=letter,
                client=client,
            )
