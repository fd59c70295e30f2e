"""Every error that the code can raise has an English sentence and a hint, and none is left over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from escrowd import errors
from escrowd_cli.app import ESCROW, ESCROWD
from escrowd_cli.complaints import messages, placeholders, sentences
from escrowd_cli.readable import FORMS, Readable

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = {
    name for name, value in vars(errors).items() if isinstance(value, type) and name.endswith("Error")
}
NO_COMMANDS = {"may", "and", "can"}
"""Words that follow the program's name in prose."""


def made() -> Iterator[tuple[str, set[str] | None, str]]:
    """Each place that makes an error of ours: code, the names of its fields (None: not literal), place."""
    for path in [*(ROOT / "escrowd").rglob("*.py"), *(ROOT / "cli").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FAMILIES
            ):
                continue
            place = f"{path.relative_to(ROOT)}:{node.lineno}"
            names = {keyword.arg for keyword in node.keywords}
            for code in _codes(node.args[0]) if node.args else ():
                yield code, None if None in names else {n for n in names if n}, place


def _codes(argument: ast.expr) -> list[str]:
    """The codes that the first argument can be; none where an error is only made again with more fields."""
    match argument:
        case ast.Constant(value=str(code)):
            return [code]
        case ast.IfExp(body=one, orelse=other):
            return _codes(one) + _codes(other)
        case ast.Attribute(attr="code"):
            return []
    message = f"no literal code: {ast.unparse(argument)}"
    raise AssertionError(message)


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


def test_each_form_of_a_field_is_known():
    """What stands behind the colon of a placeholder is a form that the program knows."""
    wrong = [
        (code, form)
        for code, texts in messages().items()
        for text in texts.values()
        for _, name, form, _ in Formatter().parse(text)
        if name and form not in FORMS
    ]
    assert not wrong


def test_sentences_have_one_style():
    """A sentence begins small, has no full stop and fits a line or two; a hint too."""
    for code, texts in messages().items():
        for text in texts.values():
            assert text == text.strip(), code
            assert not text.endswith("."), code
            assert not text[0].isupper() or text.split()[0] == "KDBX", code
            assert len(text) < 170, code


def test_every_command_in_a_hint_exists():
    """A hint that says `escrow …` or `escrowd …` names a command of the program."""
    wrong = []
    for code, texts in messages().items():
        for program, word in re.findall(r"(?<!inject )\b(escrow|escrowd) ([a-z]+)\b", texts["hint"]):
            commands = ESCROW if program == "escrow" else ESCROWD
            if word not in commands and word not in NO_COMMANDS:
                wrong.append((code, program, word))
    assert not wrong


@pytest.mark.parametrize(
    ("form", "value", "shown"),
    [
        ("duration", 30 * 86_400, "30d"),
        ("duration", 90, "90s"),
        ("date", 1_772_496_000, "2026-03-03"),
        ("bytes", 64 * 2**20, "64 MiB"),
        ("bytes", 17, "17 bytes"),
        ("fingerprint", "abcdefgh", "abcd efgh"),
        ("card", "nodes", "the node's share"),
        ("field", "", "it"),
        ("words", "SecondFactor", "second factor"),
        ("words", "request_wait+delay_max", "request-wait+delay-max"),
        ("problem", "missing", "is missing"),
        ("problem", "int_type", "is of another kind than expected"),
        ("problem", "groups_order", "breaks a rule (groups order)"),
        ("date", 10**20, str(10**20)),
        ("duration", "?", "?"),
    ],
)
def test_a_field_reads_as_people_write_it(form, value, shown):
    """Seconds, bytes, fingerprints and the names of groups and rules become words; nonsense stays as it is."""
    assert Readable().format_field(value, form) == shown


def test_what_a_newer_node_answers_is_shown_as_it_is():
    """An unknown code, with braces in its fields, neither fails nor is filled in."""
    says, hint = sentences(errors.RefusedError("request.unheard-of", why="{0} {x!r}"))
    assert says == "request.unheard-of why={0} {x!r}"
    assert hint


def test_a_missing_field_is_a_question_mark():
    """A node of another version may give other fields; the sentence is still said."""
    assert sentences(errors.ConflictError("invitation.expired"))[0] == "this invitation was good until ?"


def test_the_card_to_blame_stands_before_the_sentence():
    """Of several cards, the file or the number of the wrong one is named."""
    by_file = errors.CardError("card.word-unknown", position=7, source="card.txt", card=2)
    by_number = errors.CardError("card.word-unknown", position=7, card=2)
    assert sentences(by_file)[0] == "card.txt: word 7 is on no card"
    assert sentences(by_number)[0] == "card 2: word 7 is on no card"
