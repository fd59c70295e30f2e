"""Letters about people and their addresses, cards and trials (``core.addresses``, ``core.sets``)."""

from dataclasses import dataclass
from typing import Literal

from escrowd.node.letters._context import Agreement, Audience, Context, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmAddress(Context):
    """To one address of a person: please confirm, these are the terms.

    Parameters: ``address``, to which this letter goes; ``agreements``, one per client that the person belongs
    to; ``link``, the page with the button; ``founding``, the address was named with the person, else it was
    added later; ``again``, the terms changed and the address was confirmed before; ``gone_from``, when it is
    removed unless it is confirmed, since another address asked for that (0: nobody did).
    """

    address: str
    agreements: tuple[Agreement, ...]
    link: str
    founding: bool = True
    again: bool = False
    gone_from: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressConfirmed(Context):
    """To an address that was just confirmed.

    ``counts_from``: when an added one counts, 0 for at once; ``status``: the page that always shows how
    things stand, "" for a witness.
    """

    address: str
    at: int
    counts_from: int = 0
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressAdded(Context):
    """To a person's other addresses, or the client's if there are none: the provider named another one.

    ``counts_from``: at the earliest, once it is confirmed; ``link``: the page on which the reader says that
    it is theirs, or removes it, "" for who may not; ``person``, whose address it is, "" for the reader's own;
    ``vouch``, the reader may say that it is that person's.
    """

    address: str
    counts_from: int
    link: str = ""
    person: str = ""
    vouch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressUnwanted(Context):
    """To all addresses of a person: the provider named one of them no longer; only the person removes it."""

    address: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRemoved(Context):
    """To all addresses of a person, the removed one too: ``address`` was removed by a click at ``by``."""

    address: str
    by: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRemoving(AddressRemoved):
    """To a person's other addresses: a click at ``by`` removes ``address``, but not before ``gone_from``.

    The address itself is asked by ``ConfirmAddress`` whether it stays.
    """

    gone_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChanged(Context):
    """To the provider's former addresses: from now on letters go to ``new``."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSet(Context):
    """What all letters about a change of cards know: set ``number`` takes the place of set ``old``."""

    client: str
    number: int
    old: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNew(CardSet):
    """To a holder of a card, or the client: there is a new card set ``number`` beside ``old``; both live.

    ``link``: the page on which the new card is proved.
    """

    role: Role
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetConfirm(CardSet):
    """To the client: are the cards of set ``number`` there? A click ends set ``old``, at once or in time.

    ``why``: all of its cards are ``proved``, some are ``missing``, or the client's card asked that the old
    set end ``at-once``; ``ends_from``, when it ends at the earliest, 0 for at once.
    """

    link: str
    why: Literal["proved", "missing", "at-once"] = "proved"
    ends_from: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRetired(CardSet):
    """To all holders and the provider: set ``old`` is retired. ``card``: the client asked with their card.

    ``who``: who it was, in the client's place; "" for the client.
    """

    who: str = ""
    audience: Audience
    by: Literal["confirmed", "card"]
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUnseal(CardSet):
    """To all: the provider will stop sealing to set ``old``, not before ``counts_from``."""

    audience: Audience
    counts_from: int
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill(Context):
    """To a holder of a card: please prove that the card still works.

    ``last``: when it was proved last, 0 for never; ``link``: the page with the code.
    """

    client: str
    role: Role
    set_number: int
    last: int
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProved(Context):
    """To the holder and the provider: ``person`` proved the card of group ``role``.

    ``status``: the page that shows how things stand, "" for the provider.
    """

    client: str
    audience: Audience
    person: str
    role: Role
    set_number: int
    at: int
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEnded(Context):
    """To the provider and the client: the trial of this deposit is over; it is live.

    Parameters: ``armed``, the provider ended it early; ``gaps``, codes of what was not ready then;
    ``despite``, the provider's reason.
    """

    client: str
    audience: Audience
    at: int
    armed: bool
    gaps: tuple[str, ...] = ()
    despite: str = ""
