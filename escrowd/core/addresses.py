"""Where mail may go: each address of each person of one deposit, and when a release may be sent there.

A provider names addresses, but only its owner makes one count: by a click in a mail that goes there. So
nobody who got hold of the provider's keys, or of a card, brings a release to a mailbox of their own, and no
provider takes a mailbox away from a client. Facts are per deposit: a person whom one client's terms name
from the start is as unproved as any other in the terms of the next. The provider's own addresses are not
kept here: they change as given.

A1   An address is *founding* if it was named together with the deposit's first terms, else *added*.
A2   Every address is sent one mail that asks for its click. A click confirms; it may come at any time.
A3   Mails go to a founding address from the first moment.
A4   An added address counts ``ADDED_WAIT`` (30 d awake) after the others were told of it, and once it was
     clicked. The others are the person's other counting addresses; if there is none, those of the clients.
A5   *Told*: a mail server took such a mail, at the latest ``TOLD_WITHIN`` (30 d awake) after it was named: a
     mailbox that is dead must not lock out its owner.
A6   A release by request goes to confirmed addresses that count, and to no other.
A7   A release by silence goes to those, and to every founding one that was not removed, confirmed or not: an
     added address takes its place beside them and never theirs (P7).
A8   That the provider leaves an address out changes nothing. The person is asked, and removes it by a click.
A9   A click in a mail to the address itself removes it at once. So does one at a mail address of the person
     (or of a client, where the person has none) while it does not count yet. Once it counts, a click at
     another address of the person that may act (A12) removes it ``REMOVE_WAIT`` (30 d awake) later, unless
     somebody clicks at the address to keep it. The last one of a person is not removed.
A10  An id names one address for ever: another address needs another id.
A11  An address *hangs* when its domain, or a domain above it, is one of the given ones: of the bundle, of the
     provider's addresses, of the node.
A12  What ends a set, or puts a request off, needs more than a confirmed address: one that *may act*. It hangs
     on nothing and is the person's *own*: founding, or said to be theirs by a click at one that may act: of
     theirs, or, where the person is a client, of another client. A mailbox that the provider reads or added
     is not the client's, however long it has counted (P7).

Times are milliseconds of the node's awake time.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from escrowd.core.standing import AddressState
from escrowd.core.terms import DAY
from escrowd.errors import ConflictError, InputError, NotFoundError, RefusedError

SECOND: Final = 1_000
"""Milliseconds."""
ADDED_WAIT: Final = 30 * DAY
TOLD_WITHIN: Final = 30 * DAY
REMOVE_WAIT: Final = 30 * DAY
"""Seconds."""

Kind = Literal["confirm-address", "address-added", "address-unwanted", "address-removing", "address-removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address of one person of a deposit.

    ``named``, when the provider first named it; ``told``, when the others were told of an added one;
    ``clicked``, when it was first confirmed; ``owned``, when a click at another own address said that an
    added one is the person's (A12); ``left_out`` of the newest people file; ``removing``, when
    another address of the person asked to remove it; ``removed``.
    """

    person: str
    id: str
    address: str
    founding: bool
    named: int
    told: int | None = None
    clicked: int | None = None
    owned: int | None = None
    left_out: bool = False
    removing: int | None = None
    removed: int | None = None

    @property
    def domain(self) -> str:
        """The part after the ``@``, in lower case and the ASCII form."""
        return domain_of(self.address)


Addresses = tuple[Address, ...]
"""All addresses that were ever named for the persons of one deposit, in that order."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to the address ``to`` of ``reader`` about the address ``about`` of ``person`` (ids).

    ``confirm-address`` asks for a click; ``address-added`` says that ``about`` was named, and asks whether it
    is the reader's or is to be removed; ``address-unwanted``, the provider left it out: is it to be removed;
    ``address-removing``, it goes in 30 d; ``address-removed``, it is gone.
    """

    kind: Kind
    person: str
    about: str
    reader: str
    to: str


@dataclass(frozen=True, slots=True)
class Change:
    """What an event made of them: commit both together."""

    addresses: Addresses
    letters: tuple[Letter, ...] = ()


# Events --------------------------------------------------------------------------------------------------


def name(
    known: Addresses,
    people: Mapping[str, Iterable[tuple[str, str]]],
    now: int,
    *,
    clients: Collection[str],
) -> Change:
    """Take the addresses of the deposit's persons from a people file that counts.

    Parameters: ``known``, empty with the deposit's first terms (A1); ``people``, person -> (id, address) of
    all beneficiaries and witnesses of the deposit, without the provider; ``clients``, those in the role
    client.
    Raises ``InputError`` ``people.address-changed`` (fields ``person``, ``address``: its id; A10).
    """
    there = {(one.person, one.id): one for one in known}
    given = {(person, id_): address for person, listed in people.items() for id_, address in listed}
    new = list[Address]()
    for (person, id_), address in given.items():
        before = there.get((person, id_))
        if before is None:
            new.append(Address(person=person, id=id_, address=address, founding=not known, named=now))
        elif before.address != address:  # A10
            raise InputError("people.address-changed", person=person, address=id_)
    left = [
        one for one in known if (one.person, one.id) not in given and not one.left_out and one.removed is None
    ]
    kept = tuple(
        replace(one, left_out=one.removed is None and (one.person, one.id) not in given) for one in known
    )
    after = (*kept, *new)
    letters = [_ask(one) for one in new]  # A2
    for one in new:
        if not one.founding:  # A4
            letters += [_tell("address-added", one, other) for other in _others(after, one, now, clients)]
    for one in left:  # A8
        letters += [_tell("address-unwanted", one, other) for other in for_mail(after, one.person, now)]
    return Change(after, tuple(letters))


def told(known: Addresses, now: int, person: str, id_: str) -> Addresses:
    """The mail server took a mail ``address-added`` about this address (A5). The first one counts."""
    return _with(known, person, id_, lambda one: replace(one, told=now if one.told is None else one.told))


def click(known: Addresses, now: int, person: str, id_: str) -> Addresses:
    """The owner confirms, by the link in the mail to that very address (A2). Twice is once.

    It also keeps the address, where another one asked to remove it (A9).
    Raises ``NotFoundError`` ``address.unknown`` (fields ``person``, ``address``), ``RefusedError``
    ``address.removed`` (field ``address``).
    """
    one = find(known, person, id_)
    if one.removed is not None or is_removed(one, now):
        raise RefusedError("address.removed", address=id_)
    return _with(
        known,
        person,
        id_,
        lambda it: replace(it, removing=None, clicked=now if it.clicked is None else it.clicked),
    )


def own(
    known: Addresses,
    now: int,
    person: str,
    id_: str,
    *,
    by: tuple[str, str],
    domains: Collection[str],
    clients: Collection[str] = (),
) -> Addresses:
    """A click at the address ``by`` (person, id) says that an added one is the person's (A12).

    Parameters: ``domains`` as of ``hangs``; ``clients``, persons in the role client: they may say it of each
    other, since a client who is named later has no founding address.
    Raises ``NotFoundError`` ``address.unknown``; ``RefusedError`` ``address.hangs`` (field ``address``:
    ``by`` may not act), ``address.removed``.
    """
    one, at = find(known, person, id_), find(known, *by)
    may_say = at.person == person or {person, at.person} <= {*clients}
    if one is at or not may_say or not may_act(at, now, domains):
        raise RefusedError("address.hangs", address=at.id)
    if is_removed(one, now):
        raise RefusedError("address.removed", address=id_)
    return _with(known, person, id_, lambda it: replace(it, owned=now if it.owned is None else it.owned))


def remove(
    known: Addresses,
    now: int,
    person: str,
    id_: str,
    *,
    by: tuple[str, str],
    domains: Collection[str],
    clients: Collection[str] = (),
) -> Change:
    """A click in a mail to ``by`` (person, id) removes an address (A9). Twice is once.

    Parameters: ``domains`` as of ``hangs``; ``clients``, persons in the role client.
    Raises ``NotFoundError`` ``address.unknown``; ``RefusedError`` ``address.hangs`` (field ``address``:
    ``by`` may not do this); ``ConflictError`` ``address.last`` (field ``address``).
    """
    one, at = find(known, person, id_), find(known, *by)
    if is_removed(one, now):
        return Change(known)
    stay = [other for other in _of(known, person) if other is not one and _stays(other, now)]
    if not stay and (one.founding or counts(one, now)):
        raise ConflictError("address.last", address=id_)
    tell = [other for other in for_mail(known, person, now) if other is not one]
    if at is one or (not one.founding and not counts(one, now) and at in _others(known, one, now, clients)):
        after = _with(known, person, id_, lambda it: replace(it, removed=now))
        return Change(after, tuple(_tell("address-removed", one, other) for other in (*tell, one)))
    if at.person != person or not may_act(at, now, domains):
        raise RefusedError("address.hangs", address=at.id)
    if one.removing is not None:
        return Change(known)
    after = _with(known, person, id_, lambda it: replace(it, removing=now))
    letters = [_tell("address-removing", one, other) for other in tell]
    return Change(after, (*letters, _ask(one)))


# What holds at a moment ------------------------------------------------------------------------------------


def is_removed(one: Address, now: int) -> bool:
    """Whether it is gone (A9)."""
    due = None if one.removing is None else one.removing + REMOVE_WAIT * SECOND
    return one.removed is not None or (due is not None and due <= now)


def counts_from(one: Address) -> int | None:
    """The moment from which it counts (A4, A5); None while its click is missing."""
    if one.clicked is None:
        return None
    if one.founding:
        return one.clicked
    latest = one.named + TOLD_WITHIN * SECOND
    since = latest if one.told is None else min(one.told, latest)
    return max(one.clicked, since + ADDED_WAIT * SECOND)


def counts(one: Address, now: int) -> bool:
    """Whether it is confirmed and counts: a release by request may go there (A6)."""
    since = counts_from(one)
    return since is not None and since <= now and not is_removed(one, now)


def for_mail(known: Addresses, person: str, now: int) -> Addresses:
    """Where letters to a person go (A3)."""
    return tuple(
        one for one in _of(known, person) if (one.founding or counts(one, now)) and not is_removed(one, now)
    )


def for_request(known: Addresses, person: str, now: int) -> Addresses:
    """Where a release by request to a person may go (A6)."""
    return tuple(one for one in _of(known, person) if counts(one, now))


def for_silence(known: Addresses, person: str, now: int) -> Addresses:
    """Where a release by silence to a person may go (A7)."""
    return for_mail(known, person, now)


def reachable(known: Addresses, now: int) -> frozenset[str]:
    """The persons with an address that a release by request may go to."""
    return frozenset(one.person for one in known if counts(one, now))


def state_of(one: Address, now: int) -> AddressState:
    """How far it is, as a standing says."""
    if is_removed(one, now):
        return "removed"
    if counts(one, now):
        return "confirmed"
    if one.clicked is not None:
        return "waiting"
    return "founding" if one.founding else "asked"


def due(known: Addresses, now: int) -> int | None:
    """The next moment at which an address begins to count, or is gone, by time alone."""
    marks = [mark for one in known if (mark := counts_from(one)) is not None]
    marks += [one.removing + REMOVE_WAIT * SECOND for one in known if one.removing is not None]
    ahead = [mark for mark in marks if mark > now]
    return min(ahead) if ahead else None


def hangs(one: Address, domains: Collection[str]) -> bool:
    """Whether its mailbox may be lost together with what the domains stand for (A11)."""
    labels = one.domain.split(".")
    return any(".".join(labels[at:]) in domains for at in range(len(labels)))


def is_own(one: Address) -> bool:
    """Whether the person has said so, or had it before the provider could name another (A12)."""
    return one.founding or one.owned is not None


def may_act(one: Address, now: int, domains: Collection[str]) -> bool:
    """Whether a click at it may end a set, object, or remove another address (A12)."""
    return counts(one, now) and is_own(one) and not hangs(one, domains)


def domain_of(address: str) -> str:
    """The domain of an address in lower case and the ASCII form (RFC 5890)."""
    domain = address.rpartition("@")[2].rstrip(".")
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain.lower()


def find(known: Addresses, person: str, id_: str) -> Address:
    """One address. Raises ``NotFoundError`` ``address.unknown`` (fields ``person``, ``address``)."""
    for one in known:
        if (one.person, one.id) == (person, id_):
            return one
    raise NotFoundError("address.unknown", person=person, address=id_)


def _of(known: Addresses, person: str) -> Addresses:
    return tuple(one for one in known if one.person == person)


def _stays(one: Address, now: int) -> bool:
    return counts(one, now) and one.removing is None


def _others(known: Addresses, one: Address, now: int, clients: Collection[str]) -> Addresses:
    """Who is told of an added address, and may undo it before it counts (A4)."""
    own_ = tuple(other for other in for_mail(known, one.person, now) if other is not one)
    return own_ or tuple(
        other for client in clients for other in for_mail(known, client, now) if other is not one
    )


def _with(known: Addresses, person: str, id_: str, how: Callable[[Address], Address]) -> Addresses:
    return tuple(how(one) if (one.person, one.id) == (person, id_) else one for one in known)


def _ask(one: Address) -> Letter:
    return Letter("confirm-address", one.person, one.id, one.person, one.id)


def _tell(kind: Kind, about: Address, reader: Address) -> Letter:
    return Letter(kind, about.person, about.id, reader.person, reader.id)
