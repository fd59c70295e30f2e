"""What an idle node keeps in memory."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.nodes import new_node, running

ALLOWED_MB = 100


def figures() -> Iterator[Figure]:
    """Resident memory a few seconds after the start, with every part loaded."""
    with tempfile.TemporaryDirectory() as name:
        config = new_node(Path(name) / "node")
        with running(config) as process:
            time.sleep(5)
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    kib = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
    mb = kib * 1024 / 10**6
    yield Figure(
        "resident memory, idle node", f"{mb:.0f} MB", f"{ALLOWED_MB} MB allowed", mb / ALLOWED_MB, at_most=1
    )
