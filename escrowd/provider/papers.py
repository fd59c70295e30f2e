"""What the provider's records become on paper: the values that ``escrowd.paper`` prints."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from escrowd.core.bundle import Bundle
from escrowd.core.keys import fingerprint
from escrowd.core.manifest import Manifest
from escrowd.core.shares import NewSet, ProviderCards
from escrowd.core.statements import ProviderSet
from escrowd.core.terms import Role
from escrowd.core.wire import Person
from escrowd.paper.card import CardPaper, card_pdf
from escrowd.paper.instructions import KitPage, instructions
from escrowd.provider.delivery import Paper
from escrowd.provider.records import ClientRecord, Vault

CARD_ROLES: Final[tuple[Role, ...]] = ("client", "successor", "reserve")
_MOST_CALLS: Final = 5


def provider_set(cards: ProviderCards) -> ProviderSet:
    """The provider's own cards as an enrolment names them."""
    return ProviderSet(
        slip39_id=cards.identifier,
        proof_keys=tuple(key.hex() for key in cards.proof_keys),
        key_sha256=sha256(cards.key_file).hexdigest(),
    )


def provider_cards(provider: Person, cards: ProviderCards, root: str, now: int) -> tuple[Paper, ...]:
    """The provider's three cards. ``root``: the root key's fingerprint."""
    return tuple(
        Paper(
            f"provider-card-{number}.pdf",
            card_pdf(
                CardPaper(
                    language=provider.language,
                    role="provider",
                    provider=provider.name,
                    holder=provider.name,
                    words=tuple(words.split()),
                    number=number,
                    made_on=_day(now),
                    phrase=provider.phrase,
                    root=root,
                )
            ),
        )
        for number, words in enumerate(cards.mnemonics, start=1)
    )


def client_cards(
    vault: Vault,
    client: ClientRecord,
    bundle: Bundle,
    *,
    new: NewSet,
    holders: Mapping[Role, Person],
    number: int,
    now: int,
) -> tuple[Paper, ...]:
    """One card for each role that has a holder. ``number``: of the set."""
    return tuple(
        Paper(
            f"{client.id}-set-{number}-{role}.pdf",
            card_pdf(
                CardPaper(
                    language=holder.language,
                    role=role,
                    provider=vault.provider.name,
                    client=client.name,
                    holder=holder.name,
                    words=tuple(new.shares[role][0].split()),
                    set_number=number,
                    made_on=_day(now),
                    phrase=holder.phrase,
                    root=fingerprint(bytes.fromhex(vault.root)),
                    call=_calls(bundle),
                )
            ),
        )
        for role, holder in holders.items()
    )


def kit_page(vault: Vault, client: ClientRecord, manifest: Manifest) -> bytes:
    """The page of instructions that lies in the kit, in the client's language."""
    return instructions(
        KitPage(
            language=client.language,
            client=client.name,
            provider=vault.provider.name,
            revision=manifest.revision,
            created=manifest.created,
            next_by=manifest.next_revision_by,
            sets=tuple(one.set for one in manifest.sets),
            root=manifest.iss,
        )
    )


def _calls(bundle: Bundle) -> tuple[str, ...]:
    """Names and numbers of whom to call, the successor and the provider first."""
    order = {"successor": 0, "provider": 1}
    contacts = sorted(bundle.contacts, key=lambda contact: order.get(contact.kind, 2))
    lines = (", ".join(part for part in (one.name, one.phone or one.mail) if part) for one in contacts)
    return tuple(lines)[:_MOST_CALLS]


def _day(now: int) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()
