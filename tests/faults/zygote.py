"""A process that has imported the node and forks one at each command: a start costs no second of imports.

Lines on standard input: `start FOLDER LOG` answers the new process's id; `wait PID` answers its exit
status. What is forked is a process of its own, in a session of its own, and runs what `escrowd run FOLDER`
runs.
"""

import os
import sys
import traceback
from pathlib import Path

import escrowd.node.api.app  # noqa: F401 — imported for its weight, see above
from escrowd.node.config import load
from escrowd.node.run import main


def start(folder: str, log: str) -> int:
    """Fork a node. In the child this does not return."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setsid()
        output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        main(load(Path(folder)))
        status = 0
    except BaseException:  # noqa: BLE001 — a forked child must not return
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


for line in sys.stdin:
    command, *arguments = line.split()
    if command == "start":
        answer = start(*arguments)
    else:
        _, status = os.waitpid(int(arguments[0]), 0)
        answer = os.waitstatus_to_exitcode(status)
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()
