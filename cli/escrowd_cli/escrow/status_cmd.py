"""``escrow status``."""

from typing import TYPE_CHECKING, Any

import click

from escrowd_cli import output, reports
from escrowd_cli.options import json_option, now, unlocks, with_session, workspace_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from escrowd.provider.actions.status import Status, StatusRow
    from escrowd.provider.workspace import Session

SENTENCES = {
    "node.unreachable": "does not answer ({error})",
    "node.held": "is held: a copy of it is running; nothing is released there until one of them is stopped",
    "node.went-back": "is an older copy of itself: it lost what came after entry {seen}",
    "node.deaf": "cannot hear itself on its public URL: silence does not count there now",
    "switch.released": "RELEASED what it holds; check in, then make new sets",
    "switch.announced": "announced the release, at the earliest on {released_from}",
    "switch.overdue": "misses your check-in; announced at the earliest on {announced_from}",
    "switch.due": "wants your check-in by {deadline}",
    "switch.current": "has your check-in until {deadline}",
    "deposit.exposed": "was released to a successor there: change the credentials, make a new set",
    "deposit.behind": "holds revision {held}, {published} is published",
    "deposit.missing": "holds none, {published} is published",
    "deposit.held": "holds revision {revision}",
    "terms.untold": "does not know yet what you changed in timings or terms",
    "workspace.no-nodes": "no node yet",
    "workspace.no-clients": "no client yet",
    "client.no-cards": "has no cards yet",
    "client.unpublished": "changed since the last deposit",
    "client.next-revision": "was promised a newer revision by {by}",
}
DATES = frozenset(["deadline", "announced_from", "released_from", "by"])
STYLES = {"alarm": "ALARM", "warn": "warn", "todo": "to do", "fine": "fine"}


@click.command("status")
@click.option("--ask", is_flag=True, help="Ask each node for its standing; wants the passphrase.")
@click.option("--quiet", is_flag=True, help="Print nothing if all is fine; exit 1 if something needs doing.")
@json_option
@unlocks
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    ask: bool,
    quiet: bool,
    as_json: bool,
    **passphrase: Any,
) -> None:
    """Say what needs doing, worst first, and which command comes next.

    Without --ask no passphrase is needed: it tells whether the nodes answer and what they said last.

    Example:  escrow status --ask
    """
    if ask:
        ctx.invoke(
            _ask,
            quiet=quiet,
            as_json=as_json,
            **passphrase,
        )
        return
    from escrowd.provider.actions.status import status

    _show(status(workspace_folder(ctx), now=now()), quiet=quiet, as_json=as_json)


@click.command()
@with_session
def _ask(session: "Session", *, quiet: bool, as_json: bool) -> None:
    from escrowd.provider.actions.status import ask_status

    _show(ask_status(session, now=now()), quiet=quiet, as_json=as_json)


def _show(status: "Status", *, quiet: bool, as_json: bool) -> None:
    urgent = any(row.severity in {"alarm", "warn"} for row in status.rows)
    if as_json:
        output.as_json(status)
    elif urgent or not quiet:
        output.table(("", "client", "node", "what"), [_row(row) for row in status.rows])
        if status.next_command:
            output.say(f"\nnext: escrow {' '.join(status.next_command)}")
    if quiet and urgent:
        raise click.exceptions.Exit(1)


def _row(row: "StatusRow") -> tuple[str, str, str, str]:
    fields = {
        name: reports.day(value) if name in DATES and isinstance(value, int) else value
        for name, value in row.fields.items()
    }
    return STYLES[row.severity], row.client or "", str(row.fields.get("url", "")), _sentence(row.code, fields)


def _sentence(code: str, fields: "Mapping[str, object]") -> str:
    text = SENTENCES[code].format(**fields)
    if fields.get("paused_until"):
        text += " (paused)"
    if fields.get("settling"):
        text += "; it started lately and releases nothing before it has settled"
    return text
