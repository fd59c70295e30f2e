"""``escrow status``: what the nodes say, worst first, and the next command.

Without a passphrase it tells whether each node is there, what its last receipt said, and what stands in the
workspace's readable part: enough for a timer that nobody watches. With a session each node is asked for its
standing, and each client's readiness is looked through (``core.readiness`` lists its codes; what is true of
a node stands there once, not once a client).

The codes of the rows, by severity:

=====  ==========================  =====================================================================
alarm  ``node.unreachable``        ``url``, ``error`` (code): it did not answer, or another node did
alarm  ``node.held``               ``url``: a copy of it is running
alarm  ``node.went-back``          ``url``, ``seen``: its ledger lost what we saw (until told anew)
alarm  ``switch.released``         ``url``
alarm  ``switch.announced``        ``url``, ``released_from``
alarm  ``switch.overdue``          ``url``, ``announced_from``
warn   ``node.deaf``               ``url``: it cannot hear itself; silence does not count there
warn   ``switch.due``              ``url``, ``deadline``: the check-in is near
alarm  ``request.waiting``         ``role``, ``earliest``, ``request``: a card's holder asked for the release
alarm  ``request.consent``         ``role``, ``request``: as above; it waits for a yes of client or provider
warn   ``request.due``             ``role``, ``request``: it is going out
alarm  ``client.damaged``          ``error`` (code): its files cannot be read (with a session)
warn   ``deposit.exposed``         ``url``: was released to a successor
warn   ``list.told``               ``url``, ``on``: the node wrote to the client that the list is old
warn   ``deposit.behind``          ``url``, ``held``, ``published``: revisions
warn   ``deposit.missing``         ``url``, ``published``: the node has none
todo   ``sets.two-live``           ``old``, ``new``: an older set whose holders have not all proved the new
                                   one
todo   ``terms.untold``            ``url``: timings or terms changed here, not told there (with a session)
todo   ``own.missing``             there is no estate of the provider's own (with a session)
warn   ``own.no-successor``        nobody gets the provider's own estate (with a session)
todo   ``workspace.no-nodes``
todo   ``workspace.no-clients``
todo   ``client.no-cards``
todo   ``client.unpublished``      ``published``: the working copy changed since
todo   ``list.none``               ``revision``, ``since``: no list was delivered yet (with a session)
todo   ``list.old``                ``delivered``, ``revision``, ``since``: the client's list is older
                                   than the bundle; both are a warning after ``deliver_by``
todo   ``client.next-revision``    ``by``: the manifest promised a newer one
fine   ``switch.current``          ``url``, ``deadline``, ``paused_until``, ``settling``, ``heard``,
                                   ``time_scale``
fine   ``deposit.trial``           ``url``, ``until``: mails of a silence go to the provider
fine   ``deposit.held``            ``url``, ``revision``
=====  ==========================  =====================================================================
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from escrowd.core.delivery import Overtaken
from escrowd.core.manifest import Manifest, claimed_manifest
from escrowd.core.readiness import Finding, findings
from escrowd.core.terms import DAY, OWN, owner_role
from escrowd.core.wire import MANIFEST_FILE, DepositStanding, Standing
from escrowd.errors import EscrowdError, IntegrityError
from escrowd.provider.actions.readiness import facts_of, memories_of
from escrowd.provider.agreement import terms_errand, timings_errand
from escrowd.provider.estate import file_sha256, newest_revision
from escrowd.provider.memory import NodeMemory, recall
from escrowd.provider.progress import Progress, Step, silent
from escrowd.provider.records import ClientRecord, NodeRecord, PublicView
from escrowd.provider.retiring import take_over
from escrowd.provider.sending import Errand, ask_standing, to_each
from escrowd.provider.workspace import Session, held_file, read_view, view_of

Severity = Literal["alarm", "warn", "todo", "fine"]
NEAR: Final = 7 * DAY
"""How long before the deadline a check-in is called for, in seconds."""
_SEVERITIES: Final[tuple[Severity, ...]] = ("alarm", "warn", "todo")
"""By the number of ``core.readiness.Severity``."""
_OF_NODES: Final = frozenset({"nodes.provider-only"})
"""Findings that say the same with every client."""
_ORDER: Final[dict[Severity, int]] = {"alarm": 0, "warn": 1, "todo": 2, "fine": 3}

FieldValue = str | int | bool | None


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One fact.

    ``node``: a fingerprint, ``client``: an id, where it is about one; ``command``: what would mend it.
    """

    severity: Severity
    code: str
    node: str | None
    client: str | None
    fields: dict[str, FieldValue]
    command: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """``rows`` worst first; ``next_command``: the words to type next, ``escrow`` left out, or None."""

    rows: tuple[StatusRow, ...]
    next_command: tuple[str, ...] | None


def status(folder: Path, *, now: int) -> Status:
    """Whether the nodes are there, and what was last heard. Needs no passphrase and takes no lock.

    Raises ``NotFoundError`` ``workspace.missing``, ``IntegrityError`` ``workspace.damaged``.
    """
    view = read_view(folder)
    problems = to_each(view.nodes, _is_there)
    return _status(folder, view, [*zip(view.nodes, problems, strict=True)], now)


def ask_status(session: Session, *, now: int, progress: Progress = silent) -> Status:
    """What each node says now, by a signed query, and what each client lacks.

    Sets that a node says are over are dropped. Never raises for what a node or the network does.
    """
    view = view_of(session.vault)
    reports = to_each(view.nodes, lambda node: ask_standing(session, node, now=now))
    problems = [report.error for report in reports]
    take_over(session, now=now)
    more = [row for node in view.nodes for row in _untold_rows(session, node)]
    more += _readiness_rows(session, now, progress)
    return _status(session.folder, view, [*zip(view.nodes, problems, strict=True)], now, more)


def _is_there(node: NodeRecord) -> EscrowdError | None:
    from escrowd.provider.node_client import NodeClient  # noqa: PLC0415 — HTTP, only if there is a node to ask

    client = NodeClient(node.url, patient=False)
    try:
        info = client.info()
    except EscrowdError as error:
        return error
    finally:
        client.close()
    if info.fingerprint != node.fingerprint:
        return IntegrityError("node.other-node", expected=node.fingerprint, found=info.fingerprint)
    return None


def _status(
    folder: Path,
    view: PublicView,
    nodes: Sequence[tuple[NodeRecord, EscrowdError | None]],
    now: int,
    more: Sequence[StatusRow] = (),
) -> Status:
    rows: list[StatusRow] = []
    manifests = {client: _published(folder, client) for client in view.clients}
    for node, problem in nodes:
        memory = recall(folder, node.fingerprint)
        if problem is not None:
            rows.append(_mute(node, problem))
        rows.extend(_node_rows(node, memory, now))
        rows.extend(_deposit_rows(node, memory, manifests))
    rows.extend(_workspace_rows(folder, view, manifests, now))
    rows.extend(more)
    rows.sort(key=lambda row: _ORDER[row.severity])
    # A check-in that is due is a minute's work and stops everything else from happening.
    first = sorted(rows, key=lambda row: row.command != ("checkin",))
    return Status(tuple(rows), next((row.command for row in first if row.command), None))


def _mute(node: NodeRecord, problem: EscrowdError) -> StatusRow:
    fields: dict[str, FieldValue] = {"url": node.url, "error": problem.code}
    return StatusRow("alarm", "node.unreachable", node.fingerprint, None, fields)


def _node_rows(node: NodeRecord, memory: NodeMemory, now: int) -> Iterator[StatusRow]:
    def row(severity: Severity, code: str, *command: str, **fields: FieldValue) -> StatusRow:
        return StatusRow(severity, code, node.fingerprint, None, {"url": node.url, **fields}, command or None)

    standing = memory.standing
    if memory.went_back_from is not None:
        yield row("alarm", "node.went-back", "deposit", seen=memory.went_back_from.seq)
    if standing is None:
        return
    if standing.hearing == "held":
        yield row("alarm", "node.held")
    if standing.hearing == "deaf":
        yield row("warn", "node.deaf")
    yield _phase_row(row_of=row, standing=standing, memory=memory, now=now)


def _phase_row(
    *, row_of: Callable[..., StatusRow], standing: Standing, memory: NodeMemory, now: int
) -> StatusRow:
    match standing.phase:
        case "released":
            return row_of("alarm", "switch.released", "checkin")
        case "announced":
            return row_of("alarm", "switch.announced", "checkin", released_from=standing.released_from)
        case "overdue":
            return row_of("alarm", "switch.overdue", "checkin", announced_from=standing.announced_from)
    deadline = standing.deadline
    # A scaled node (demo, tests) has long days: its own wall clock says how near the deadline is.
    if deadline is not None and deadline - max(now, standing.wall) < NEAR:
        return row_of("warn", "switch.due", "checkin", deadline=deadline)
    return row_of(
        "fine",
        "switch.current",
        deadline=deadline,
        paused_until=standing.paused_until,
        settling=standing.hearing == "settling",
        heard=memory.heard,
        time_scale=standing.time_scale,
    )


def _deposit_rows(
    node: NodeRecord, memory: NodeMemory, manifests: dict[str, Manifest | None]
) -> Iterator[StatusRow]:
    held = {one.client: one for one in memory.standing.deposits} if memory.standing else {}
    for client, manifest in manifests.items():
        if manifest is None:
            continue
        published = manifest.revision
        told = memory.told.get(f"deposit/{client}")
        revision = _revision(held.get(client), told.revision if told else None)

        def row(
            severity: Severity, code: str, *command: str, client: str = client, **fields: FieldValue
        ) -> StatusRow:
            return StatusRow(
                severity, code, node.fingerprint, client, {"url": node.url, **fields}, command or None
            )

        if client in held:
            yield from _said_rows(held[client], client, row)
        if revision is None:
            yield row("warn", "deposit.missing", "deposit", client, published=published)
        elif revision < published:
            yield row("warn", "deposit.behind", "deposit", client, held=revision, published=published)
        else:
            yield row("fine", "deposit.held", revision=revision)


def _said_rows(held: DepositStanding, client: str, row: Callable[..., StatusRow]) -> Iterator[StatusRow]:
    """What the node said of the deposit beside its revision."""
    if held.exposed:
        yield row("warn", "deposit.exposed", "card", "lost", client)
    for request in held.requests:
        fields: dict[str, FieldValue] = {"role": request.role, "request": request.id}
        approve = ("approve", client, request.id)
        if request.state == "waiting":
            yield row("alarm", "request.waiting", *approve, earliest=request.earliest, **fields)
        elif request.state == "consent":
            yield row("alarm", "request.consent", *approve, **fields)
        elif request.state == "due":
            yield row("warn", "request.due", **fields)
    if held.list_told is not None:
        yield row("warn", "list.told", "deliver", client, "--print", on=held.list_told)
    if len(held.sets) > 1:
        yield row("todo", "sets.two-live", "drill", client, old=held.sets[0], new=held.sets[-1])
    if held.trial_until is not None:
        yield row("fine", "deposit.trial", until=held.trial_until)


def _readiness_rows(session: Session, now: int, progress: Progress) -> Iterator[StatusRow]:
    """How old each client's list is; what stands between it and a recovery, once it has a deposit."""
    memories = memories_of(session)
    held = {client for memory in memories.values() for client in memory.held}
    clients = [record for record in session.vault.clients if record.ended is None]
    yield from _own_rows(clients, held)
    of_nodes: set[tuple[str, str]] = set()
    for done, record in enumerate(clients, start=1):
        names = {person.id: person.name for person in record.people}
        try:
            facts = facts_of(session, record, memories)
        except EscrowdError as error:
            yield StatusRow("alarm", "client.damaged", None, record.id, {"error": error.code})
            continue
        if facts.overtaken is not None:
            yield _list_row(facts.overtaken, record, now)
        for gap in findings(facts, now) if record.id in held else ():
            fields: dict[str, FieldValue] = {**gap.fields}
            if gap.person:
                fields["person"] = names.get(gap.person, gap.person)
            client: str | None = record.id
            if gap.code in _OF_NODES or gap.code.startswith("paid."):
                known = (gap.code, f"{gap.fields.get('node')} {gap.fields.get('what')}")
                if known in of_nodes:
                    continue
                of_nodes.add(known)
                client = None
            yield StatusRow(
                _SEVERITIES[gap.severity], gap.code, None, client, fields, _command(gap, record.id)
            )
        progress(Step("look", "clients", done, len(clients)))


def _own_rows(clients: Sequence[ClientRecord], held: Collection[str]) -> Iterator[StatusRow]:
    """Whether whoever carries on gets the provider's own estate, once somebody's bundle is deposited."""
    own = next((record for record in clients if record.id == OWN), None)
    if own is None and held:
        yield StatusRow("todo", "own.missing", None, None, {}, ("client", "add", OWN, "--kind", "provider"))
    if own is not None and not any(one.role == owner_role(OWN) for one in own.beneficiaries):
        command = ("beneficiary", "add", OWN, "--role", "successor")
        yield StatusRow("warn", "own.no-successor", None, OWN, {}, command)


def _list_row(old: Overtaken, record: ClientRecord, now: int) -> StatusRow:
    """The list in the client's hands is older than the bundle, or there is none yet."""
    client = record.id
    severity: Severity = "todo" if now - old.since < record.deliver_by else "warn"
    command = ("deliver", client, "--print")
    fields: dict[str, FieldValue] = {"revision": old.revision, "since": old.since}
    if old.delivered is None:
        return StatusRow(severity, "list.none", None, client, fields, command)
    return StatusRow(severity, "list.old", None, client, {"delivered": old.delivered, **fields}, command)


def _command(gap: Finding, client: str) -> tuple[str, ...] | None:
    """What to type next about a gap; None where only a telephone helps."""
    person, entry = gap.person, str(gap.fields.get("entry", ""))
    commands: dict[str, tuple[str, ...]] = {
        "nodes.none": ("deposit", client),
        "nodes.provider-only": ("node", "add", "URL"),
        "card.not-handed-over": ("card", "print", client, "--print"),
        "card.unproved": ("drill", client),
        "card.proof-old": ("drill", client),
        "outside.one-group": (
            "beneficiary",
            "add",
            client,
            "--role",
            "reserve" if client == OWN else "successor",
        ),
        "address.unconfirmed": ("address", "list", client),
        "address.hangs": ("address", "add", client, person, "ADDRESS"),
        "address.only-one": ("address", "add", client, person, "ADDRESS"),
        "kit.none": ("kit", client, "-o", "DIR"),
        "kit.old": ("kit", client, "-o", "DIR"),
        "entry.second-factor": ("entry", "edit", client, entry),
        "entry.recovery-mailbox": ("entry", "edit", client, entry),
        "entry.no-reason": ("decision", "add", client, "--entry", entry),
    }
    return commands.get(gap.code)


def _untold_rows(session: Session, node: NodeRecord) -> Iterator[StatusRow]:
    """Timings and terms that were changed here and not told there. They hold for nobody yet."""
    told = recall(session.folder, node.fingerprint).told
    wanted: list[tuple[str | None, Errand]] = [(None, timings_errand(session.vault))]
    for client in session.vault.clients:
        if client.ended is None and f"deposit/{client.id}" in told:
            # Terms out of their bounds are the deposit's to refuse.
            with suppress(EscrowdError):
                wanted.append((client.id, terms_errand(session.vault, client)))
    for id_, errand in wanted:
        known = told.get(errand.subject)
        if known is None or known.digest != errand.digest:
            command = ("checkin",) if id_ is None else ("deposit", id_)
            yield StatusRow("todo", "terms.untold", node.fingerprint, id_, {"url": node.url}, command)


def _revision(held: DepositStanding | None, told: int | None) -> int | None:
    """What the node holds: what it says, else what a receipt confirms (a receipt names one deposit only)."""
    return held.revision if held is not None else told


def _workspace_rows(
    folder: Path, view: PublicView, manifests: dict[str, Manifest | None], now: int
) -> Iterator[StatusRow]:
    if not view.nodes:
        yield StatusRow("todo", "workspace.no-nodes", None, None, {}, ("node", "add", "URL"))
    if not view.clients:
        yield StatusRow("todo", "workspace.no-clients", None, None, {}, ("client", "add", "ID"))
    for client, manifest in manifests.items():
        home = folder / "clients" / client
        if manifest is not None:
            if file_sha256(home / "bundle.age") != manifest.bundle_sha256:
                fields: dict[str, FieldValue] = {"published": manifest.revision}
                yield StatusRow("todo", "client.unpublished", None, client, fields, ("deposit", client))
            elif now > manifest.next_revision_by:
                fields = {"by": manifest.next_revision_by}
                yield StatusRow("todo", "client.next-revision", None, client, fields, ("deposit", client))
        elif not any(home.glob("key-*.age")):
            yield StatusRow("todo", "client.no-cards", None, client, {}, ("cards", client))
        else:
            yield StatusRow(
                "todo", "client.unpublished", None, client, {"published": None}, ("deposit", client)
            )


def _published(folder: Path, client: str) -> Manifest | None:
    place = newest_revision(folder / "clients" / client)
    if place is None:
        return None
    # Its signature is verified whenever it goes anywhere; a thousand of them would take seconds here.
    return claimed_manifest(held_file(place, MANIFEST_FILE))
