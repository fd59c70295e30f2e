"""``escrow agreement``: the paper that both sides sign, and whether one is what holds.

1. What may be signed is what a node would take.
2. A paper is known by its code (``core.agreement``). Whether its words are ours is known by writing it again:
   the same facts and the same day give the same bytes.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from escrowd.core.agreement import agreed_bytes, code_of
from escrowd.core.keys import fingerprint, show_fingerprint
from escrowd.core.terms import PROVIDER
from escrowd.errors import EscrowdError, InputError, IntegrityError, RefusedError
from escrowd.machine.files import disk_errors, write_atomic
from escrowd.paper.sections import Agreement, AgreementPaper, NodeLine, Party, agreement_pdf
from escrowd.provider.agreement import agreed_facts, agreement_code, is_told, operator_of, terms_of
from escrowd.provider.records import ClientRecord, Vault
from escrowd.provider.workspace import Session

_PDF: Final = ".pdf"
_TEXT: Final = ".txt"
_FACTS: Final = ".json"
_MOST: Final = 4 * 2**20
"""Bytes of a paper that is looked at."""
_IN_PDF: Final = re.compile(rb"escrow-agreement/1 ([a-z2-7]{32})")
_PDF_DAY: Final = re.compile(rb"<xmp:CreateDate>(\d{4}-\d{2}-\d{2})")
_IN_TEXT: Final = re.compile(r"((?:[a-z2-7]{4} ){7}[a-z2-7]{4})\s*$")
_CODE: Final = re.compile(r"[a-z2-7]{32}")


@dataclass(frozen=True, slots=True)
class AgreementWritten:
    """``code`` of the agreement, which stands in what was written."""

    file: Path
    code: str


@dataclass(frozen=True, slots=True)
class AgreementChecked:
    """A paper that is what holds: its ``code``, and the nodes that were told terms with this very code."""

    code: str
    nodes: tuple[str, ...]
    untold: tuple[str, ...]


def write_agreement(session: Session, client: str, file: Path, *, now: int) -> AgreementWritten:
    """The Notfallvereinbarung as a PDF to sign, its bare wording (``.txt``), or its facts (``.json``).

    Raises ``InputError`` ``agreement.ending`` (``ending``); ``RefusedError`` ``terms.client-missing``, and
    what else ``check_terms`` refuses once there is a node; ``client.unknown``, ``client.ended``; and as
    ``disk_errors``.
    """
    record = session.client(client)
    ending = file.suffix.lower()
    if ending not in {_PDF, _TEXT, _FACTS}:
        raise InputError("agreement.ending", ending=file.suffix[:20])
    _check(session.vault, record)
    if ending == _FACTS:
        write(file, agreed_bytes(agreed_facts(session.vault, record)))
    else:
        made = _make(session.vault, record, day_of(now))
        write(file, made.wording.encode() if ending == _TEXT else made.pdf)
    return AgreementWritten(file, agreement_code(session.vault, record))


def check_agreement(session: Session, client: str, paper: str) -> AgreementChecked:
    """Whether a paper, or the code on one, is what holds for a client now (rule 2).

    Parameters: ``paper``, a file that ``write_agreement`` wrote, or a code as it was typed.
    Raises ``InputError`` ``agreement.no-code`` (``path``: neither a code nor a file with one);
    ``IntegrityError`` ``agreement.differs`` (``found``, ``valid``), ``agreement.words-differ``: the code is
    right, the words are others; ``client.unknown``, ``client.ended``; and as ``disk_errors``.
    """
    record = session.client(client)
    valid = agreement_code(session.vault, record)
    file = Path(paper)
    data = b""
    if file.is_file():
        with disk_errors(file), file.open("rb") as stream:
            data = stream.read(_MOST)
        found = _code_in(data, file.suffix.lower())
    else:
        found = _typed(paper)
    if found is None:
        raise InputError("agreement.no-code", path=paper[:200])
    if found != valid:
        raise IntegrityError(
            "agreement.differs", found=show_fingerprint(found), valid=show_fingerprint(valid)
        )
    if data and not _same_words(session.vault, record, data, file.suffix.lower()):
        raise IntegrityError("agreement.words-differ", path=paper[:200])
    told = {node.url: is_told(session, record, node) for node in session.vault.nodes}
    return AgreementChecked(
        valid,
        tuple(url for url, done in told.items() if done),
        tuple(url for url, done in told.items() if not done),
    )


def write(file: Path, data: bytes) -> None:
    """A paper into its place (0600). Raises as ``disk_errors``."""
    with disk_errors(file):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(file, data)


def day_of(now: int) -> str:
    """The day, ISO."""
    return datetime.fromtimestamp(now, UTC).date().isoformat()


def _check(vault: Vault, record: ClientRecord) -> None:
    """Rule 1."""
    if vault.nodes and record.beneficiaries:
        terms_of(vault, record)
    elif not any(one.role == "client" for one in record.beneficiaries):
        raise RefusedError("terms.client-missing")


def _make(vault: Vault, record: ClientRecord, day: str) -> Agreement:
    people = {person.id: person.name for person in record.people}
    return agreement_pdf(
        AgreementPaper(
            language=record.language,
            client=record.name,
            provider=vault.provider.name,
            parties=tuple(Party(people[one.person], one.role, one.after) for one in record.beneficiaries),
            witnesses=tuple(people[one] for one in record.witnesses),
            timings=vault.timings,
            request_wait=record.request_wait,
            delay_max=record.delay_max,
            deliver_by=record.deliver_by,
            nodes=tuple(
                NodeLine(
                    node.name,
                    operator_of(vault, node),
                    node.fingerprint,
                    PROVIDER in {node.operator, node.works_for},
                )
                for node in vault.nodes
            ),
            root=fingerprint(bytes.fromhex(vault.root)),
            code=agreement_code(vault, record),
            day=day,
        )
    )


def _code_in(data: bytes, ending: str) -> str | None:
    """The code that a file says, or for a file of facts, has."""
    if ending == _FACTS:
        return code_of(data)
    if ending == _PDF:
        match = _IN_PDF.search(data)
        return match[1].decode("ascii") if match else None
    said = _IN_TEXT.search(data.decode("utf-8", "replace"))
    return said[1].replace(" ", "") if said else None


def _typed(text: str) -> str | None:
    code = "".join(text.split()).replace("-", "").lower()
    return code if _CODE.fullmatch(code) else None


def _same_words(vault: Vault, record: ClientRecord, data: bytes, ending: str) -> bool:
    if ending == _FACTS:
        return True
    day = _PDF_DAY.search(data)
    try:
        made = _make(vault, record, "1980-01-01" if day is None else day[1].decode("ascii"))
    except EscrowdError:
        return False  # a day that no calendar has
    return data == (made.pdf if ending == _PDF else made.wording.encode())
