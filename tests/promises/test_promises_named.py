"""No promise without a test that names it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROMISES = [f"P{number}" for number in range(1, 11)]
NAMED = re.compile(r"\bP(?:10|[1-9])\b")


def docstrings() -> Iterator[str]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if path == Path(__file__).resolve():
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield ast.get_docstring(node) or ""


FOUND = {name for text in docstrings() for name in NAMED.findall(text)}


@pytest.mark.parametrize("promise", PROMISES)
def test_promise_is_named_by_a_test(promise: str) -> None:
    """Each promise is cited by the docstring of at least one test."""
    assert promise in FOUND


def test_the_document_lists_the_same_promises() -> None:
    """docs/promises.md has one heading for each promise, in order, and cites no other."""
    text = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (P\d+):", text, re.MULTILINE) == PROMISES
    assert set(re.findall(r"\bP\d+\b", text)) == set(PROMISES)


def test_the_document_names_places_that_exist() -> None:
    """Every path that docs/promises.md gives for a promise is in the repository."""
    text = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
    for path in re.findall(r"`((?:core|node|provider|recovery|paper|machine|tests)/[a-z0-9_/.]*)`", text):
        base = ROOT if path.startswith("tests/") else ROOT / "escrowd"
        assert (base / path).exists(), path
