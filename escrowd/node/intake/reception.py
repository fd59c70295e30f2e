"""Taking a statement: refuse whatever can be refused, then one transaction, then the receipt.

The checks, in this order; the first that fails is the answer, and nothing has changed:

1. size and form (64 KiB at most are read at all; ``core.statements``);
2. the key: known for ``iss``, root or an appointed daily key that counts; its signature; this node in
   ``aud``;
3. the same bytes again: the same receipt, whatever became of its nonce since. Other bytes under the
   ``jti``: refused;
4. the nonce: given out by this process, within the hour, not used by another statement;
5. what the statement says, as its own handler decides: outside the transaction what is heavy or needs
   files, inside it
   what could have changed meanwhile.

In the transaction: clocks, facts, orders with their finished letters, ledger entry, receipt. The receipt is
answered once all of it is on disk (P4).
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from escrowd.core.statements import (
    Appoint,
    Approve,
    Arm,
    Checkin,
    Delay,
    Deposit,
    Drill,
    End,
    Enrol,
    NewTimings,
    ProviderKeys,
    Query,
    Receipt,
    Statement,
    Unseal,
    peek_statement,
    proof_of_head,
    sign_receipt,
    verify_receipt,
    verify_statement,
)
from escrowd.core.switch import Change, Facts, NodeFacts, Order, begin_anew, check_in
from escrowd.core.terms import Terms
from escrowd.core.wire import StatementAnswer
from escrowd.errors import ConflictError, InputError, NotFoundError
from escrowd.node.clock import Now
from escrowd.node.intake import agreements, deposits, providers, rights
from escrowd.node.intake.context import NodeContext
from escrowd.node.intake.standing import standing
from escrowd.node.intake.taking import Outcome, Taking
from escrowd.node.store import Connection
from escrowd.node.store.hearing import note
from escrowd.node.store.ledger import append_ledger
from escrowd.node.store.providers import Keys, head_of, load_keys
from escrowd.node.store.restored import ANEW, RESTORED, lost_until, went_back
from escrowd.node.store.statements import Taken, find_taken, keep_statement
from escrowd.node.store.switches import load_node, load_switch, make_due, save_node, save_switch


def _take_checkin(taking: Taking, body: Checkin) -> Outcome:
    return Outcome(taking.facts, pause=body.pause or 0)


#: Body -> (what is checked before the transaction, or None; what is done in it).
_HANDLERS: Final[dict[type[Any], tuple[Callable[..., Any] | None, Callable[..., Outcome]]]] = {
    Appoint: (None, providers.take_appoint),
    NewTimings: (providers.prepare_timings, providers.take_timings),
    Terms: (agreements.prepare_terms, agreements.take_terms),
    Deposit: (deposits.prepare_deposit, deposits.take_deposit),
    Checkin: (None, _take_checkin),
    End: (None, agreements.take_end),
    Approve: (None, rights.take_approve),
    Delay: (None, rights.take_delay),
    Arm: (None, rights.take_arm),
    Unseal: (None, rights.take_unseal),
    Drill: (None, rights.take_drill),
}


async def read_statement(context: NodeContext, compact: str) -> Statement:
    """Rules 1 and 2. Raises as ``verify_statement``."""
    try:
        return _verified(context, compact, context.keyring.lately)
    except NotFoundError:
        # Unknown, or silent for long: only then is it read twice, to ask the database for its keys.
        known = await context.keyring.ask(context.store, peek_statement(compact).provider)
        return _verified(context, compact, lambda _: known)


def _verified(context: NodeContext, compact: str, find: Callable[[str], Keys | None]) -> Statement:
    def keys(provider: str) -> ProviderKeys | None:
        known = find(provider)
        return None if known is None else known.at(context.clock.now().node)

    return verify_statement(compact, keys=keys, node=context.fingerprint)


async def was_taken(context: NodeContext, statement: Statement) -> Taken | None:
    """Rule 3: what was taken under its ``jti``, if it was these bytes.

    Raises ``ConflictError`` ``statement.jti-reused`` (field ``jti``).
    """
    taken = await context.store.read(lambda tx: find_taken(tx, statement.provider, statement.jti))
    return _same(statement, taken)


async def take_statement(context: NodeContext, compact: str) -> StatementAnswer:
    """Take a statement and answer with its receipt, once everything is on disk.

    Raises what ``read_statement``, ``was_taken`` and the type's handler raise; ``InputError``
    ``statement.is-question`` (a query changes nothing and gets no receipt); the ``nonce.*`` of ``Nonces``.
    """
    statement = await read_statement(context, compact)
    body = statement.body
    if isinstance(body, Query):
        raise InputError("statement.is-question")
    nonce = statement.nonces[context.fingerprint]
    prepare: Callable[..., Any] | None = providers.prepare_enrol
    if not isinstance(body, Enrol):
        prepare, _ = _HANDLERS[type(body)]
    # The transaction looks as well. Here only where it would come too late: preparing is work, a nonce may be
    # dead. A check-in, of which thousands come at once, needs no look of its own.
    if prepare is not None or not context.nonces.is_good(nonce, statement.sha256):
        taken = await was_taken(context, statement)
        if taken is not None:
            return _again(context, taken)
    context.nonces.check(nonce, statement.sha256)
    # Off the event loop: files are read, shares opened.
    prepared = None if prepare is None else await asyncio.to_thread(prepare, context, statement, body)
    answer = await context.store.write(lambda tx: _take(tx, context, statement, prepared))
    if isinstance(body, Appoint):
        context.keyring.forget(statement.provider)
    context.wake()
    return answer


def _same(statement: Statement, taken: Taken | None) -> Taken | None:
    if taken is not None and taken.sha256 != statement.sha256:
        raise ConflictError("statement.jti-reused", jti=statement.jti)
    return taken


def _again(context: NodeContext, taken: Taken) -> StatementAnswer:
    receipt = verify_receipt(taken.receipt, context.key.signing.public)
    return StatementAnswer(receipt=taken.receipt, standing=receipt.standing)


def _take(tx: Connection, context: NodeContext, statement: Statement, prepared: Any) -> StatementAnswer:
    """The transaction, in the writer's thread."""
    taken = _same(statement, find_taken(tx, statement.provider, statement.jti))
    if taken is not None:
        return _again(context, taken)
    context.nonces.use(statement.nonces[context.fingerprint], statement.sha256)
    now = context.clock.stamp_now(tx)
    node = load_node(tx)
    body, provider, daily_from = statement.body, statement.provider, None
    if isinstance(body, Enrol):
        begin = providers.begin_enrol(tx, context, now, statement=statement, body=body, people=prepared)
        seq, head = _enter(tx, statement)
        facts, client = begin(node), ""
        save_switch(tx, provider, facts)
    else:
        keys = _keys_now(tx, statement, now)
        node = _note_restored(tx, context, now, statement, node)
        seq, head = _enter(tx, statement)
        before = load_switch(tx, provider)
        taking = Taking(tx, context, now, statement, keys.root, before, node)
        outcome = _outcome(taking, prepared)
        facts, client = _settle(taking, outcome), outcome.client
        after = load_keys(tx, provider) if isinstance(body, Appoint) else keys
        daily_from = None if after is None else after.daily_from(now.moment.node)
    said = standing(
        tx,
        now,
        provider,
        config=context.config,
        facts=facts,
        node=node,
        daily_from=daily_from,
        client=client,
    )
    receipt = sign_receipt(
        Receipt(
            node=context.fingerprint,
            provider=statement.provider,
            jti=statement.jti,
            statement_sha256=statement.sha256,
            seq=seq,
            head=head,
            node_time=now.moment.node,
            wall=now.wall,
            standing=said,
        ),
        context.key.signing,
    )
    keep_statement(tx, statement, receipt=receipt, seq=seq, now=now.moment, wall=now.wall)
    return StatementAnswer(receipt=receipt, standing=said)


def _keys_now(tx: Connection, statement: Statement, now: Now) -> Keys:
    """The provider's keys. The signer's must count at this very moment: another could have ended it."""
    found = load_keys(tx, statement.provider)
    counting = None if found is None else found.at(now.moment.node)
    if found is None or counting is None or statement.signer not in {counting.root, *counting.daily}:
        raise ConflictError("statement.key-ended")
    return found


def _enter(tx: Connection, statement: Statement) -> tuple[int, str]:
    """The ledger's entry: the statement itself, so that the ledger proves who said what (P8)."""
    body = {
        "jti": statement.jti,
        "sha256": statement.sha256,
        "presence": statement.presence,
        "key": statement.key,
        "statement": statement.compact,
    }
    return append_ledger(tx, statement.provider, statement.type, body)


def _outcome(taking: Taking, prepared: Any) -> Outcome:
    facts = agreements.begin_waiting_terms(taking)
    taking = replace(taking, facts=facts)
    body = taking.statement.body
    prepare, take = _HANDLERS[type(body)]
    return take(taking, body) if prepare is None else take(taking, body, prepared)


def _settle(taking: Taking, outcome: Outcome) -> Facts:
    """Store the facts; what was typed checks in, and a switch of an older generation begins anew."""
    facts, orders = outcome.facts, tuple[Order, ...]()
    if facts.generation != taking.node.generation:
        anew = begin_anew(facts, taking.node, taking.now.moment)
        facts, orders = anew.facts, anew.orders
    if taking.statement.checks_in:
        moment, pause = taking.now.moment, outcome.pause
        change = check_in(facts, taking.node, moment, presence="typed", pause=pause)
        facts, orders = change.facts, (*orders, *change.orders)
    desk, provider = taking.context.desk, taking.statement.provider
    return desk.apply(taking.tx, taking.now, provider, taking.facts, Change(facts, orders))


def _note_restored(
    tx: Connection, context: NodeContext, now: Now, statement: Statement, node: NodeFacts
) -> NodeFacts:
    """A provider saw a later ledger than this one: the database was put back. Every epoch begins anew.

    What a provider says it saw is noted, but without this node's own receipt for it it moves nobody else's
    switch: it must not let one provider hold up the others' releases. For the same reason one lost history
    counts once: a receipt from before the last beginning anew tells nothing new, whoever kept it.
    """
    seen = statement.seen.get(context.fingerprint)
    if seen is None or not went_back(tx, statement.provider, seen):
        return node
    had = head_of(tx, statement.provider)
    append_ledger(
        tx,
        statement.provider,
        RESTORED,
        {"seen": seen.model_dump(mode="json"), "had": had.model_dump(mode="json")},
    )
    proof = proof_of_head(seen, context.key.signing.public, provider=statement.provider)
    if proof is None or proof.wall <= lost_until(tx):
        return node
    # A receipt of a clock that ran ahead accounts for itself too.
    note(tx, now.moment, ANEW, wall=max(now.wall, proof.wall))
    node = replace(node, generation=node.generation + 1)
    save_node(tx, node)
    make_due(tx, everyone=True)
    return node
