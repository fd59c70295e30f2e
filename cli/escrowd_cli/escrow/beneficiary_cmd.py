"""``escrow beneficiary add|edit|remove|list``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import DURATION, LANGUAGE, LINE, ROLE, json_option, with_session

if TYPE_CHECKING:
    from escrowd.core.terms import Beneficiary, Role
    from escrowd.core.wire import Person
    from escrowd.provider.records import Language
    from escrowd.provider.workspace import Session


@click.group("beneficiary")
def command() -> None:
    """Say to whom a client's bundle is released."""


@command.command("add")
@click.argument("client", metavar="ID")
@click.option("--name", required=True, type=LINE, help="The person's name.")
@click.option("--role", type=ROLE, required=True, help="client, successor or reserve.")
@click.option(
    "--address", "addresses", multiple=True, required=True, help="A mail address; several are better."
)
@click.option("--language", type=LANGUAGE, help="The person's language (default: the client's).")
@click.option(
    "--after", type=DURATION, help="Wait after the announcement (client 0d, successor 0d, reserve 14d)."
)
@with_session
def add(
    session: "Session",
    client: str,
    name: str,
    role: "Role",
    addresses: tuple[str, ...],
    language: "Language | None",
    after: int | None,
) -> None:
    """Add a person to whom a release goes.

    Example:  escrow beneficiary add baeckerei --role client --name "Karl Krume" --address karl@krume.example
    """
    from escrowd.provider.actions.beneficiaries import add_beneficiary

    _print(
        add_beneficiary(
            session, client, name=name, role=role, addresses=addresses, language=language, after=after
        )
    )


@command.command("edit")
@click.argument("client", metavar="ID")
@click.argument("person", metavar="PERSON")
@click.option("--name", type=LINE, help="The person's name.")
@click.option("--address", "addresses", multiple=True, help="Mail addresses; they replace all former ones.")
@click.option("--language", type=LANGUAGE, help="The person's language.")
@click.option("--after", type=DURATION, help="Wait after the announcement.")
@with_session
def edit(
    session: "Session",
    client: str,
    person: str,
    name: str | None,
    addresses: tuple[str, ...],
    language: "Language | None",
    after: int | None,
) -> None:
    """Change a beneficiary. PERSON is an id or a unique name.

    Example:  escrow beneficiary edit baeckerei "Karl Krume" --address karl@mail.example
    """
    from escrowd.provider.actions.beneficiaries import edit_beneficiary

    _print(
        edit_beneficiary(
            session, client, person, name=name, addresses=addresses or None, language=language, after=after
        )
    )


@command.command("remove")
@click.argument("client", metavar="ID")
@click.argument("person", metavar="PERSON")
@with_session
def remove(session: "Session", client: str, person: str) -> None:
    """Remove a beneficiary. Their card still opens: only a new set changes that.

    Example:  escrow beneficiary remove baeckerei "Karl Krume"
    """
    from escrowd.provider.actions.beneficiaries import remove_beneficiary

    remove_beneficiary(session, client, person)


@command.command("list")
@click.argument("client", metavar="ID")
@json_option
@with_session
def list_(session: "Session", client: str, *, as_json: bool) -> None:
    """List the beneficiaries of a client.

    Example:  escrow beneficiary list baeckerei
    """
    from escrowd.provider.actions.beneficiaries import list_beneficiaries

    pairs = list_beneficiaries(session, client)
    if as_json:
        output.as_json([{"person": person, "terms": terms} for person, terms in pairs])
    else:
        _print(*pairs)


def _print(*pairs: "tuple[Person, Beneficiary]") -> None:
    from escrowd.core.durations import format_duration

    rows = [
        (
            person.id,
            person.name,
            terms.role,
            format_duration(terms.after),
            person.language,
            person.phrase,
            ", ".join(address.address for address in person.addresses),
        )
        for person, terms in pairs
    ]
    output.table(("person", "name", "role", "after", "language", "phrase", "addresses"), rows)
