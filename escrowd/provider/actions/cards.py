"""``escrow cards`` and ``escrow card lost``: a share set, split in a child process, printed, then committed.

A new set beside an old one takes nothing away (P7): until the nodes say that the old one is retired,
bundles are sealed to both, and deposits carry both keys and shares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from escrowd.core.shares import GROUPS, NewSet, make_set, new_identifier
from escrowd.core.terms import OWN, Role, owner_role
from escrowd.core.wire import Person, key_file
from escrowd.errors import ConflictError, RefusedError
from escrowd.machine.child import run_in_child
from escrowd.machine.files import write_atomic
from escrowd.provider import estate, papers
from escrowd.provider.delivery import Deliver, Paper
from escrowd.provider.progress import Progress, Step, silent
from escrowd.provider.records import (
    ROLES,
    ClientRecord,
    Group,
    GroupRecord,
    KeptShare,
    RetiredRecord,
    SetRecord,
)
from escrowd.provider.retiring import is_relied_on
from escrowd.provider.workspace import Session

FIRST = 1
MOST_SETS = 2


@dataclass(frozen=True, slots=True)
class CardsMade:
    """``printed``: roles whose cards went out; ``kept``: those that wait, sealed, for a holder.

    ``beside``: the older set that stays as it is until its holders have the new cards; ``replaced``: one
    that nobody ever relied on, which the new set takes the place of.
    """

    set_number: int
    slip39_id: int
    printed: tuple[Role, ...]
    kept: tuple[Role, ...]
    files: tuple[str, ...]
    beside: int | None = None
    replaced: int | None = None


def make_cards(
    session: Session, client: str, *, deliver: Deliver, now: int, progress: Progress = silent
) -> CardsMade:
    """Make the client's first set, hand its cards to ``deliver``, and only then let it exist.

    A card is printed for each role that has a beneficiary; the other shares are kept, sealed to the provider.
    Raises ``ConflictError`` ``cards.set-exists`` (``client``, ``set``), ``RefusedError``
    ``cards.no-client-person`` (``client``: nobody to give the client's card to), ``terms.own-no-successor``;
    and as ``deliver``. Then no set was made.
    """
    record = session.client(client)
    if record.sets:
        raise ConflictError("cards.set-exists", client=client, set=record.sets[-1].number)
    return _make(session, record, (), deliver=deliver, now=now, progress=progress)


def replace_lost(
    session: Session, client: str, *, deliver: Deliver, now: int, progress: Progress = silent
) -> CardsMade:
    """A new set for a client of whose cards one is lost or stolen. The old set stays live beside it.

    With two sets already, the newer of them makes room if no card of it was ever proved.
    Raises ``RefusedError`` ``client.no-cards``, ``sets.two-live`` (``set``: the newer one, which holders
    rely on), and as ``make_cards``.
    """
    record = session.client(client)
    if not record.sets:
        raise RefusedError("client.no-cards", client=client)
    stays = record.sets
    if len(stays) == MOST_SETS:
        if is_relied_on(session, record, stays[-1].number):
            raise RefusedError("sets.two-live", set=stays[-1].number)
        stays = stays[:-1]
    return _make(session, record, stays, deliver=deliver, now=now, progress=progress)


def holders_of(record: ClientRecord) -> dict[Role, Person]:
    """Who holds the card of each role: of several people the first, because each group has one card."""
    people = {person.id: person for person in record.people}
    holders: dict[Role, Person] = {}
    for role in ROLES:
        for one in record.beneficiaries:
            if one.role == role:
                holders.setdefault(role, people[one.person])
    return holders


def _make(
    session: Session,
    record: ClientRecord,
    stays: tuple[SetRecord, ...],
    *,
    deliver: Deliver,
    now: int,
    progress: Progress,
) -> CardsMade:
    """A set beside those that stay."""
    client = record.id
    holders = holders_of(record)
    if owner_role(client) not in holders:
        if client == OWN:
            raise RefusedError("terms.own-no-successor")
        raise RefusedError("cards.no-client-person", client=client)
    with estate.opened(session, client) as payload:
        bundle = payload.bundle
    vault = session.vault
    number = 1 + max(
        (*(one.number for one in record.sets), *(one.number for one in record.retired)), default=0
    )
    progress(Step("draw", client, 0, 1))
    new = run_in_child(make_set, new_identifier(vault.used_identifiers))
    progress(Step("draw", client, 1, 1))
    progress(Step("paper", client, 0, 1))
    pdfs: Sequence[Paper] = papers.client_cards(
        vault, record, bundle, shares=_printed(new, holders), holders=holders, number=number, now=now
    )
    progress(Step("paper", client, 1, 1))
    deliver(pdfs)
    write_atomic(session.estate(client) / key_file(number), new.key_file)
    kept = tuple(role for role in ROLES if role not in holders)
    gone = [one for one in record.sets if one not in stays]
    retired = (RetiredRecord(number=one.number, slip39_id=one.slip39_id, date=now) for one in gone)
    made = record.model_copy(
        update={
            "sets": (*stays, _record(new, number, tuple(holders), kept, now)),
            "retired": (*record.retired, *retired),
        }
    )
    session.save(
        vault.model_copy(
            update={
                "used_identifiers": (*vault.used_identifiers, new.identifier),
                "clients": tuple(made if one.id == client else one for one in vault.clients),
            }
        )
    )
    return CardsMade(
        number,
        new.identifier,
        tuple(holders),
        kept,
        tuple(paper.name for paper in pdfs),
        stays[-1].number if stays else None,
        gone[0].number if gone else None,
    )


def _printed(new: NewSet, holders: dict[Role, Person]) -> dict[Role, str]:
    return {role: new.shares[role][0] for role in holders}


def _record(
    new: NewSet, number: int, printed: tuple[Role, ...], kept: tuple[Role, ...], now: int
) -> SetRecord:
    waiting: tuple[Group, ...] = ("nodes", *kept)
    return SetRecord(
        number=number,
        slip39_id=new.identifier,
        recipient=new.recipient,
        key_sha256=sha256(new.key_file).hexdigest(),
        created=now,
        groups=tuple(
            GroupRecord(name=name, k=1, n=1, proof_keys=(new.proof_keys[name][0].hex(),)) for name in GROUPS
        ),
        kept=tuple(KeptShare(group=name, words=new.shares[name][0]) for name in waiting),
        handed_out=printed,
    )
