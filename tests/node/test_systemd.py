"""The units: what systemd itself says about them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from escrowd.node import service
from escrowd.node.config import MOST_CONNECTIONS

UNITS = Path(__file__).parents[2] / "systemd"
PROGRAM = Path(sys.executable).with_name("escrowd")

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def analyze(*arguments: str | Path, runtime: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"XDG_RUNTIME_DIR": str(runtime), "SYSTEMD_COLORS": "0"},
    )


@pytest.fixture(params=["/var/lib/escrowd", "elsewhere"])
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The unit that `escrowd init` writes, for a folder of systemd's giving and for one of somebody's own."""
    path = tmp_path / "escrowd.service"
    (tmp_path / "elsewhere").mkdir()
    path.write_text(service.unit(tmp_path / request.param, PROGRAM, password=True))
    return path


def test_unit_is_clean(unit: Path, tmp_path: Path) -> None:
    """Systemd finds nothing wrong with the unit that `escrowd init` writes."""
    found = analyze("verify", unit, runtime=tmp_path)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_unit_is_hardened(unit: Path, tmp_path: Path) -> None:
    """Systemd rates the unit's exposure at 1.5 or less, and at 1.6 or less where it runs as somebody."""
    found = analyze("security", "--offline=yes", unit, runtime=tmp_path)
    level = re.search(r"Overall exposure level for escrowd\.service: ([0-9.]+)", found.stdout)
    assert level, found.stdout + found.stderr
    assert float(level[1]) <= (1.5 if "DynamicUser=yes" in unit.read_text("utf-8") else 1.6)


def test_unit_has_more_files_than_connections(unit: Path) -> None:
    """With every connection taken that `config.toml` may allow, files are left for database, mail and uploads."""
    files = re.search(r"^LimitNOFILE=([0-9]+)$", unit.read_text("utf-8"), re.MULTILINE)
    assert files
    assert int(files[1]) >= 2 * MOST_CONNECTIONS


def test_user_units_are_clean(tmp_path: Path) -> None:
    """Systemd finds nothing wrong with the weekly look of a provider's desktop."""
    names = ("escrow-status.timer", "escrow-status.service")
    for name in names:
        shutil.copy(UNITS / name, tmp_path)
    found = analyze("verify", "--user", *(tmp_path / name for name in names), runtime=tmp_path)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
