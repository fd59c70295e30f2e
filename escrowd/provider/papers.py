"""What the provider's records become on paper: the values that ``escrowd.paper`` prints."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Literal

from escrowd.core.bundle import Bundle
from escrowd.core.keys import fingerprint
from escrowd.core.manifest import Manifest
from escrowd.core.shares import ProviderCards
from escrowd.core.statements import ProviderSet
from escrowd.core.terms import OWN, Role
from escrowd.core.wire import Person
from escrowd.paper.card import Call, CardPaper, card_pdf
from escrowd.paper.instructions import KitPage, instructions
from escrowd.provider.delivery import Paper
from escrowd.provider.records import ClientRecord, Vault

CARD_ROLES: Final[tuple[Role, ...]] = ("client", "successor", "reserve")
_MOST_CALLS: Final = 4
"""One line of the card stays free for what the holder knows better."""
_CALL_ROLES: Final[tuple[Literal["successor", "provider"], ...]] = ("successor", "provider")


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
        provider_card(provider, words, number, root, now)
        for number, words in enumerate(cards.mnemonics, start=1)
    )


def provider_card(provider: Person, words: str, number: int, root: str, now: int) -> Paper:
    """One of the provider's three cards. ``number``: 1 to 3."""
    card = CardPaper(
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
    return Paper(f"provider-card-{number}.pdf", card_pdf(card))


def client_cards(
    vault: Vault,
    client: ClientRecord,
    bundle: Bundle,
    *,
    shares: Mapping[Role, str],
    holders: Mapping[Role, Person],
    number: int,
    now: int,
    again: bool = False,
) -> tuple[Paper, ...]:
    """One card for each role in ``shares``, the words of each; of the client's two copies in one file.

    Parameters: ``holders``, of all cards of the set that are handed out, these among them: each card names
    the others; ``number``, of the set; ``again``: only the sheet that is replaced, in one copy.
    """
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
                    words=tuple(shares[role].split()),
                    set_number=number,
                    made_on=_day(now),
                    phrase=holder.phrase,
                    root=fingerprint(bytes.fromhex(vault.root)),
                    call=_calls(vault, client, bundle, holder),
                    others=tuple((other, one.name) for other, one in holders.items() if other != role),
                    own=client.id == OWN,
                    copies=2 if role == "client" and not again else 1,
                )
            ),
        )
        for role, holder in holders.items()
        if role in shares
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


def _calls(vault: Vault, client: ClientRecord, bundle: Bundle, holder: Person) -> tuple[Call, ...]:
    """Whom the holder of a card calls: the successor first, then the provider, then the other contacts.

    Who is no contact stands there all the same, with a mail address.
    """
    contacts = [(one.kind, one.name, one.phone or one.mail) for one in bundle.contacts]
    people = {person.id: person for person in client.people}
    successors = [people[one.person] for one in client.beneficiaries if one.role == "successor"]
    calls: list[Call] = []
    for role, known in zip(_CALL_ROLES, (successors, [vault.provider]), strict=True):
        listed = [(name, reach) for kind, name, reach in contacts if kind == role]
        reached = listed or [(person.name, person.addresses[0].address) for person in known]
        calls += [Call(_line(name, reach), role) for name, reach in reached if name != holder.name]
    calls += [Call(_line(name, reach)) for kind, name, reach in contacts if kind not in _CALL_ROLES]
    return tuple(calls)[:_MOST_CALLS]


def _line(name: str, reach: str) -> str:
    # A number that is cut at a line's end is dialled wrong.
    return ", ".join(part for part in (name, reach.replace(" ", "\N{NO-BREAK SPACE}")) if part)


def _day(now: int) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()
