"""The page's core runs the vectors that Python runs, under Node.js, with the outcome that each vector names."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def page(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools/page.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_vectors():
    """SLIP-39, cards, manifests, age, payloads, whole recoveries and crafted signatures end as in Python (P9)."""
    result = page("test")
    assert result.returncode == 0, result.stdout + result.stderr


def test_types():
    """The page's sources hold their types, strictly."""
    result = page("check")
    assert result.returncode == 0, result.stdout + result.stderr
