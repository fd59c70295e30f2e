"""Install the Debian packages that only the tests need; without root, name them."""

import os
import shutil
import subprocess
import sys

PROGRAMS = {
    "age": "age",
    "unzip": "unzip",
    "keepassxc-cli": "keepassxc",
    "pdftoppm": "poppler-utils",
    "chromium": "chromium",
    "firefox-esr": "firefox-esr",
    "faketime": "faketime",
    "strace": "strace",
    "systemd-analyze": "systemd",
}
"""Program looked for -> package that brings it."""

missing = sorted(package for program, package in PROGRAMS.items() if not shutil.which(program))
if not missing:
    sys.exit(0)
command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
if os.geteuid() != 0 or not shutil.which("apt-get"):
    sys.exit(f"The tests need more programs. Install them with: sudo {' '.join(command)}")
environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment, stdout=subprocess.DEVNULL)
subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
