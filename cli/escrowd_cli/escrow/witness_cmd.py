"""``escrow witness add|list|remove``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import LANGUAGE, LINE, json_option, with_session

if TYPE_CHECKING:
    from escrowd.core.wire import Person
    from escrowd.provider.records import Language
    from escrowd.provider.workspace import Session


@click.group("witness")
def command() -> None:
    """Name people who may say that you are there, or gone."""


@command.command("add")
@click.argument("client", metavar="ID")
@click.option("--name", required=True, type=LINE, help="The person's name.")
@click.option(
    "--address", "addresses", multiple=True, required=True, help="A mail address; several are better."
)
@click.option("--language", type=LANGUAGE, help="The person's language (default: the client's).")
@with_session
def add(
    session: "Session", client: str, name: str, addresses: tuple[str, ...], language: "Language | None"
) -> None:
    """Add a witness: somebody who would know if something happened to you, and gets no release.

    Example:  escrow witness add baeckerei --name "Tim Winter" --address tim@mail.example
    """
    from escrowd.provider.actions.people import add_witness

    _print(add_witness(session, client, name=name, mail=addresses, language=language))
    output.note(f"Next: escrow deposit {client}")


@command.command("list")
@click.argument("client", metavar="ID")
@json_option
@with_session
def list_(session: "Session", client: str, *, as_json: bool) -> None:
    """List the witnesses of a client.

    Example:  escrow witness list baeckerei
    """
    from escrowd.provider.actions.people import list_witnesses

    found = list_witnesses(session, client)
    if as_json:
        output.as_json(found)
    else:
        _print(*found)


@command.command("remove")
@click.argument("client", metavar="ID")
@click.argument("person", metavar="PERSON")
@with_session
def remove(session: "Session", client: str, person: str) -> None:
    """Remove a witness. At the nodes it counts after 30 days' notice: one person fewer could report you gone.

    Example:  escrow witness remove baeckerei "Tim Winter"
    """
    from escrowd.provider.actions.people import remove_witness

    remove_witness(session, client, person)
    output.note(f"Next: escrow deposit {client}")


def _print(*people: "Person") -> None:
    rows = [
        (one.id, one.name, one.language, one.phrase, ", ".join(each.address for each in one.addresses))
        for one in people
    ]
    output.table(("person", "name", "language", "phrase", "addresses"), rows)
