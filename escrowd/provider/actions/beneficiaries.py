"""``escrow beneficiary add|edit|remove``."""

from collections.abc import Sequence

from escrowd.core.terms import Beneficiary, Role
from escrowd.core.wire import Person
from escrowd.provider.records import ClientRecord, Language
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
) -> tuple[Person, Beneficiary]:
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
) -> tuple[Person, Beneficiary]:
    """``person``: id or unique name. ``addresses`` replaces all."""
    raise NotImplementedError


def remove_beneficiary(session: Session, client: str, person: str) -> ClientRecord:
    raise NotImplementedError


def list_beneficiaries(session: Session, client: str) -> tuple[tuple[Person, Beneficiary], ...]:
    raise NotImplementedError
