"""``escrow agreement``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import A_PATH, LINE, json_option, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("agreement")
@click.argument("client", metavar="ID")
@click.option("-o", "--output", "file", type=A_PATH, metavar="FILE", help="FILE.pdf, FILE.txt, or FILE.json.")
@click.option("--check", "paper", type=LINE, metavar="FILE|CODE", help="Is this paper what holds?")
@json_option
@with_session
def command(session: "Session", client: str, *, file: Path | None, paper: str | None, as_json: bool) -> None:
    """Write what you and a client agreed, in plain words, to sign; or check such a paper.

    At the foot of each page stands the fingerprint of what was agreed. The nodes show the same one where
    people confirm the terms. It changes with what is agreed, never with day, words or language. FILE.txt
    holds the bare wording, FILE.json the facts that the fingerprint is made of.

    \b
    Example:  escrow agreement baeckerei -o notfallvereinbarung.pdf
    Example:  escrow agreement baeckerei --check notfallvereinbarung.pdf
    """  # noqa: D301 — \b is click's mark for lines that stay as they are
    from escrowd.core.keys import show_fingerprint
    from escrowd.provider.actions.agreements import check_agreement, write_agreement

    if (file is None) == (paper is None):
        message = "say what to do: -o FILE.pdf, or --check FILE"
        raise click.UsageError(message)
    if file is not None:
        written = write_agreement(session, client, file, now=now())
        if as_json:
            output.as_json(written)
            return
        output.say(str(written.file))
        output.say(f"Fingerprint of the agreement: {show_fingerprint(written.code)}")
        return
    checked = check_agreement(session, client, paper or "")
    if as_json:
        output.as_json(checked)
        return
    output.say(f"This is what holds: {show_fingerprint(checked.code)}")
    for url in checked.nodes:
        output.say(f"told to {url}")
    for url in checked.untold:
        output.note(f"Not told to {url} yet: escrow deposit {client}")
