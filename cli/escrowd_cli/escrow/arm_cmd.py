"""``escrow arm``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import output, reports
from escrowd_cli.findings import sentence
from escrowd_cli.options import json_option, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("arm")
@click.argument("client", metavar="ID")
@click.option("--despite", metavar="REASON", help="Arm although something still stands in the way, and why.")
@json_option
@with_session
def command(session: "Session", client: str, *, despite: str | None, as_json: bool) -> None:
    """End the trial of a deposit early. From then on a silence is announced to the client.

    Nothing may stand between the client and a working recovery, or you say why you arm all the same; the
    nodes' ledgers keep the reason and the gaps.

    Example:  escrow arm baeckerei
    """
    from escrowd.provider.actions.rights import arm

    done, gaps = arm(session, client, despite=despite, now=now())
    for gap in gaps:
        output.note(f"gap: {sentence(session, client, gap)}")
    reports.nodes(done, as_json=as_json)
