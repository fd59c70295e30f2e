"""Whose card a proof key is, what was proved with it, and what people confirmed."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects.sqlite import insert

from escrowd.core.manifest import ManifestSet
from escrowd.core.strict import GroupName
from escrowd.core.wire import ProofAnswer
from escrowd.node.store.rights_schema import confirmations, holders, proofs
from escrowd.node.store.schema import deposits


@dataclass(frozen=True, slots=True)
class Holder:
    """The place of one card: deposit, set, group and member index."""

    proof_key: str
    provider: str
    client: str
    set: int
    group: GroupName
    member: int


@dataclass(frozen=True, slots=True)
class Proved:
    """A card of a group of a set was proved, last at this wall time."""

    set: int
    group: GroupName
    wall: int


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The terms that a person confirmed last: the hash of their content, and when (wall)."""

    person: str
    address: str
    terms_sha256: str
    wall: int


def find_holder(tx: Connection, proof_key: str) -> Holder | None:
    """Whose card this key is, or None."""
    row = tx.execute(select(holders).where(holders.c.proof_key == proof_key)).one_or_none()
    return None if row is None else _holder(row)


def foreign_keys(tx: Connection, provider: str, client: str, sets: Iterable[ManifestSet]) -> list[int]:
    """The numbers of those sets that name a key which belongs to another place on this node."""
    found = []
    for live in sets:
        keys = [key for group in live.groups for key in group.proof_keys]
        known = tx.execute(select(holders).where(holders.c.proof_key.in_(keys))).all()
        if any((row.provider, row.client, row.set_number) != (provider, client, live.set) for row in known):
            found.append(live.set)
    return found


def put_holders(tx: Connection, provider: str, client: str, sets: Iterable[ManifestSet]) -> None:
    """Record the cards of live sets. Those of the nodes may be renewed; the rest of a set never changes."""
    rows = [
        {
            "proof_key": key,
            "provider": provider,
            "client": client,
            "set_number": live.set,
            "share_group": group.name,
            "member": member,
        }
        for live in sets
        for group in live.groups
        for member, key in enumerate(group.proof_keys)
    ]
    tx.execute(insert(holders).on_conflict_do_nothing(index_elements=[holders.c.proof_key]), rows)


def without_holders(tx: Connection) -> list[tuple[str, str]]:
    """Deposits (provider, client) whose cards are not recorded: those from before schema 2."""
    known = select(holders.c.proof_key).where(
        holders.c.provider == deposits.c.provider, holders.c.client == deposits.c.client
    )
    query = select(deposits.c.provider, deposits.c.client).where(deposits.c.newest == 1, ~known.exists())
    return [(row.provider, row.client) for row in tx.execute(query)]


def find_proof(tx: Connection, sha256: str) -> ProofAnswer | None:
    """What was answered to these very bytes, or None."""
    text = tx.execute(select(proofs.c.answer_json).where(proofs.c.sha256 == sha256)).scalar_one_or_none()
    return None if text is None else ProofAnswer.model_validate_json(text)


def has_jti(tx: Connection, proof_key: str, jti: str) -> bool:
    """Whether a proof of this card with this ``jti`` was taken."""
    mine = (proofs.c.proof_key == proof_key, proofs.c.jti == jti)
    return tx.execute(select(proofs.c.sha256).where(*mine)).first() is not None


def proofs_since(tx: Connection, proof_key: str, purpose: str, awake: int) -> int:
    """How many proofs of this card for this purpose were kept since this awake time."""
    mine = (proofs.c.proof_key == proof_key, proofs.c.purpose == purpose, proofs.c.taken_awake >= awake)
    return tx.execute(select(func.count()).select_from(proofs).where(*mine)).scalar_one()


def keep_proof(
    tx: Connection, holder: Holder, *, sha256: str, jti: str, answer: ProofAnswer, awake: int, wall: int
) -> None:
    """Remember a proof and what was answered."""
    tx.execute(
        insert(proofs),
        {
            "sha256": sha256,
            "jti": jti,
            "proof_key": holder.proof_key,
            "provider": holder.provider,
            "client": holder.client,
            "set_number": holder.set,
            "share_group": holder.group,
            "purpose": answer.purpose,
            "answer_json": answer.model_dump_json(),
            "taken_awake": awake,
            "taken_wall": wall,
        },
    )


def proved(tx: Connection, provider: str, client: str) -> tuple[Proved, ...]:
    """When each group's card of each set was proved last, by set and group."""
    rows = tx.execute(
        select(proofs.c.set_number, proofs.c.share_group, func.max(proofs.c.taken_wall).label("wall"))
        .where(proofs.c.provider == provider, proofs.c.client == client)
        .group_by(proofs.c.set_number, proofs.c.share_group)
        .order_by(proofs.c.set_number, proofs.c.share_group)
    )
    return tuple(Proved(row.set_number, row.share_group, row.wall) for row in rows)


def confirm_terms(tx: Connection, provider: str, client: str, confirmation: Confirmation) -> None:
    """Record the terms that a person confirmed; what they confirmed before is replaced."""
    values = {
        "address": confirmation.address,
        "terms_sha256": confirmation.terms_sha256,
        "wall": confirmation.wall,
    }
    key = [confirmations.c.provider, confirmations.c.client, confirmations.c.person]
    tx.execute(
        insert(confirmations)
        .values(provider=provider, client=client, person=confirmation.person, **values)
        .on_conflict_do_update(index_elements=key, set_=values)
    )


def confirmed_terms(tx: Connection, provider: str, client: str) -> tuple[Confirmation, ...]:
    """What each person confirmed last, by person."""
    mine = (confirmations.c.provider == provider, confirmations.c.client == client)
    rows = tx.execute(select(confirmations).where(*mine).order_by(confirmations.c.person))
    return tuple(Confirmation(row.person, row.address, row.terms_sha256, row.wall) for row in rows)


def _holder(row: Row[tuple[object, ...]]) -> Holder:
    return Holder(
        proof_key=row.proof_key,
        provider=row.provider,
        client=row.client,
        set=row.set_number,
        group=row.share_group,
        member=row.member,
    )
