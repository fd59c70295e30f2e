"""``escrow contact add|list``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import LINE, json_option, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session

KINDS = click.Choice(["provider", "client", "successor", "witness", "supplier", "other"])


@click.group("contact")
def command() -> None:
    """Keep the people whom a client may need to call."""


@command.command("add")
@click.argument("client", metavar="ID")
@click.option("--name", required=True, type=LINE, help="The person or firm.")
@click.option(
    "--kind", type=KINDS, default="supplier", show_default=True, help="What they are to the client."
)
@click.option("--role", default="", help="What they do, in plain words.")
@click.option("--organisation", default="", help="Where they work.")
@click.option("--phone", default="", help="Telephone.")
@click.option("--mail", default="", help="Mail address.")
@click.option("--address", default="", help="Postal address.")
@click.option("--note", default="", help="Anything else worth knowing.")
@with_session
def add(session: "Session", client: str, **values: str) -> None:
    """Add a contact; it is printed on the client's list.

    Example:  escrow contact add baeckerei --name "Netz GmbH" --role "router, telephone" --phone "+49 30 5550"
    """
    from escrowd.provider.actions.contents import add_contact

    output.say(add_contact(session, client, values, now=now()).id)


@command.command("list")
@click.argument("client", metavar="ID")
@json_option
@with_session
def list_(session: "Session", client: str, *, as_json: bool) -> None:
    """List the contacts of a client.

    Example:  escrow contact list baeckerei
    """
    from escrowd.provider.actions.contents import list_contacts

    same = ("name", "kind", "role", "phone", "mail")
    columns = {"contact": "id", **{name: name for name in same}}
    output.listing(list_contacts(session, client), columns, machine=as_json)
