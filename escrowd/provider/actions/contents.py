"""``escrow contact|entry|decision|document``: the working copy of a bundle, edited and read."""

from collections.abc import Mapping
from pathlib import Path

from escrowd.core.bundle.model import Bundle, Contact, Decision, Document, Entry, Revision
from escrowd.provider.workspace import Session


def add_contact(session: Session, client: str, values: Mapping[str, object], *, now: int) -> Contact:
    """``values``: the fields of ``Contact`` but ``id``."""
    raise NotImplementedError


def list_contacts(session: Session, client: str) -> tuple[Contact, ...]:
    raise NotImplementedError


def add_entry(
    session: Session, client: str, values: Mapping[str, object], *, now: int, reason: str = ""
) -> Entry:
    """``values``: the fields of ``Entry`` but ``id``, as JSON has them (lists for tuples)."""
    raise NotImplementedError


def edit_entry(
    session: Session, client: str, ref: str, values: Mapping[str, object], *, now: int, reason: str = ""
) -> Entry:
    """``values``: only the fields that change."""
    raise NotImplementedError


def show_entry(session: Session, client: str, ref: str) -> Entry:
    raise NotImplementedError


def list_entries(session: Session, client: str) -> tuple[Entry, ...]:
    raise NotImplementedError


def remove_entry(session: Session, client: str, ref: str, *, now: int, reason: str = "") -> Entry:
    raise NotImplementedError


def restore_entry(
    session: Session, client: str, ref: str, *, now: int, revision: int | None = None, reason: str = ""
) -> Entry:
    """A removed entry comes back; with ``revision``, an entry becomes what it was in that revision."""
    raise NotImplementedError


def add_decision(
    session: Session, client: str, values: Mapping[str, object], *, now: int, entry: str | None = None
) -> Decision:
    """``values``: the fields of ``Decision`` but ``id``. ``entry``: id or title, else the bundle's own."""
    raise NotImplementedError


def list_decisions(
    session: Session, client: str, *, entry: str | None = None
) -> tuple[tuple[Entry | None, Decision], ...]:
    raise NotImplementedError


def add_document(
    session: Session,
    client: str,
    file: Path,
    *,
    now: int,
    name: str | None = None,
    entry: str | None = None,
    note: str = "",
) -> Document:
    raise NotImplementedError


def list_documents(session: Session, client: str) -> tuple[Document, ...]:
    raise NotImplementedError
