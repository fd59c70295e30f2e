"""``escrow card print|reprint``: new paper for a share that is there already. No set changes.

``print``: a share that waited in the workspace for a holder. ``reprint``: a card that fades or is torn,
typed off once more; its words are compared with the set's public proof key, so that a slip is never printed
(P9).
"""

from dataclasses import dataclass

from escrowd.core.shares import (
    GroupDescription,
    KnownSets,
    RetiredSet,
    SetDescription,
    judge_card,
    parse_card,
)
from escrowd.core.shares.cards import Card
from escrowd.core.terms import Role
from escrowd.errors import CardError, NotFoundError, RefusedError
from escrowd.provider import estate, papers
from escrowd.provider.actions.cards import holders_of
from escrowd.provider.delivery import Deliver
from escrowd.provider.records import ROLES, ClientRecord, SetRecord
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class CardsPrinted:
    """What went to paper. ``client``: an id, or "" for a card of the provider's own."""

    client: str
    set_number: int
    printed: tuple[str, ...]
    files: tuple[str, ...]


def print_kept(session: Session, client: str, *, deliver: Deliver, now: int) -> CardsPrinted:
    """Print the cards of the newest set that waited for a holder and have one now.

    Raises ``RefusedError`` ``client.no-cards``, ``NotFoundError`` ``cards.none-kept`` (``client``,
    ``set``); and as ``deliver``. Then every share waits on.
    """
    record = session.client(client)
    if not record.sets:
        raise RefusedError("client.no-cards", client=client)
    newest = record.sets[-1]
    holders = holders_of(record)
    shares: dict[Role, str] = {
        role: kept.words for role in ROLES for kept in newest.kept if kept.group == role and role in holders
    }
    if not shares:
        raise NotFoundError("cards.none-kept", client=client, set=newest.number)
    files = _print(session, record, newest, shares, deliver=deliver, now=now)
    after = newest.model_copy(
        update={
            "kept": tuple(kept for kept in newest.kept if kept.group not in shares),
            "handed_out": tuple(role for role in ROLES if role in newest.handed_out or role in shares),
        }
    )
    session.put_client(record.model_copy(update={"sets": (*record.sets[:-1], after)}))
    return CardsPrinted(client, newest.number, tuple(shares), files)


def reprint(session: Session, text: str, *, deliver: Deliver, now: int) -> CardsPrinted:
    """The same card on new paper. ``text``: its words, as typed.

    Raises ``CardError`` as ``parse_card`` and ``judge_card``, ``card.not-ours`` (of no set of this
    workspace); ``NotFoundError`` ``cards.no-holder`` (``group``: nobody has that role now); and as
    ``deliver``.
    """
    card = parse_card(text)
    if card.kind == "provider":
        return _provider_card(session, card, deliver=deliver, now=now)
    for record in session.vault.clients:
        known = _known(record)
        ours = {*(one.identifier for one in known.live), *(one.identifier for one in known.retired)}
        if card.identifier in ours:
            number = judge_card(card, known).number
            one = next(each for each in record.sets if each.number == number)
            role = next((role for role in ROLES if role == card.group), None)
            if role is None or role not in holders_of(record):
                raise NotFoundError("cards.no-holder", group=card.group)
            files = _print(session, record, one, {role: card.mnemonic}, deliver=deliver, now=now, again=True)
            return CardsPrinted(record.id, number, (role,), files)
    raise CardError("card.not-ours")


def _print(
    session: Session,
    record: ClientRecord,
    one: SetRecord,
    shares: dict[Role, str],
    *,
    deliver: Deliver,
    now: int,
    again: bool = False,
) -> tuple[str, ...]:
    with estate.opened(session, record.id) as payload:
        bundle = payload.bundle
    pdfs = papers.client_cards(
        session.vault,
        record,
        bundle,
        shares=shares,
        holders={
            role: holder
            for role, holder in holders_of(record).items()
            if role in shares or role in one.handed_out
        },
        number=one.number,
        now=now,
        again=again,
    )
    deliver(pdfs)
    return tuple(paper.name for paper in pdfs)


def _provider_card(session: Session, card: Card, *, deliver: Deliver, now: int) -> CardsPrinted:
    vault = session.vault
    keys = vault.provider_set.proof_keys
    if card.proof_key.hex() not in keys:
        raise CardError("card.not-ours")
    pdf = papers.provider_card(vault.provider, card.mnemonic, card.member_index + 1, session.provider, now)
    deliver((pdf,))
    return CardsPrinted("", 0, ("provider",), (pdf.name,))


def _known(record: ClientRecord) -> KnownSets:
    return KnownSets(
        tuple(
            SetDescription(
                one.number,
                one.slip39_id,
                tuple(
                    GroupDescription(
                        group.name, group.k, group.n, tuple(bytes.fromhex(key) for key in group.proof_keys)
                    )
                    for group in one.groups
                ),
            )
            for one in record.sets
        ),
        tuple(RetiredSet(one.number, one.slip39_id, one.date) for one in record.retired),
    )
