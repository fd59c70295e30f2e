"""What each node should know: the provider's timings, each client's terms, and each client's deposit.

``errands`` says it, ``bring_up_to_date`` tells it. Nothing here is remembered but what receipts confirm, so
the same call mends a node that missed a change, a crash in the middle, and a node that was restored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from escrowd.core.agreement import AgreedFacts, AgreedNode, AgreedPerson, agreed_bytes, code_of
from escrowd.core.bundle import Bundle
from escrowd.core.bundle.domains import hosts_of
from escrowd.core.delivery import changed_titles, overtaken
from escrowd.core.encoding import canonical
from escrowd.core.keys import fingerprint
from escrowd.core.seal import seal_bytes
from escrowd.core.statements import MAX_DOMAINS, Deposit, NewTimings, OldList, PrintedList
from escrowd.core.strict import MAX_WALL
from escrowd.core.terms import (
    OWN,
    PROVIDER,
    NodeRun,
    Terms,
    check_roles,
    check_terms,
    owner_role,
    terms_sha256,
)
from escrowd.core.wire import (
    BUNDLE_FILE,
    MANIFEST_FILE,
    MAX_NAMES,
    PROVIDER_KEY_FILE,
    WORKSPACE_FILE,
    ClientName,
    NamesFile,
    PeopleFile,
    Person,
    key_file,
    share_file,
)
from escrowd.errors import EscrowdError, IntegrityError
from escrowd.machine.files import write_atomic
from escrowd.provider.estate import Published, file_sha256, published_bundle
from escrowd.provider.memory import recall
from escrowd.provider.progress import Progress, silent
from escrowd.provider.records import ClientRecord, NodeRecord, SetRecord, Vault
from escrowd.provider.sending import Errand, NodeReport, Signer, Source, tell
from escrowd.provider.workspace import PROVIDER_KEY, TABLE, Session, held_file

NODES_K = 1
"""The member threshold of the group ``nodes`` in the sets that ``cards`` makes."""
_LONGEST_NAME = 120
"""Characters of an entry's name that a node is told."""


def people_source(people: Sequence[Person], clients: Sequence[ClientName], salt: str) -> Source:
    """The people file. Its salt is fixed per client, so the same people give the same hash."""
    document = PeopleFile(salt=salt, people=tuple(people), clients=tuple(clients))
    return Source.of_bytes(canonical(document.model_dump(mode="json", by_alias=True)))


def provider_people(vault: Vault) -> Source:
    """The people file of the provider alone."""
    return people_source([vault.provider], [], vault.people_salt)


def timings_errand(vault: Vault) -> Errand:
    """The provider's timings and addresses."""
    people = provider_people(vault)
    body = NewTimings(timings=vault.timings, people_sha256=people.file.sha256)
    return Errand("timings", body, (people,))


def terms_of(vault: Vault, client: ClientRecord) -> tuple[Terms, Source]:
    """A client's terms as they are now, checked, and the people file that names who is in them.

    Of the provider's own estate the successors alone: a reserve keeps its card, and receives nothing.
    Raises as ``check_terms``.
    """
    entitled = tuple(
        one for one in client.beneficiaries if client.id != OWN or one.role == owner_role(client.id)
    )
    check_roles(client.id, entitled)
    named = {*(one.person for one in entitled), *client.witnesses}
    people = people_source(
        [vault.provider, *(person for person in client.people if person.id in named)],
        [ClientName(id=client.id, name=client.name)],
        client.people_salt,
    )
    terms = Terms(
        client=client.id,
        profile=client.profile,
        timings=vault.timings,
        beneficiaries=entitled,
        request_wait=client.request_wait,
        delay_max=client.delay_max,
        nodes=tuple(_node_run(vault, client, node) for node in vault.nodes),
        nodes_k=NODES_K,
        people_sha256=people.file.sha256,
        witnesses=client.witnesses,
        deliver_by=client.deliver_by,
        agreement=None if client.id == OWN else agreement_code(vault, client),
    )
    check_terms(terms, vault.timings, nodes_k=NODES_K)
    return terms, people


def agreed_sha256(vault: Vault, client: ClientRecord) -> str:
    """What a click at a node confirms of the terms as they are now, hex. Raises as ``terms_of``."""
    return terms_sha256(terms_of(vault, client)[0], {person.id: person.name for person in client.people})


def agreed_facts(vault: Vault, client: ClientRecord) -> AgreedFacts:
    """What the client's Notfallvereinbarung says, as its code is made of it."""
    names = {person.id: person.name for person in client.people}
    return AgreedFacts(
        salt=client.people_salt,
        client=client.id,
        client_name=client.name,
        provider=vault.provider.name,
        root=fingerprint(bytes.fromhex(vault.root)),
        profile=client.profile,
        people=tuple(
            AgreedPerson(name=names[one.person], role=one.role, after=one.after)
            for one in client.beneficiaries
        ),
        witnesses=tuple(names[one] for one in client.witnesses),
        timings=vault.timings,
        request_wait=client.request_wait,
        delay_max=client.delay_max,
        deliver_by=client.deliver_by,
        nodes=tuple(
            AgreedNode(
                fingerprint=node.fingerprint,
                operator=operator_of(vault, node),
                works_for=None if node.works_for is None else _name(vault, node.works_for) or None,
            )
            for node in vault.nodes
        ),
    )


def agreement_code(vault: Vault, client: ClientRecord) -> str:
    """The code of what holds for a client now (``core.agreement``)."""
    return code_of(agreed_bytes(agreed_facts(vault, client)))


def operator_of(vault: Vault, node: NodeRecord) -> str:
    """What the operator of a node is called."""
    if node.operator == PROVIDER:
        return vault.provider.name
    return node.operator_name or _name(vault, node.operator) or node.name


def _name(vault: Vault, person: str) -> str:
    if person == PROVIDER:
        return vault.provider.name
    return next((each.name for one in vault.clients for each in one.people if each.id == person), "")


def _node_run(vault: Vault, client: ClientRecord, node: NodeRecord) -> NodeRun:
    """Who runs the node, in the ids of this client's people.

    A person has another id with each client, so who runs a node is known by name (P1).
    """
    names = {person.id: person.name for one in vault.clients for person in one.people}
    here = {person.name.casefold(): person.id for person in client.people}
    operator = node.operator_name or names.get(node.operator, "")
    serves = None if node.works_for is None else names.get(node.works_for, "").casefold()
    return NodeRun(
        fingerprint=node.fingerprint,
        operator=here.get(operator.casefold(), node.operator),
        works_for=None if serves is None else here.get(serves, node.works_for),
    )


def terms_errand(vault: Vault, client: ClientRecord) -> Errand:
    """A client's terms. Raises as ``check_terms``."""
    terms, people = terms_of(vault, client)
    return Errand(f"terms/{client.id}", terms, (people,))


def is_told(session: Session, client: ClientRecord, node: NodeRecord) -> bool:
    """Whether a node has confirmed the very terms that hold here now."""
    known = recall(session.folder, node.fingerprint).told.get(f"terms/{client.id}")
    try:
        return known is not None and known.digest == terms_errand(session.vault, client).digest
    except EscrowdError:
        return False  # terms that no node would take


def domains_of(bundle: Bundle) -> tuple[str, ...]:
    """The host names that a bundle is about: whose mail may be lost together with what stands in it.

    A node is told them with each deposit, to say which addresses hang on the bundle. Sorted; at most
    ``MAX_DOMAINS``.
    """
    return tuple(sorted(hosts_of(bundle)))[:MAX_DOMAINS]


def deposit_errand(session: Session, client: ClientRecord, published: Published, node: NodeRecord) -> Errand:
    """Everything that the node is to hold for a client, the share sealed to that node."""
    folder = session.estate(client.id)
    manifest = published.manifest
    sources = {
        BUNDLE_FILE: Source.of_path(published.bundle, manifest.bundle_sha256),
        MANIFEST_FILE: Source.of_bytes(published.compact.encode("ascii")),
        PROVIDER_KEY_FILE: Source.of_bytes(held_file(session.folder, PROVIDER_KEY)),
        WORKSPACE_FILE: Source.of_bytes(held_file(session.folder, TABLE)),
    }
    for one in client.sets:
        name = key_file(one.number)
        sources[name] = Source.of_path(folder / name, one.key_sha256)
        share = _share_for(folder, one, node)
        sources[share_file(one.number)] = Source.of_path(share, file_sha256(share))
    files = {name: source.file for name, source in sources.items()}
    bundle = published_bundle(session, published)
    printed, names = printed_list(client, bundle)
    body = Deposit(client=client.id, files=files, domains=domains_of(bundle), printed=printed)
    return Errand(f"deposit/{client.id}", body, (*sources.values(), *names), manifest.revision)


def printed_list(client: ClientRecord, bundle: Bundle) -> tuple[PrintedList | None, tuple[Source, ...]]:
    """How the list that the client has on paper stands beside a bundle, and the file of names, if any.

    None for the provider's own estate, which nobody has on paper. Where the client has no list at all, no
    entry is named: it would be all of them.
    """
    if client.id == OWN:
        return None, ()
    delivered = max((one.revision for one in client.deliveries), default=None)
    lacks = overtaken(bundle, delivered)
    if lacks is None:
        return PrintedList(delivered=delivered), ()
    titles = () if delivered is None else changed_titles(bundle, delivered)
    names = tuple(_one_line(title) for title in titles)
    sources: tuple[Source, ...] = ()
    if names:
        file = NamesFile(
            salt=client.people_salt, names=names[:MAX_NAMES], more=max(0, len(names) - MAX_NAMES)
        )
        sources = (Source.of_bytes(canonical(file.model_dump(mode="json", by_alias=True))),)
    old = OldList(
        first=lacks.first,
        since=min(lacks.since, MAX_WALL),
        names_sha256=sources[0].file.sha256 if sources else None,
    )
    return PrintedList(delivered=delivered, old=old), sources


def _one_line(title: str) -> str:
    """A name of an entry as a line of a document that travels."""
    whole = " ".join("".join(char if char.isprintable() else " " for char in title).split()) or "?"
    return whole if len(whole) <= _LONGEST_NAME else whole[: _LONGEST_NAME - 1] + "…"


def bring_up_to_date(
    session: Session,
    node: NodeRecord,
    deposits: Sequence[tuple[ClientRecord, Published]],
    *,
    now: int,
    again: bool,
    signer: Signer | None = None,
    progress: Progress = silent,
) -> NodeReport:
    """Tell the node what it does not know: timings first, then per client terms and deposit.

    Parameters: ``again``, whether a deposit is told even when a receipt for the same one is at hand.
    Returns the last report, or the first that failed.
    """
    standing = recall(session.folder, node.fingerprint).standing
    last = NodeReport(node.fingerprint, node.url, None, None, standing)
    notes: set[str] = set()
    for errand, always in _errands(session, node, deposits):
        told = recall(session.folder, node.fingerprint).told.get(errand.subject)
        if told is not None and told.digest == errand.digest and not (always and again):
            continue
        last = tell(session, node, errand, now=now, signer=signer, progress=progress)
        notes.update(last.notes)
        if not last.accepted:
            break
    return replace(last, notes=("went-back",)) if "went-back" in notes else last


def _errands(
    session: Session, node: NodeRecord, deposits: Sequence[tuple[ClientRecord, Published]]
) -> Iterator[tuple[Errand, bool]]:
    yield timings_errand(session.vault), False
    for client, published in deposits:
        yield terms_errand(session.vault, client), False
        yield deposit_errand(session, client, published, node), True


def _share_for(folder: Path, one: SetRecord, node: NodeRecord) -> Path:
    """The nodes' share of a set, sealed to ``node`` before it leaves this machine.

    Sealed once and kept: sealing again would give other bytes, and a retry must name the same file.
    """
    path = folder / f"share-{one.number}.{node.fingerprint}.age"
    if not path.is_file():
        kept = next((share for share in one.kept if share.group == "nodes"), None)
        if kept is None:
            raise IntegrityError("workspace.damaged", file=TABLE)
        write_atomic(path, seal_bytes(f"{kept.words}\n".encode("ascii"), [node.recipient]))
    return path
