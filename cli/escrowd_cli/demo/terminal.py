"""A pseudo-terminal on which somebody types: passphrases that count as typed, answers to `age`."""

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from escrowd.errors import UnavailableError

INTERRUPT = "\x03"
"""The answer that is Ctrl-C."""
_CHUNK = 65536


def converse(
    argv: Sequence[str],
    answers: Sequence[tuple[str, str]],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 60.0,
) -> str:
    """Run a program on a terminal of its own and answer its prompts in turn; return all that it printed.

    Parameters: ``answers``, pairs of what to wait for and what to type then; ``timeout``, seconds in all.
    Raises ``UnavailableError``: ``demo.no-prompt`` (program, prompt, said), ``demo.failed`` (program, exit,
    said).
    """
    pid, terminal = pty.fork()
    if pid == 0:  # the child: its standard streams and its controlling terminal are the new one
        try:
            signal.signal(
                signal.SIGINT, signal.SIG_DFL
            )  # a job in the background ignores it, and so would this
            if cwd is not None:
                os.chdir(cwd)
            os.execvpe(argv[0], list(argv), dict(os.environ if env is None else env))  # noqa: S606 — no shell on purpose
        finally:
            os._exit(127)
    said = bytearray()
    seen = 0
    deadline = time.monotonic() + timeout
    try:
        for prompt, answer in answers:
            while prompt.encode() not in said[seen:]:
                if not _listen(terminal, said, deadline):
                    text = said.decode(errors="replace")[-400:].strip()
                    raise UnavailableError(
                        "demo.no-prompt", program=Path(argv[0]).name, prompt=prompt, said=text
                    )
            seen = len(said)
            os.write(terminal, answer.encode() + b"\n")
        while _listen(terminal, said, deadline, again=bool(answers) and answers[-1][1] == INTERRUPT):
            pass
    finally:
        os.close(terminal)
        code = _end(pid, deadline)
    text = said.decode(errors="replace").replace("\r\n", "\n")
    if code != 0:
        raise UnavailableError("demo.failed", program=Path(argv[0]).name, exit=code, said=text[-400:].strip())
    return text


def _listen(terminal: int, said: bytearray, deadline: float, *, again: bool = False) -> bool:
    """Append what the program prints next; false when it has ended or the time is up.

    Parameters: ``again``, press Ctrl-C again while nothing comes: between prompt and reading one can be lost.
    """
    ready: list[int] = []
    while not ready and (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([terminal], [], [], min(left, 1.0) if again else left)
        if again and not ready:
            os.write(terminal, INTERRUPT.encode())
    if not ready:
        return False
    try:
        chunk = os.read(terminal, _CHUNK)
    except OSError:  # Linux reports the end of a pseudo-terminal as EIO
        return False
    said += chunk
    return bool(chunk)


def _end(pid: int, deadline: float) -> int:
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def run(argv: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a program that asks nothing; return its standard output.

    Raises ``UnavailableError`` ``demo.failed`` (``program``, ``exit``, ``said``).
    """
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout)[-400:].strip()
        raise UnavailableError("demo.failed", program=Path(argv[0]).name, exit=done.returncode, said=said)
    return done.stdout
