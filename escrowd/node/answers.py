"""What an answer of the mail server makes of a letter, of the provider's facts and of the ledger.

1. A letter that was taken is done. A definite 5xx ends it for that address and is told. All else is tried
   again: after 1 min, doubling, up to 6 h; for ever.
2. What follows for the facts that rules ordered it from, ``outcomes`` says.
3. A letter is asked for again before it goes; a release once more at the point of no return.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from escrowd.core.hearing import relay_took
from escrowd.core.switch import Gate, NodeFacts
from escrowd.core.terms import PROVIDER
from escrowd.node import letters
from escrowd.node.channels.smtp import Result
from escrowd.node.clock import NodeClock, Now
from escrowd.node.config import TimeConfig
from escrowd.node.orders import OPERATOR, Common, Desk
from escrowd.node.outcomes import Outcomes
from escrowd.node.store import Connection
from escrowd.node.store.outbox import Waiting, begun_letters, mark, mark_sent
from escrowd.node.store.people import load_reader
from escrowd.node.store.switches import load_node, load_switch, save_node
from escrowd.node.store.writer import is_store_failure

log = logging.getLogger(__name__)

_PERMANENT: Final = range(500, 600)
#: A mail server that took one a minute ago is not noted again: one row less to write for each mail.
_RELAY_NOTED_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Answered:
    """How one attempt ended. ``gate``: why it was withheld; ``begun``: it passed the point of no return."""

    letter: Waiting
    result: Result
    gate: Gate
    begun: bool


class Answers:
    """Records answers.

    Parameters: ``clock``; ``desk``, for what follows from an answer; ``time``, whose retry waits count.
    """

    def __init__(self, clock: NodeClock, desk: Desk, time: TimeConfig) -> None:
        self._clock = clock
        self._desk = desk
        self._outcomes = Outcomes(desk)
        self._time = time

    def gate(self, tx: Connection, letter: Waiting) -> Gate:
        """May the letter go now, as far as committed facts tell? Reads only (rule 3)."""
        if letter.order is None:
            return Gate.GO
        return self._outcomes.gate(tx, self._now(), letter, letter.order)

    def _now(self) -> Now:
        return Now(self._clock.now(), self._clock.wall(), self._clock.scale)

    def withhold_all(self, tx: Connection, held: Sequence[tuple[Waiting, Gate]]) -> None:
        """Record that letters do not go: not now, or never."""
        now = self._clock.stamp_now(tx)
        for letter, gate in held:
            self._withhold(tx, now, letter, gate)

    def _withhold(self, tx: Connection, now: Now, letter: Waiting, gate: Gate) -> None:
        if gate is Gate.DROP:
            mark(tx, letter.id, state="ended", answer="dropped", done_awake=now.moment.awake)
        else:
            again = now.moment.awake + self._time.retry_first_ms * now.scale
            mark(tx, letter.id, state="waiting", answer="withheld", next_awake=again)

    def begin(self, tx: Connection, letter: Waiting) -> Gate:
        """The point of no return: ask again, and commit "begun" if the release may go."""
        order = letter.order
        if order is None:
            return Gate.GO
        gate = self._outcomes.begin(tx, self._clock.stamp_now(tx), letter, order)
        if gate is Gate.GO:
            mark(tx, letter.id, state="begun")
        return gate

    def record_all(self, tx: Connection, answered: Sequence[Answered]) -> None:
        """Record the ends of attempts, in the order in which they came."""
        now = self._clock.stamp_now(tx)
        plain = [a.letter.id for a in answered if _is_plain(a)]
        if plain:
            # Most letters: nothing follows but that they went.
            mark_sent(tx, plain, awake=now.moment.awake)
            self._relay_took(tx, now)
        for one in answered:
            if _is_plain(one):
                continue
            try:
                with tx.begin_nested():
                    self._record(tx, now, one)
            except Exception as error:
                if is_store_failure(error):
                    raise
                log.exception("the answer to letter %s could not be recorded", one.letter.message_id)
                mark(tx, one.letter.id, next_awake=now.moment.awake + self._time.retry_last_ms * now.scale)

    def _record(self, tx: Connection, now: Now, one: Answered) -> None:
        letter, result = one.letter, one.result
        if result.kind == "withheld":
            self._withhold(tx, now, letter, one.gate)
        elif result.kind == "accepted":
            self._accepted(tx, now, letter, result)
        elif result.kind == "refused":
            self._refused(tx, now, letter, result, begun=one.begun)
        else:
            self._again(tx, now, letter, result.cause or result.kind, result.code)
            if one.begun and letter.order is not None:
                self._outcomes.unanswered(tx, now, letter, letter.order, lost=result.kind == "lost")

    def _relay_took(self, tx: Connection, now: Now) -> NodeFacts:
        node = load_node(tx)
        if node.relay_last is None or now.moment.awake - node.relay_last >= _RELAY_NOTED_MS:
            node = relay_took(node, now.moment)
            save_node(tx, node)
        return node

    def recover(self, tx: Connection) -> int:
        """After a crash: what had begun counts as released, and is sent again (P4). How many."""
        now = self._clock.stamp_now(tx)
        found = begun_letters(tx)
        for letter in found:
            mark(tx, letter.id, state="waiting", answer="lost", next_awake=now.moment.awake)
            if letter.order is not None:
                self._outcomes.unanswered(tx, now, letter, letter.order, lost=True)
        return len(found)

    def _accepted(self, tx: Connection, now: Now, letter: Waiting, result: Result) -> None:
        mark(
            tx,
            letter.id,
            state="sent",
            answer="accepted",
            code=result.code,
            attempts=letter.attempts + 1,
            done_awake=now.moment.awake,
        )
        self._relay_took(tx, now)
        if letter.order is None:
            self._outcomes.told(tx, now, letter)
        else:
            self._outcomes.accepted(tx, now, letter, letter.order, result.code)

    def _refused(self, tx: Connection, now: Now, letter: Waiting, result: Result, *, begun: bool) -> None:
        ended = result.code in _PERMANENT
        if ended:
            mark(
                tx,
                letter.id,
                state="ended",
                answer="refused",
                code=result.code,
                attempts=letter.attempts + 1,
                done_awake=now.moment.awake,
            )
        else:
            self._again(tx, now, letter, "refused", result.code)
        if letter.order is not None:
            self._outcomes.refused(tx, now, letter, letter.order, code=result.code, begun=begun)
        if ended:
            self._tell(tx, now, letter, result.code)

    def _again(self, tx: Connection, now: Now, letter: Waiting, answer: str, code: int) -> None:
        attempts = letter.attempts + 1
        wait = min(self._time.retry_first_ms << min(attempts - 1, 30), self._time.retry_last_ms)
        mark(
            tx,
            letter.id,
            state="waiting",
            answer=answer,
            code=code,
            attempts=attempts,
            next_awake=now.moment.awake + wait * now.scale,
        )

    def _tell(self, tx: Connection, now: Now, letter: Waiting, code: int) -> None:
        """Tell others that an address refused a letter for good: once an epoch for each address and kind."""
        if letter.kind.startswith("alarm") or not letter.provider:
            return  # an alarm about an alarm would have no end, and the operator reads the log
        order = letter.order
        subject = letter.kind if order is None else order.kind
        severe = subject in {"announce", "release"}
        cause = "0" if order is None else order.cause
        tell = {PROVIDER} if self._has_another_address(tx, letter) else set()
        if severe and order is not None:
            facts = load_switch(tx, letter.provider)
            tell |= {
                beneficiary.person
                for deposit in facts.deposits
                if order.client in {"", deposit.client}
                for beneficiary in deposit.beneficiaries
            }
        tell.discard(letter.person if letter.person != PROVIDER else "")
        if not severe:
            tell.add(OPERATOR)
        for person in sorted(tell):
            self._desk.order(
                tx,
                now,
                key=f"alarm-refused/{cause}/{subject}/{letter.address_id}/{person}",
                provider=letter.provider,
                person=person,
                kind="alarm-refused",
                make=partial(self._alarm, tx, letter, about=(subject, code, now.wall), person=person),
            )

    def _has_another_address(self, tx: Connection, letter: Waiting) -> bool:
        if letter.person != PROVIDER:
            return True
        reader = load_reader(tx, letter.provider, PROVIDER)
        return reader is not None and len(reader.addresses) > 1

    def _alarm(
        self,
        tx: Connection,
        letter: Waiting,
        common: Common,
        _link: object,
        *,
        about: tuple[str, int, int],
        person: str,
    ) -> letters.Context:
        subject, code, wall = about
        reader = load_reader(tx, letter.provider, letter.person)
        return letters.AlarmRefused(
            **common,
            audience=self._audience(tx, letter.provider, person),
            person=letter.person if reader is None else reader.name,
            address=letter.address,
            subject=_SUBJECTS.get(subject, "other"),
            reply=code,
            at=wall,
        )

    def _audience(self, tx: Connection, provider: str, person: str) -> letters.Audience:
        if person == OPERATOR:
            return "operator"
        if person == PROVIDER:
            return "provider"
        everyone = (b for deposit in load_switch(tx, provider).deposits for b in deposit.beneficiaries)
        return next((someone.role for someone in everyone if someone.person == person), "client")


_SUBJECTS: Final[dict[str, Literal["remind", "warn", "announce", "release"]]] = {
    "remind": "remind",
    "warn": "warn",
    "announce": "announce",
    "release": "release",
}


def _is_plain(one: Answered) -> bool:
    """Whether nothing follows from the answer but that the letter went."""
    return one.letter.order is None and one.result.kind == "accepted" and one.letter.kind != "address-added"
