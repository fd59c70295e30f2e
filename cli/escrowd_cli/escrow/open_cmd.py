"""``escrow open``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.entries import print_entry
from escrowd_cli.options import A_PATH, json_option, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("open")
@click.argument("client", metavar="ID")
@click.option(
    "-o", "--output", "folder", type=A_PATH, metavar="DIR", help="Write everything into this new folder."
)
@json_option
@with_session
def command(session: "Session", client: str, *, folder: Path | None, as_json: bool) -> None:
    """Read a client's bundle from the workspace, passwords included.

    With -o it is written, readable, into a new folder (0700): list, bundle.json and documents.

    Example:  escrow open baeckerei
    """
    from escrowd.provider.actions.reading import open_bundle, open_to_folder

    if folder is not None:
        for name in open_to_folder(session, client, folder):
            output.say(name)
        return
    bundle = open_bundle(session, client)
    if as_json:
        output.as_json(bundle)
        return
    output.say(f"{bundle.name} ({bundle.client}), revision {bundle.revision}")
    for entry in bundle.entries:
        output.say()
        print_entry(entry, reveal=True)
