"""``escrow approve``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import reports
from escrowd_cli.options import json_option, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("approve")
@click.argument("client", metavar="ID")
@click.argument("request", required=False, metavar="[REQUEST]")
@json_option
@with_session
def command(session: "Session", client: str, request: str | None, *, as_json: bool) -> None:
    """Say yes to a request: it is released now. Without REQUEST: to all that wait.

    Only a passphrase that you type at the terminal counts.

    Example:  escrow approve baeckerei
    """
    from escrowd.provider.actions.rights import approve

    reports.nodes(approve(session, client, request, now=now()), as_json=as_json)
