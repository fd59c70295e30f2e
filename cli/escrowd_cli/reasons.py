"""Reasons in passing: "Why? Who wanted it?", asked at a terminal, answered by options anywhere.

1. Enter skips. Without a terminal nothing is asked, and nothing fails for it.
2. One answer goes to one client: a reason can name people whom another client does not know.
3. What was asked after a change stands already; breaking the question off takes nothing back.
"""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from escrowd_cli import output

if TYPE_CHECKING:
    from escrowd.core.bundle import Revision
    from escrowd.provider.reasons import Ask, Said
    from escrowd.provider.records import ClientRecord
    from escrowd.provider.workspace import Session

NO_MORE = "-"
_NAMED = 6
"""Titles in a question; of a ``full-service`` client all."""


def at_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def takes_reason(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--why`` and ``--by``."""
    for option in (
        click.option("--by", metavar="WHO", help="Who wanted it; with --why."),
        click.option(
            "--why", metavar="TEXT", help='The reason, kept in the history; --why "" asks for none.'
        ),
    ):
        function = option(function)
    return function


def given(why: str | None, by: str | None) -> "Said":
    """What the options say. Raises ``click.UsageError`` for ``--by`` alone."""
    from escrowd.provider.reasons import Said

    text, who = (" ".join((part or "").split()) for part in (why, by))
    if who and not text:
        message = "--by needs --why"
        raise click.UsageError(message)
    return Said(text, who)


def given_or_asked(why: str | None, by: str | None) -> "Ask":
    """Asks at a terminal unless ``--why`` was given (rule 1). Raises ``click.UsageError``."""
    said = given(why, by)
    return lambda: said if why is not None or not at_terminal() else _asked("Why? (Enter skips)")


def ask_afterwards(session: "Session", changed: "Sequence[tuple[str, int]]") -> None:
    """Ask for the reason of each client's revision that was just made, if it wants one (rules 2, 3)."""
    from escrowd.core.bundle import unexplained
    from escrowd.provider import estate
    from escrowd.provider.actions.reading import open_bundle

    if not at_terminal():
        return
    wanted = []
    for client, revision in changed:
        found = unexplained(open_bundle(session, client), revision - 1)
        if found:
            wanted.append((session.client(client), found))
    for record, found, said in _each_asked(wanted):
        estate.explain_revisions(session, record, [one.number for one in found], said)


def explain_before_deposit(
    session: "Session", clients: Sequence[str], why: str | None, by: str | None, *, ask: bool
) -> None:
    """What changed without a reason since the last deposit gets one: as told, or asked for (rules 1, 2).

    Of ``full-service`` clients what stays without one is named, since every entry needs a reason there.
    """
    from escrowd.provider import estate

    said = given(why, by)
    asks = ask and why is None and at_terminal()
    records = [session.client(client) for client in clients] or [
        record for record in session.vault.clients if record.sets and record.ended is None
    ]
    if not asks and not said.why:
        records = [record for record in records if record.profile == "full-service" and ask]
    wanted = [(one, found) for one in records if (found := estate.unexplained_changes(session, one))]
    for record, found, answer in _each_asked(wanted) if asks else [(*pair, said) for pair in wanted]:
        if answer.why:
            estate.explain_revisions(session, record, [one.number for one in found], answer)
        elif record.profile == "full-service" and not asks:
            output.note(f"{record.id}: nobody said why these changed: {_titles(found, None)}")


def _each_asked(
    wanted: "Sequence[tuple[ClientRecord, tuple[Revision, ...]]]",
) -> "list[tuple[ClientRecord, tuple[Revision, ...], Said]]":
    """The answers that somebody gave, each with its client and revisions."""
    answers = []
    more = f", {NO_MORE} asks no more" if len(wanted) > 1 else ""
    try:
        for record, found in wanted:
            limit = None if record.profile == "full-service" else _NAMED
            output.note(f"{record.id}: changed without a reason: {_titles(found, limit)}")
            said = _asked(f"{record.id}: Why? (Enter skips{more})")
            if said.why == NO_MORE:
                break
            if said.why:
                answers.append((record, found, said))
    except click.Abort:
        output.note("")
        output.note("Nothing more is asked; what was changed stays changed.")
    return answers


def _asked(question: str) -> "Said":
    from escrowd.provider.reasons import NOTHING, Said

    why = _line(question)
    if not why or why == NO_MORE:
        return Said(why) if why else NOTHING
    return Said(why, _line("Who wanted it? (Enter skips)"))


def _line(question: str) -> str:
    answer: str = click.prompt(question, default="", show_default=False, err=True)
    return " ".join(answer.split())


def _titles(found: "Sequence[Revision]", limit: int | None) -> str:
    titles = list(dict.fromkeys(change.title for one in found for change in one.changes))
    rest = len(titles) - len(titles[:limit])
    return output.plain_text(", ".join(titles[:limit])) + (f" and {rest} more" if rest else "")
