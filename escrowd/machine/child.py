"""A short-lived child process for work on a secret: it ends, and the secret's memory with it.

The child dumps no core, cannot be traced by other processes of the user, and dies with its parent. Its
arguments and its result travel through pipes, never through argv, the environment or a file. An error of our
own tree comes back as itself; any other by type and place only, because its message may quote a secret.
"""

import ctypes
import importlib
import os
import pickle
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar, cast

from escrowd.errors import EscrowdError, UnavailableError

P = ParamSpec("P")
R = TypeVar("R")

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4


class ChildBug(RuntimeError):  # noqa: N818 — a defect of ours, no error that a caller handles
    """The function raised something that is no ``EscrowdError``: its type, and where."""


def run_in_child(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a module-level function in a new process and return its result.

    Parameters: the function and its arguments; they and the result must be picklable.
    Raises what the function raised if that is an ``EscrowdError``; ``UnavailableError`` ``child.died``
    (``status``: exit code, or minus the signal); ``ChildBug``.
    """
    call = pickle.dumps((function.__module__, function.__qualname__, args, kwargs))
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=True
    )
    try:
        answer, _none = child.communicate(call)
    finally:
        # Reached with a living child only when this process is interrupted while it waits.
        child.kill()
        child.wait()
    if child.returncode != 0 or not answer:
        raise UnavailableError("child.died", status=child.returncode)
    # What is unpickled here was written by this module in a process that we started.
    ok, value = pickle.loads(answer)  # noqa: S301 — see above
    if ok:
        return cast("R", value)
    if isinstance(value, EscrowdError):
        raise value
    raise ChildBug(value)


def forbid_core_dumps() -> None:
    """Let this process write no core dump, and hide its memory from the user's other processes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_PR_SET_DUMPABLE, 0)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise UnavailableError("child.prctl", option=option, errno=ctypes.get_errno())


def _main() -> None:
    forbid_core_dumps()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The answer's pipe is taken away from whatever prints.
    out = os.dup(1)
    os.dup2(2, 1)
    module, name, args, kwargs = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 — written by run_in_child
    try:
        function = getattr(importlib.import_module(module), name)
        answer = pickle.dumps((True, function(*args, **kwargs)))
    except EscrowdError as error:
        answer = pickle.dumps((False, error.__class__(error.code, **error.fields)))
    except Exception as error:  # noqa: BLE001 — reported to the parent without its message
        place = "".join(traceback.format_tb(error.__traceback__))
        answer = pickle.dumps((False, f"{type(error).__name__}\n{place}"))
    with os.fdopen(out, "wb") as pipe:
        pipe.write(answer)


if __name__ == "__main__":
    _main()
