"""``escrow request``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output, reports
from escrowd_cli.options import A_FILE, json_option, now, one_card

if TYPE_CHECKING:
    from escrowd.core.strict import Purpose
    from escrowd.core.wire import ProofAnswer

PURPOSES = click.Choice(["request", "card-proof", "retire"])
DONE = {
    "opened": "Your request is open. Everybody concerned is told by mail, and nobody can refuse it.",
    "joined": "There is an open request already; yours is one with it.",
    "recorded": "The card is good, and the node has written down that you have it.",
    "asked": "The client is asked by mail to confirm that older cards end; one click there ends them.",
}


@click.command("request")
@click.option("--node", "url", metavar="URL", help="The node that the mails to you come from.")
@click.option(
    "--code", metavar="CODE", help="Instead of --node: the code that the node's page shows; nothing is sent."
)
@click.option("--card", type=A_FILE, metavar="FILE", help="The card in a file; else you type it.")
@click.option(
    "--for",
    "purpose",
    type=PURPOSES,
    default="request",
    show_default=True,
    help="Ask for the release; or only prove the card; or have the cards before this set end.",
)
@json_option
def command(
    *, url: str | None, code: str | None, card: Path | None, purpose: "Purpose", as_json: bool
) -> None:
    """Ask a node for the release, with a card in your hand. Needs no workspace.

    The card is read here and goes nowhere: the node gets a signature that only its holder can make. What is
    released goes by mail to the addresses that were confirmed before, and to no others.

    \b
    Example:  escrow request --node https://node.example
    Example:  escrow request --code escrow-code/1.….… --card card.txt
    """  # noqa: D301 — \b is click's mark for lines that stay as they are
    from escrowd.machine.child import forbid_core_dumps
    from escrowd.provider.actions.proofs import prove, prove_code

    if (url is None) == (code is None):
        message = "say which node: --node URL, or --code CODE from its page"
        raise click.UsageError(message)
    forbid_core_dumps()
    words = one_card(card)
    if url is None:
        output.say(prove_code(code or "", words, purpose, now=now()))
        output.note("Paste this into the node's page. It shows nothing of the card.")
        return
    answer = prove(url, words, purpose, now=now())
    if as_json:
        output.as_json(answer)
    else:
        _print(answer)


def _print(answer: "ProofAnswer") -> None:
    output.say(f"client  {answer.client}")
    output.say(f"card    {answer.group}, set {answer.set}")
    if answer.request is not None:
        output.say(f"request {answer.request}")
    if answer.earliest is not None:
        output.say(f"release at the earliest on {reports.day(answer.earliest)}")
    elif answer.done in {"opened", "joined"}:
        output.say("release once the client or the provider said yes")
    output.note(DONE[answer.done])
