"""P3: nobody is released unwarned, whatever the mail server does."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest
from harness import DAY, D, NodeBox, Seeded, eventually, node
from history import Limits, breaches
from sink import Sink

#: The sink goes down with connections open, as a dying server does; aiosmtpd leaves their transports to the
#: garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def text_of(content: bytes) -> str:
    mail = message_from_bytes(content, policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def days(box: NodeBox, number: float) -> None:
    """Wait until so many days of node time have passed."""
    end = box.moment().node + number * D * 1000
    eventually(lambda: box.moment().node >= end, within=60 + number * DAY * 20)


def first(box: NodeBox, seeded: Seeded, type_: str, kind: str) -> int:
    """Node time of the first entry of a type about an order to the provider (or anybody, for a release)."""
    person = {} if kind == "release" else {"person": "provider"}
    found = [e for e in box.entries(seeded.id, type_, **person) if e["body"]["order"].startswith(kind)]
    return int(found[0]["node_time"])


def test_down_and_back(tmp_path: Path) -> None:
    """A node that can mail nobody releases nobody; when it can again it warns first and waits from there (P3)."""
    with Sink() as sink, node(tmp_path, sink.port) as box:
        (seeded,) = box.seed()
        box.start()
        eventually(lambda: sink.taken(seeded.provider), within=20)
        sink.down()
        days(box, 40)  # through all that would have been overdue, announced and released
        assert not box.entries(seeded.id, "ordered", kind="announce")
        announced = "select 1 from orders where kind like 'announce%'"
        # Away again from the very moment at which the announcement is committed: every connection is cut.
        sink.rule = lambda _stage, _to: "drop" if box.rows(announced) else None
        sink.up()
        eventually(lambda: box.rows(announced), within=30)
        warned = first(box, seeded, "accepted", "warn")
        (ordered, *_) = box.entries(seeded.id, "ordered", kind="announce")
        assert ordered["node_time"] >= warned + 3 * D * 1000
        days(box, 30)
        assert not box.entries(seeded.id, "ordered", kind="release")
        sink.rule = lambda _stage, _to: None
        eventually(lambda: box.released() == 2, within=60)
        assert (
            first(box, seeded, "released", "release")
            >= first(box, seeded, "accepted", "announce") + 7 * D * 1000
        )
        assert box.stop() == 0
        assert breaches(box, seeded.id, sink.mails) == []


def test_blind(tmp_path: Path) -> None:
    """An address that refuses for blind_limit is passed over; ledger and mails say so (P3)."""
    refuse = lambda _stage, to: "550 no such user" if to.endswith("@provider.example") else None  # noqa: E731
    with Sink(rule=refuse) as sink, node(tmp_path, sink.port, blind_limit="10d") as box:
        (seeded,) = box.seed()
        box.start()
        eventually(lambda: box.released() == 2, within=60)
        assert box.stop() == 0
        assert all(e["body"].get("blind") for e in box.entries(seeded.id, "ordered", kind="release"))
        assert "refus" in text_of(sink.taken(seeded.successor)[-1].content)
        assert not sink.taken(seeded.provider)
        assert sink.taken("operator@node.example", "Undeliverable")
        limits = Limits(blind_limit=10 * D)
        assert breaches(box, seeded.id, sink.mails, limits=limits) == []


def test_hanging(tmp_path: Path) -> None:
    """A recipient whose server hangs does not stop the others."""
    hang = lambda _stage, to: "hang" if to == "p0@provider.example" else None  # noqa: E731
    with Sink(rule=hang) as sink, node(tmp_path, sink.port, timeout="30s") as box:
        seeded = box.seed(6)
        box.start()
        eventually(lambda: all(sink.taken(s.provider) for s in seeded[1:]), within=30)
