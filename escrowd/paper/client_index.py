"""The list of a provider's clients: what a successor reads first. It lies in the provider's own estate.

The same clients give the same bytes: no date of today stands on it, and it is in the order of names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from escrowd.core.terms import Role
from escrowd.texts import render


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexNode:
    """A node that holds deposits. ``root``: its fingerprint; ``operator``: who runs it."""

    name: str
    url: str
    operator: str
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPerson:
    """Somebody whom a client named. ``card``: whether their role's card of the newest set was handed over."""

    name: str
    role: Role | Literal["witness"]
    addresses: tuple[str, ...]
    card: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexContact:
    """Somebody to call. ``kind`` as of ``Contact``; ``reach``: phone and mail."""

    name: str
    kind: str
    reach: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexClient:
    """A client. ``revision``: that was published last, or None; ``sets``: of cards; ``nodes``: by name."""

    id: str
    name: str
    language: str
    profile: str
    entries: int
    revision: int | None
    sets: tuple[int, ...]
    nodes: tuple[str, ...]
    people: tuple[IndexPerson, ...]
    contacts: tuple[IndexContact, ...]


def client_index(
    language: render.Language, provider: str, clients: Iterable[IndexClient], nodes: Iterable[IndexNode]
) -> bytes:
    """The page as self-contained HTML, UTF-8."""
    values = {
        "provider": provider,
        "clients": sorted(clients, key=lambda one: (one.name.casefold(), one.id)),
        "nodes": sorted(nodes, key=lambda one: one.url),
    }
    return render.html("papers/clients.html", language, values, book="clients").encode()
