"""``escrow cards``: the first share set of a client, split in a child process, printed, then committed."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from escrowd.core.bundle import Bundle
from escrowd.core.shares import GROUPS, NewSet, make_set, new_identifier
from escrowd.core.terms import Role
from escrowd.core.wire import Person, key_file
from escrowd.errors import ConflictError, RefusedError
from escrowd.machine.child import run_in_child
from escrowd.machine.files import write_atomic
from escrowd.provider import estate, papers
from escrowd.provider.delivery import Deliver, Paper
from escrowd.provider.progress import Progress, Step, silent
from escrowd.provider.records import ROLES, ClientRecord, Group, GroupRecord, KeptShare, SetRecord
from escrowd.provider.workspace import Session

FIRST = 1


@dataclass(frozen=True, slots=True)
class CardsMade:
    """``printed``: roles whose cards went out; ``kept``: those that wait, sealed, for a holder."""

    set_number: int
    slip39_id: int
    printed: tuple[Role, ...]
    kept: tuple[Role, ...]
    files: tuple[str, ...]


def make_cards(
    session: Session, client: str, *, deliver: Deliver, now: int, progress: Progress = silent
) -> CardsMade:
    """Make the client's set, hand its cards to ``deliver``, and only then let it exist.

    A card is printed for each role that has a beneficiary; the other shares are kept, sealed to the provider.
    Raises ``ConflictError`` ``cards.set-exists`` (``client``, ``set``), ``RefusedError``
    ``cards.no-client-person`` (``client``: nobody to give the client's card to); and as ``deliver``. Then no
    set was made.
    """
    record = session.client(client)
    if record.sets:
        raise ConflictError("cards.set-exists", client=client, set=record.sets[-1].number)
    holders = _holders(record)
    if "client" not in holders:
        raise RefusedError("cards.no-client-person", client=client)
    with estate.opened(session, client) as payload:
        bundle: Bundle = payload.bundle
    vault = session.vault
    progress(Step("draw", client, 0, 1))
    new = run_in_child(make_set, new_identifier(vault.used_identifiers))
    progress(Step("draw", client, 1, 1))
    progress(Step("paper", client, 0, 1))
    pdfs: Sequence[Paper] = papers.client_cards(
        vault, record, bundle, new=new, holders=holders, number=FIRST, now=now
    )
    progress(Step("paper", client, 1, 1))
    deliver(pdfs)
    write_atomic(session.estate(client) / key_file(FIRST), new.key_file)
    kept = tuple(role for role in ROLES if role not in holders)
    made = _record(new, tuple(holders), kept, now)
    session.save(
        vault.model_copy(
            update={
                "used_identifiers": (*vault.used_identifiers, new.identifier),
                "clients": tuple(
                    record.model_copy(update={"sets": (made,)}) if one.id == client else one
                    for one in vault.clients
                ),
            }
        )
    )
    return CardsMade(FIRST, new.identifier, tuple(holders), kept, tuple(paper.name for paper in pdfs))


def _holders(record: ClientRecord) -> dict[Role, Person]:
    """Who holds the card of each role: of several people the first, because each group has one card."""
    people = {person.id: person for person in record.people}
    holders: dict[Role, Person] = {}
    for role in ROLES:
        for one in record.beneficiaries:
            if one.role == role:
                holders.setdefault(role, people[one.person])
    return holders


def _record(new: NewSet, printed: tuple[Role, ...], kept: tuple[Role, ...], now: int) -> SetRecord:
    waiting: tuple[Group, ...] = ("nodes", *kept)
    return SetRecord(
        number=FIRST,
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
