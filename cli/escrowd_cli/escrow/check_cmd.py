"""``escrow check``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import json_option, now, watched, with_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from escrowd.provider.actions.check import Checked, CheckRow
    from escrowd.provider.workspace import Session

STYLES = {"alarm": "ALARM", "warn": "warn", "todo": "to do"}
Line = tuple[str, str, str, str, str]


@click.command("check")
@click.argument("client", required=False, metavar="[ID]")
@click.option("--all", "everything", is_flag=True, help="List every client and everything about each.")
@click.option("--quiet", is_flag=True, help="Print nothing if nothing is missing; exit 1 if something is.")
@json_option
@with_session
def command(session: "Session", client: str | None, *, everything: bool, quiet: bool, as_json: bool) -> None:
    """Say what a client's list does not say yet, worst first, and which command adds it.

    Of each domain: registrar, holder, address for the transfer letter, DNS, mail, web, backup. Of each entry:
    user, password, address, second factor with device and recovery codes, recovery mailbox, contract, what it
    is for, when it was last tried out; for full-service clients the reason. And what hangs on you: a code
    that goes to your phone, a contract in your name, a mailbox on your domain or on the client's own.

    Where there is none, say so and why, in a field named like the thing: --field "Backup=none, because …". A
    bare "none" does not count. DNS, Mail, Web, Backup, Transfer and Domain (which domains an entry is of) are
    such fields, and Verified with the day: --field Verified=2027-03-01. What is missing stands on the
    client's list as well.

    Without ID one line a client, the worst; ID or --all lists everything.

    Example:  escrow check baeckerei
    """
    if client is not None and everything:
        message = "name a client, or say --all"
        raise click.UsageError(message)
    from escrowd.provider.actions.check import check

    checked = check(session, client, now=now(), progress=watched())
    if as_json:
        output.as_json(checked)
    elif checked.rows or not quiet:
        _print(checked, everything=everything or client is not None)
    if quiet and checked.rows:
        raise click.exceptions.Exit(1)


def _print(checked: "Checked", *, everything: bool) -> None:
    by_client: dict[str, list[CheckRow]] = {}
    for row in checked.rows:
        by_client.setdefault(row.client, []).append(row)
    # The rows come worst first, and so the first of a client is its worst.
    lines = (
        [_line(row) for row in checked.rows] if everything else [_worst(rows) for rows in by_client.values()]
    )
    if lines:
        output.table(("", "client", "entry", "what", "next: escrow …"), lines)
    complete = len(checked.clients) - len(by_client)
    if complete or not checked.clients:
        is_ = "client is" if complete == 1 else "clients are"
        output.say(f"{complete} {is_} complete.")
    if checked.next_command:
        output.say(f"\nnext: escrow {' '.join(checked.next_command)}")


def _worst(rows: "Sequence[CheckRow]") -> Line:
    """One line for a client: its worst, and how much more there is."""
    style, client, entry, what, next_ = _line(rows[0])
    more = f" (+{len(rows) - 1}: escrow check {client})" if len(rows) > 1 else ""
    return style, client, entry, what + more, next_


def _line(row: "CheckRow") -> Line:
    next_ = " ".join(row.command or ())
    if row.gap is None:
        return STYLES[row.severity], row.client, "", f"cannot be read: {row.error}", next_
    from escrowd.paper.missing import gap_words

    words = gap_words(row.gap, "en")
    if not row.gap.code.startswith("finding."):
        of = f"{row.gap.domain}: " if row.gap.domain else ""
        words = f"missing: {of}{words}"
    return STYLES[row.severity], row.client, row.gap.title, words, next_
