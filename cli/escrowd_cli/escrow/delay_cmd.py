"""``escrow delay``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import reports
from escrowd_cli.options import DURATION, json_option, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("delay")
@click.argument("client", metavar="ID")
@click.argument("request", required=False, metavar="[REQUEST]")
@click.option("--by", "seconds", type=DURATION, required=True, help="How long; in all as much as was agreed.")
@click.option("--reason", required=True, help="Why; the client reads it.")
@json_option
@with_session
def command(
    session: "Session", client: str, request: str | None, *, seconds: int, reason: str, as_json: bool
) -> None:
    """Put a request off, as far as was agreed with the client (delay-max). Nobody can refuse one.

    Example:  escrow delay baeckerei --by 3d --reason "I am on my way to you"
    """
    from escrowd.provider.actions.rights import delay

    reports.nodes(delay(session, client, request, seconds=seconds, reason=reason, now=now()), as_json=as_json)
