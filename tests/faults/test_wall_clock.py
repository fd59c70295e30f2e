"""P2: the wall clock decides nothing."""

import time
from pathlib import Path

import pytest
from harness import DAY, SCALE, SHORT, D, NodeBox, eventually, node
from sink import Sink

LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
TOTAL = (SHORT.interval + SHORT.grace + SHORT.announce) * 1000

pytestmark = pytest.mark.skipif(not LIBRARY.exists(), reason="Debian's faketime is not installed")


def faked(folder: Path, text: str) -> dict[str, str]:
    """The environment of a process whose wall clock (and nothing else) is what a file says."""
    path = folder / "faketime"
    path.write_text(text)
    return {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(path),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_CACHE": "1",
        "TZ": "Europe/Berlin",
    }


def wall(box: NodeBox) -> int:
    (row,) = box.rows("select wall from clock")
    return int(row["wall"])


def test_jumps(tmp_path: Path) -> None:
    """Ten years back, ten years on, an hour either way: ticks go on, and the release comes at its node time (P2)."""
    with Sink() as sink, node(tmp_path, sink.port) as box:
        (seeded,) = box.seed()
        box.start(env=faked(tmp_path, "+0"))
        eventually(box.hears, within=20)
        for jump in ("-3650d", "+3650d", "-3600", "+3600", "+0"):
            # Read first: a busy machine may pause between the readings.
            at, before, then = time.monotonic(), box.moment(), wall(box)
            (tmp_path / "faketime").write_text(jump)
            eventually(
                lambda before=before: box.moment().node > before.node, within=10, what=f"ticks after {jump}"
            )
            eventually(
                lambda then=then: abs(wall(box) - then) > 3000, within=10, what=f"the jump to {jump} is seen"
            )
            time.sleep(2 * DAY)
            passed = box.moment().node - before.node
            assert passed <= (time.monotonic() - at + 0.1) * 1000 * SCALE
            if box.moment().node < SHORT.interval * 1000:
                assert not box.entries(seeded.id, "ordered", kind="warn")
        eventually(lambda: box.released() == 2, within=60)
        (first, *_) = box.entries(seeded.id, "released")
        assert TOTAL <= first["node_time"] < TOTAL + 60 * D * 1000


def test_end_of_summer_time(tmp_path: Path) -> None:
    """Over the end of summer time ticks go on, and nothing comes early or late (P2)."""
    with Sink() as sink, node(tmp_path, sink.port) as box:
        (seeded,) = box.seed()
        box.start(env=faked(tmp_path, "@2026-10-25 02:59:58"))
        eventually(lambda: box.released() == 2, within=60)
        (first, *_) = box.entries(seeded.id, "released")
        assert TOTAL <= first["node_time"] < TOTAL + 60 * D * 1000
        assert box.stop() == 0
