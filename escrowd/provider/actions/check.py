"""``escrow check``: what the bundles do not say yet, worst first, each with the command that adds it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from escrowd.core.addresses import domain_of
from escrowd.core.bundle import Bundle
from escrowd.core.bundle.check import SEVERITIES, Facts, Gap, Severity, gaps
from escrowd.core.terms import PROVIDER
from escrowd.errors import EscrowdError
from escrowd.provider import estate
from escrowd.provider.progress import Progress, Step, silent
from escrowd.provider.records import Language, Vault
from escrowd.provider.workspace import Session

_EDITS: Final[dict[str, tuple[str, ...]]] = {
    "entry.user": ("--user", "NAME"),
    "entry.password": ("--password",),
    "entry.url": ("--url", "URL"),
    "entry.second-factor": ("--second-factor", "KIND"),
    "entry.device": ("--device", "WHOSE"),
    "entry.codes": ("--codes-where", "PLACE"),
    "entry.mailbox": ("--recovery-mailbox", "ADDRESS"),
    "entry.contract": ("--contract-holder", "NAME"),
    "entry.purpose": ("--purpose", "TEXT"),
    "entry.domains": ("--field", "Domain=NAME"),
    "domain.holder": ("--contract-holder", "NAME"),
    "domain.transfer": ("--field", "Transfer=TEXT"),
    "domain.dns": ("--field", "DNS=TEXT"),
    "domain.mail": ("--field", "Mail=TEXT"),
    "domain.web": ("--field", "Web=TEXT"),
    "domain.backup": ("--field", "Backup=TEXT"),
    "finding.device": ("--device", "WHOSE"),
    "finding.codes": ("--codes-where", "PLACE"),
    "finding.contract": ("--contract-holder", "NAME"),
    "finding.mailbox-provider": ("--recovery-mailbox", "ADDRESS"),
    "finding.mailbox-own": ("--recovery-mailbox", "ADDRESS"),
    "finding.user-provider": ("--user", "NAME"),
    "finding.user-own": ("--recovery-mailbox", "ADDRESS"),
}
"""A gap's code -> options of ``entry edit`` that close it."""
_OWN: Final[dict[str, tuple[str, ...]]] = {
    "own.reseller": ("--kind", "hosting"),
    "own.mail": ("--kind", "mail"),
    "own.node": ("--kind", "server", "--url", "URL"),
    "own.contracts": ("--kind", "note", "--group", "Contracts"),
    "own.invoicing": ("--kind", "payment"),
}
"""The same of ``entry add``, for a part that the provider's own estate lacks."""
_VERIFIED: Final[dict[Language, str]] = {"de": "Geprüft", "en": "Verified"}
"""The field's name stands on the client's list."""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One gap of one client; ``command``: what to type next, ``escrow`` left out.

    ``gap`` is None, and ``error`` a code, where the bundle cannot be read.
    """

    client: str
    severity: Severity
    gap: Gap | None
    command: tuple[str, ...] | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """``clients``, the ids looked through; ``rows``, worst first; ``next_command``: what to type next."""

    clients: tuple[str, ...]
    rows: tuple[CheckRow, ...]
    next_command: tuple[str, ...] | None


def check(session: Session, client: str | None = None, *, now: int, progress: Progress = silent) -> Checked:
    """Look through one client's bundle, or all.

    Parameters: ``now``, Unix seconds: which entries want to be tried out again.
    Raises ``client.unknown``, ``client.ended``; for one client as ``estate.opened``. Of all, one that cannot
    be read is a row.
    """
    day = datetime.fromtimestamp(now, UTC).date().isoformat()
    facts = _facts(session.vault, day)
    if client is not None:
        record = session.client(client)
        rows = list(_rows(record.id, _bundle(session, record.id), facts))
        return _checked((record.id,), rows)
    clients = tuple(record.id for record in session.vault.clients if record.ended is None)
    rows = []
    for done, id_ in enumerate(clients, start=1):
        try:
            rows += _rows(id_, _bundle(session, id_), facts)
        except EscrowdError as error:
            rows.append(CheckRow(id_, "alarm", None, error=error.code))
        progress(Step("look", "clients", done, len(clients)))
    return _checked(clients, rows)


def _checked(clients: tuple[str, ...], rows: list[CheckRow]) -> Checked:
    rows.sort(key=lambda row: SEVERITIES.index(row.severity))
    return Checked(clients, tuple(rows), next((row.command for row in rows if row.command), None))


def _bundle(session: Session, client: str) -> Bundle:
    with estate.opened(session, client) as payload:
        return payload.bundle


def _facts(vault: Vault, day: str) -> Facts:
    own = vault.provider
    domains = frozenset(domain_of(address.address) for address in own.addresses)
    return Facts(names=(own.name,), domains=domains, today=day, nodes=tuple(_own_nodes(vault)))


def _own_nodes(vault: Vault) -> Iterator[tuple[str, str]]:
    """Name and host of the nodes that the provider runs."""
    for node in vault.nodes:
        if PROVIDER in {node.operator, node.works_for}:
            yield node.name, urlsplit(node.url).hostname or node.url


def _rows(client: str, bundle: Bundle, facts: Facts) -> Iterator[CheckRow]:
    for gap in gaps(bundle, facts):
        yield CheckRow(client, gap.severity, gap, _command(client, bundle.language, gap, facts.today))


def _command(client: str, language: Language, gap: Gap, day: str) -> tuple[str, ...]:
    if gap.code.startswith("own."):
        return ("entry", "add", client, *_OWN[gap.code], "--title", gap.value or "NAME")
    if not gap.entry or gap.code == "domain.registrar":
        return ("entry", "add", client, "--kind", "domain-registrar", "--title", gap.domain)
    if gap.code == "entry.reason":
        return ("decision", "add", client, "--entry", gap.entry)
    # Once it was tried out, that is: nobody else can know.
    options = _EDITS.get(gap.code, ("--field", f"{_VERIFIED[language]}={day}"))
    return ("entry", "edit", client, gap.entry, *options)
