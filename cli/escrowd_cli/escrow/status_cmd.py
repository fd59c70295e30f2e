"""``escrow status``."""

from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from escrowd_cli import output
from escrowd_cli.findings import said
from escrowd_cli.options import json_option, now, unlocks, watched, with_session, workspace_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from escrowd.provider.actions.status import Status, StatusRow
    from escrowd.provider.workspace import Session

STYLES = {"alarm": "ALARM", "warn": "warn", "todo": "to do", "fine": "fine"}
MOST = 25
"""Clients that are listed; all the others are counted."""


@click.command("status")
@click.argument("client", required=False, metavar="[ID]")
@click.option(
    "--ask", is_flag=True, help="Ask the nodes, and look through every bundle; wants the passphrase."
)
@click.option("--all", "everything", is_flag=True, help="List every client and everything about each.")
@click.option("--quiet", is_flag=True, help="Print nothing if all is fine; exit 1 if something needs doing.")
@json_option
@unlocks
@click.pass_context
def command(
    ctx: click.Context,
    /,
    client: str | None,
    *,
    ask: bool,
    everything: bool,
    quiet: bool,
    as_json: bool,
    **passphrase: Any,
) -> None:
    """Say what needs doing, worst first, and which command comes next.

    Without --ask no passphrase is needed: it tells whether the nodes answer and what they said last. With
    --ask it is the screen for Monday morning: what the nodes say now, and for each client what still stands
     in the way of a recovery
    without you. One line a client, the worst; ID lists all about one.

    Example:  escrow status --ask
    """
    shown: dict[str, Any] = {"client": client, "everything": everything, "quiet": quiet, "as_json": as_json}
    if ask:
        ctx.invoke(_ask, **shown, **passphrase)
        return
    from escrowd.provider.actions.status import status

    _show(status(workspace_folder(ctx), now=now()), **shown)


@click.command()
@with_session
def _ask(session: "Session", **shown: Any) -> None:
    from escrowd.provider.actions.status import ask_status

    _show(ask_status(session, now=now(), progress=watched()), **shown, asked=True)


def _show(
    status: "Status", *, client: str | None, everything: bool, quiet: bool, as_json: bool, asked: bool = False
) -> None:
    from dataclasses import replace

    if client is not None:
        rows = tuple(row for row in status.rows if row.client == client)
        status = replace(
            status, rows=rows, next_command=next((row.command for row in rows if row.command), None)
        )
    urgent = any(row.severity in {"alarm", "warn"} for row in status.rows)
    if as_json:
        output.as_json(status)
    elif urgent or not quiet:
        _print(status, everything=everything or client is not None, asked=asked)
    if quiet and urgent:
        raise click.exceptions.Exit(1)


def _print(status: "Status", *, everything: bool, asked: bool) -> None:
    of_nodes = [row for row in status.rows if row.client is None]
    # Sorted by the worst of each: the rows come worst first, and the first of a client is its worst.
    by_client: dict[str, list[StatusRow]] = {}
    for row in status.rows:
        if row.client is not None:
            by_client.setdefault(row.client, []).append(row)
    open_ = {name: rows for name, rows in by_client.items() if rows[0].severity != "fine"}
    listed = list(by_client.values()) if everything else list(open_.values())[:MOST]
    lines = [_line(row) for row in of_nodes]
    lines += [line for rows in listed for line in (map(_line, rows) if everything else [_worst(rows)])]
    lines.sort(key=lambda line: list(STYLES.values()).index(line[0]))
    output.table(("", "client", "node", "what", "next: escrow …"), lines)
    if not everything:
        _count(by_client, len(open_), len(listed), asked=asked)
    if status.next_command:
        output.say(f"\nnext: escrow {' '.join(status.next_command)}")


def _count(by_client: "dict[str, list[StatusRow]]", open_: int, listed: int, *, asked: bool) -> None:
    """What is not listed, in numbers. ``asked``: whether each bundle was looked through."""
    if open_ > listed:
        left = [rows[0].severity for rows in by_client.values() if rows[0].severity != "fine"][listed:]
        counts = ", ".join(f"{len(list(same))} {STYLES[name]}" for name, same in groupby(left))
        output.say(f"… and {open_ - listed} more clients ({counts}): escrow status --ask --all")
    fine = len(by_client) - open_
    if fine:
        is_ = "is" if fine == 1 else "are"
        output.say(f"{fine} client{'' if fine == 1 else 's'} {is_} {'fine' if asked else 'deposited'}.")


def _worst(rows: "Sequence[StatusRow]") -> tuple[str, str, str, str, str]:
    """One line for a client: its worst, and how much more there is."""
    more = sum(row.severity != "fine" for row in rows) - 1
    style, client, node, what, next_ = _line(rows[0])
    return style, client, node, f"{what} (+{more}: escrow status {client} --ask)" if more else what, next_


def _line(row: "StatusRow") -> tuple[str, str, str, str, str]:
    return (
        STYLES[row.severity],
        row.client or "",
        str(row.fields.get("url", "")),
        said(row.code, row.fields),
        " ".join(row.command or ()),
    )
