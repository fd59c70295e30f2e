"""The JSON interface, one function a path. What a body means is decided in ``intake``."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Path, Request
from starlette.responses import FileResponse, Response, StreamingResponse

from escrowd import __version__
from escrowd.core.encoding import hex_bytes
from escrowd.core.statements import answer_hearing
from escrowd.core.strict import COMPACT_PATTERN, Strict, read
from escrowd.core.wire import (
    AUTHORIZATION_SCHEME,
    FILE_TYPE,
    LEDGER_TYPE,
    MAX_BODY,
    MAX_STATEMENT,
    ErrorAnswer,
    HearingAnswer,
    HearingQuestion,
    NodeInfo,
    NonceAnswer,
    PaidUntil,
    ProofAnswer,
    ProofRequest,
    RestoreAnswer,
    RestoreRequest,
    Standing,
    StatementAnswer,
)
from escrowd.errors import (
    ConflictError,
    EscrowdError,
    InputError,
    IntegrityError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from escrowd.node import intake
from escrowd.node.api.errors import JSON_TYPE
from escrowd.node.api.limits import MAX_HEADER, declared_length, pieces, whole
from escrowd.node.api.spool import store_stream
from escrowd.node.intake import NodeContext

_MAX_HEARING: Final = 1024
_NO_CONTENT: Final = 204
_HASH_BYTES: Final = 32
#: Said, and not asked of the framework: a malformed hash is refused in our own words.
_HASH: Final[dict[str, Any]] = {"pattern": "^[0-9a-f]{64}$"}

_Model = TypeVar("_Model", bound=Strict)
_PRIVATE: Final = {"Cache-Control": "no-store"}


def _refused(*families: type[EscrowdError] | int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of refusals: families of errors, and statuses that HTTP has a word of its own for."""
    statuses = {one if isinstance(one, int) else one.http_status for one in families}
    return {
        status: {"model": ErrorAnswer, "description": f"{HTTPStatus(status).phrase}: a code and its fields."}
        for status in sorted(statuses)
    }


_BODY: Final = _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, InputError, UnavailableError)
#: Whatever is decided in ``intake`` can be forbidden, gone, or already otherwise.
_DECIDED: Final = {**_BODY, **_refused(RefusedError, NotFoundError, ConflictError)}


def _takes(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    """What OpenAPI says of a body that is read by our own strict reader and not by the framework."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


_COMPACT: Final = _takes(
    "text/plain",
    {
        "type": "string",
        "pattern": COMPACT_PATTERN,
        "maxLength": MAX_STATEMENT,
        "description": "A statement, compact JWS.",
    },
)


def build_routes(context: NodeContext) -> APIRouter:
    """All paths under ``/v1``, and ``/healthz``."""
    router = APIRouter()

    @router.get("/v1/node", response_model=NodeInfo, summary="Who this node is, and what it takes.")
    async def node() -> Response:
        return _json(
            NodeInfo(
                fingerprint=context.fingerprint,
                public=context.key.signing.public.hex(),
                recipient=context.key.identity.recipient,
                name=context.config.name,
                version=__version__,
                time_scale=context.config.time.time_scale,
                operator=context.config.operator.name,
                paid_until=PaidUntil(**asdict(context.config.paid)),
            )
        )

    @router.post(
        "/v1/nonces", response_model=NonceAnswer, responses=_BODY, summary="A nonce for one statement."
    )
    async def nonces(request: Request) -> Response:
        await whole(request, limit=0)
        return _json(NonceAnswer(nonce=context.nonces.give()))

    @router.post(
        "/v1/statements",
        response_model=StatementAnswer,
        responses=_DECIDED,
        summary="Hand in a statement; the receipt says that it is on disk.",
        openapi_extra=_COMPACT,
    )
    async def statements(request: Request) -> Response:
        return _json(await intake.take_statement(context, await _compact(request)))

    @router.post(
        "/v1/query",
        response_model=Standing,
        summary="Ask for the standing, the ledger or a file.",
        openapi_extra=_COMPACT,
        responses={
            **_DECIDED,
            200: {
                "description": "The standing (JSON), the ledger (JSON Lines) or the file, as asked.",
                "content": {LEDGER_TYPE: {}, FILE_TYPE: {}},
            },
        },
    )
    async def query(request: Request) -> Response:
        answer = await intake.answer_query(context, await _compact(request))
        if isinstance(answer, intake.Lines):
            return StreamingResponse(answer.chunks, headers=_PRIVATE, media_type=LEDGER_TYPE)
        if isinstance(answer, intake.StoredFile):
            return FileResponse(answer.path, headers=_PRIVATE, media_type=FILE_TYPE)
        return _json(answer)

    @router.put(
        "/v1/files/{sha256}",
        status_code=_NO_CONTENT,
        response_class=Response,
        responses={
            **_DECIDED,
            **_refused(HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
        },
        summary="Send a file that a statement names.",
        openapi_extra={
            **_takes(FILE_TYPE, {"type": "string", "format": "binary"}),
            "parameters": [
                {
                    "name": "Authorization",
                    "in": "header",
                    "required": True,
                    "schema": {"type": "string"},
                    "description": f"`{AUTHORIZATION_SCHEME}`, a space, and the statement naming the file.",
                }
            ],
        },
    )
    async def files(sha256: Annotated[str, Path(json_schema_extra=_HASH)], request: Request) -> Response:
        compact = _authorization(request)
        hex_bytes(sha256, size=_HASH_BYTES)
        upload = await intake.authorise_upload(context, sha256, compact)
        length = declared_length(request)
        if length is not None and length > upload.limit:
            raise InputError("http.body-too-large", limit=upload.limit)
        if length is not None and upload.size is not None and length != upload.size:
            raise IntegrityError("file.size-differs", expected=upload.size, found=length)
        body = pieces(request, limit=upload.limit)
        # Also one that is here: only its bytes show that the sender has it (P1), and they mend what the disk
        # may have done to it.
        size = await store_stream(context.store.folder, sha256=sha256, size=upload.size, pieces=body)
        await intake.record_upload(context, upload, size)
        return Response(status_code=_NO_CONTENT)

    @router.post(
        "/v1/proofs",
        response_model=ProofAnswer,
        responses=_DECIDED,
        summary="Prove one card: ask for a release, pass a drill, or have older sets end.",
        openapi_extra=_takes(JSON_TYPE, ProofRequest.model_json_schema()),
    )
    async def proofs(request: Request) -> Response:
        document = await _document(request, ProofRequest, MAX_BODY)
        return _json(await intake.take_proof(context, document.proof))

    @router.post(
        "/v1/restore",
        response_model=RestoreAnswer,
        responses=_DECIDED,
        summary="What a lost workspace is built from, for two of the provider's cards.",
        openapi_extra=_takes(JSON_TYPE, RestoreRequest.model_json_schema()),
    )
    async def restore(request: Request) -> Response:
        return _json(await intake.answer_restore(context, await _document(request, RestoreRequest, MAX_BODY)))

    @router.post(
        "/v1/hearing",
        response_model=HearingAnswer,
        responses=_BODY,
        summary="Prove that this very process is reached here.",
        openapi_extra=_takes(JSON_TYPE, HearingQuestion.model_json_schema()),
    )
    async def hearing(request: Request) -> Response:
        question = await _document(request, HearingQuestion, _MAX_HEARING)
        key = context.key.signing
        return _json(answer_hearing(key, challenge=question.challenge, number=context.number))

    @router.get(
        "/healthz",
        summary="Whether the node can read its database.",
        response_class=Response,
        responses={
            200: {"description": "It can.", "content": {"text/plain": {"schema": {"type": "string"}}}}
        },
    )
    async def healthz() -> Response:
        await context.store.read(lambda _: None)
        return Response("ok\n", media_type="text/plain")

    return router


def _json(document: Strict) -> Response:
    return Response(document.model_dump_json(by_alias=True), headers=_PRIVATE, media_type=JSON_TYPE)


async def _compact(request: Request) -> str:
    # Latin-1 reads any byte; what is no compact JWS is refused by its own rules.
    return (await whole(request, limit=MAX_STATEMENT)).decode("latin-1")


async def _document(request: Request, model: type[_Model], limit: int) -> _Model:
    return read(model, await whole(request, limit=limit), max_bytes=limit)


def _authorization(request: Request) -> str:
    """The statement in the header. Raises ``RefusedError`` ``http.no-authorization``."""
    value = request.headers.get("authorization", "")
    if len(value) > MAX_HEADER:
        raise InputError("http.header-too-large", limit=MAX_HEADER)
    scheme, _, compact = value.partition(" ")
    if scheme.lower() != AUTHORIZATION_SCHEME.lower() or not compact:
        raise RefusedError("http.no-authorization")
    return compact
