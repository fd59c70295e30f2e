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
    Checkin,
    Deposit,
    End,
    Enrol,
    NewTimings,
    Query,
    Receipt,
    Statement,
    peek_statement,
    proves_head,
    sign_receipt,
    verify_receipt,
    verify_statement,
)
from escrowd.core.switch import Change, Facts, NodeFacts, Order, begin_anew, check_in
from escrowd.core.terms import Terms
from escrowd.core.wire import HeadOf, StatementAnswer
from escrowd.errors import ConflictError, InputError
from escrowd.node.clock import Now
from escrowd.node.intake import agreements, deposits, providers
from escrowd.node.intake.context import NodeContext
from escrowd.node.intake.standing import standing
from escrowd.node.intake.taking import Outcome, Taking
from escrowd.node.store import Connection
from escrowd.node.store.ledger import append_ledger
from escrowd.node.store.providers import Provider, load_keys, load_provider
from escrowd.node.store.restored import RESTORED, went_back
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
}


async def read_statement(context: NodeContext, compact: str) -> tuple[Statement, Taken | None]:
    """Rules 1 and 2, and what was taken under its ``jti``. Raises as ``verify_statement``."""
    claimed = peek_statement(compact)
    node_time = context.clock.now().node
    keys, taken = await context.store.read(
        lambda tx: (
            load_keys(tx, claimed.provider, node_time=node_time),
            find_taken(tx, claimed.provider, claimed.jti),
        )
    )
    return verify_statement(compact, keys=lambda _: keys, node=context.fingerprint), taken


async def take_statement(context: NodeContext, compact: str) -> StatementAnswer:
    """Take a statement and answer with its receipt, once everything is on disk.

    Raises what ``read_statement`` and the type's handler raise; ``InputError`` ``statement.is-question`` (a
    query changes nothing and gets no receipt); ``ConflictError`` ``statement.jti-reused``; the ``nonce.*``
    of ``Nonces``.
    """
    statement, taken = await read_statement(context, compact)
    if isinstance(statement.body, Query):
        raise InputError("statement.is-question")
    earlier = _earlier(context, statement, taken)
    if earlier is not None:
        return earlier
    nonce = statement.nonces[context.fingerprint]
    context.nonces.check(nonce, statement.sha256)
    prepared = await _prepare(context, statement)
    answer, restored = await context.store.write(lambda tx: _take(tx, context, statement, prepared))
    context.flags.began_anew |= restored
    context.wake()
    return answer


def _earlier(context: NodeContext, statement: Statement, taken: Taken | None) -> StatementAnswer | None:
    """Rule 3."""
    if taken is None:
        return None
    if taken.sha256 != statement.sha256:
        raise ConflictError("statement.jti-reused", jti=statement.jti)
    receipt = verify_receipt(taken.receipt, context.key.signing.public)
    return StatementAnswer(receipt=taken.receipt, standing=receipt.standing)


async def _prepare(context: NodeContext, statement: Statement) -> Any:
    """Rule 5's first half, off the event loop where it reads files or opens shares."""
    if isinstance(statement.body, Enrol):
        return await asyncio.to_thread(providers.prepare_enrol, context, statement, statement.body)
    prepare, _ = _HANDLERS[type(statement.body)]
    return None if prepare is None else await asyncio.to_thread(prepare, context, statement, statement.body)


def _take(
    tx: Connection, context: NodeContext, statement: Statement, prepared: Any
) -> tuple[StatementAnswer, bool]:
    """The transaction, in the writer's thread. True: it found that the database was put back."""
    # Twice under way at once: the second finds what the first left.
    earlier = _earlier(context, statement, find_taken(tx, statement.provider, statement.jti))
    if earlier is not None:
        return earlier, False
    context.nonces.use(statement.nonces[context.fingerprint], statement.sha256)
    now = context.clock.stamp_now(tx)
    found = node = load_node(tx)
    if isinstance(statement.body, Enrol):
        begin = providers.begin_enrol(
            tx, context, now, statement=statement, body=statement.body, people=prepared
        )
        seq, head = _enter(tx, statement)
        facts, client = begin(node), ""
        save_switch(tx, statement.provider, facts)
    else:
        provider = _signer_counts(tx, statement, now)
        node = _note_restored(tx, context, statement, provider, node)
        seq, head = _enter(tx, statement)
        before = load_switch(tx, statement.provider)
        taking = Taking(tx, context, now, statement, provider, before, node)
        outcome = _outcome(taking, prepared)
        facts = _settle(taking, outcome)
        client = outcome.client
    said = standing(tx, now, statement.provider, facts=facts, node=node, client=client)
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
    return StatementAnswer(receipt=receipt, standing=said), node is not found


def _signer_counts(tx: Connection, statement: Statement, now: Now) -> Provider:
    """The provider, whose key must count at this very moment: it could have been superseded a moment ago."""
    keys = load_keys(tx, statement.provider, node_time=now.moment.node)
    verify = keys is not None and statement.signer in {keys.root, *keys.daily}
    provider = load_provider(tx, statement.provider)
    if not verify or provider is None:
        raise ConflictError("statement.key-ended")
    return provider


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
    facts = agreements.begin_waiting_terms(taking.tx, taking.statement.provider, taking.facts, taking.now)
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
    tx: Connection, context: NodeContext, statement: Statement, provider: Provider, node: NodeFacts
) -> NodeFacts:
    """A provider saw a later ledger than this one: the database was put back. Every epoch begins anew.

    What a provider says it saw is noted, but without this node's own receipt for it it moves nobody else's
    switch: it must not let one provider hold up the others' releases. Only once in a process, because a
    database goes back only while none runs.
    """
    seen = statement.seen.get(context.fingerprint)
    if seen is None or not went_back(tx, statement.provider, seen):
        return node
    had = HeadOf(seq=provider.head.seq, hash=provider.head.hash)
    append_ledger(
        tx,
        statement.provider,
        RESTORED,
        {"seen": seen.model_dump(mode="json"), "had": had.model_dump(mode="json")},
    )
    proved = proves_head(seen, context.key.signing.public, provider=statement.provider)
    if context.flags.began_anew or not proved:
        return node
    node = replace(node, generation=node.generation + 1)
    save_node(tx, node)
    make_due(tx, everyone=True)
    return node
