"""Make the virtual environment: the locked packages by hash, then this checkout, without asking for more."""

import subprocess
import sys
import venv
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 — this script alone may meet an older Python
    sys.exit("escrowd needs Python 3.11 or newer; name it with: make PYTHON=python3.11 …")
target = Path(sys.argv[1])
try:
    venv.create(target, with_pip=True, clear=True)
except (subprocess.CalledProcessError, ImportError):
    sys.exit("Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv")
pip = [str(target / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
subprocess.run([*pip, "--require-hashes", "-r", "requirements.lock"], check=True)
# One command with both fails on hashes; the build backend is in the lock, so nothing unhashed is fetched.
subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-e", "."], check=True)
