"""``escrow export``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import A_FILE, A_PATH, json_option, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("export")
@click.argument("client", metavar="ID")
@click.option(
    "-o", "--output", "file", type=A_PATH, required=True, metavar="FILE", help="FILE.kdbx or FILE.csv."
)
@click.option(
    "--password-file", type=A_FILE, metavar="FILE", help="Read the new KDBX's password from a file."
)
@json_option
@with_session
def command(
    session: "Session", client: str, file: Path, *, password_file: Path | None, as_json: bool
) -> None:
    """Write a client's bundle for another program: a KeePass database, or a table.

    A KeePass database gets a password of its own, which is asked for; a table is readable by all who get it.
    Whatever an entry holds is in it, and what the format cannot hold exactly is named.

    \b
    Example:  escrow export baeckerei -o krume.kdbx
    Example:  escrow export baeckerei -o krume.csv
    """  # noqa: D301 — \b is click's mark for lines that stay as they are
    from escrowd.machine.secret_input import read_secret
    from escrowd.provider.actions.export import KEEPASS, export_bundle

    password = None
    if file.suffix.lower() == KEEPASS:
        password = read_secret("A new password for the database: ", file=password_file).value
    done = export_bundle(session, client, file, password=password)
    if as_json:
        output.as_json(done)
        return
    for one in done.inexact:
        output.note(f"not exact: {one.entry or 'the bundle'}: {one.field}")
    output.say(f"{done.entries} entries of revision {done.revision}: {file}")
    if password is None:
        output.note("The table is readable: delete it once it is used.")
