"""The ASGI application: JSON under ``/v1``, HTML under ``/p``, one guard around both.

No log here holds a query, a header or a body (P10): the token of a mailed link travels in the query.
"""

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from escrowd import __version__
from escrowd.errors import EscrowdError
from escrowd.node.api.errors import error_answer, from_status, unexpected
from escrowd.node.api.routes import build_routes
from escrowd.node.api.spool import sweep
from escrowd.node.intake import NodeContext
from escrowd.node.pages import PREFIX, build_pages, error_page


class _Guard:
    """Turns a fault of ours into the documented error, and says how every answer is to be treated."""

    def __init__(self, app: ASGIApp, context: NodeContext) -> None:
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message["headers"], (b"x-content-type-options", b"nosniff")]
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except Exception as error:
            answer = _answer(self._context, Request(scope), unexpected(error))
            if begun:
                raise  # the server cuts the connection: half an answer must not look whole
            await answer(scope, receive, guarded)


def make_app(context: NodeContext) -> FastAPI:
    """See ``build_app`` in the package."""
    sweep(context.store.folder)
    app = FastAPI(
        title="escrowd",
        version=__version__,
        summary="A node of escrowd: holds what is sealed, counts a provider's silence, releases.",
        openapi_url="/v1/openapi.json",
        docs_url=None,  # these pages load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(build_routes(context))
    app.include_router(build_pages(context))
    app.add_middleware(_Guard, context=context)

    async def ours(request: Request, error: Exception) -> Response:
        if not isinstance(error, EscrowdError):
            raise error
        return _answer(context, request, error)

    async def routers(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        answer = _answer(context, request, from_status(error.status_code))
        answer.headers.update(error.headers or {})  # a 405 says what is allowed (RFC 9110, 15.5.6)
        return answer

    app.add_exception_handler(EscrowdError, ours)
    app.add_exception_handler(HTTPException, routers)
    return app


def _answer(context: NodeContext, request: Request, error: EscrowdError) -> Response:
    if request.url.path.startswith(PREFIX):
        return error_page(context, request, error)
    return error_answer(error)
