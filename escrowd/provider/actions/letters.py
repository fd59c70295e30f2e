"""``escrow letter family`` and ``escrow agreement``: papers out of the sealed table alone."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from escrowd.core.keys import fingerprint
from escrowd.core.terms import PROVIDER
from escrowd.errors import InputError, RefusedError
from escrowd.machine.files import disk_errors, write_atomic
from escrowd.paper.sections import (
    AgreementPaper,
    FamilyPaper,
    Helper,
    NodeLine,
    Party,
    agreement_pdf,
    family_pdf,
)
from escrowd.provider.actions.deliver import check_pdf
from escrowd.provider.agreement import terms_of
from escrowd.provider.delivery import Paper, to_printer
from escrowd.provider.records import NodeRecord, Vault
from escrowd.provider.workspace import Session

_TEXT: Final = ".txt"


@dataclass(frozen=True, slots=True)
class AgreementWritten:
    """``sha256``, hex, of the wording: the exact bytes of the ``.txt``."""

    file: Path
    sha256: str


def family_letter(session: Session, *, file: Path | None, now: int) -> None:
    """The sheet for the provider's family, to ``file`` (0600), or None: to the printer.

    Raises ``InputError`` ``paper.ending``; ``UnavailableError`` ``printer.none``, ``printer.failed``; and as
    ``disk_errors``.
    """
    if file is not None:
        check_pdf(file)
    vault = session.vault
    pdf = family_pdf(
        FamilyPaper(
            language=vault.provider.language,
            provider=vault.provider.name,
            helpers=(*_successors(vault), *_operators(vault)),
            clients=sum(client.ended is None for client in vault.clients),
            timings=vault.timings if vault.nodes else None,
            day=_day(now),
        )
    )
    if file is None:
        to_printer()([Paper("family.pdf", pdf)])
    else:
        _write(file, pdf)


def write_agreement(session: Session, client: str, file: Path, *, now: int) -> AgreementWritten:
    """The Notfallvereinbarung as a PDF to sign, or its bare wording (``.txt``), whose SHA-256 it quotes.

    Raises ``InputError`` ``agreement.ending`` (``ending``); ``RefusedError`` ``terms.client-missing``, and
    what else ``check_terms`` refuses once there is a node; ``client.unknown``, ``client.ended``; and as
    ``disk_errors``.
    """
    record = session.client(client)
    ending = file.suffix.lower()
    if ending not in {".pdf", _TEXT}:
        raise InputError("agreement.ending", ending=file.suffix[:20])
    vault = session.vault
    if vault.nodes and record.beneficiaries:
        terms_of(vault, record)  # only what a node would take may be signed
    elif not any(one.role == "client" for one in record.beneficiaries):
        raise RefusedError("terms.client-missing")
    people = {person.id: person.name for person in record.people}
    handed_out = record.sets[-1].handed_out if record.sets else ()
    made = agreement_pdf(
        AgreementPaper(
            language=record.language,
            client=record.name,
            provider=vault.provider.name,
            parties=tuple(
                Party(people[one.person], one.role, one.after, one.role in handed_out)
                for one in record.beneficiaries
            ),
            witnesses=tuple(people[one] for one in record.witnesses),
            timings=vault.timings,
            request_wait=record.request_wait,
            delay_max=record.delay_max,
            nodes=tuple(
                NodeLine(
                    node.name,
                    _operator(vault, node),
                    node.fingerprint,
                    PROVIDER in {node.operator, node.works_for},
                )
                for node in vault.nodes
            ),
            root=fingerprint(bytes.fromhex(vault.root)),
            day=_day(now),
        )
    )
    _write(file, made.wording.encode() if ending == _TEXT else made.pdf)
    return AgreementWritten(file, made.sha256)


def _successors(vault: Vault) -> list[Helper]:
    """Whoever takes over, the one with the most clients first. A person has another id with each client."""
    clients: Counter[str] = Counter()
    mails: dict[str, str] = {}
    for record in vault.clients:
        people = {person.id: person for person in record.people}
        for one in record.beneficiaries if record.ended is None else ():
            if one.role == "successor":
                person = people[one.person]
                clients[person.name] += 1
                mails.setdefault(person.name, person.addresses[0].address if person.addresses else "")
    return [Helper(name, mails[name], clients=count) for name, count in clients.most_common()]


def _operators(vault: Vault) -> list[Helper]:
    others = [node for node in vault.nodes if node.operator != PROVIDER]
    return [Helper(_operator(vault, node), "", node=node.name) for node in others]


def _operator(vault: Vault, node: NodeRecord) -> str:
    """What the operator of a node is called."""
    if node.operator == PROVIDER:
        return vault.provider.name
    names = {person.id: person.name for one in vault.clients for person in one.people}
    return node.operator_name or names.get(node.operator, node.name)


def _write(file: Path, data: bytes) -> None:
    with disk_errors(file):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(file, data)


def _day(now: int) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()
