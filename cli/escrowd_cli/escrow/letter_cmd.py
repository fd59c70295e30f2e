"""``escrow letter family``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import A_PATH, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.group("letter")
def command() -> None:
    """Write a sheet for people around you: for the family."""


@command.command("family")
@click.option("-o", "--output", "file", type=A_PATH, metavar="FILE", help="Write FILE.pdf.")
@click.option("--print", "to_printer", is_flag=True, help="Print at once; no file is left behind.")
@with_session
def family(session: "Session", file: Path | None, *, to_printer: bool) -> None:
    """Write the sheet for your family: whom to call when you are gone, and what not to do.

    It names successors and operators, and holds no password; where the cards lie is filled in by hand.

    Example:  escrow letter family -o familie.pdf
    """
    from escrowd.provider.actions.letters import family_letter

    if to_printer == (file is not None):
        message = "say where it goes: -o FILE.pdf or --print"
        raise click.UsageError(message)
    family_letter(session, file=file, now=now())
    if file is not None:
        output.say(str(file))
