"""``escrow client add|list|edit|end``."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from escrowd.core.bundle import changed
from escrowd.core.keys import random_bytes
from escrowd.core.statements import End
from escrowd.core.terms import DAY, OWN, Profile
from escrowd.errors import ConflictError, EscrowdError, InputError
from escrowd.provider import estate
from escrowd.provider.memory import recall
from escrowd.provider.progress import Progress, silent
from escrowd.provider.records import ClientRecord, Language
from escrowd.provider.sending import Errand, NodeReport, tell, to_each
from escrowd.provider.workspace import Session

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_LONGEST_NAME: Final = 200
_SALT_BYTES: Final = 16
Kind = Literal["client", "provider"]


@dataclass(frozen=True, slots=True)
class ClientRow:
    """One line of the list.

    ``revision``: of the working copy; ``published``: last published, or None. ``problem``: why the client's
    files cannot be read; then the other three are None.
    """

    record: ClientRecord
    revision: int | None
    published: int | None
    entries: int | None
    problem: EscrowdError | None = None


def add_client(
    session: Session,
    client: str,
    *,
    name: str | None = None,
    language: Language | None = None,
    profile: Profile | None = None,
    now: int,
    kind: Kind = "client",
) -> ClientRecord:
    """A new client with an empty bundle, or the provider's own estate.

    Parameters: ``kind`` ``provider``, the estate, whose id is always ``own``. Not given: the ``name`` and
    ``language`` of the estate are the provider's, its ``profile`` is ``expert``; a client is German-speaking
    and ``guided``.
    Raises ``InputError`` ``client.id-malformed`` (``client``), ``client.name-malformed``, ``client.own-id``
    (``client``: ``own`` without the kind, or another id with it); ``ConflictError`` ``client.exists``
    (``client``: an ended client keeps its id).
    """
    if not _ID.fullmatch(client):
        raise InputError("client.id-malformed", client=client[:40])
    is_own = kind == "provider"
    if (client == OWN) != is_own:
        raise InputError("client.own-id", client=client)
    provider = session.vault.provider
    if any(other.id == client for other in session.vault.clients):
        raise ConflictError("client.exists", client=client)
    record = ClientRecord(
        id=client,
        name=_name(provider.name if name is None and is_own else name or ""),
        language=language or (provider.language if is_own else "de"),
        profile=profile or ("expert" if is_own else "guided"),
        created=now,
        request_wait=DAY,
        delay_max=0,
        people_salt=random_bytes(_SALT_BYTES).hex(),
    )
    estate.create(session, record)
    session.put_client(record)
    return record


def list_clients(session: Session) -> tuple[ClientRow, ...]:
    """Every client that has not ended, also one whose files are damaged."""
    return tuple(_row(session, record) for record in session.vault.clients if record.ended is None)


def edit_client(
    session: Session,
    client: str,
    *,
    name: str | None = None,
    language: Language | None = None,
    profile: Profile | None = None,
    now: int,
) -> ClientRecord:
    """Change what is given, in the bundle and in the table. Raises as ``add_client``, ``client.unknown``."""
    old = session.client(client)
    fields = {
        "name": old.name if name is None else _name(name),
        "language": language or old.language,
        "profile": profile or old.profile,
    }
    record = old.model_copy(update=fields)
    # The bundle first: a crash in between is mended by the same command.
    estate.change(session, record, lambda bundle: changed(bundle, **fields), now=now, reason="client edit")
    session.put_client(record)
    return record


def end_client(
    session: Session, client: str, *, now: int, progress: Progress = silent
) -> tuple[NodeReport, ...]:
    """Withdraw the client's deposit from every node that has one; it ends there 30 d later (P7).

    The client counts as ended once every such node gave its receipt: until then the same command tells the
    others.
    """
    record = session.client(client)
    errand = Errand(f"end/{client}", End(client=client))
    subject = f"deposit/{client}"
    nodes = [node for node in session.vault.nodes if subject in recall(session.folder, node.fingerprint).told]
    reports = to_each(nodes, lambda node: tell(session, node, errand, now=now, once=True, progress=progress))
    if all(report.accepted for report in reports):
        session.put_client(record.model_copy(update={"ended": now}))
    return reports


def _row(session: Session, record: ClientRecord) -> ClientRow:
    try:
        with estate.opened(session, record.id) as payload:
            bundle = payload.bundle
        published = estate.published(session, record)
    except EscrowdError as problem:
        return ClientRow(record, None, None, None, problem)
    return ClientRow(
        record,
        bundle.revision,
        None if published is None else published.manifest.revision,
        len(bundle.entries),
    )


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise InputError("client.name-malformed", limit=_LONGEST_NAME)
    return name
