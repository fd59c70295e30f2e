"""Providers, the keys that sign for them, and the invitations by which they came."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from escrowd.core.ledger import EMPTY, Head
from escrowd.core.statements import ProviderKeys, ProviderSet
from escrowd.core.wire import HeadOf
from escrowd.errors import ConflictError
from escrowd.node.store.prepared import Prepared
from escrowd.node.store.schema import cards, invitations, keys, providers

_SET: Final = ProviderSet
# Built once: it is asked with every statement, and building takes longer than asking.
_KEYS: Final = Prepared(
    select(keys.c.public, keys.c.role, keys.c.counts_node, keys.c.ended_node)
    .where(keys.c.provider == bindparam("of_provider"))
    .order_by(keys.c.counts_node.desc())
)

_CARD: Final = select(cards.c.provider).where(cards.c.proof_key == bindparam("of_key"))


@dataclass(frozen=True, slots=True)
class Provider:
    """An enrolled provider.

    ``root``: public key, hex. ``people_sha256``: the people file read last. ``provider_set``: whose cards may
    restore. ``provider_key_sha256`` and ``workspace_sha256``: the newest files of that name, None before the
    first deposit. ``head``: of the ledger.
    """

    id: str
    name: str
    root: str
    people_sha256: str
    provider_set: ProviderSet
    provider_key_sha256: str | None
    workspace_sha256: str | None
    head: Head


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key (public) and the node times between which it counts. The root always does."""

    public: bytes
    is_root: bool
    counts: int
    ended: int | None


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys that ever signed for a provider, the newest daily one first."""

    all: tuple[Key, ...]

    @property
    def root(self) -> bytes:
        """The root key."""
        return next(key.public for key in self.all if key.is_root)

    def at(self, node_time: int) -> ProviderKeys:
        """Those that have not ended at this node time."""
        daily = [key for key in self.all if not key.is_root and (key.ended is None or key.ended > node_time)]
        return ProviderKeys(
            root=self.root,
            daily=tuple(key.public for key in daily if key.counts <= node_time),
            waiting=tuple(key.public for key in daily if key.counts > node_time),
        )

    def daily_from(self, node_time: int) -> int | None:
        """Node time from which the newest daily key counts, None if it does."""
        waiting = (key.counts for key in self.all if key.counts > node_time and key.ended is None)
        return next(waiting, None)


@dataclass(frozen=True, slots=True)
class NewProvider:
    """What an enrolment brings. Times as in the schema; ``daily`` and ``root`` are public keys, hex."""

    id: str
    root: str
    daily: str
    appointment: str
    name: str
    invitation: str
    people_sha256: str
    provider_set: ProviderSet


def load_provider(tx: Connection, provider: str) -> Provider | None:
    """The provider of this id, or None."""
    row = tx.execute(select(providers).where(providers.c.id == provider)).one_or_none()
    if row is None:
        return None
    return Provider(
        id=row.id,
        name=row.name,
        root=row.root,
        people_sha256=row.people_sha256,
        provider_set=_SET.model_validate_json(row.provider_set_json),
        provider_key_sha256=row.provider_key_sha256,
        workspace_sha256=row.workspace_sha256,
        head=Head(row.head_seq, row.head),
    )


def provider_of_cards(tx: Connection, proof_keys: tuple[str, ...]) -> Provider | None:
    """The provider all of whose given share-proof keys (hex) are of their own cards, or None."""
    owners = [tx.execute(_CARD, {"of_key": key}).scalar_one_or_none() for key in proof_keys]
    one = owners[0] if len(set(owners)) == 1 else None
    return None if one is None else load_provider(tx, one)


def cards_known(tx: Connection, proof_keys: tuple[str, ...]) -> bool:
    """Whether one of these share-proof keys (hex) is of some provider's cards."""
    return any(tx.execute(_CARD, {"of_key": key}).one_or_none() is not None for key in proof_keys)


def add_provider(tx: Connection, new: NewProvider, *, node_time: int, awake: int, wall: int) -> None:
    """Record an enrolment: provider, root and daily key (both count at once), and the used invitation."""
    tx.execute(
        insert(providers),
        {
            "id": new.id,
            "root": new.root,
            "name": new.name,
            "invitation": new.invitation,
            "enrolled_node": node_time,
            "enrolled_awake": awake,
            "enrolled_wall": wall,
            "people_sha256": new.people_sha256,
            "provider_set_json": new.provider_set.model_dump_json(),
            "head": EMPTY.hash,
            "head_seq": EMPTY.seq,
        },
    )
    tx.execute(insert(cards), [{"proof_key": key, "provider": new.id} for key in new.provider_set.proof_keys])
    tx.execute(insert(invitations), {"id": new.invitation, "provider": new.id, "used_awake": awake})
    for public, role, appointment in ((new.root, "root", None), (new.daily, "daily", new.appointment)):
        tx.execute(
            insert(keys),
            {
                "provider": new.id,
                "public": public,
                "role": role,
                "appointment": appointment,
                "counts_node": node_time,
            },
        )


def invitation_used(tx: Connection, id_: str) -> bool:
    """Whether an invitation has enrolled a provider."""
    return tx.execute(select(invitations.c.id).where(invitations.c.id == id_)).one_or_none() is not None


def load_keys(tx: Connection, provider: str) -> Keys | None:
    """All keys of a provider, or None if it is not known."""
    found = tuple(
        Key(bytes.fromhex(public), role == "root", counts, ended)
        for public, role, counts, ended in _KEYS.rows(tx, of_provider=provider)
    )
    return Keys(found) if found else None


def appoint(
    tx: Connection, provider: str, *, daily: str, appointment: str, counts_node: int, by_root: bool
) -> bool:
    """Record a new daily key (public, hex); the others end when it counts. False: it was known already.

    Raises ``ConflictError`` ``appoint.superseded``: the key was replaced, and only the root's own word (not
    its old appointment, which every manifest shows) brings it back.
    """
    mine = keys.c.provider == provider
    known = tx.execute(
        select(keys.c.counts_node, keys.c.ended_node).where(mine, keys.c.public == daily)
    ).one_or_none()
    if known is not None and known.ended_node is None and known.counts_node <= counts_node:
        return False  # appointing it again must not make it count later
    if known is not None and known.ended_node is not None and not by_root:
        raise ConflictError("appoint.superseded")
    others = (mine, keys.c.role == "daily", keys.c.public != daily)
    tx.execute(
        update(keys)
        .where(*others, or_(keys.c.ended_node.is_(None), keys.c.ended_node > counts_node))
        .values(ended_node=counts_node)
    )
    values = {"appointment": appointment, "counts_node": counts_node, "ended_node": None}
    if known is None:
        tx.execute(insert(keys), {"provider": provider, "public": daily, "role": "daily", **values})
    else:
        tx.execute(update(keys).where(mine, keys.c.public == daily).values(values))
    return True


def set_newest_files(tx: Connection, provider: str, *, provider_key: str, workspace: str) -> None:
    """Record which ``provider-key.age`` and ``workspace.age`` (hashes) a restore gets."""
    tx.execute(
        update(providers)
        .where(providers.c.id == provider)
        .values(provider_key_sha256=provider_key, workspace_sha256=workspace)
    )


def set_people(tx: Connection, provider: str, sha256: str) -> None:
    """Record which people file names the provider."""
    tx.execute(update(providers).where(providers.c.id == provider).values(people_sha256=sha256))


def head_of(tx: Connection, provider: str) -> HeadOf:
    """The end of a provider's ledger."""
    row = tx.execute(select(providers.c.head_seq, providers.c.head).where(providers.c.id == provider)).one()
    return HeadOf(seq=row.head_seq, hash=row.head)
