"""``escrow deposit``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import output, reports
from escrowd_cli.complaints import sentences
from escrowd_cli.options import json_option, now, watched, with_session
from escrowd_cli.reasons import explain_before_deposit, takes_reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from escrowd.provider.actions.deposit import Deposited
    from escrowd.provider.workspace import Session


@click.command("deposit")
@click.argument("clients", nargs=-1, metavar="[ID]…")
@takes_reason
@json_option
@with_session
def command(
    session: "Session", clients: tuple[str, ...], *, why: str | None, by: str | None, as_json: bool
) -> None:
    """Seal bundles and bring them to the nodes. Without ID: those of all clients that have cards.

    At a terminal it asks once for each client why entries changed since the last deposit, where nobody said
    so yet. --why says it of all of them.

    Example:  escrow deposit baeckerei
    """
    from escrowd.provider.actions.deposit import deposit

    explain_before_deposit(session, clients, why, by, ask=not as_json)
    done = deposit(session, clients, now=now(), progress=watched())
    if as_json:
        output.as_json(done)
    else:
        show(done)
    for each in done:
        for report in each.nodes:
            if report.error is not None:
                raise report.error


def show(done: "Sequence[Deposited]") -> None:
    """Print what each node answered about each client."""
    output.table(
        ("client", "revision", "node", "answer", "ledger", "notes"),
        [
            (
                each.client,
                f"{each.revision}{'' if each.new_revision else ' (unchanged)'}",
                report.url,
                "receipt" if report.error is None else sentences(report.error)[0],
                "" if report.seq is None else f"entry {report.seq}",
                "; ".join(reports.NOTES[name] for name in report.notes),
            )
            for each in done
            for report in each.nodes
        ],
    )
    for each in done:
        _over(each)


def _over(done: "Deposited") -> None:
    for number in done.over:
        output.note(f"Not sealed to set {number} any more: the nodes say that it is over.")
        output.note(f"Cards of set {number} open nothing newer.")
    if done.without_keepass:
        output.note(
            f"WARNING: {done.client} is an expert and finds no KeePass file: pykeepass is not installed."
        )
        output.note("Install it (pip install 'escrowd[keepass]') and deposit again; the table is there.")
