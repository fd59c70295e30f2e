"""``escrow ledger verify``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from escrowd_cli import output
from escrowd_cli.options import json_option, now, unlocks, with_session

if TYPE_CHECKING:
    from escrowd.provider.actions.ledger_verify import LedgerChecked
    from escrowd.provider.workspace import Session


@click.group("ledger")
def command() -> None:
    """Verify what a node recorded."""


@command.command("verify")
@click.argument("source", metavar="URL|FILE")
@json_option
@unlocks
@click.pass_context
def verify(
    ctx: click.Context,
    /,
    source: str,
    *,
    as_json: bool,
    **passphrase: Any,
) -> None:
    """Verify the chain of a ledger: an export (no workspace needed), or what the node at URL has now.

    Example:  escrow ledger verify https://node.example
    """
    from escrowd.provider.actions.ledger_verify import verify_ledger_file

    if source.startswith(("https://", "http://")):
        ctx.invoke(_of_node, url=source, as_json=as_json, **passphrase)
    else:
        _print(verify_ledger_file(Path(source)), as_json=as_json)


@click.command()
@with_session
def _of_node(session: "Session", url: str, *, as_json: bool) -> None:
    from escrowd.provider.actions.ledger_verify import verify_ledger_of_node

    _print(verify_ledger_of_node(session, url, now=now()), as_json=as_json)


def _print(checked: "LedgerChecked", *, as_json: bool) -> None:
    if as_json:
        output.as_json(checked)
        return
    output.say(f"the chain holds: {checked.entries} entries, the last is {checked.seq}")
    output.say(f"head    {checked.head}")
    output.say(f"bodies  {checked.bodies} can be read here")
    if checked.matches_last_seen is not None:
        output.say(f"extends the last head seen here: {'yes' if checked.matches_last_seen else 'NO'}")
