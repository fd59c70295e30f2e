"""What each node should know: the provider's timings, each client's terms, and each client's deposit.

``errands`` says it, ``bring_up_to_date`` tells it. Nothing here is remembered but what receipts confirm, so
the same call mends a node that missed a change, a crash in the middle, and a node that was restored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from escrowd.core.encoding import canonical
from escrowd.core.seal import seal_bytes
from escrowd.core.statements import Deposit, NewTimings
from escrowd.core.terms import NodeRun, Terms, check_terms
from escrowd.core.wire import (
    BUNDLE_FILE,
    MANIFEST_FILE,
    PROVIDER_KEY_FILE,
    WORKSPACE_FILE,
    ClientName,
    PeopleFile,
    Person,
    key_file,
    share_file,
)
from escrowd.errors import IntegrityError
from escrowd.machine.files import write_atomic
from escrowd.provider.domains import domains_of
from escrowd.provider.estate import Published, file_sha256, published_bundle
from escrowd.provider.memory import recall
from escrowd.provider.progress import Progress, silent
from escrowd.provider.records import ClientRecord, NodeRecord, SetRecord, Vault
from escrowd.provider.sending import Errand, NodeReport, Signer, Source, tell
from escrowd.provider.workspace import PROVIDER_KEY, TABLE, Session, held_file

NODES_K = 1
"""The member threshold of the group ``nodes`` in the sets that ``cards`` makes."""


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

    Raises as ``check_terms``.
    """
    people = people_source(
        [vault.provider, *client.people],
        [ClientName(id=client.id, name=client.name)],
        client.people_salt,
    )
    terms = Terms(
        client=client.id,
        profile=client.profile,
        timings=vault.timings,
        beneficiaries=client.beneficiaries,
        request_wait=client.request_wait,
        delay_max=client.delay_max,
        nodes=tuple(_node_run(vault, client, node) for node in vault.nodes),
        nodes_k=NODES_K,
        people_sha256=people.file.sha256,
        witnesses=client.witnesses,
    )
    check_terms(terms, vault.timings, nodes_k=NODES_K)
    return terms, people


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
    body = Deposit(client=client.id, files=files, domains=domains_of(published_bundle(session, published)))
    return Errand(f"deposit/{client.id}", body, tuple(sources.values()), manifest.revision)


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
