"""``escrow drill``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import output, reports
from escrowd_cli.options import json_option, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("drill")
@click.argument("client", metavar="ID")
@json_option
@with_session
def command(session: "Session", client: str, *, as_json: bool) -> None:
    """Ask each holder of a client's cards, by mail, to prove theirs: two minutes, once a year.

    Example:  escrow drill baeckerei
    """
    from escrowd.provider.actions.rights import drill

    reports.nodes(drill(session, client, now=now()), as_json=as_json)
    if not as_json:
        output.note("escrow status --ask shows who has proved a card.")
