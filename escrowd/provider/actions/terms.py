"""``escrow terms show|set``: the provider's timings, and one client's terms."""

from dataclasses import dataclass

from escrowd.core.terms import Beneficiary, Timings
from escrowd.provider.records import NodeRecord
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class ClientTerms:
    client: str
    timings: Timings
    beneficiaries: tuple[Beneficiary, ...]
    request_wait: int
    delay_max: int
    nodes: tuple[NodeRecord, ...]


def show_timings(session: Session) -> Timings:
    raise NotImplementedError


def show_terms(session: Session, client: str) -> ClientTerms:
    raise NotImplementedError


def set_timings(
    session: Session, *, interval: int | None = None, grace: int | None = None, announce: int | None = None
) -> Timings:
    """Kept in the workspace; nodes hear of it with the next ``deposit`` or check-in, and count from the next check-in."""
    raise NotImplementedError


def set_terms(
    session: Session, client: str, *, request_wait: int | None = None, delay_max: int | None = None
) -> ClientTerms:
    raise NotImplementedError
