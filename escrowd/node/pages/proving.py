"""Where a holder proves a card: to request a release, to pass a drill, to have an older set end.

Nobody needs a link for it: who holds a card proves it with what the recovery page signs. The card's words
never come here. GET shows a new code, which costs the node nothing; POST takes the signature.
"""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from escrowd import __version__
from escrowd.core.statements import CardProof, make_code, verify_card
from escrowd.core.wire import ProofAnswer
from escrowd.errors import EscrowdError, InputError, IntegrityError
from escrowd.node.api.errors import status_of
from escrowd.node.intake import NodeContext
from escrowd.node.intake.acts import CARD_KINDS
from escrowd.node.intake.proofs import take_proof
from escrowd.node.pages.frame import PREFIX, answer, frame_of, preferred_language
from escrowd.node.pages.guests import known_or_not, pressed
from escrowd.node.pages.views import NodeView, ProofView, Purpose
from escrowd.node.store import Connection
from escrowd.node.store.holders import find_holder
from escrowd.node.store.people import client_names

_MAX_FORM: Final = 8 * 1024
_CONFLICT: Final = 409
_SEE_OTHER: Final = 303
_PAGES: Final[tuple[tuple[str, Purpose], ...]] = (
    ("request", "request"),
    ("card", "card-proof"),
    ("retire", "retire"),
)
_REASONS: Final = {
    "nonce.unknown": "old",
    "nonce.expired": "old",
    "nonce.used": "old",
    "proof.jti-reused": "old",
    "statement.other-node": "node",
    "proof.card-unknown": "unknown",
    "deposit.unknown": "unknown",
    "sets.retired": "unknown",
    "proof.nodes-card": "nodes",
    "proof.not-the-client": "client",
    "sets.not-newest": "client",
    "sets.only-one": "only",
    "request.nobody": "nobody",
}


def add_node(router: APIRouter, context: NodeContext) -> None:
    """``/p/node``: who runs this node, and for how long it is paid. ``/`` leads there."""

    @router.api_route("/", methods=["GET", "HEAD"])
    async def show_way() -> Response:
        return RedirectResponse(f"{PREFIX}node", status_code=_SEE_OTHER)

    @router.api_route(f"{PREFIX}node", methods=["GET", "HEAD"])
    async def show_node(request: Request) -> Response:
        language = preferred_language(request.headers.get("accept-language", ""))
        config = context.config
        view = NodeView(
            operator=config.operator.name,
            fingerprint=context.fingerprint,
            version=__version__,
            paid={"node": config.paid.node, "domain": config.paid.domain, "mail": config.paid.mail},
            now=context.clock.wall(),
        )
        return answer(frame_of(context, language), view)


def add_proofs(router: APIRouter, context: NodeContext) -> None:
    """``/p/request``, ``/p/card`` and ``/p/retire``."""
    for path, purpose in _PAGES:
        _add_proof(router, context, path, purpose)


def _add_proof(router: APIRouter, context: NodeContext, path: str, purpose: Purpose) -> None:
    @router.api_route(f"{PREFIX}{path}", methods=["GET", "HEAD"])
    async def show_proof(request: Request) -> Response:
        frame = await known_or_not(context, request, CARD_KINDS)
        return answer(frame, ProofView(purpose=purpose, state="ask", code=_code(context)))

    @router.post(f"{PREFIX}{path}")
    async def do_proof(request: Request) -> Response:
        frame = await known_or_not(context, request, CARD_KINDS)
        form = await pressed(request, {purpose}, limit=_MAX_FORM)
        try:
            proof = verify_card(form.get("proof", ""), node=context.fingerprint)
            if proof.purpose != purpose:
                # Who meant to prove a card requests nothing by mistake.
                return answer(frame, _refused(context, purpose, "purpose"), status=_CONFLICT)
            return answer(frame, await _take(context, proof))
        except EscrowdError as error:
            reason = _REASONS.get(error.code, "other")
            if reason == "other" and isinstance(error, InputError | IntegrityError):
                reason = "malformed"
            return answer(frame, _refused(context, purpose, reason), status=status_of(error))


def _code(context: NodeContext) -> str:
    return make_code(context.fingerprint, context.nonces.give())


def _refused(context: NodeContext, purpose: Purpose, reason: str) -> ProofView:
    return ProofView(purpose=purpose, state="refused", code=_code(context), reason=reason)


async def _take(context: NodeContext, proof: CardProof) -> ProofView:
    """Take a signature, and say whose card it was. Raises as ``take_proof``."""
    taken = await take_proof(context, proof.compact)

    def name(tx: Connection) -> str:
        holder = find_holder(tx, proof.proof_key)
        names = {} if holder is None else client_names(tx, holder.provider)
        return names.get(taken.client, taken.client)

    return _done(taken, await context.store.read(name))


def _done(taken: ProofAnswer, client: str) -> ProofView:
    return ProofView(
        purpose=taken.purpose,
        state="done",
        client=client,
        role="client" if taken.group == "nodes" else taken.group,
        set_number=taken.set,
        earliest=taken.earliest or 0,
        joined=taken.done == "joined",
    )
