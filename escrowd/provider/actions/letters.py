"""``escrow letter family``: a paper out of the sealed table alone."""

from collections import Counter
from pathlib import Path

from escrowd.core.terms import PROVIDER
from escrowd.paper.sections import FamilyPaper, Helper, family_pdf
from escrowd.provider.actions.agreements import day_of, write
from escrowd.provider.actions.deliver import check_pdf
from escrowd.provider.agreement import operator_of
from escrowd.provider.delivery import Paper, to_printer
from escrowd.provider.records import Vault
from escrowd.provider.workspace import Session


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
            day=day_of(now),
        )
    )
    if file is None:
        to_printer()([Paper("family.pdf", pdf)])
    else:
        write(file, pdf)


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
    return [Helper(operator_of(vault, node), "", node=node.name) for node in others]
