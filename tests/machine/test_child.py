"""The child process that works on secrets."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from escrowd.core.shares import GroupLayout, make_set, open_key_with, parse_card
from escrowd.core.shares.groups import CLIENT_LAYOUT
from escrowd.errors import CardError, InputError, UnavailableError
from escrowd.machine import child
from escrowd.machine.child import ChildBug, run_in_child


def test_a_set_is_made_in_a_child():
    """A share set made in another process opens here, with the layout that was asked for."""
    layout = (*CLIENT_LAYOUT[:3], GroupLayout("reserve", 2, 3))
    made = run_in_child(make_set, 77, layout=layout)
    cards = [parse_card(made.shares["client"][0]), parse_card(made.shares["nodes"][0])]
    assert open_key_with(cards, made.key_file).recipient == made.recipient
    assert len(made.shares["reserve"]) == 3


def test_an_error_of_ours_comes_back_as_itself():
    """An ``EscrowdError`` keeps its family, code and fields on the way through the pipe."""
    with pytest.raises(CardError) as caught:
        run_in_child(parse_card, "academic wrongword")
    assert (caught.value.code, caught.value.fields) == ("card.word-unknown", {"position": 2})
    with pytest.raises(InputError) as refused:
        run_in_child(make_set, -1)
    assert refused.value.code == "share.identifier-range"


def test_a_foreign_error_brings_no_message():
    """Another exception arrives by type and place; its message, which may quote a secret, stays behind (P10)."""
    with pytest.raises(ChildBug) as caught:
        run_in_child(int, "geheim")
    assert "ValueError" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_dead_child_is_named():
    """A child that ends without an answer is ``child.died`` with its status."""
    with pytest.raises(UnavailableError) as caught:
        run_in_child(os._exit, 3)
    assert (caught.value.code, caught.value.fields) == ("child.died", {"status": 3})
    with pytest.raises(UnavailableError) as killed:
        run_in_child(signal.raise_signal, signal.SIGKILL)
    assert killed.value.fields == {"status": -9}


def test_the_child_dumps_no_core():
    """In the child the core limit is 0 and the process is not dumpable; this process stays as it was (P10)."""
    here = resource.getrlimit(resource.RLIMIT_CORE)
    assert run_in_child(resource.getrlimit, resource.RLIMIT_CORE) == (0, 0)
    # A process that is not dumpable has a /proc entry that belongs to root, whoever runs it.
    assert run_in_child(_own_dumpable) == 0
    assert _own_dumpable() == 1
    assert resource.getrlimit(resource.RLIMIT_CORE) == here


def _own_dumpable() -> int:
    import ctypes  # noqa: PLC0415 — this function runs in the child as well

    return ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)


def test_what_the_child_prints_does_not_spoil_the_answer(capfd):
    """Output of the function goes to standard error; the answer has a pipe of its own."""
    assert run_in_child(print, "a line") is None
    assert "a line" in capfd.readouterr().err


def test_nothing_travels_in_arguments_or_environment(tmp_path: Path):
    """The child's argument list and environment are the same for every call (P10)."""
    seen = run_in_child(_own_command_line)
    assert seen[-3:] == ["-P", "-m", "escrowd.machine.child"]
    (tmp_path / "pickle.py").write_text("raise SystemExit(99)")
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            "from escrowd.machine.child import run_in_child; print(run_in_child(len, 'four'))",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "4\n"


def _own_command_line() -> list[str]:
    return Path(f"/proc/{os.getpid()}/cmdline").read_bytes().decode().rstrip("\0").split("\0")


def test_the_child_dies_with_its_parent(tmp_path: Path):
    """When the parent is killed, the child does not live on with the secret."""
    script = (
        "import sys\nfrom escrowd.machine.child import run_in_child\n"
        "import time\nprint('up', flush=True)\nrun_in_child(time.sleep, 60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=tmp_path)
    assert parent.stdout is not None
    parent.stdout.readline()
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    deadline = time.monotonic() + 20
    while not (pids := children.read_text().split()) and time.monotonic() < deadline:
        time.sleep(0.01)
    status = Path(f"/proc/{pids[0]}/stat")
    while status.read_text().split()[2] != "S" and time.monotonic() < deadline:
        time.sleep(0.01)
    # Give it the time to pass prctl: it sleeps in its function only after that, in nanosleep.
    while "nanosleep" not in _wait_channel(pids[0]) and time.monotonic() < deadline:
        time.sleep(0.01)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    while status.exists() and status.read_text().split()[2] != "Z" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not status.exists() or status.read_text().split()[2] == "Z"


def _wait_channel(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/wchan").read_text()
    except OSError:
        return ""


def test_forbidding_core_dumps_holds():
    """``forbid_core_dumps`` itself leaves a process without core dumps."""
    assert run_in_child(_forbid_and_tell) == ((0, 0), 0)


def _forbid_and_tell():
    child.forbid_core_dumps()
    return resource.getrlimit(resource.RLIMIT_CORE), _own_dumpable()
