"""``escrow provider show|set``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import LANGUAGE, LINE, json_option, with_session

if TYPE_CHECKING:
    from escrowd.core.wire import Person
    from escrowd.provider.records import Language
    from escrowd.provider.workspace import Session


@click.group("provider")
def command() -> None:
    """Show or change your own name, language and addresses."""


@command.command("show")
@json_option
@with_session
def show(session: "Session", *, as_json: bool) -> None:
    """Show how clients and nodes know you.

    Example:  escrow provider show
    """
    from escrowd.provider.actions.provider import show_provider

    provider = show_provider(session)
    if as_json:
        output.as_json(provider)
    else:
        _print(provider, session.provider)


@command.command("set")
@click.option("--name", type=LINE, help="Your name or your firm's, as clients know it.")
@click.option(
    "--address", "addresses", multiple=True, help="Mail addresses of yours; they replace all former ones."
)
@click.option("--language", type=LANGUAGE, help="Your language.")
@with_session
def set_(
    session: "Session", name: str | None, addresses: tuple[str, ...], language: "Language | None"
) -> None:
    """Change your name, addresses or language. The next check-in or deposit tells the nodes.

    Cards that are printed keep the old name; who holds one still recognises you by your phrase.

    Example:  escrow provider set --address jana@winter.example --address jana@mail.example
    """
    from escrowd.provider.actions.provider import set_provider

    if name is None and language is None and not addresses:
        message = "say what changes: --name, --address or --language"
        raise click.UsageError(message)
    _print(set_provider(session, name=name, language=language, addresses=addresses or None), session.provider)
    output.note("Tell the nodes with: escrow checkin")


def _print(provider: "Person", fingerprint: str) -> None:
    output.say(f"name         {provider.name}")
    output.say(f"language     {provider.language}")
    output.say(f"phrase       {provider.phrase}")
    output.say(f"addresses    {', '.join(address.address for address in provider.addresses)}")
    output.say(f"fingerprint  {fingerprint}")
