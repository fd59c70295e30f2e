"""``escrow beneficiary add|edit|remove``."""

from collections.abc import Sequence

from escrowd.provider.records import BeneficiaryRecord, ClientRecord, Language, Person, Role
from escrowd.provider.workspace import Session


def add_beneficiary(
    session: Session,
    client: str,
    *,
    name: str,
    role: Role,
    addresses: Sequence[str],
    language: Language | None = None,
    after: int | None = None,
) -> tuple[Person, BeneficiaryRecord]:
    raise NotImplementedError


def edit_beneficiary(
    session: Session,
    client: str,
    person: str,
    *,
    name: str | None = None,
    addresses: Sequence[str] | None = None,
    language: Language | None = None,
    after: int | None = None,
) -> tuple[Person, BeneficiaryRecord]:
    """``person``: id or unique name. ``addresses`` replaces all."""
    raise NotImplementedError


def remove_beneficiary(session: Session, client: str, person: str) -> ClientRecord:
    raise NotImplementedError


def list_beneficiaries(session: Session, client: str) -> tuple[tuple[Person, BeneficiaryRecord], ...]:
    raise NotImplementedError
