"""Every error that the code can raise has an English sentence and a hint, and none is left over."""

import ast
from collections.abc import Iterator
from pathlib import Path

from escrowd import errors
from escrowd_cli.complaints import messages, placeholders

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = {
    name for name, value in vars(errors).items() if isinstance(value, type) and name.endswith("Error")
}


def made() -> Iterator[tuple[str, set[str] | None, str]]:
    """Each place that makes an error of ours: code, the names of its fields (None: not literal), place."""
    for path in [*(ROOT / "escrowd").rglob("*.py"), *(ROOT / "cli").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FAMILIES
            ):
                continue
            place = f"{path.relative_to(ROOT)}:{node.lineno}"
            code = node.args[0] if node.args else None
            if isinstance(code, ast.Constant):
                names = {keyword.arg for keyword in node.keywords}
                yield str(code.value), None if None in names else {n for n in names if n}, place


def test_every_error_has_a_sentence_and_a_hint():
    """A code that the source can raise is explained: what is wrong, and what to do."""
    without = sorted({f"{code} ({place})" for code, _, place in made() if code not in messages()})
    assert not without
    assert not [code for code, texts in messages().items() if set(texts) != {"says", "hint"}]


def test_no_sentence_is_left_over():
    """A sentence whose code nobody raises any more would only mislead its reader."""
    assert not sorted(set(messages()) - {code for code, _, _ in made()})


def test_a_sentence_asks_only_for_fields_that_each_raise_gives():
    """A place that raises a code gives every field that the sentence names."""
    wrong = []
    for code, fields, place in made():
        texts = messages().get(code, {})
        wanted = set().union(*(placeholders(text) for text in texts.values()))
        if fields is not None and wanted - fields:
            wrong.append(f"{code} at {place} lacks {sorted(wanted - fields)}")
    assert not wrong
