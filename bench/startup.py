"""``escrow --help`` beside ``python -c pass``."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, side_by_side

ESCROW = Path(sys.executable).parent / "escrow"


def figures() -> Iterator[Figure]:
    """Help must be instant: it imports nothing that only commands need."""
    help_, nothing = side_by_side(
        lambda: subprocess.run([ESCROW, "--help"], check=True, stdout=subprocess.DEVNULL),
        lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
        rounds=21,
    )
    yield Figure(
        "escrow --help",
        f"{1000 * help_:.0f} ms",
        f"python -c pass {1000 * nothing:.0f} ms",
        help_ / nothing,
        at_most=5,
    )
