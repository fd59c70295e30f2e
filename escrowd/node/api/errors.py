"""The one error body, and the few HTTP statuses that a family of errors does not give by itself."""

import logging
from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from escrowd.core.wire import ErrorAnswer, ErrorDetail
from escrowd.errors import EscrowdError, InputError, NotFoundError

JSON_TYPE: Final = "application/json"

_log = logging.getLogger("escrowd.api")

#: Codes for which HTTP has a word of its own. All other codes take their family's status.
_STATUS: Final = {
    "http.body-too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "http.method": HTTPStatus.METHOD_NOT_ALLOWED,
    "http.header-too-large": HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "http.no-authorization": HTTPStatus.UNAUTHORIZED,
}

#: With these the body was not read to its end, so the connection can serve no further request.
_CLOSING: Final = frozenset({"http.body-too-large", "http.body-slow", "http.header-too-large"})


def status_of(error: EscrowdError) -> int:
    """The HTTP status of an error."""
    return int(_STATUS.get(error.code, error.http_status))


def error_answer(error: EscrowdError) -> Response:
    """The documented body: ``{"error": {"code", "fields"}}``."""
    body = ErrorAnswer(error=ErrorDetail(code=error.code, fields=dict(error.fields)))
    headers = {"Cache-Control": "no-store"}
    if error.code in _CLOSING or error.http_status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Connection"] = "close"
    return Response(body.model_dump_json(), status_of(error), headers, JSON_TYPE)


def from_status(status: int) -> EscrowdError:
    """What the router refuses by itself, as one of our errors."""
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return InputError("http.method")
    return NotFoundError("http.not-found")


def unexpected(error: BaseException) -> EscrowdError:
    """A fault of ours: logged by its type and place; its message may hold what was sent (P10)."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    place = f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}" if at is not None else "?"
    _log.error("unexpected %s at %s", type(error).__name__, place)
    return EscrowdError("http.internal")
