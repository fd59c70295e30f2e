"""P4 and the point of no return: until DATA a check-in stops a release, afterwards nothing is forgotten."""

from collections.abc import Callable
from pathlib import Path

from harness import NodeBox, Seeded, eventually, node
from sink import Rule, Sink


class Script:
    """A rule that looks at what the node is about to send: a release is what goes to the client last."""

    def __init__(self, answer: Callable[[str, str], str | None]) -> None:
        self.answer = answer
        self.box: NodeBox | None = None

    def __call__(self, stage: str, to: str) -> str | None:
        assert self.box is not None
        releasing = self.box.rows(
            "select 1 from outbox where address = ? and kind like 'release%' and state != 'sent'", to
        )
        return self.answer(stage, to) if releasing else None


def silent(box: NodeBox, script: Rule, sink: Sink) -> Seeded:
    assert isinstance(script, Script)
    script.box = box
    (seeded,) = box.seed()
    sink.rule = script
    box.start()
    return seeded


def dropped(box: NodeBox, person: str) -> bool:
    """Whether a release to a person was given up."""
    query = "select 1 from outbox where person = ? and kind like 'release%' and answer = 'dropped'"
    return bool(box.rows(query, person))


def test_check_in_after_rcpt(tmp_path: Path) -> None:
    """A check-in between RCPT and DATA stops the release: nothing leaves, and it never does for that silence."""
    checked: list[int] = []

    def at_rcpt(stage: str, _to: str) -> None:
        if stage == "RCPT" and not checked:
            checked.append(box.check_in_by_link(sink, seeded))

    with Sink() as sink, node(tmp_path, sink.port, settle="2d") as box:
        seeded = silent(box, script := Script(at_rcpt), sink)
        assert script.box is box
        eventually(lambda: checked, within=60)
        eventually(
            lambda: dropped(box, "clientaa"),
            within=20,
        )
        assert checked == [200]
        assert not box.entries(seeded.id, "release-begun")
        assert not [m for m in sink.mails if m.header("Escrow-Share")]
        assert sink.taken(seeded.provider, "check-in") or sink.taken(seeded.provider)


def test_check_in_after_refusal(tmp_path: Path) -> None:
    """After a definite refusal at DATA nothing has left, and a check-in cancels again."""
    refused: list[str] = []

    def at_data(stage: str, to: str) -> str | None:
        if stage == "DATA":
            refused.append(to)
            return "451 not now"
        return None

    with Sink() as sink, node(tmp_path, sink.port, retry_first="300ms", retry_last="300ms") as box:
        seeded = silent(box, Script(at_data), sink)
        eventually(lambda: len(box.entries(seeded.id, "release-refused")) >= 2, within=60)
        assert {seeded.client, seeded.successor} == set(refused)
        assert box.check_in_by_link(sink, seeded) == 200
        sink.rule = lambda _stage, _to: None
        eventually(
            lambda: not box.rows("select 1 from outbox where kind like 'release%' and state != 'ended'"),
            within=20,
        )
        assert not box.entries(seeded.id, "released")
        assert not [m for m in sink.mails if m.header("Escrow-Share")]


def test_one_released_the_other_stopped(tmp_path: Path) -> None:
    """After one beneficiary's release a check-in still stops the other's."""

    def later(stage: str, to: str) -> str | None:
        return "451 not now" if stage == "RCPT" and to.endswith("@successor.example") else None

    with Sink() as sink, node(tmp_path, sink.port) as box:
        seeded = silent(box, Script(later), sink)
        eventually(lambda: box.released() == 1, within=60)
        assert box.check_in_by_link(sink, seeded) == 200
        sink.rule = lambda _stage, _to: None
        eventually(
            lambda: dropped(box, "successo"),
            within=20,
        )
        shares = {m.to for m in sink.mails if m.header("Escrow-Share")}
        assert shares == {seeded.client}


def test_lost_reply(tmp_path: Path) -> None:
    """A reply that is lost after the body counts as released; the mail goes again, byte for byte the same (P4)."""
    dropped: list[str] = []

    def at_data(stage: str, to: str) -> str | None:
        if stage == "DATA" and to not in dropped:
            dropped.append(to)
            return "take-and-drop"
        return None

    with Sink() as sink, node(tmp_path, sink.port) as box:
        seeded = silent(box, Script(at_data), sink)
        eventually(lambda: box.released() == 2, within=60)
        eventually(
            lambda: len([m for m in sink.taken(seeded.client) if m.header("Escrow-Share")]) >= 2, within=20
        )
        first, second, *_ = [m for m in sink.taken(seeded.client) if m.header("Escrow-Share")]
        assert first.content == second.content
        assert box.entries(seeded.id, "released", code=0)
