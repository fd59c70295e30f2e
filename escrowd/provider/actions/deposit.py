"""``escrow deposit``: publish a revision and bring every node up to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from escrowd.core.terms import OWN
from escrowd.errors import EscrowdError, RefusedError
from escrowd.provider import estate
from escrowd.provider.agreement import bring_up_to_date, terms_of
from escrowd.provider.memory import recall, remember
from escrowd.provider.own import renew_index, renew_words
from escrowd.provider.progress import Progress, Step, silent
from escrowd.provider.records import ClientRecord, NodeRecord
from escrowd.provider.retiring import Dropped, take_over
from escrowd.provider.sending import NodeReport, ask_standing, to_each
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class Deposited:
    """One client.

    ``new_revision``: whether this call published it, or it was published before; ``sets``: those that it is
    sealed to; ``over``: sets that the nodes said are over, so that it is not sealed to them any more;
    ``without_keepass``: an ``expert`` finds no KeePass file in it, because the extra is not installed.
    """

    client: str
    revision: int
    new_revision: bool
    nodes: tuple[NodeReport, ...]
    sets: tuple[int, ...] = ()
    over: tuple[int, ...] = ()
    without_keepass: bool = False


def deposit(
    session: Session, clients: Sequence[str] = (), *, now: int, progress: Progress = silent
) -> tuple[Deposited, ...]:
    """Publish and send. A call after a crash, or after a node did not answer, goes on where it stopped.

    Parameters: ``clients``, ids; none means every client that has a set.
    Raises ``RefusedError`` ``deposit.no-nodes``, ``deposit.nothing`` (no client has a set),
    ``client.no-cards``, ``terms.*`` as ``check_terms``; ``client.unknown``, ``client.ended``. Then nothing
    was sent. What a node refuses is in its report.
    """
    if not session.vault.nodes:
        raise RefusedError("deposit.no-nodes")
    records = [session.client(client) for client in clients] or [
        record for record in session.vault.clients if record.sets and record.ended is None
    ]
    if not records:
        raise RefusedError("deposit.nothing")
    for record in records:
        if not record.sets:
            raise RefusedError("client.no-cards", client=record.id)
        terms_of(session.vault, record)
    if any(len(record.sets) > 1 for record in records):
        # A node may have retired the older set meanwhile, and takes no deposit that still names it.
        to_each(session.vault.nodes, lambda node: ask_standing(session, node, now=now))
    over = take_over(session, now=now)
    # The estate last: its list of clients names what is deposited.
    records.sort(key=lambda record: record.id == OWN)
    return tuple(_one(session, session.client(record.id), over, now, progress) for record in records)


def deposit_again(session: Session, node: NodeRecord, report: NodeReport, *, now: int) -> NodeReport:
    """Tell a node that went back, now or in an earlier command, what it lost; any other is left alone.

    Returns ``report``, with the note ``sent-again`` when the node took it all, else ``not-sent-again``.
    """
    if not report.accepted or recall(session.folder, node.fingerprint).went_back_from is None:
        return report
    deposits = [
        (record, published)
        for record in session.vault.clients
        if record.ended is None and (published := estate.published(session, record)) is not None
    ]
    try:
        again = bring_up_to_date(session, node, deposits, now=now, again=False)
    except EscrowdError:
        # Terms that no longer hold: the deposit of that client says why.
        return replace(report, notes=(*report.notes, "not-sent-again"))
    if not again.accepted:
        return replace(report, notes=(*report.notes, "not-sent-again"))
    memory = recall(session.folder, node.fingerprint)
    remember(session.folder, memory.model_copy(update={"went_back_from": None}))
    return replace(report, notes=(*report.notes, "sent-again"))


def _one(
    session: Session, record: ClientRecord, over: Sequence[Dropped], now: int, progress: Progress
) -> Deposited:
    progress(Step("seal", record.id, 0, 1))
    renew_words(session, record, now=now)
    renew_index(session, record, now=now)
    published, new = estate.publish(session, record, now=now)
    progress(Step("seal", record.id, 1, 1))

    def send(node: NodeRecord) -> NodeReport:
        report = bring_up_to_date(
            session, node, [(record, published)], now=now, again=True, progress=progress
        )
        return deposit_again(session, node, report, now=now)

    return Deposited(
        record.id,
        published.manifest.revision,
        new,
        to_each(session.vault.nodes, send),
        tuple(one.number for one in record.sets),
        tuple(one.set for one in over if one.client == record.id),
        record.profile == "expert" and estate.lacks_keepass(session, published),
    )
