"""``escrow address add|list|remove``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import output, reports
from escrowd_cli.options import json_option, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.actions.people import AddressRow
    from escrowd.provider.workspace import Session

STATES = {
    "asked": "was asked by mail to confirm",
    "founding": "not confirmed; gets mail",
    "waiting": "confirmed; counts from {from_}",
    "confirmed": "confirmed",
    "removed": "removed by its owner",
}


@click.group("address")
def command() -> None:
    """Keep two addresses of everybody, and see which are confirmed."""


@command.command("add")
@click.argument("client", metavar="ID")
@click.argument("person", metavar="PERSON")
@click.argument("address", metavar="ADDRESS")
@with_session
def add(session: "Session", client: str, person: str, address: str) -> None:
    """Add an address of a beneficiary or witness (an id or a unique name).

    It counts 30 days after the person's other addresses were told, and once its owner has clicked.

    Example:  escrow address add baeckerei "Karl Krume" karl.krume@mail.example
    """
    from escrowd.provider.actions.people import add_address

    add_address(session, client, person, address)
    output.note(f"Next: escrow deposit {client}")


@command.command("list")
@click.argument("client", metavar="ID")
@click.option("--ask", is_flag=True, help="Ask the nodes now.")
@json_option
@with_session
def list_(session: "Session", client: str, *, ask: bool, as_json: bool) -> None:
    """List every address of a client's people, and what the nodes said of it last.

    Example:  escrow address list baeckerei
    """
    from escrowd.provider.actions.people import list_addresses

    rows = list_addresses(session, client, ask=now() if ask else None)
    if as_json:
        output.as_json(rows)
        return
    output.table(
        ("person", "role", "address", "state", "hangs on you or the bundle", "node"),
        [
            (
                row.person.name,
                row.role,
                row.address.address,
                _state(row),
                "yes" if row.hangs else "",
                row.node,
            )
            for row in rows
        ],
    )


@command.command("remove")
@click.argument("client", metavar="ID")
@click.argument("person", metavar="PERSON")
@click.argument("address", metavar="ADDRESS")
@with_session
def remove(session: "Session", client: str, person: str, address: str) -> None:
    """Leave an address out. The nodes ask its owner, who alone removes it there.

    Example:  escrow address remove baeckerei "Karl Krume" karl@krume.example
    """
    from escrowd.provider.actions.people import remove_address

    remove_address(session, client, person, address)
    output.note(f"Next: escrow deposit {client}")


def _state(row: "AddressRow") -> str:
    if row.said is None:
        return "not told to a node yet"
    left = "; you left it out" if row.said.left_out else ""
    return STATES[row.said.state].format(from_=reports.day(row.said.counts_from)) + left
