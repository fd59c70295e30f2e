"""``escrow checkin``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import reports
from escrowd_cli.options import A_FILE, json_option, now, read_texts, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("checkin")
@click.option(
    "--card",
    "cards",
    type=A_FILE,
    multiple=True,
    metavar="FILE",
    help="Two provider's cards: the root signs.",
)
@json_option
@with_session
def command(session: "Session", cards: tuple[Path, ...], *, as_json: bool) -> None:
    """Tell every node that you are there.

    Only a passphrase that you type at the terminal counts: a forgotten job must not keep a dead provider
    alive.

    Example:  escrow checkin
    """
    from escrowd.provider.actions.checkin import check_in

    reports.nodes(check_in(session, now=now(), cards=read_texts(cards)), as_json=as_json)
