"""What all pages share: language, the strict headers, and the answer to what leads nowhere."""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from escrowd.errors import EscrowdError, NotFoundError
from escrowd.node.api.errors import status_of
from escrowd.node.intake import NodeContext
from escrowd.node.pages.views import Frame, MessageView, View, render_view
from escrowd.texts import render
from escrowd.texts.render import Language

PREFIX: Final = "/p/"
_PREFERENCE = re.compile(
    r"\s*([a-zA-Z]{1,8})(?:-[a-zA-Z0-9-]*)?\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?\s*"
)
_MAX_LANGUAGES: Final = 500

HEADERS: Final = {
    # No script, frame, image, font or connection; our own style sheet; forms to ourselves.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the token stands in the address
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def preferred_language(header: str) -> Language:
    """German or English, as ``Accept-Language`` (RFC 9110, 12.5.4) prefers; English if it names neither."""
    best: Language = "en"
    highest = 0.0
    for part in header[:_MAX_LANGUAGES].split(","):
        match = _PREFERENCE.fullmatch(part)
        if match is None:
            continue
        weight = float(match[2] or 1)
        name = match[1].lower()
        if weight > highest and name in render.LANGUAGES:
            best, highest = ("de" if name == "de" else "en"), weight
    return best


def frame_of(context: NodeContext, language: Language, **whose: str) -> Frame:
    """The frame of a page. ``whose``: ``name``, ``phrase`` and ``provider``, where somebody is known."""
    config = context.config
    return Frame(
        language=language,
        node=config.name,
        time_scale=config.time.time_scale,
        zone=config.zone,
        **whose,
    )


def answer(frame: Frame, view: View, *, status: int = 200) -> Response:
    """A page, with the strict headers."""
    return Response(render_view(frame, view), status, HEADERS, "text/html")


def error_page(context: NodeContext, request: Request, error: EscrowdError) -> Response:
    """What a person reads who comes to a page that cannot be shown."""
    language = preferred_language(request.headers.get("accept-language", ""))
    message = _MESSAGES.get(error.code, "trouble")
    code = error.code if message == "trouble" else ""
    view = MessageView(message=message, code=code)
    return answer(frame_of(context, language), view, status=status_of(error))


_MESSAGES: Final = {
    "link.invalid": "link",
    "link.nothing-left": "gone",
    "release.unknown": "wait",
    "http.not-found": "missing",
}


def no_such_link() -> NotFoundError:
    """One answer to a link that is cut, forged, or of another page: which it is, is nobody's business."""
    return NotFoundError("link.invalid")
