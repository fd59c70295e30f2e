"""P4, seen from outside with strace: every durable answer is preceded by its fsync."""

import shutil
import time
from pathlib import Path

import pytest
from harness import D, eventually, node
from sink import Sink

CALLS = "read,recvfrom,recvmsg,write,writev,sendto,sendmsg,fsync,fdatasync"

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def between(lines: list[str], first: str, then: str) -> list[str]:
    """What was called between the last call that shows one text and the next that shows another."""
    start = max(index for index, line in enumerate(lines) if first in line)
    end = next(index for index in range(start, len(lines)) if then in lines[index])
    return lines[start:end]


def synced(lines: list[str]) -> bool:
    return any(
        ("fdatasync(" in line or "fsync(" in line or "sync resumed" in line) and "= 0" in line
        for line in lines
    )


def test_fsync_before_every_answer(tmp_path: Path) -> None:
    """The answer to a check-in, and DATA of a release, come after an fsync that came after their cause (P4)."""
    trace = tmp_path / "trace"
    strace = ("strace", "-f", "-s", "60", "-o", str(trace), "-e", f"trace={CALLS}")
    # One tick a second, four days each: no tick's own fsync comes between a question and its answer.
    options = {"tick": "1s", "scale": 4 * D, "hear_every": "600s", "warn_every": "30d"}
    with Sink() as sink, node(tmp_path, sink.port, **options) as box:
        (seeded,) = box.seed()
        box.start(prefix=strace)
        eventually(lambda: sink.taken(seeded.provider), within=40)
        ticked = box.moment()
        eventually(lambda: box.moment() != ticked, within=5)
        time.sleep(0.2)
        assert box.check_in_by_link(sink, seeded) == 200
        eventually(lambda: box.entries(seeded.id, "release-begun", person="clientaa"), within=60)
        eventually(lambda: [m for m in sink.taken(seeded.client) if m.header("Escrow-Share")], within=20)
        box.stop()
    lines = trace.read_text("utf-8", "replace").splitlines()
    asked = between(lines, '"POST /p/checkin', '"HTTP/1.1 200')
    assert synced(asked)
    assert sum('"HTTP/1.1' in line for line in asked) == 0
    # On the same connection: others carry letters that have no point of no return.
    named = f'"RCPT TO:<{seeded.client}>'
    connection = [line.partition("(")[2].partition(",")[0] for line in lines if named in line][-1]
    handed = between(lines, named, f'({connection}, "DATA\\r\\n"')
    assert synced(handed)
