"""``escrow resume``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import reports
from escrowd_cli.options import json_option, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("resume")
@json_option
@with_session
def command(session: "Session", *, as_json: bool) -> None:
    """End a pause by a plain check-in.

    Example:  escrow resume
    """
    from escrowd.provider.actions.checkin import resume

    reports.nodes(resume(session, now=now()), as_json=as_json)
