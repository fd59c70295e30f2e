"""A decision written at a terminal: in the editor, else field by field."""

from collections.abc import Callable, Mapping

import click

from escrowd.errors import InputError, UnavailableError
from escrowd_cli import output
from escrowd_cli.complaints import sentences
from escrowd_cli.decision_form import STATUS, Values, again, changes, form
from escrowd_cli.editor import in_editor

Keep = Callable[[Values], None]


def write(about: str, values: Mapping[str, object], keep: Keep) -> None:
    """Let somebody write a decision and give what differs from ``values`` to ``keep``.

    What cannot be read, or what ``keep`` refuses, is named, and the editor opens again on the same text; it
    is dropped only if somebody says so.
    Raises as ``in_editor`` and ``keep``; ``click.Abort``.
    """
    first = text = form(about, values)
    while True:
        try:
            text = in_editor(text, "decision.txt")
        except UnavailableError as problem:
            if problem.code != "runtime-dir.none":
                raise
            _keep_changed(_by_prompts(values), keep)
            return
        if text == first:
            output.note("Nothing was changed.")
            return
        try:
            _keep_changed(changes(values, text), keep)
        except InputError as problem:
            says, hint = sentences(problem)
            output.note(f"escrow: error: {says}")
            output.note(f"hint: {hint}")
            if not click.confirm("Open the editor again on what you wrote?", default=True, err=True):
                raise
            text = again(text, says)
        else:
            return


def _keep_changed(values: Values, keep: Keep) -> None:
    if values:
        keep(values)
    else:
        output.note("Nothing was changed.")


def _by_prompts(values: Mapping[str, object]) -> Values:
    """What somebody typed that differs from ``values``. Enter keeps what is there."""
    output.note("There is no private place in memory for an editor's file: $XDG_RUNTIME_DIR. Enter keeps.")
    said: Values = {}
    for field, question in (
        ("topic", "What was to be decided"),
        ("choice", "What was chosen"),
        ("asked_by", "Who asked for it"),
        ("reason", "Why"),
    ):
        said[field] = _ask(question, str(values.get(field) or ""))
        while field == "topic" and not said[field]:
            said[field] = _ask(question, "")
    status: str = click.prompt(
        "Status", type=click.Choice(STATUS), default=str(values["status"]), show_choices=True, err=True
    )
    said["status"] = status
    said["review"] = _ask("When to look at it again, YYYY-MM-DD", str(values.get("review") or "")) or None
    return {
        name: value for name, value in said.items() if value != (values.get(name) or _EMPTY.get(name, ""))
    }


_EMPTY = {"review": None}


def _ask(question: str, default: str) -> str:
    answer: str = click.prompt(question, default=default, show_default=bool(default), err=True)
    return " ".join(answer.split())
