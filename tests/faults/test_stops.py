"""P2: what stops the process uses up no wait."""

import signal
import time
from pathlib import Path

from harness import SHORT, D, NodeBox, eventually, node
from sink import Mail, Sink

#: A day in real seconds, so short that ten whole timelines pass while a test sleeps.
DAY = 0.02
TEN_TIMELINES = 10 * (SHORT.interval + SHORT.grace + SHORT.announce) / D * DAY
FAST = {"scale": round(D / DAY), "tick": "10ms"}


def reminded(box: NodeBox, sink: Sink, provider: str) -> bool:
    return bool(sink.taken(provider)) and bool(box.rows("select 1 from outbox where answer = 'accepted'"))


def letters(sink: Sink) -> list[Mail]:
    """All but the operator's daily digest."""
    return [mail for mail in sink.mails if mail.to != "operator@node.example"]


def ordered(box: NodeBox) -> int:
    return len(box.rows("select 1 from orders where provider != ''"))


def test_stopped(tmp_path: Path) -> None:
    """A node that was stopped for ten timelines sends nothing at its start, and the wait is what it was (P2)."""
    with Sink() as sink, node(tmp_path, sink.port, **FAST) as box:
        (seeded,) = box.seed()
        box.start()
        eventually(lambda: reminded(box, sink, seeded.provider), within=20)
        box.stop()
        before, orders = box.moment(), ordered(box)
        # What was ordered before the stop and not yet handed over may still go: it is owed.
        owed = len(letters(sink)) + len(box.rows("select 1 from outbox where state = 'waiting'"))
        time.sleep(TEN_TIMELINES)
        box.configure(scale=1)
        box.start()
        eventually(box.hears, within=10)
        time.sleep(0.5)
        box.stop()
        after = box.moment()
        assert len(letters(sink)) <= owed
        assert ordered(box) == orders
        assert after.awake - before.awake < 60_000
        assert after.node - before.node < 60_000
        box.configure(scale=FAST["scale"])
        box.start()
        eventually(lambda: box.released() == 2, within=30)
        (first, *_) = box.entries(seeded.id, "released")
        assert first["node_time"] >= (SHORT.interval + SHORT.grace + SHORT.announce) * 1000


def test_frozen(tmp_path: Path) -> None:
    """A node that was frozen by SIGSTOP for ten timelines counts two ticks of it, no more (P2)."""
    with Sink() as sink, node(tmp_path, sink.port, **FAST) as box:
        (seeded,) = box.seed()
        box.start()
        eventually(lambda: reminded(box, sink, seeded.provider), within=20)
        box.send(signal.SIGSTOP)
        before, mails = box.moment(), len(sink.mails)
        time.sleep(TEN_TIMELINES)
        assert box.moment() == before
        begun = time.monotonic()
        box.send(signal.SIGCONT)
        eventually(lambda: box.moment() != before, within=10)
        passed = box.moment().node - before.node
        # Two ticks for the freeze, and what has really passed since.
        assert passed <= (0.02 + time.monotonic() - begun) * 1000 * FAST["scale"]
        assert len(sink.taken(subject="released")) == 0
        assert mails <= len(sink.mails)
        eventually(lambda: box.released() == 2, within=30)
