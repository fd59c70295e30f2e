"""``escrow pause``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import reports
from escrowd_cli.options import DURATION, json_option, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("pause")
@click.option(
    "--for", "seconds", type=DURATION, required=True, help="How long beyond the usual (at most 60d)."
)
@click.option("--reason", required=True, help="Why; your clients see it.")
@json_option
@with_session
def command(session: "Session", seconds: int, reason: str, *, as_json: bool) -> None:
    """Check in for longer: a holiday, a stay in hospital. At most 120 days in a year.

    Example:  escrow pause --for 14d --reason "holiday"
    """
    from escrowd.provider.actions.checkin import pause

    reports.nodes(pause(session, seconds=seconds, reason=reason, now=now()), as_json=as_json)
