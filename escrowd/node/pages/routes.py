"""Three pages: check in, the kit, a release. GET shows a button and changes nothing; POST acts.

Mail programs and their scanners follow links. So a GET checks nobody in, confirms nothing and shows no share.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from escrowd.errors import NotFoundError
from escrowd.node.api.limits import whole
from escrowd.node.intake import NodeContext
from escrowd.node.intake.clicks import (
    CHECKIN_KINDS,
    KIT_KINDS,
    RELEASE_KINDS,
    Visit,
    check_in_by_link,
    confirm_release,
    confirmation_key,
    follow,
)
from escrowd.node.intake.deposits import opened_share
from escrowd.node.intake.retention import offered
from escrowd.node.pages.frame import HEADERS, PREFIX, no_such_link, page, preferred_language, whose
from escrowd.node.pages.kit import kit_name, kit_size, make_kit
from escrowd.node.store import Connection
from escrowd.node.store.deposits import Held, held
from escrowd.node.store.pages import find_order
from escrowd.node.store.people import client_names
from escrowd.texts import render
from escrowd.texts.render import Language

_MAX_FORM: Final = 1024
_LINKS_IN_A_ROW: Final = 3
_STYLE: Final = Path(render.__file__).parent / "pages" / "style.css"


@dataclass(frozen=True, slots=True)
class _Guest:
    """Who came by which link, and in which language they read. ``client``: its name."""

    visit: Visit
    values: Mapping[str, Any]
    language: Language
    client: str
    held: tuple[Held, ...]
    confirmed: int | None


def build_pages(context: NodeContext) -> APIRouter:
    """All paths under ``/p``."""
    router = APIRouter(include_in_schema=False)
    style = _STYLE.read_bytes()

    @router.get(f"{PREFIX}style.css")
    async def style_sheet() -> Response:
        return Response(style, headers={"Cache-Control": "max-age=3600"}, media_type="text/css")

    @router.api_route(f"{PREFIX}checkin", methods=["GET", "HEAD"])
    async def show_checkin(request: Request) -> Response:
        guest = await _guest(context, request, CHECKIN_KINDS)
        facts = guest.visit.facts
        return _checkin(
            context,
            guest,
            state="old" if guest.visit.is_old else "ask",
            deadline=guest.visit.deadline,
            links=facts.links,
        )

    @router.post(f"{PREFIX}checkin")
    async def do_checkin(request: Request) -> Response:
        guest = await _guest(context, request, CHECKIN_KINDS)
        await _pressed(request, {"checkin"})
        clicked = await check_in_by_link(context, guest.visit.ordered)
        return _checkin(context, guest, state=clicked.state, deadline=clicked.deadline, links=clicked.links)

    @router.api_route(f"{PREFIX}kit", methods=["GET", "HEAD"])
    async def show_kit(request: Request) -> Response:
        guest = await _guest(context, request, KIT_KINDS)
        newest = _newest(guest)
        values = {
            **guest.values,
            "client": guest.client,
            "revision": newest.revision,
            "received": newest.made_wall,
            "size": kit_size(newest),
        }
        return page(context, "kit", guest.language, values)

    @router.post(f"{PREFIX}kit")
    async def do_kit(request: Request) -> Response:
        guest = await _guest(context, request, KIT_KINDS)
        await _pressed(request, {"kit"})
        return await _download(context, guest, _newest(guest))

    @router.api_route(f"{PREFIX}release", methods=["GET", "HEAD"])
    async def show_release(request: Request) -> Response:
        guest = await _guest(context, request, RELEASE_KINDS)
        _released(guest)
        return page(context, "release", guest.language, {**guest.values, "state": "ask"})

    @router.post(f"{PREFIX}release")
    async def do_release(request: Request) -> Response:
        guest = await _guest(context, request, RELEASE_KINDS)
        _released(guest)
        form = await _pressed(request, {"show", "kit", "confirm"})
        if form["do"] == "kit":
            return await _download(context, guest, _chosen(guest, form.get("revision", "")))
        if form["do"] == "confirm":
            await confirm_release(context, guest.visit.ordered)
            guest = await _guest(context, request, RELEASE_KINDS)
        return await _show_release(context, guest)

    return router


async def _guest(context: NodeContext, request: Request, kinds: frozenset[str]) -> _Guest:
    """Who comes by this link. Raises ``NotFoundError`` ``link.invalid``."""
    order, token = (request.query_params.get(name, "") for name in ("o", "t"))
    spoken = preferred_language(request.headers.get("accept-language", ""))

    def look(tx: Connection) -> _Guest:
        visit = follow(tx, context, order, token, kinds)
        if visit is None:
            raise no_such_link()
        ordered = visit.ordered
        values = whose(tx, ordered.provider, ordered.person)
        language: Language = spoken
        if values["language"] in render.LANGUAGES:
            language = "de" if values["language"] == "de" else "en"
        rule = ordered.order
        key = "" if rule is None else confirmation_key(ordered.client, ordered.person, rule.epoch)
        confirmation = find_order(tx, f"{ordered.provider}/{key}")
        return _Guest(
            visit=visit,
            values={**values, "language": language},
            language=language,
            client=client_names(tx, ordered.provider).get(ordered.client, ordered.client),
            held=held(tx, ordered.provider, ordered.client) if ordered.client else (),
            confirmed=None if confirmation is None else confirmation.wall,
        )

    return await context.store.read(look)


async def _pressed(request: Request, buttons: set[str]) -> dict[str, str]:
    """The form of a POST. Raises ``NotFoundError`` ``link.invalid`` if no button of the page was pressed."""
    body = await whole(request, limit=_MAX_FORM)
    try:
        fields = parse_qs(body.decode("latin-1"), max_num_fields=4)
    except ValueError:
        raise no_such_link() from None  # more fields than any page has
    form = {name: values[0] for name, values in fields.items()}
    if form.get("do") not in buttons:
        raise no_such_link()
    return form


def _checkin(context: NodeContext, guest: _Guest, *, state: str, deadline: int, links: int) -> Response:
    values = {
        **guest.values,
        "state": state,
        "deadline": deadline,
        "passed": deadline <= context.clock.wall(),
        "links_used": links,
        "spent": links >= _LINKS_IN_A_ROW,
    }
    return page(context, "checkin", guest.language, values)


def _newest(guest: _Guest) -> Held:
    """The newest deposit. Raises ``NotFoundError`` ``link.nothing-left``."""
    if not guest.held:
        raise NotFoundError("link.nothing-left")
    return guest.held[0]


def _released(guest: _Guest) -> None:
    """Raises ``NotFoundError`` ``release.unknown`` unless the point of no return was passed."""
    ordered = guest.visit.ordered
    if guest.visit.release is None:
        raise NotFoundError("release.unknown", client=ordered.client, person=ordered.person)


def _shown(guest: _Guest) -> tuple[Held, ...]:
    """The revision that was released, and the older ones that go with it, the newest first.

    A later deposit is not part of this release: it may be sealed to a set whose share nobody released.
    """
    ordered = guest.visit.ordered
    main = next((one for one in guest.held if one.revision == ordered.revision), None)
    if main is None:
        raise NotFoundError("link.nothing-left")
    return (main, *offered(guest.held, main))


def _chosen(guest: _Guest, revision: str) -> Held:
    found = next((one for one in _shown(guest) if str(one.revision) == revision), None)
    if found is None:
        raise NotFoundError("link.nothing-left")
    return found


async def _show_release(context: NodeContext, guest: _Guest) -> Response:
    shown = _shown(guest)
    main = shown[0]

    def shares() -> list[dict[str, Any]]:
        return [
            {"number": number, "words": opened_share(context, main, number)}
            for number in sorted(main.sets, reverse=True)
        ]

    release = guest.visit.release
    values = {
        **guest.values,
        "state": "shown",
        "client": guest.client,
        "role": "client" if release is None else release.role,
        "kits": [
            {"revision": one.revision, "received": one.made_wall, "size": kit_size(one)} for one in shown
        ],
        "shares": await asyncio.to_thread(shares),
        "confirmed": guest.confirmed,
    }
    return page(context, "release", guest.language, values)


async def _download(context: NodeContext, guest: _Guest, deposit: Held) -> Response:
    length, chunks = await asyncio.to_thread(
        make_kit,
        context.store.folder,
        deposit,
        language=guest.language,
        client=guest.client,
        provider=guest.values["provider"],
    )
    headers = {
        **HEADERS,
        "Content-Length": str(length),
        "Content-Disposition": f'attachment; filename="{kit_name(deposit)}"',
    }
    return StreamingResponse(chunks, headers=headers, media_type="application/zip")
