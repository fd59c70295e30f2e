"""A card is proved: a request opens, a drill is passed, or older sets are asked to end.

The checks, in this order; the first that fails is the answer, and nothing has changed:

1. form and signature: signed by the very key that it names, for this node;
2. the same bytes again: the same answer, whatever became of the nonce since;
3. the nonce: given out by this process, within the hour, for nothing else;
4. whose card it is, whether its set is live, and what its purpose asks for. Refused here, the ledger says so.

Of one card and purpose ``MOST_A_DAY`` proofs a day of awake time leave a trace. A further one that changes
nothing is answered as truly, and neither kept nor entered: a stolen card must not fill the disk.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from escrowd.core import requests, sets
from escrowd.core.keys import new_id
from escrowd.core.requests import due_at, role_of
from escrowd.core.statements import CardProof, verify_card
from escrowd.core.terms import DAY, PROVIDER
from escrowd.core.wire import ProofAnswer
from escrowd.errors import ConflictError, EscrowdError, NotFoundError, RefusedError
from escrowd.node import letters
from escrowd.node.asking import Place, settle
from escrowd.node.intake import holding
from escrowd.node.intake.circle import Case
from escrowd.node.intake.context import NodeContext
from escrowd.node.intake.refusals import enter_refusal
from escrowd.node.posting import Common, Link
from escrowd.node.store import Connection
from escrowd.node.store.holders import Holder, find_holder, find_proof, has_jti, keep_proof, proofs_since
from escrowd.node.store.rights import load_requests

MOST_A_DAY: Final = 4


async def take_proof(context: NodeContext, compact: str) -> ProofAnswer:
    """Take a proof of one card, as pasted or posted.

    Raises as ``verify_card`` and ``Nonces.check``; ``NotFoundError`` ``proof.card-unknown`` (no deposit here
    names this card), ``deposit.unknown``; ``ConflictError`` ``proof.jti-reused``; as ``sets.proved``,
    ``sets.ask_at_once`` and ``requests.open_request``.
    """
    proof = verify_card(compact, node=context.fingerprint)
    known = await context.store.read(lambda tx: find_proof(tx, proof.sha256))
    if known is not None:
        return known
    nonce = proof.nonces[context.fingerprint]
    context.nonces.check(nonce, proof.sha256)
    try:
        answer = await context.store.write(partial(_take, context=context, proof=proof))
    except (RefusedError, ConflictError) as error:
        refusal = error  # the name of an exception ends with its block
        await context.store.write(lambda tx: _refused(tx, context, proof, refusal))
        raise
    context.wake()
    return answer


def _refused(tx: Connection, context: NodeContext, proof: CardProof, error: EscrowdError) -> None:
    holder = find_holder(tx, proof.proof_key)
    if holder is not None:
        enter_refusal(
            tx,
            context.clock.stamp_now(tx),
            error,
            provider=holder.provider,
            client=holder.client,
            by=proof.proof_key,
            act=proof.purpose,
            group=holder.group,
        )


def _take(tx: Connection, context: NodeContext, proof: CardProof) -> ProofAnswer:
    known = find_proof(tx, proof.sha256)
    if known is not None:
        return known
    holder = find_holder(tx, proof.proof_key)
    if holder is None:
        raise NotFoundError("proof.card-unknown")
    if has_jti(tx, proof.proof_key, proof.jti):
        raise ConflictError("proof.jti-reused")
    now = context.clock.stamp_now(tx)
    case = Case(context, Place(tx, now, holder.provider, holder.client))
    role_of(holder.group)  # a card of the nodes is nobody's
    before = holding.known_sets(case)
    change = sets.proved(before, now.moment.awake, holder.set, holder.group, case.roles)
    context.nonces.use(proof.nonces[context.fingerprint], proof.sha256)
    answer, entry, after = _PURPOSES[proof.purpose](case, holder, change)
    since = case.day * DAY * 1000
    if not _is_news(answer, change) and proofs_since(tx, proof.proof_key, proof.purpose, since) >= MOST_A_DAY:
        return answer
    case.enter(
        "card-proof",
        jti=proof.jti,
        sha256=proof.sha256,
        proof=proof.compact,
        purpose=proof.purpose,
        set=holder.set,
        group=holder.group,
        **entry,
    )
    after()
    keep_proof(
        tx,
        holder,
        sha256=proof.sha256,
        jti=proof.jti,
        answer=answer,
        awake=now.moment.awake,
        wall=now.wall,
    )
    return answer


_Done = tuple[ProofAnswer, dict[str, str], Callable[[], None]]


def _request(case: Case, holder: Holder, change: sets.Change) -> _Done:
    place = case.place
    if case.terms is None:
        raise NotFoundError("deposit.unknown", client=holder.client)
    here = load_requests(place.tx, place.provider, place.client)
    asked = requests.open_request(
        here,
        place.now.moment.awake,
        id_=new_id(),
        group=holder.group,
        number=holder.set,
        terms=case.terms,
    )
    due = due_at(asked.request)
    answer = ProofAnswer(
        purpose="request",
        client=holder.client,
        set=holder.set,
        group=holder.group,
        done="joined" if asked.joined else "opened",
        request=asked.request.id,
        earliest=None if due is None else place.now.wall_in(due - place.now.moment.awake),
    )

    def after() -> None:
        settle(case.context.desk, place, asked.requests, asked.orders)
        holding.apply(case, holding.known_sets(case), change, again=_is_newest(case, holder, change))

    return answer, {"request": asked.request.id}, after


def _card_proof(case: Case, holder: Holder, change: sets.Change) -> _Done:
    answer = ProofAnswer(
        purpose="card-proof", client=holder.client, set=holder.set, group=holder.group, done="recorded"
    )

    def after() -> None:
        holding.apply(case, holding.known_sets(case), change, again=_is_newest(case, holder, change))
        _tell_proved(case, holder)

    return answer, {}, after


def _retire(case: Case, holder: Holder, change: sets.Change) -> _Done:
    asked = change
    if not change.retired:
        asked = sets.ask_at_once(change.sets, holder.set, holder.group, owner=case.owner)
    answer = ProofAnswer(
        purpose="retire",
        client=holder.client,
        set=holder.set,
        group=holder.group,
        done="recorded" if change.retired else "asked",
    )

    def after() -> None:
        holding.apply(case, holding.known_sets(case), asked)
        holding.ask_client(case, asked.sets, "at-once", again=True)

    return answer, {}, after


_PURPOSES: dict[str, Callable[[Case, Holder, sets.Change], _Done]] = {
    "request": _request,
    "card-proof": _card_proof,
    "retire": _retire,
}


def _is_news(answer: ProofAnswer, change: sets.Change) -> bool:
    """Whether the proof opens a request or ends a set."""
    ends = answer.purpose == "retire" and answer.done == "recorded"
    return answer.done == "opened" or ends or bool(change.retired)


def _is_newest(case: Case, holder: Holder, change: sets.Change) -> bool:
    """Whether it is the card of the newest set of those for whom the deposit is."""
    return (holder.group, holder.set) == (case.owner, change.sets.newest)


def _tell_proved(case: Case, holder: Holder) -> None:
    """Those in the card's role, and the provider, learn that it works, or that somebody else has it.

    Once a day: a stolen card must not fill their mailboxes.
    """
    holders = [person for person, role in case.people().items() if role == holder.group]
    for person in (PROVIDER, *holders):

        def letter(common: Common, link: Link, person: str = person) -> letters.Context:
            return letters.CardProved(
                **common,
                client=case.client_name,
                audience=case.audience(person),
                person=case.name(holders[0]) if holders else "",
                role=role_of(holder.group),
                set_number=holder.set,
                at=case.place.now.wall,
                status="" if person == PROVIDER else link("status"),
            )

        case.write(
            "card-proved",
            f"{person}/{holder.set}/{holder.group}/{case.day}",
            person,
            letter,
        )
