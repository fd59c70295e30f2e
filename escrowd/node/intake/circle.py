"""Whom a deposit concerns, and letters to them: what statements and clicks have in common.

A *case* is one deposit in one transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from escrowd.core.addresses import Addresses
from escrowd.core.terms import DAY, PROVIDER, Role, Terms, owner_role, terms_sha256
from escrowd.node import letters
from escrowd.node.asking import Place
from escrowd.node.intake.context import NodeContext
from escrowd.node.posting import Common, Link
from escrowd.node.readers import hanging_domains
from escrowd.node.store.deposits import load_terms
from escrowd.node.store.ledger import append_ledger
from escrowd.node.store.people import Reader, client_names, load_readers
from escrowd.node.store.rights import load_addresses


@dataclass(frozen=True)
class Case:
    """One deposit in one transaction, and the running node."""

    context: NodeContext
    place: Place

    @cached_property
    def terms(self) -> Terms | None:
        """The terms that count now."""
        return load_terms(self.place.tx, self.place.provider, self.place.client)

    @cached_property
    def addresses(self) -> Addresses:
        """Every address that was ever named for the deposit."""
        return load_addresses(self.place.tx, self.place.provider, self.place.client) or ()

    @cached_property
    def domains(self) -> frozenset[str]:
        """On which an address hangs."""
        place = self.place
        return hanging_domains(place.tx, self.context.config, place.provider, place.client)

    @cached_property
    def readers(self) -> dict[str, Reader]:
        """All persons of the provider."""
        return load_readers(self.place.tx, self.place.provider)

    @property
    def day(self) -> int:
        """The number of the day of awake time: part of the key of what is written once a day."""
        return self.place.now.moment.awake // (DAY * 1000)

    @property
    def client_name(self) -> str:
        """What the client is called."""
        names = client_names(self.place.tx, self.place.provider)
        return names.get(self.place.client, self.place.client)

    @property
    def roles(self) -> frozenset[Role]:
        """The roles in the terms that count."""
        return frozenset() if self.terms is None else frozenset(b.role for b in self.terms.beneficiaries)

    @property
    def owner(self) -> Role:
        """The role of those for whom the deposit is."""
        return owner_role(self.place.client)

    @property
    def owners(self) -> frozenset[str]:
        """The persons in that role."""
        return frozenset(person for person, role in self.people().items() if role == self.owner)

    def name(self, person: str) -> str:
        """A person's name."""
        reader = self.readers.get(person)
        return person if reader is None else reader.name

    def agreed_sha256(self, terms: Terms) -> str:
        """The hash of terms and of who is meant, as a click confirms them."""
        return terms_sha256(terms, {person: reader.name for person, reader in self.readers.items()})

    def people(self, *, witnesses: bool = False) -> dict[str, letters.Standing]:
        """Whom the deposit concerns, and as what."""
        terms = self.terms
        found: dict[str, letters.Standing] = {}
        if terms is not None:
            found = {b.person: b.role for b in terms.beneficiaries}
            if witnesses:
                found |= {person: "witness" for person in terms.witnesses if person not in found}
        return found

    def enter(self, type_: str, **body: object) -> None:
        """Write an entry about this deposit into the ledger."""
        place = self.place
        whole = {"client": place.client, **body, "awake": place.now.moment.awake}
        append_ledger(place.tx, place.provider, type_, whole)

    def write(
        self,
        kind: str,
        key: str,
        person: str,
        make: Callable[[Common, Link], letters.Context],
        reader: Reader | None = None,
    ) -> bool:
        """Order a letter about this deposit; ``key`` is made unique by its kind and client."""
        place = self.place
        return self.context.desk.order(
            place.tx,
            place.now,
            key=f"{kind}/{place.client}/{key}",
            provider=place.provider,
            person=person,
            kind=kind,
            make=make,
            client=place.client,
            reader=reader,
        )

    def audience(self, person: str) -> letters.Audience:
        """What a reader is."""
        return "provider" if person == PROVIDER else self.people(witnesses=True).get(person, "witness")
