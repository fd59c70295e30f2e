"""``escrow approve|delay|arm|drill`` and ``escrow card unseal``: what the provider says about one client.

Each is a statement to every node that holds the client's deposit. Nothing here can refuse a client (P7): a
request is approved or, within what was agreed, delayed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from escrowd.core.readiness import Finding
from escrowd.core.standing import RequestStanding
from escrowd.core.statements import Approve, Arm, Body, Delay, Drill, Unseal
from escrowd.errors import ConflictError, InputError, NotFoundError, RefusedError
from escrowd.provider.actions.readiness import gaps_of
from escrowd.provider.memory import recall
from escrowd.provider.records import NodeRecord
from escrowd.provider.sending import Errand, NodeReport, ask_standing, tell, to_each
from escrowd.provider.workspace import Session

_LONGEST = 500
OPEN = frozenset({"waiting", "consent"})
"""States in which a request can still be approved or delayed."""


@dataclass(frozen=True, slots=True)
class RequestAt:
    """A request for a client's bundle, and the node where it was made."""

    node: NodeRecord
    request: RequestStanding


def list_requests(session: Session, client: str, *, now: int) -> tuple[RequestAt, ...]:
    """The client's requests at every node, asked now.

    Raises the error of the first node that did not answer, if none of the others has a request;
    ``client.unknown``, ``client.ended``, ``RefusedError`` ``deposit.none`` (``client``).
    """
    nodes = _holding(session, client)
    reports = to_each(nodes, lambda node: ask_standing(session, node, now=now))
    found = [
        RequestAt(node, request)
        for node in nodes
        for held in [recall(session.folder, node.fingerprint).deposit(client)]
        if held is not None
        for request in held.requests
    ]
    problem = next((report.error for report in reports if report.error is not None), None)
    if problem is not None and not found:
        raise problem
    return tuple(found)


def approve(session: Session, client: str, request: str | None = None, *, now: int) -> tuple[NodeReport, ...]:
    """Say yes: the request is due now. Without ``request``: every one that waits.

    Raises ``RefusedError`` ``statement.not-typed`` (``type``); ``NotFoundError`` ``request.none``,
    ``request.unknown`` (``client``, ``request``); as ``list_requests``. What a node refuses is in its report.
    """
    _check_typed(session, "approve")
    return _about(session, client, request, lambda id_: Approve(client=client, request=id_), now=now)


def delay(
    session: Session, client: str, request: str | None = None, *, seconds: int, reason: str, now: int
) -> tuple[NodeReport, ...]:
    """Put a request off by ``seconds``, for a reason that the client reads.

    Raises ``InputError`` ``statement.reason-malformed`` (``limit``); as ``approve`` but for
    ``statement.not-typed``.
    """
    text = _line(reason)

    def body(id_: str) -> Delay:
        return Delay(client=client, request=id_, seconds=seconds, reason=text)

    return _about(session, client, request, body, now=now)


def drill(session: Session, client: str, *, now: int) -> tuple[NodeReport, ...]:
    """Ask every holder of a card, by mail, to prove it. Raises as ``list_requests``."""
    return _to_all(session, client, "drill", Drill(client=client), now=now)


def arm(
    session: Session, client: str, *, despite: str | None = None, now: int
) -> tuple[tuple[NodeReport, ...], tuple[Finding, ...]]:
    """End the trial of a client's deposit, and say which gaps there still are.

    Parameters: ``despite``, why all the same when something still stands between the client and a working
    recovery; the nodes' ledgers keep both.
    Raises ``ConflictError`` ``readiness.gaps`` (``client``, ``count``, ``worst``: a code) without
    ``despite``; ``statement.reason-malformed``; as ``list_requests``.
    """
    nodes = _holding(session, client)
    to_each(nodes, lambda node: ask_standing(session, node, now=now))
    gaps = gaps_of(session, client, now=now)
    if gaps and despite is None:
        raise ConflictError("readiness.gaps", client=client, count=len(gaps), worst=gaps[0].code)
    body = Arm(
        client=client,
        despite=_line(despite) if gaps and despite is not None else None,
        gaps=tuple(dict.fromkeys(gap.code for gap in gaps)),
    )
    return _to_all(session, client, "arm", body, now=now), gaps


def unseal(session: Session, client: str, *, now: int) -> tuple[NodeReport, ...]:
    """Stop sealing to the older of two sets: the first call gives notice, one 30 d later acts.

    Raises ``RefusedError`` ``statement.not-typed`` (``type``), ``ConflictError`` ``sets.only-one``
    (``set``); as ``list_requests``.
    """
    _check_typed(session, "unseal")
    record = session.client(client)
    if len(record.sets) < 2:  # noqa: PLR2004 — an older and a newer one
        raise ConflictError("sets.only-one", set=record.sets[-1].number if record.sets else 0)
    return _to_all(session, client, "unseal", Unseal(client=client, set=record.sets[0].number), now=now)


def _about(
    session: Session, client: str, request: str | None, body: Callable[[str], Body], *, now: int
) -> tuple[NodeReport, ...]:
    """Tell each node about its own requests."""
    found = list_requests(session, client, now=now)
    wanted = [
        one for one in found if (one.request.state in OPEN if request is None else one.request.id == request)
    ]
    if not wanted:
        if request is None:
            raise NotFoundError("request.none", client=client)
        raise NotFoundError("request.unknown", client=client, request=request)

    def one(at: RequestAt) -> NodeReport:
        said = body(at.request.id)
        subject = f"{type(said).__name__.lower()}/{client}"
        return tell(session, at.node, Errand(subject, said), now=now)

    return tuple(one(at) for at in wanted)


def _to_all(session: Session, client: str, subject: str, body: Body, *, now: int) -> tuple[NodeReport, ...]:
    errand = Errand(f"{subject}/{client}", body)
    return to_each(_holding(session, client), lambda node: tell(session, node, errand, now=now))


def _holding(session: Session, client: str) -> Sequence[NodeRecord]:
    """The nodes that hold the client's deposit."""
    session.client(client)
    nodes = [node for node in session.vault.nodes if client in recall(session.folder, node.fingerprint).held]
    if not nodes:
        raise RefusedError("deposit.none", client=client)
    return nodes


def _check_typed(session: Session, type_: str) -> None:
    if session.presence != "typed":
        raise RefusedError("statement.not-typed", type=type_)


def _line(text: str) -> str:
    line = " ".join(text.split())
    if not 1 <= len(line) <= _LONGEST:
        raise InputError("statement.reason-malformed", limit=_LONGEST)
    return line
