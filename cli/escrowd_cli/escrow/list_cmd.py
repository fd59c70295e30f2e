"""``escrow list``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import A_PATH, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("list")
@click.argument("client", metavar="ID")
@click.option(
    "-o", "--output", "file", type=A_PATH, required=True, metavar="FILE.html", help="Where to write it."
)
@with_session
def command(session: "Session", client: str, file: Path) -> None:
    """Write a client's complete list of credentials, to print and file.

    The file is readable by all who get it: delete it once it is printed.

    Example:  escrow list baeckerei -o liste.html
    """
    from escrowd.provider.actions.kit import write_list

    revision = write_list(session, client, file, now=now())
    output.say(f"revision {revision}: {file}")
