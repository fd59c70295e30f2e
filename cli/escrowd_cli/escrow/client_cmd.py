"""``escrow client add|list|edit|end``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import output, reports
from escrowd_cli.complaints import sentences
from escrowd_cli.options import LANGUAGE, LINE, PROFILE, json_option, now, watched, with_session

if TYPE_CHECKING:
    from escrowd.core.terms import Profile
    from escrowd.provider.actions.clients import Kind
    from escrowd.provider.records import Language
    from escrowd.provider.workspace import Session


@click.group("client")
def command() -> None:
    """Add, list, edit or end a client."""


def _of_a_client(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """A client has a name; the provider's own is known. Before anything is asked, so ``--kind`` is eager."""
    if value is None and context.params["kind"] == "client":
        raise click.MissingParameter(ctx=context, param=option)
    return value


@command.command("add")
@click.argument("client", metavar="ID")
@click.option("--name", type=LINE, callback=_of_a_client, help="The business, as it writes itself.")
@click.option("--language", type=LANGUAGE, help="The language of papers and mails (default: de).")
@click.option("--profile", type=PROFILE, help="How much the client wants to know (default: guided).")
@click.option(
    "--kind",
    type=click.Choice(["client", "provider"]),
    default="client",
    show_default=True,
    is_eager=True,
    help="Whose it is: a client's, or your own.",
)
@with_session
def add(
    session: "Session",
    client: str,
    name: str | None,
    language: "Language | None",
    profile: "Profile | None",
    kind: "Kind",
) -> None:
    """Add a client under a short ID (a-z, 0-9, hyphen), or with --kind provider your own estate.

    Your own estate is always called own: what only your successor may see, such as the reseller panel, the
    mail server, nodes, contracts, invoicing. It is sealed, split and deposited like a client's bundle, and
    released to your successor alone. The list of your clients is put into it by itself.

    Example:  escrow client add baeckerei --name "Bäckerei Krume" --profile full-service
    """
    from escrowd.provider.actions.clients import add_client

    add_client(session, client, name=name, language=language, profile=profile, now=now(), kind=kind)
    role = "successor" if kind == "provider" else "client"
    output.note(f"Next: escrow beneficiary add {client} --role {role} --name … --address …")


@command.command("list")
@json_option
@with_session
def list_(session: "Session", *, as_json: bool) -> None:
    """List the clients, also those whose files are damaged.

    Example:  escrow client list
    """
    from escrowd.provider.actions.clients import list_clients

    rows = list_clients(session)
    if as_json:
        output.as_json(
            [
                {
                    **_plain(row.record),
                    "revision": row.revision,
                    "published": row.published,
                    "problem": output.plain(row.problem),
                }
                for row in rows
            ]
        )
    else:
        output.table(
            ("client", "name", "language", "profile", "entries", "revision", "published", "sets", "problem"),
            [
                (
                    row.record.id,
                    row.record.name,
                    row.record.language,
                    row.record.profile,
                    row.entries,
                    row.revision,
                    row.published,
                    len(row.record.sets),
                    "" if row.problem is None else sentences(row.problem)[0],
                )
                for row in rows
            ],
        )
    for row in rows:
        if row.problem is not None:
            raise row.problem


def _plain(record: object) -> dict[str, object]:
    """The record without what only the workspace may hold: shares that wait for a holder, and salts."""
    value = output.plain(record)
    assert isinstance(value, dict)  # noqa: S101 — a model dumps to an object
    value.pop("people_salt", None)
    for each in value.get("sets", ()):
        each.pop("kept", None)
    return value


@command.command("edit")
@click.argument("client", metavar="ID")
@click.option("--name", type=LINE, help="The business, as it writes itself.")
@click.option("--language", type=LANGUAGE, help="The language of papers and mails.")
@click.option("--profile", type=PROFILE, help="How much the client wants to know.")
@with_session
def edit(
    session: "Session",
    client: str,
    name: str | None,
    language: "Language | None",
    profile: "Profile | None",
) -> None:
    """Change the name, language or profile of a client.

    Example:  escrow client edit baeckerei --profile guided
    """
    from escrowd.provider.actions.clients import edit_client

    edit_client(session, client, name=name, language=language, profile=profile, now=now())


@command.command("end")
@click.argument("client", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_session
def end(session: "Session", client: str, *, yes: bool) -> None:
    """End the work for a client. The nodes keep the deposit for 30 more days; the client keeps cards and kit.

    Example:  escrow client end baeckerei
    """
    from escrowd.provider.actions.clients import end_client

    if not yes:
        click.confirm(f"End {client}? Nodes delete the deposit 30 days after this.", abort=True, err=True)
    reports.nodes(end_client(session, client, now=now(), progress=watched()))
