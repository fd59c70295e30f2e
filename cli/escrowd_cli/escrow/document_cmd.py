"""``escrow document add|list``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import A_FILE, LINE, json_option, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.group("document")
def command() -> None:
    """Put documents into a client's bundle."""


@command.command("add")
@click.argument("client", metavar="ID")
@click.argument("file", type=A_FILE)
@click.option("--entry", metavar="ENTRY", help="The entry that it belongs to (id or title).")
@click.option("--name", type=LINE, help="Its name in the bundle (default: the file's).")
@click.option("--note", default="", help="What it is.")
@with_session
def add(
    session: "Session", client: str, file: Path, *, entry: str | None, name: str | None, note: str
) -> None:
    """Put a file into the bundle, as it is.

    Example:  escrow document add baeckerei vertrag.pdf --entry Webhosting --note "contract of 2024"
    """
    from escrowd.provider.actions.contents import add_document

    output.say(add_document(session, client, file, now=now(), name=name, entry=entry, note=note).id)


@command.command("list")
@click.argument("client", metavar="ID")
@json_option
@with_session
def list_(session: "Session", client: str, *, as_json: bool) -> None:
    """List the documents of a client.

    Example:  escrow document list baeckerei
    """
    from escrowd.provider.actions.contents import list_documents

    columns = {"document": "id", "name": "name", "bytes": "size", "entry": "entry", "note": "note"}
    output.listing(list_documents(session, client), columns, machine=as_json)
