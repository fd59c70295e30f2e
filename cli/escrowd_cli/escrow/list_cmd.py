"""``escrow list``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import A_PATH, json_option, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("list")
@click.argument("client", metavar="ID")
@click.option(
    "-o", "--output", "file", type=A_PATH, required=True, metavar="FILE", help="FILE.pdf or FILE.html."
)
@click.option(
    "--since",
    type=click.IntRange(min=0),
    metavar="STAND",
    help="Only what changed after this Stand, as sheets.",
)
@json_option
@with_session
def command(session: "Session", client: str, file: Path, *, since: int | None, as_json: bool) -> None:
    """Write a client's complete list of credentials, to print and file.

    A PDF is a set of sheets for a ring binder: an emergency sheet, contents, and registers that each know
    their Stand. With --since it holds only the registers that changed, behind a cover sheet that says what to
    put in and what to take out. An HTML file is the same as one page.

    The file is readable by all who get it: delete it once it is printed.

    \b
    Example:  escrow list baeckerei -o liste.pdf
    Example:  escrow list baeckerei -o neue-blaetter.pdf --since 11
    """  # noqa: D301 — \b is click's mark for lines that stay as they are
    from escrowd.provider.actions.list_ import write_list

    written = write_list(session, client, file, since=since)
    if as_json:
        output.as_json(written)
        return
    sheets = f", {written.sheets} sheets" if written.sheets else ""
    output.say(f"revision {written.revision}{sheets}: {file}")
