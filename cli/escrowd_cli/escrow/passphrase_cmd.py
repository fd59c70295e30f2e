"""``escrow passphrase``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import new_passphrase, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("passphrase")
@with_session
def command(session: "Session") -> None:
    """Change the passphrase of the workspace.

    Asks for the old one, then twice for the new one. Cards and keys stay as they are.

    Example:  escrow passphrase
    """
    from escrowd.provider.actions.passphrase import change_passphrase

    change_passphrase(session, new_passphrase(None, stdin=False))
    output.note("The passphrase is changed.")
