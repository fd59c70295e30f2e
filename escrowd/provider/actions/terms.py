"""``escrow terms show|set``: the provider's timings, and one client's terms."""

from dataclasses import dataclass

from escrowd.provider.records import BeneficiaryRecord, NodeRecord, TimingsRecord
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class ClientTerms:
    client: str
    timings: TimingsRecord
    beneficiaries: tuple[BeneficiaryRecord, ...]
    request_wait: int
    delay_max: int
    nodes: tuple[NodeRecord, ...]


def show_timings(session: Session) -> TimingsRecord:
    raise NotImplementedError


def show_terms(session: Session, client: str) -> ClientTerms:
    raise NotImplementedError


def set_timings(
    session: Session, *, interval: int | None = None, grace: int | None = None, announce: int | None = None
) -> TimingsRecord:
    """Kept in the workspace; nodes hear of it with the next ``deposit`` or check-in, and count from the next check-in."""
    raise NotImplementedError


def set_terms(
    session: Session, client: str, *, request_wait: int | None = None, delay_max: int | None = None
) -> ClientTerms:
    raise NotImplementedError
