"""``escrow decision add|edit|list``."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from escrowd_cli import output, reports
from escrowd_cli.options import LINE, json_option, now, with_session
from escrowd_cli.reasons import at_terminal

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session

STATUS = click.Choice(["wish", "open", "decided", "revised"])


@click.group("decision")
def command() -> None:
    """Record what was decided, and why."""


def _fields(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option("--topic", type=LINE, help="What was to be decided."),
            click.option("--choice", help="What was chosen."),
            click.option("--reason", help="Why."),
            click.option(
                "--alternative",
                "alternatives",
                multiple=True,
                help="What was not chosen; may be given again.",
            ),
            click.option("--asked-by", help="Who asked for it."),
            click.option("--status", type=STATUS, help="How far it is; what a client wishes is a wish."),
            click.option("--date", "date", metavar="YYYY-MM-DD", help="When it was."),
            click.option("--review", metavar="YYYY-MM-DD", help="When to look at it again."),
        )
    ):
        function = option(function)
    return function


@command.command("add")
@click.argument("client", metavar="ID")
@click.argument("about", metavar="[ENTRY]", required=False)
@click.option("--entry", metavar="ENTRY", help="The same as ENTRY.")
@_fields
@with_session
def add(session: "Session", client: str, about: str | None, *, entry: str | None, **given: Any) -> None:
    """Record a decision about ENTRY, or about all of it; it is printed beside what it is about.

    Without --topic it is written in your editor, from a short form. Its status is decided and its date today
    unless you say otherwise. The form lies in memory ($XDG_RUNTIME_DIR) and is gone afterwards; where there
    is no such place, the fields are asked for.

    \b
    Example:  escrow decision add baeckerei Domain
    Example:  escrow decision add baeckerei --topic "A shop of its own" --status wish --asked-by "Ms Crumb"
    """  # noqa: D301 — \b is click's mark for lines that stay as they are
    from escrowd.provider.actions.contents import add_decision, show_entry

    if about is not None and entry is not None:
        message = "name the entry once"
        raise click.UsageError(message)
    ref = about if entry is None else entry
    values = {"status": "decided", "date": reports.day(now()), **_said(given)}

    def keep(written: dict[str, object]) -> None:
        output.say(add_decision(session, client, {**values, **written}, now=now(), entry=ref).id)

    if "topic" in values:
        keep({})
        return
    _needs_terminal("--topic")
    title = "all of it" if ref is None else show_entry(session, client, ref).title
    from escrowd_cli.decisions import write

    write(title, values, keep)


@command.command("edit")
@click.argument("client", metavar="ID")
@click.argument("decision", metavar="DECISION")
@_fields
@with_session
def edit(session: "Session", client: str, decision: str, **given: Any) -> None:
    """Change a decision; without options, in your editor. DECISION is an id or a unique topic.

    Example:  escrow decision edit baeckerei "A shop of its own" --status decided --choice "with the host"
    """
    from escrowd.provider.actions.contents import edit_decision, show_decision

    values = _said(given)
    about, before = show_decision(session, client, decision)
    if values:
        edit_decision(session, client, before.id, values, now=now())
        return
    _needs_terminal("an option")
    from escrowd_cli.decisions import write

    def keep(written: dict[str, object]) -> None:
        edit_decision(session, client, before.id, written, now=now())

    write(about.title if about else "all of it", before.model_dump(mode="json", exclude={"id"}), keep)


def _said(given: dict[str, Any]) -> dict[str, object]:
    values: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    alternatives = values.pop("alternatives", ())
    return values | ({"alternatives": list(given["alternatives"])} if alternatives else {})


def _needs_terminal(what: str) -> None:
    """Raises ``click.UsageError`` where nobody can write."""
    if not at_terminal():
        message = f"give {what}, or call it at a terminal"
        raise click.UsageError(message)


@command.command("list")
@click.argument("client", metavar="ID")
@click.option("--entry", metavar="ENTRY", help="Only those about this entry.")
@json_option
@with_session
def list_(session: "Session", client: str, *, entry: str | None, as_json: bool) -> None:
    """List the decisions of a client.

    Example:  escrow decision list baeckerei
    """
    from escrowd.provider.actions.contents import list_decisions

    pairs = list_decisions(session, client, entry=entry)
    if as_json:
        output.as_json([{"entry": about.id if about else None, "decision": each} for about, each in pairs])
        return
    output.table(
        ("decision", "date", "about", "status", "topic", "choice", "reason", "asked by", "review"),
        [
            (
                each.id,
                each.date,
                about.title if about else "(all)",
                each.status,
                each.topic,
                each.choice,
                each.reason,
                each.asked_by,
                each.review,
            )
            for about, each in pairs
        ],
    )
