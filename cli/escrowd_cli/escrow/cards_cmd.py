"""``escrow cards``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import delivery, now, takes_delivery, watched, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("cards")
@click.argument("client", metavar="ID")
@takes_delivery
@with_session
def command(session: "Session", client: str, *, folder: Path | None, to_printer: bool) -> None:
    """Split a new key and print a client's cards.

    Each combination of two groups is tried out on the printed text before anything is kept. Cards for
    roles that
    nobody has yet stay sealed in the workspace. PDFs are secrets: print them, hand them over, delete them.

    Example:  escrow cards baeckerei --print
    """
    from escrowd.provider.actions.cards import make_cards

    deliver = delivery(folder, to_printer=to_printer)
    made = make_cards(session, client, deliver=deliver, now=now(), progress=watched())
    output.say(f"set {made.set_number}")
    for file in made.files:
        output.say(file)
    if made.kept:
        output.note(f"Kept sealed until somebody holds them: {', '.join(made.kept)}")
    if folder is not None:
        output.note("Delete the PDFs once they are printed; anybody who has two of them can open.")
    output.note(f"Next: escrow deposit {client}")
