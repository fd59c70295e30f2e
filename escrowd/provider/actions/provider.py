"""``escrow provider show|set``: who the provider is, as clients and nodes know them.

What is set here stands in the workspace; nodes are told with the next check-in or deposit.
"""

from collections.abc import Sequence

from escrowd.core.wire import Person
from escrowd.provider.people import changed_person
from escrowd.provider.records import Language
from escrowd.provider.workspace import Session


def show_provider(session: Session) -> Person:
    """The provider as a person: name, language, recognition phrase, addresses."""
    return session.vault.provider


def set_provider(
    session: Session,
    *,
    name: str | None = None,
    language: Language | None = None,
    addresses: Sequence[str] | None = None,
) -> Person:
    """Change what is given; ``addresses`` replaces all. The phrase stays: it is printed on cards.

    Raises ``InputError`` ``person.invalid`` (``field``, ``problem``).
    """
    provider = changed_person(session.vault.provider, name=name, language=language, addresses=addresses)
    if provider != session.vault.provider:
        session.save(session.vault.model_copy(update={"provider": provider}))
    return provider
