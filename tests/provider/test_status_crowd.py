"""``escrow status`` of a provider with 1,000 clients: still one screen. How long it takes is in the bench."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from provider.crowd_world import BAD, make_crowd

CLIENTS = 1_000
ESCROW = Path(sys.executable).parent / "escrow"


@pytest.fixture(scope="module")
def crowd(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of 1,000 clients."""
    folder = shutil.copytree(founded, tmp_path_factory.mktemp("crowd") / "workspace")
    return make_crowd(folder, CLIENTS)


def status(crowd: Path, *words: str) -> str:
    environment = {"ESCROW_WORKSPACE": str(crowd), "COLUMNS": "160", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [ESCROW, "status", *words], env=environment, capture_output=True, check=False, timeout=60
    )
    assert done.stderr == b""
    return done.stdout.decode()


def test_a_thousand_clients_fit_on_a_screen(crowd: Path) -> None:
    """Worst first, 25 clients at most with one line each, all the others in numbers, and what to type next."""
    answer = status(crowd)
    lines = answer.splitlines()
    assert len(lines) <= 36
    marks = [line.split()[0] for line in lines if line.split()[:1] in (["ALARM"], ["warn"], ["to"], ["fine"])]
    assert marks == sorted(marks, key=["ALARM", "warn", "to", "fine"].index)
    named = re.findall(r"client-\d{4}", "\n".join(line for line in lines if not line.startswith("next")))
    assert len(set(named)) == 25
    wrong = sum(BAD.values())
    assert f"… and {wrong - 25} more clients (30 warn, 100 to do): escrow status --ask --all" in answer
    assert f"{CLIENTS - wrong} clients are deposited." in answer
    assert lines[-1].startswith("next: escrow approve client-0000 ")


def test_one_of_a_thousand_is_found(crowd: Path) -> None:
    """An id lists all about one client and nothing about another; JSON holds everything."""
    answer = status(crowd, "client-0999")
    assert set(re.findall(r"client-\d{4}", answer)) == {"client-0999"}
    assert "changed since the last deposit" in answer
    rows = json.loads(status(crowd, "--json"))["rows"]
    assert len({row["client"] for row in rows if row["client"]}) == CLIENTS
