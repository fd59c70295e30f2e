"""Files that a page hands out: the kit, and a Mappe."""

import asyncio
from collections.abc import Sequence
from typing import Final

from starlette.responses import Response, StreamingResponse

from escrowd.core.wire import BUNDLE_FILE, mappe_file
from escrowd.node.intake import NodeContext
from escrowd.node.pages.frame import HEADERS
from escrowd.node.pages.guests import Guest
from escrowd.node.pages.kit import kit_name, kit_size, make_kit, read_kit
from escrowd.node.pages.views import Offer
from escrowd.node.parcels import kept_sets
from escrowd.node.store.deposits import Held
from escrowd.paper.mappe import MAX_BUNDLE, make_mappe, recover_page

_HTML: Final = "text/html; charset=utf-8"


def has_mappe(deposit: Held) -> bool:
    """Whether the bundle is small enough for one file with the page."""
    return deposit.files[BUNDLE_FILE].size <= MAX_BUNDLE


def offer(deposit: Held, number: int = 0) -> Offer:
    """A revision as a page offers it. ``number``: the kept set whose cards it is for, or 0."""
    return Offer(
        revision=deposit.revision,
        received=deposit.made_wall,
        size=kit_size(deposit),
        mappe=has_mappe(deposit),
        number=number,
    )


async def send_kit(context: NodeContext, guest: Guest, deposit: Held) -> Response:
    """The kit as a ZIP file. Raises what ``make_kit`` raises."""
    length, chunks = await asyncio.to_thread(
        make_kit,
        context.store.folder,
        deposit,
        language=guest.frame.language,
        client=guest.client,
        provider=guest.frame.provider,
        kept={number: one.revision for number, one in kept_sets(guest.held, deposit).items()},
    )
    headers = {**_saved_as(kit_name(deposit)), "Content-Length": str(length)}
    return StreamingResponse(chunks, headers=headers, media_type="application/zip")


async def send_mappe(
    context: NodeContext, guest: Guest, deposit: Held, shares: Sequence[str] = ()
) -> Response:
    """The recovery page with the kit inside, to be saved and opened from the disk.

    Parameters: ``shares``, the node's words of each live set, on release. Raises ``NotFoundError``
    ``file.lost``.
    """

    def make() -> bytes:
        return make_mappe(
            recover_page(),
            client=deposit.client,
            name=guest.client,
            language=guest.frame.language,
            files=read_kit(context.store.folder, deposit),
            shares=shares,
        )

    page = await asyncio.to_thread(make)
    is_newest = deposit.revision == guest.held[0].revision
    name = mappe_file(deposit.client, None if is_newest else deposit.revision)
    return Response(page, headers=_saved_as(name), media_type=_HTML)


def _saved_as(name: str) -> dict[str, str]:
    """``name`` is ASCII without quotes: ids and numbers. Never shown here: it is to lie on a disk."""
    return {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
