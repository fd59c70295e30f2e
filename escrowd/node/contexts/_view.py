"""Everything that a letter of one provider may speak of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from escrowd.core.orders import Order
from escrowd.core.switch import Facts, Planned, Schedule
from escrowd.core.terms import PROVIDER
from escrowd.node import letters
from escrowd.node.clock import Now
from escrowd.node.links import Page
from escrowd.node.parcels import Parcel
from escrowd.node.store.people import Reader


class PageLink(Protocol):
    """Makes the address of a page, for one letter to one address."""

    def __call__(self, page: Page) -> str:
        """The link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What any letter that rules ordered speaks of.

    Parameters: ``common``, the fields that every context has, for the person addressed; ``page``, the
    address of a page for the letter at hand; ``parcel``, what a release of a client would carry.
    """

    common: Mapping[str, Any]
    page: PageLink
    now: Now
    readers: Mapping[str, Reader]
    clients: Mapping[str, str]
    parcel: Callable[[str], Parcel | None]

    def name(self, person: str) -> str:
        """A person's name; the id once the row was deleted."""
        reader = self.readers.get(person)
        return person if reader is None else reader.name

    def client(self, client: str) -> str:
        """A client's name; the id where none is known."""
        return self.clients.get(client, client)

    def wall_of(self, awake: int) -> int:
        """Wall time of an awake time in the past, as well as it can be told."""
        return self.now.wall_in(awake - self.now.moment.awake)

    def audience(self, order: Order) -> letters.Audience:
        """What the reader of an order's letter is."""
        return "provider" if order.person == PROVIDER else order.role or "witness"

    def planned(self, client: str = "", but: str = "") -> tuple[letters.Planned, ...]:  # noqa: ARG002 — see below
        """Releases that lie ahead: of one client or of all, without those to one person."""
        return ()

    def had(self, client: str, but: str) -> tuple[letters.Had, ...]:  # noqa: ARG002 — see below
        """Who of a client's people got a release of this cause already, without one person."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Sight):
    """What letters of the switch speak of.

    Parameters: ``before``, the facts before the change that ordered it; ``cancelled``, an announcement is
    taken back with it.
    """

    before: Facts
    facts: Facts
    schedule: Schedule
    silent_since: int
    cancelled: bool

    def standing(self, person: str) -> letters.Standing:
        """What a person is to the clients: a beneficiary before a witness."""
        everyone = (b for deposit in self.facts.deposits for b in deposit.beneficiaries)
        return next((b.role for b in everyone if b.person == person), "witness")

    def planned(self, client: str = "", but: str = "") -> tuple[letters.Planned, ...]:
        """Releases that lie ahead: of one client or of all, without those to one person."""
        return tuple(
            letters.Planned(
                client=self.client(release.client),
                person=self.name(release.person),
                role=release.role,
                earliest=self.now.wall_in(release.earliest),
            )
            for release in self.schedule.releases
            if _ahead(release) and client in {"", release.client} and release.person != but
        )

    def had(self, client: str, but: str) -> tuple[letters.Had, ...]:
        """Who of a client's people got a release of any silence already, without one person."""
        return tuple(
            letters.Had(person=self.name(r.person), role=r.role, on=self.wall_of(r.done_awake))
            for r in self.facts.releases
            if r.client == client and r.person != but and r.done_awake is not None
        )


def _ahead(release: Planned) -> bool:
    return release.state in {"waiting", "ordered"}
