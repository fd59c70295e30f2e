"""Questions at a terminal that are asked until the answer does.

A bad answer is followed by its error and hint, as a command would print them, and by the same question. What
is asked goes to standard error; secrets are read by ``machine.secret_input`` and never here.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import click

from escrowd.errors import EscrowdError, UnavailableError
from escrowd_cli import output
from escrowd_cli.complaints import sentences

LATER = "later"
"""What puts a step off, at any of its questions."""
Answer = TypeVar("Answer")


class PutOffError(Exception):
    """Somebody typed ``later``."""


@dataclass(slots=True)
class Questions:
    """The questions of one run. ``said``: what was answered is the default when a question comes again."""

    said: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        question: str,
        check: Callable[[str], Answer],
        *,
        default: str | None = None,
        shown: bool = True,
    ) -> Answer:
        """What ``check`` makes of the answer, asked again while it raises an error of ours.

        Parameters: ``default``, for an empty answer, in brackets if ``shown``; None: something must be typed.
        An answer whose default is not shown is not remembered.
        Raises ``PutOffError``, ``click.Abort``.
        """
        while True:
            known = self.said.get(question, default)
            said: str = click.prompt(question, default=known, show_default=shown and bool(known), err=True)
            text = " ".join(said.split())
            if text == LATER:
                raise PutOffError
            try:
                answer = check(text)
            except EscrowdError as problem:
                complain(problem)
            else:
                if shown:
                    self.said[question] = text
                return answer

    def line(self, question: str, *, default: str | None = None) -> str:
        """A text of one line that is not empty. Raises as ``ask``."""
        while not (text := self.ask(question, str, default=default)):
            output.note("  Something has to stand here.")
        return text

    def choice(self, question: str, allowed: Sequence[str], *, default: str) -> str:
        """One of ``allowed``. Raises as ``ask``."""
        asked = f"{question} ({', '.join(allowed)})"
        while (text := self.ask(asked, str, default=default)) not in allowed:
            output.note(f"  One of these: {', '.join(allowed)}.")
            del self.said[asked]
        return text

    def several(
        self, question: str, another: str, check: Callable[[str], object], *, default: str | None = None
    ) -> tuple[str, ...]:
        """One answer or more: ``another`` is asked until nothing is typed. Raises as ``ask``."""

        def checked(text: str) -> str:
            check(text)
            return text

        answers = [self.ask(question, checked, default=default)]
        while more := self.ask(another, lambda text: checked(text) if text else "", default="", shown=False):
            answers.append(more)
        return tuple(dict.fromkeys(answers))

    def yes(self, question: str, *, default: bool) -> bool:
        """Yes or no. Raises as ``ask``."""
        return self.choice(question, ("yes", "no"), default="yes" if default else "no") == "yes"


def at_a_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def need_terminal() -> None:
    """Raises ``UnavailableError`` ``questions.no-terminal`` unless somebody can be asked."""
    if not at_a_terminal():
        raise UnavailableError("questions.no-terminal")


def complain(problem: EscrowdError) -> None:
    """What was wrong and what to do, before the same is asked again."""
    says, hint = sentences(problem)
    output.note(f"  {output.plain_text(says)}")
    output.note(f"  hint: {output.plain_text(hint)}")
