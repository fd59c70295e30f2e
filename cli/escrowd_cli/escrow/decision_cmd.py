"""``escrow decision add|list``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import output, reports
from escrowd_cli.options import LINE, json_option, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session

STATUS = click.Choice(["wish", "open", "decided", "revised"])


@click.group("decision")
def command() -> None:
    """Record what was decided, and why."""


@command.command("add")
@click.argument("client", metavar="ID")
@click.option(
    "--entry", metavar="ENTRY", help="The entry that it is about (id or title); else the whole bundle."
)
@click.option("--topic", required=True, type=LINE, help="What was to be decided.")
@click.option("--choice", default="", help="What was chosen.")
@click.option("--reason", default="", help="Why.")
@click.option("--alternative", "alternatives", multiple=True, help="What was not chosen; may be given again.")
@click.option("--asked-by", default="", help="Who asked for it.")
@click.option("--status", type=STATUS, default="decided", show_default=True, help="How far it is.")
@click.option("--date", "date", metavar="YYYY-MM-DD", help="When (default: today).")
@click.option("--review", metavar="YYYY-MM-DD", help="When to look at it again.")
@with_session
def add(
    session: "Session",
    client: str,
    *,
    entry: str | None,
    date: str | None,
    alternatives: tuple[str, ...],
    **values: object,
) -> None:
    """Record a decision; it is printed beside what it is about.

    Example:  escrow decision add baeckerei --entry Domain --topic Registrar --choice INWX --reason "near"
    """
    from escrowd.provider.actions.contents import add_decision

    given = {**values, "alternatives": list(alternatives), "date": date or reports.day(now())}
    output.say(add_decision(session, client, given, now=now(), entry=entry).id)


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
        ("date", "about", "status", "topic", "choice", "reason", "asked by", "review"),
        [
            (
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
