"""The built page is the sources' own: rebuilt byte for byte, small, and with a policy that forbids any network."""

import base64
import hashlib
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "escrowd/recovery/recover.html"
LIMIT = 300_000


def test_rebuild(tmp_path: Path):
    """A rebuild from the sources gives the very bytes that are committed."""
    again = tmp_path / "recover.html"
    command = [sys.executable, str(ROOT / "tools/page.py"), "build", "--out", str(again)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    assert again.read_bytes() == BUILT.read_bytes(), "run: python tools/page.py build"


def test_size():
    """The page is below 300 KB."""
    assert BUILT.stat().st_size < LIMIT


def inline(page: str, element: str) -> list[tuple[str, str]]:
    return re.findall(rf"<{element}([^>]*)>(.*?)</{element}>", page, re.DOTALL)


def test_policy():
    """The policy denies everything but this one script and this one style, by their hashes."""
    page = BUILT.read_text(encoding="utf-8")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    for element in ("script", "style"):
        ((attributes, text),) = inline(page, element)
        assert "src" not in attributes
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules.pop(f"{element}-src") == f"'sha256-{digest}'"
    assert rules == {
        "default-src": "'none'",
        "img-src": "data: blob:",
        "form-action": "'none'",
        "base-uri": "'none'",
    }


def test_alone():
    """Nothing that a browser would load stands in the page's own HTML, and the policy comes before all else."""
    page = BUILT.read_text(encoding="utf-8")
    skeleton = re.sub(r"<(script|style)>.*?</\1>|<!--.*?-->", "", page, flags=re.DOTALL)
    assert not re.findall(r'(?:src|href|action|srcset|poster)\s*=\s*"(?!#|data:)[^"]*"', skeleton)
    assert " style=" not in skeleton
    assert not re.findall(r"\son[a-z]+=", skeleton)
    assert page.index("Content-Security-Policy") < page.index("<style>") < page.index("<script>")


def test_place_for_a_kit():
    """There is one place where a kit's files are put in, before the script that reads them."""
    page = BUILT.read_text(encoding="utf-8")
    assert page.count("<!-- escrow-mappe -->") == 1
    assert page.index("<!-- escrow-mappe -->") < page.index("<script>")


def test_licences():
    """The page carries the notices of the libraries that are in it."""
    page = BUILT.read_text(encoding="utf-8")
    for name in ("age-encryption", "@noble/ciphers", "@noble/curves", "@noble/hashes"):
        assert name in page
