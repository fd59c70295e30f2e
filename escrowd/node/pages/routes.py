"""All pages. GET shows a button and changes nothing; POST acts."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from escrowd.node.intake import NodeContext
from escrowd.node.pages.acting import add_acts
from escrowd.node.pages.frame import PREFIX
from escrowd.node.pages.holding import add_checkin, add_kit, add_release
from escrowd.node.pages.proving import add_node, add_proofs
from escrowd.node.pages.status import add_status
from escrowd.texts import render

_STYLE: Final = Path(render.__file__).parent / "pages" / "style.css"


def build_pages(context: NodeContext) -> APIRouter:
    """All paths under ``/p``."""
    router = APIRouter(include_in_schema=False)
    style = _STYLE.read_bytes()

    @router.api_route(f"{PREFIX}style.css", methods=["GET", "HEAD"])
    async def style_sheet() -> Response:
        return Response(style, headers={"Cache-Control": "max-age=3600"}, media_type="text/css")

    for add in (add_checkin, add_kit, add_release, add_node, add_proofs, add_acts, add_status):
        add(router, context)
    return router
