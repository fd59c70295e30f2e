"""``escrow checkin|pause|resume``: the sign of life, for every node, each under a nonce of its own."""

from collections.abc import Sequence

from escrowd.core.shares import open_provider_key, parse_card
from escrowd.core.statements import Checkin
from escrowd.core.terms import check_pause
from escrowd.errors import InputError, RefusedError
from escrowd.provider.actions.deposit import deposit_again
from escrowd.provider.agreement import timings_errand
from escrowd.provider.memory import recall
from escrowd.provider.records import NodeRecord
from escrowd.provider.sending import Errand, NodeReport, Signer, appointment_errand, tell, to_each
from escrowd.provider.workspace import PROVIDER_KEY, Session, held_file

_LONGEST_REASON = 500


def check_in(session: Session, *, now: int, cards: Sequence[str] = ()) -> tuple[NodeReport, ...]:
    """A sign of life to every node, in the order of ``node add``.

    Parameters: ``cards``, the texts of two provider's cards: then the root signs, which counts at once where
    the daily key still waits.
    Raises ``RefusedError`` ``checkin.not-typed`` when the passphrase did not come from the terminal,
    ``checkin.no-nodes``; ``CardError`` as ``parse_card`` and ``open_provider_key``. What a node refuses is in
    its report.
    """
    return _send(session, Checkin(), now, _signer(session, cards))


def pause(session: Session, *, seconds: int, reason: str, now: int) -> tuple[NodeReport, ...]:
    """A sign of life whose deadline comes ``seconds`` later than usual. Clients see it, and ``reason``.

    Raises as ``check_in``; ``InputError`` ``terms.out-of-bounds`` (``pause``), ``pause.reason-malformed``.
    """
    text = " ".join(reason.split())
    if not 1 <= len(text) <= _LONGEST_REASON:
        raise InputError("pause.reason-malformed", limit=_LONGEST_REASON)
    check_pause(seconds)
    return _send(session, Checkin(pause=seconds, reason=text), now, Signer.daily(session))


def resume(session: Session, *, now: int) -> tuple[NodeReport, ...]:
    """The end of a pause: a plain sign of life. Raises as ``check_in``."""
    return _send(session, Checkin(), now, Signer.daily(session))


def _signer(session: Session, cards: Sequence[str]) -> Signer:
    if not cards:
        return Signer.daily(session)
    parsed = [parse_card(text) for text in cards]
    key = open_provider_key(parsed, held_file(session.folder, PROVIDER_KEY))
    return Signer(key.signing, "root")


def _send(session: Session, body: Checkin, now: int, signer: Signer) -> tuple[NodeReport, ...]:
    if session.presence != "typed":
        raise RefusedError("checkin.not-typed")
    if not session.vault.nodes:
        raise RefusedError("checkin.no-nodes")

    def one(node: NodeRecord) -> NodeReport:
        if signer.kind == "root":
            tell(session, node, appointment_errand(session.vault), now=now, signer=signer, once=True)
        # New timings hold from the next check-in, so they are told before it.
        timings = timings_errand(session.vault)
        told = recall(session.folder, node.fingerprint).told.get(timings.subject)
        if told is None or told.digest != timings.digest:
            tell(session, node, timings, now=now, signer=signer)
        report = tell(session, node, Errand("checkin", body), now=now, signer=signer)
        return deposit_again(session, node, report, now=now)

    return to_each(session.vault.nodes, one)
