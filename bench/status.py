"""``escrow status`` for 1,000 clients, beside a program that only reads the same files."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from bench.figures import Figure, side_by_side

CLIENTS = 1_000
TESTS = Path(__file__).resolve().parents[1] / "tests"
_READING = """
import hashlib, json, pathlib, sys
for home in sorted(pathlib.Path(sys.argv[1], "clients").iterdir()):
    hashlib.sha256((home / "bundle.age").read_bytes()).hexdigest()
    for manifest in home.glob("revisions/*/manifest.jws"):
        json.dumps(manifest.read_text().split("."))
"""


def figures() -> Iterator[Figure]:
    """The whole program, from its start to its last line; nobody answers at the node's address."""
    sys.path.insert(0, str(TESTS))  # the workspace is that of the tests
    crowd = import_module("provider.crowd_world")
    world = import_module("provider.provider_world")
    with tempfile.TemporaryDirectory() as name:
        folder = crowd.make_crowd(world.make_workspace(Path(name) / "workspace"), CLIENTS)
        environment = os.environ | {"ESCROW_WORKSPACE": str(folder)}
        command = [str(Path(sys.executable).parent / "escrow"), "status"]
        reading = [sys.executable, "-c", _READING, str(folder)]

        def run(words: list[str]) -> None:
            subprocess.run(words, env=environment, check=True, capture_output=True)

        ours, theirs = side_by_side(lambda: run(command), lambda: run(reading), 5)
        reference = f"{theirs:.2f} s only reading, 1 s allowed"
        yield Figure(f"escrow status, {CLIENTS:,} clients", f"{ours:.2f} s", reference, ours, at_most=1)
