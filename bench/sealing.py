"""Sealing and opening 64 MiB beside the ``age`` program, and what it costs in memory."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, side_by_side
from escrowd.core.keys import new_identity
from escrowd.core.seal import seal, unseal

SIZE = 64 * 2**20
GROWTH = """
import resource, sys
from escrowd.core.seal import seal, unseal
def grow(work, source, target, key):
    with open(source, "rb") as a, open(target, "wb") as b:
        work(a, b, [key])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
small, large, out, recipient, identity = sys.argv[1:]
work, key = (seal, recipient) if recipient != "-" else (unseal, identity)
before = grow(work, small, out, key)
print(grow(work, large, out, key) - before)
"""


def figures() -> Iterator[Figure]:
    """Speed in MiB/s, memory as the growth of the peak from a small to a large file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        identity = new_identity()
        (folder / "identity").write_text(identity.text + "\n")
        plain, small = folder / "plain", folder / "small"
        plain.write_bytes(os.urandom(SIZE))
        small.write_bytes(os.urandom(2**16))

        def ours(work: object, source: str, target: str, key: str) -> None:
            with (folder / source).open("rb") as a, (folder / target).open("wb") as b:
                work(a, b, [key])  # type: ignore[operator]

        def age(*words: str) -> None:
            subprocess.run(["age", *words], check=True, cwd=folder)

        mine, theirs = side_by_side(
            lambda: ours(seal, "plain", "ours.age", identity.recipient),
            lambda: age("-r", identity.recipient, "-o", "theirs.age", "plain"),
            rounds=5,
        )
        yield _speed("seal 64 MiB", mine, theirs)
        mine, theirs = side_by_side(
            lambda: ours(unseal, "ours.age", "opened", identity.text),
            lambda: age("-d", "-i", "identity", "-o", "opened-by-age", "theirs.age"),
            rounds=5,
        )
        yield _speed("open 64 MiB", mine, theirs)
        ours(seal, "small", "small.age", identity.recipient)
        for what, a, b, recipient in (
            ("memory growth, seal", "small", "plain", identity.recipient),
            ("memory growth, open", "small.age", "ours.age", "-"),
        ):
            words = [sys.executable, "-c", GROWTH, a, b, "out", recipient, identity.text]
            kib = int(subprocess.run(words, check=True, cwd=folder, capture_output=True, text=True).stdout)
            yield Figure(what, f"{kib} KiB", "2048 KiB allowed", kib / 2048, at_most=1)


def _speed(what: str, mine: float, theirs: float) -> Figure:
    mib = SIZE / 2**20
    return Figure(
        what, f"{mib / mine:.0f} MiB/s", f"age {mib / theirs:.0f} MiB/s", theirs / mine, at_least=0.9
    )
