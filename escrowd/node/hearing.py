"""The node asks its own public address whether people would reach it.

1. At once and every ``hear_every`` it posts a fresh challenge to its own *public* URL, through whatever
   stands before it: DNS, proxy, firewall. While it is deaf it asks fifteen times as often.
2. The answer counts if it is signed with the node's key over challenge and number. Our own number: we heard
   ourselves. Another number: a copy of this node runs under the same key.
3. TLS is verified with the wall clock, so a wrong clock makes the node deaf; it then says "clock".
4. A first failure changes the facts (node time stands at once); from the second in a row on, people are told.
"""

import asyncio
import logging
import ssl
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import urllib3
from pydantic import ValidationError

from escrowd.core.hearing import Answer, heard
from escrowd.core.keys import SigningKey, random_bytes
from escrowd.core.statements import check_hearing
from escrowd.core.switch import Facts
from escrowd.core.wire import HearingAnswer
from escrowd.errors import EscrowdError
from escrowd.node import letters
from escrowd.node.clock import NodeClock, Now
from escrowd.node.config import NodeConfig
from escrowd.node.orders import Common
from escrowd.node.store import Connection, Store
from escrowd.node.store.hearing import Silence, load_silence, note, save_silence
from escrowd.node.store.switches import load_node, make_due, save_node
from escrowd.node.telling import News, Teller

PATH: Final = "/v1/hearing"
_CHALLENGE_BYTES: Final = 32
_NUMBER_BYTES: Final = 16
_ANSWER_MAX: Final = 4096
#: While deaf, the question is put so many times as often.
_OFTEN: Final = 15
#: Real seconds for one question, all of it.
_PATIENCE: Final = 10
_TOLD_AFTER: Final = 2
#: OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED.
_CLOCK_ERRORS: Final = frozenset({9, 10})

log = logging.getLogger(__name__)


def new_number() -> str:
    """The random number of one start, hex."""
    return random_bytes(_NUMBER_BYTES).hex()


@dataclass(frozen=True, slots=True)
class Heard:
    """What one question brought: ``answer`` for the rules; ``cause`` of none, in one word."""

    answer: Answer
    cause: str = ""


def ask(url: str, public: bytes, number: str) -> Heard:
    """Put the question once; blocks. Never raises for what network or server do."""
    challenge = random_bytes(_CHALLENGE_BYTES).hex()
    with urllib3.PoolManager(retries=False, num_pools=1) as pool:
        try:
            reply = pool.request(
                "POST",
                url + PATH,
                json={"challenge": challenge},
                timeout=urllib3.Timeout(total=_PATIENCE),
                redirect=False,
                preload_content=False,
            )
            body = reply.read(_ANSWER_MAX)
            reply.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return Heard("none", _cause(error))
    try:
        found = check_hearing(HearingAnswer.model_validate_json(body), public, challenge=challenge)
    except (ValidationError, EscrowdError):
        return Heard("none", "answer")
    return Heard("self" if found == number else "other")  # rule 2


def _cause(error: BaseException) -> str:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return "clock" if seen.verify_code in _CLOCK_ERRORS else "tls"  # rule 3
        if isinstance(seen, ssl.SSLError):
            return "tls"
        # urllib3 counts a refused connection (NewConnectionError) among the time-outs.
        if isinstance(seen, urllib3.exceptions.TimeoutError) and not isinstance(
            seen, urllib3.exceptions.NewConnectionError
        ):
            return "timeout"
        # urllib3 keeps what happened in args or reason, not always in __cause__.
        inner = getattr(seen, "reason", None)
        seen = inner if isinstance(inner, BaseException) else seen.__cause__ or seen.__context__
    return "network"


class Ear:
    """Asks, keeps the facts, and tells people.

    Parameters: ``number``, of this start (``new_number``).
    """

    def __init__(
        self,
        store: Store,
        clock: NodeClock,
        teller: Teller,
        *,
        key: SigningKey,
        number: str,
        config: NodeConfig,
    ) -> None:
        self._store = store
        self._clock = clock
        self._teller = teller
        self._key = key
        self._number = number
        self._config = config
        self._failures = 0
        self._telling: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()

    async def run(self) -> None:
        """Ask until ``stop`` (rule 1)."""
        while not self._stop.is_set():
            good = await self.ask()
            wait = self._config.time.hear_every_ms / 1000
            try:
                await asyncio.wait_for(self._stop.wait(), wait if good else wait / _OFTEN)
            except TimeoutError:
                continue

    async def ask(self) -> bool:
        """Put the question once, and let facts and people know. True: it heard itself."""
        work = asyncio.to_thread(ask, self._config.public_url, self._key.public, self._number)
        try:
            found = await asyncio.wait_for(work, _PATIENCE + 1)
        except TimeoutError:
            found = Heard("none", "timeout")
        self._failures = 0 if found.answer == "self" else self._failures + 1
        silence = await self._store.write(partial(self._note, found=found))
        if found.answer != "self":
            log.warning("hearing: %s %s", found.answer, found.cause)
        if found.answer == "self" or self._failures >= _TOLD_AFTER:
            self._begin_telling(silence)  # rule 4
        return found.answer == "self"

    def _note(self, tx: Connection, found: Heard) -> Silence:
        """Record one answer: the rules' facts, and for people since when and why."""
        now = self._clock.stamp_now(tx)
        before = load_node(tx)
        after = heard(before, now.moment, found.answer)
        if after != before:
            save_node(tx, after)
            note(tx, now.moment, found.answer)
            make_due(tx, everyone=after.generation != before.generation)
        silence = load_silence(tx)
        if found.answer == "self":
            noted = replace(silence, since_awake=None, cause="")
        else:
            since = silence.since_awake is None
            noted = replace(
                silence,
                since_awake=now.moment.awake if since else silence.since_awake,
                since_wall=now.wall if since else silence.since_wall,
                cause="copy" if found.answer == "other" else found.cause,
            )
        if noted != silence:
            save_silence(tx, noted)
        return noted

    def _begin_telling(self, silence: Silence) -> None:
        """Tell beside the asking: many providers take a while, and hearing must not wait for it."""
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell(silence))

    async def _tell(self, silence: Silence) -> None:
        """Tell everyone what changed since they were told last."""
        if silence.since_awake is not None:
            state = "held" if silence.cause == "copy" else "deaf"
            key = f"{state}/{silence.since_awake}"
            if silence.told == key:
                return
            make = partial(self._held if state == "held" else self._deaf, silence)
            await self._teller.everyone(News(key, f"alarm-{state}", make))
        elif silence.told:
            key = ""
            news = News(f"heard/{silence.told}", "alarm-heard", partial(self._heard, silence))
            await self._teller.everyone(news)
        else:
            return
        await self._store.write(lambda tx: save_silence(tx, replace(load_silence(tx), told=key)))

    def _deaf(
        self, silence: Silence, common: Common, audience: letters.Audience, now: Now, facts: Facts | None
    ) -> letters.Context:
        used = 0
        if facts is not None:
            awake, node = now.moment.awake - facts.began.awake, now.moment.node - facts.began.node
            used = max(0, awake - node)
        return letters.AlarmDeaf(
            **common,
            audience=audience,
            since=silence.since_wall,
            url=self._config.public_url,
            reason="clock" if silence.cause == "clock" else "unreachable",
            runs_on=now.wall_in(max(0, self._config.limits.deaf_limit * 1000 - used)),
        )

    def _held(
        self, silence: Silence, common: Common, audience: letters.Audience, _: Now, __: Facts | None
    ) -> letters.Context:
        return letters.AlarmHeld(
            **common, audience=audience, since=silence.since_wall, url=self._config.public_url
        )

    def _heard(
        self, silence: Silence, common: Common, audience: letters.Audience, now: Now, _: Facts | None
    ) -> letters.Context:
        return letters.AlarmHeard(
            **common,
            audience=audience,
            since=silence.since_wall,
            at=now.wall,
            settle=self._config.limits.settle,
        )
