"""Who comes by which link, and which button they pressed."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from fastapi import Request

from escrowd.core.terms import PROVIDER
from escrowd.errors import NotFoundError
from escrowd.node.api.limits import whole
from escrowd.node.intake import NodeContext
from escrowd.node.intake.clicks import Visit, confirmation_key, follow
from escrowd.node.pages.frame import frame_of, no_such_link, preferred_language
from escrowd.node.pages.views import Frame
from escrowd.node.parcels import kept_sets
from escrowd.node.store import Connection
from escrowd.node.store.deposits import Held, held
from escrowd.node.store.pages import find_order
from escrowd.node.store.people import client_names, load_reader
from escrowd.texts import render
from escrowd.texts.render import Language

_MAX_FORM: Final = 1024
_MAX_FIELDS: Final = 4


@dataclass(frozen=True, slots=True)
class Guest:
    """Who came by which link. ``client``: its name; ``held``: its deposits, the newest first."""

    visit: Visit
    frame: Frame
    client: str
    held: tuple[Held, ...]
    confirmed: int


async def welcome(context: NodeContext, request: Request, kinds: Collection[str]) -> Guest:
    """Who comes by a link of a letter of these kinds. Raises ``NotFoundError`` ``link.invalid``."""
    order, token, address = (request.query_params.get(name, "") for name in ("o", "t", "a"))
    spoken = preferred_language(request.headers.get("accept-language", ""))

    def look(tx: Connection) -> Guest:
        visit = follow(tx, context, order, token, frozenset(kinds), address=address)
        if visit is None:
            raise no_such_link()
        ordered, rule = visit.ordered, visit.ordered.order
        key = "" if rule is None else confirmation_key(ordered.client, ordered.person, rule.cause)
        confirmation = find_order(tx, f"{ordered.provider}/{key}")
        return Guest(
            visit=visit,
            frame=_frame(tx, context, spoken, ordered.provider, ordered.person),
            client=client_names(tx, ordered.provider).get(ordered.client, ordered.client),
            held=held(tx, ordered.provider, ordered.client) if ordered.client else (),
            confirmed=0 if confirmation is None else confirmation.wall,
        )

    return await context.store.read(look)


async def known_or_not(context: NodeContext, request: Request, kinds: Collection[str]) -> Frame:
    """The frame of a page that anybody may open: addressed to who comes by a link of such a letter."""
    try:
        return (await welcome(context, request, kinds)).frame
    except NotFoundError:
        return frame_of(context, preferred_language(request.headers.get("accept-language", "")))


def _frame(tx: Connection, context: NodeContext, spoken: Language, provider: str, person: str) -> Frame:
    """As the person reads it; in the browser's language where the person was deleted."""
    reader, about = load_reader(tx, provider, person), load_reader(tx, provider, PROVIDER)
    language = spoken
    if reader is not None and reader.language in render.LANGUAGES:
        language = "de" if reader.language == "de" else "en"
    return frame_of(
        context,
        language,
        name="" if reader is None else reader.name,
        phrase="" if reader is None else reader.phrase,
        provider="" if about is None else about.name,
    )


async def pressed(request: Request, buttons: Collection[str], *, limit: int = _MAX_FORM) -> dict[str, str]:
    """The form of a POST. Raises ``NotFoundError`` ``link.invalid`` if no button of the page was pressed."""
    body = await whole(request, limit=limit)
    try:
        fields = parse_qs(body.decode("latin-1"), max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise no_such_link() from None  # more fields than any page has
    form = {name: values[0] for name, values in fields.items()}
    if form.get("do") not in buttons:
        raise no_such_link()
    return form


def newest(guest: Guest) -> Held:
    """The newest deposit. Raises ``NotFoundError`` ``link.nothing-left``."""
    if not guest.held:
        raise NotFoundError("link.nothing-left")
    return guest.held[0]


def kept(guest: Guest) -> dict[int, Held]:
    """Number of each kept set -> the last revision that its cards open, a kit of its own."""
    return kept_sets(guest.held, newest(guest))


def asked(guest: Guest, form: dict[str, str]) -> Held:
    """The revision that a form asks for, the newest if it names none. Raises as ``newest``."""
    deposit = newest(guest)
    wanted = form.get("revision", str(deposit.revision))
    found = next((one for one in (deposit, *kept(guest).values()) if str(one.revision) == wanted), None)
    if found is None:
        raise NotFoundError("link.nothing-left")
    return found
