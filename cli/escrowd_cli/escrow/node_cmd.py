"""``escrow node add|list``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output, reports
from escrowd_cli.options import A_FILE, json_option, now, with_session, workspace_folder

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.group("node")
def command() -> None:
    """Enrol with a node; list the nodes."""


@command.command("add")
@click.argument("url")
@click.option(
    "--invitation-file", type=A_FILE, metavar="FILE", help="The invitation; else you are asked for it."
)
@click.option("--operator", default="provider", help="Who runs the node: a name, or 'provider' if you do.")
@click.option("--works-for", help="The person whom the operator works for, if that is a beneficiary.")
@with_session
def add(
    session: "Session", url: str, invitation_file: Path | None, operator: str, works_for: str | None
) -> None:
    """Enrol with the node at URL by the invitation that its operator gave you.

    The invitation says which key the node has, so that your share is sealed to it before it leaves you.

    Example:  escrow node add https://node.example --operator "Bergmann Treuhand"
    """
    from escrowd.core.keys import show_fingerprint
    from escrowd.machine.secret_input import read_secret
    from escrowd.provider.actions.nodes import add_node

    invitation = read_secret("Invitation: ", file=invitation_file).value
    report = add_node(
        session, url=url, invitation=invitation, operator=operator, works_for=works_for, now=now()
    )
    reports.nodes([report])
    output.note(f"This node's fingerprint: {show_fingerprint(report.fingerprint)}")
    output.note("Ask its operator, by telephone, whether `escrowd init` named the same one.")


@command.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """List the nodes that you enrolled with.

    Example:  escrow node list
    """
    from escrowd.provider.workspace import read_view

    nodes = read_view(workspace_folder(ctx)).nodes
    if as_json:
        output.as_json(nodes)
        return
    rows = [
        (
            node.url,
            node.name,
            "you" if node.operator == "provider" else "somebody else",
            node.fingerprint,
            reports.day(node.enrolled),
        )
        for node in nodes
    ]
    output.table(("url", "name", "run by", "fingerprint", "since"), rows)
