"""What a node answers without changing anything: the standing, the ledger, a file; and what a restore gets.

A question is signed and fresh like a statement, but its nonce is not used up: to ask again is harmless.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from escrowd.core.ledger import Head, LedgerEntry, export_line
from escrowd.core.statements import Query, statement_hash, verify_restore
from escrowd.core.wire import HeadOf, RestoreAnswer, RestoreDeposit, RestoreRequest, Standing
from escrowd.errors import InputError, NotFoundError, RefusedError
from escrowd.node.clock import Now
from escrowd.node.intake.context import NodeContext
from escrowd.node.intake.reception import read_statement
from escrowd.node.intake.standing import standing
from escrowd.node.store import Connection
from escrowd.node.store.deposits import Held, file_of_provider, newest_of_provider
from escrowd.node.store.ledger import append_ledger, read_ledger
from escrowd.node.store.providers import Provider, load_keys, load_provider, provider_of_cards
from escrowd.node.store.switches import load_node, load_switch

_PAGE: Final = 200
"""Ledger entries read in one go."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A ledger to be sent: ``chunks`` reads it page by page, in a thread."""

    chunks: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file to be sent."""

    path: Path
    size: int


async def answer_query(context: NodeContext, compact: str) -> Standing | Lines | StoredFile:
    """Answer a ``query``.

    Raises as ``read_statement`` and ``Nonces.check``; ``InputError`` ``statement.no-question``;
    ``NotFoundError`` ``file.unknown`` (field ``sha256``: no deposit of this provider has it), ``file.lost``
    (likewise: the disk lost it, and a deposit may bring it again).
    """
    statement = await read_statement(context, compact)
    body, provider = statement.body, statement.provider
    if not isinstance(body, Query):
        raise InputError("statement.no-question")
    context.nonces.check(statement.nonces[context.fingerprint], statement.sha256)
    if body.what == "standing":
        return await context.store.read(lambda tx: _standing(tx, context, provider))
    if body.what == "ledger":
        return Lines(_lines(context, provider, body.since))
    sha256 = body.sha256 or ""
    if not await context.store.read(lambda tx: _may_have(tx, provider, sha256)):
        raise NotFoundError("file.unknown", sha256=sha256)
    path = context.store.find_file(sha256)
    return StoredFile(path, path.stat().st_size)


def _standing(tx: Connection, context: NodeContext, provider: str) -> Standing:
    now = Now(context.clock.now(), context.clock.wall(), context.clock.scale)
    keys = load_keys(tx, provider)
    return standing(
        tx,
        now,
        provider,
        config=context.config,
        facts=load_switch(tx, provider),
        node=load_node(tx),
        daily_from=None if keys is None else keys.daily_from(now.moment.node),
    )


def _may_have(tx: Connection, provider: str, sha256: str) -> bool:
    known = load_provider(tx, provider)
    own = () if known is None else (known.provider_key_sha256, known.workspace_sha256)
    return sha256 in own or file_of_provider(tx, provider, sha256)


def _lines(context: NodeContext, provider: str, after: int) -> Iterator[bytes]:
    """The provider's entries after ``after``, each a line, in pages: a ledger may be long, a reader slow."""

    def page(tx: Connection) -> list[LedgerEntry]:
        return [
            LedgerEntry.model_validate(entry)
            for entry in islice(read_ledger(tx, provider, after=after), _PAGE)
        ]

    while entries := context.store.read_now(page):
        yield b"".join(export_line(entry) for entry in entries)
        after = entries[-1].seq


async def answer_restore(context: NodeContext, request: RestoreRequest) -> RestoreAnswer:
    """What a lost workspace is built from, for whoever proves two of the provider's cards.

    The ledger says who asked. Raises as ``verify_restore`` and ``Nonces.use``; ``RefusedError``
    ``restore.cards-unknown``; ``NotFoundError`` ``restore.nothing-here`` (no deposit brought the two files
    yet), ``file.lost`` (field ``sha256``: the disk lost one of them).
    """
    proof = verify_restore(request.proofs, node=context.fingerprint)
    sha256 = statement_hash("".join(request.proofs))
    context.nonces.check(proof.nonces[context.fingerprint], sha256)

    def record(tx: Connection) -> tuple[Provider, tuple[Held, ...]]:
        provider = provider_of_cards(tx, proof.proof_keys)
        if provider is None:
            raise RefusedError("restore.cards-unknown")
        if provider.provider_key_sha256 is None or provider.workspace_sha256 is None:
            raise NotFoundError("restore.nothing-here", provider=provider.id)
        context.nonces.use(proof.nonces[context.fingerprint], sha256)
        context.clock.stamp(tx)
        body = {"jti": proof.jti, "proofs": list(request.proofs), "sha256": sha256}
        seq, head = append_ledger(tx, provider.id, "restore", body)
        return replace(provider, head=Head(seq, head)), newest_of_provider(tx, provider.id)

    provider, deposits = await context.store.write(record)
    find = context.store.find_file
    return RestoreAnswer(
        provider=provider.id,
        provider_key=await asyncio.to_thread(_hex, find(str(provider.provider_key_sha256))),
        workspace=await asyncio.to_thread(_hex, find(str(provider.workspace_sha256))),
        head=HeadOf(seq=provider.head.seq, hash=provider.head.hash),
        deposits=tuple(
            RestoreDeposit(client=held.client, revision=held.revision, files=held.files) for held in deposits
        ),
    )


def _hex(path: Path) -> str:
    return path.read_bytes().hex()
