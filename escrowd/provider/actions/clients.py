"""``escrow client add|list|edit|end``."""

from collections.abc import Sequence
from dataclasses import dataclass

from escrowd.core.terms import Profile
from escrowd.provider.progress import Progress, silent
from escrowd.provider.records import ClientRecord, Language
from escrowd.provider.sending import NodeReport
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class ClientRow:
    """``sets``: numbers; ``published``: revision last published or None; ``revision``: of the working copy."""

    record: ClientRecord
    revision: int
    published: int | None
    entries: int


def add_client(
    session: Session, client: str, *, name: str, language: Language, profile: Profile, now: int
) -> ClientRecord:
    raise NotImplementedError


def list_clients(session: Session) -> tuple[ClientRow, ...]:
    raise NotImplementedError


def edit_client(
    session: Session,
    client: str,
    *,
    name: str | None = None,
    language: Language | None = None,
    profile: Profile | None = None,
    now: int,
) -> ClientRecord:
    raise NotImplementedError


def end_client(
    session: Session, client: str, *, now: int, progress: Progress = silent
) -> tuple[NodeReport, ...]:
    raise NotImplementedError
