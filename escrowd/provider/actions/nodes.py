"""``escrow node add``: enrol at a node, whose invitation proves which node it is."""

from escrowd.core.keys import new_id
from escrowd.core.statements import Enrol, read_invitation
from escrowd.core.terms import PROVIDER
from escrowd.errors import IntegrityError, NotFoundError
from escrowd.provider.agreement import provider_people, timings_errand
from escrowd.provider.memory import recall, remember
from escrowd.provider.node_client import NodeClient, check_url
from escrowd.provider.records import NodeRecord, Vault
from escrowd.provider.sending import ENROLMENT, Errand, NodeReport, appointment_errand, tell
from escrowd.provider.workspace import Session


def list_nodes(session: Session) -> tuple[NodeRecord, ...]:
    """The nodes that the provider enrolled at."""
    return session.vault.nodes


def add_node(
    session: Session,
    *,
    url: str,
    invitation: str,
    operator: str = PROVIDER,
    works_for: str | None = None,
    now: int,
) -> NodeReport:
    """Enrol at the node at ``url``, and keep it when it gave its receipt.

    Parameters: ``invitation``, the text that ``escrowd invite`` printed; ``operator``, who runs the node:
    ``provider``, a beneficiary (id or unique name), or the name of somebody else; ``works_for``, the
    beneficiary whom the operator serves, if any (P1 is checked with both).
    Raises what ``read_invitation`` and ``check_url`` raise; ``IntegrityError`` ``node.other-node``
    (``expected``, ``found``) when another node answers at ``url``; ``NotFoundError``
    ``person.unknown`` (``ref``); and what the node or
    the way to it refuses.
    """
    url = check_url(url)
    runs = _operator(session.vault, operator)
    serves = None if works_for is None else _served(session.vault, works_for)
    invited = read_invitation(invitation)
    client = NodeClient(url)
    try:
        info = client.info()
    finally:
        client.close()
    if info.fingerprint != invited.node or info.public != invited.public.hex():
        raise IntegrityError("node.other-node", expected=invited.node, found=info.fingerprint)
    # The recipient is the signed one: what the node says over the wire decides nothing.
    node = NodeRecord(
        fingerprint=invited.node,
        public=invited.public.hex(),
        recipient=invited.recipient,
        url=url,
        name=info.name,
        operator=runs,
        operator_name="" if runs == PROVIDER else operator,
        works_for=serves,
        enrolled=now,
    )
    vault = session.vault
    people = provider_people(vault)
    body = Enrol(
        invitation=invited.compact,
        root=vault.root,
        name=vault.provider.name,
        appointment=vault.chain[-1],
        provider_set=vault.provider_set,
        timings=vault.timings,
        people_sha256=people.file.sha256,
    )
    errand = Errand(ENROLMENT, body, (people,))
    report = tell(session, node, errand, now=now, once=True)
    if report.error is not None:
        raise report.error
    memory = recall(session.folder, node.fingerprint)
    # The enrolment brought timings and daily key: they need no statements of their own.
    enrolled = memory.told[errand.subject]
    brought = [timings_errand(vault), appointment_errand(vault)]
    told = memory.told | {one.subject: enrolled.model_copy(update={"digest": one.digest}) for one in brought}
    remember(session.folder, memory.model_copy(update={"told": told}))
    others = tuple(other for other in vault.nodes if other.fingerprint != node.fingerprint)
    session.save(vault.model_copy(update={"nodes": (*others, node)}))
    return report


def _operator(vault: Vault, name: str) -> str:
    """The operator's person id; somebody who is no beneficiary gets a new one."""
    return PROVIDER if name == PROVIDER else _beneficiary(vault, name) or new_id()


def _served(vault: Vault, name: str) -> str:
    found = _beneficiary(vault, name)
    if found is None:
        raise NotFoundError("person.unknown", ref=name)
    return found


def _beneficiary(vault: Vault, name: str) -> str | None:
    """An id of the beneficiary with this id or name.

    The same person has another id with each client: any will do here, terms know them by name.
    """
    people = [person for client in vault.clients for person in client.people]
    found = [person.id for person in people if name == person.id or name.casefold() == person.name.casefold()]
    return found[0] if found else None
