"""``escrow restore``."""

from pathlib import Path

import click

from escrowd_cli import output, reports
from escrowd_cli.options import (
    A_FILE,
    new_passphrase,
    now,
    read_texts,
    same_fingerprint,
    takes_passphrase,
    watched,
    workspace_folder,
)


@click.command("restore")
@click.option("--node", "url", required=True, metavar="URL", help="A node that you enrolled with.")
@click.option(
    "--card",
    "cards",
    type=A_FILE,
    multiple=True,
    required=True,
    metavar="FILE",
    help="A provider's card; two.",
)
@click.option("--root", metavar="FINGERPRINT", help="The fingerprint printed on the cards, to be sure.")
@click.option("--yes", is_flag=True, help="Do not ask to compare the fingerprint with the cards.")
@takes_passphrase
@click.pass_context
def command(
    ctx: click.Context,
    url: str,
    cards: tuple[Path, ...],
    root: str | None,
    *,
    yes: bool,
    passphrase_file: Path | None,
    passphrase_stdin: bool,
) -> None:
    """Get the workspace back with two provider's cards and a node: a burnt laptop is no meteorite.

    Needs an empty workspace. A card file is the 20 words as text. A passphrase typed at the terminal
    checks in too. At a terminal you are shown the fingerprint first: it must be the one on your cards.

    Example:  escrow restore --node https://node.example --card card1.txt --card card2.txt
    """
    from escrowd.provider.actions.restore import restore

    done = restore(
        workspace_folder(ctx),
        node_url=url,
        cards=read_texts(cards),
        passphrase=new_passphrase(passphrase_file, stdin=passphrase_stdin),
        agreed=lambda found: same_fingerprint(found, root, yes=yes),
        now=now(),
        progress=watched(),
    )
    output.say(f"workspace    {done.folder}")
    output.say(f"fingerprint  {done.root_fingerprint}")
    output.say(f"clients      {', '.join(done.clients)}")
    output.say(f"checked in   {'yes' if done.checked_in else 'no: run escrow checkin --card … --card …'}")
    reports.nodes(done.nodes)
