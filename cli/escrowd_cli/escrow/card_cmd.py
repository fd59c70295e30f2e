"""``escrow card lost|print|reprint|unseal``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output, reports
from escrowd_cli.options import (
    A_FILE,
    delivery,
    json_option,
    now,
    one_card,
    takes_delivery,
    watched,
    with_session,
)

if TYPE_CHECKING:
    from escrowd.provider.actions.card_papers import CardsPrinted
    from escrowd.provider.workspace import Session


@click.group("card")
def command() -> None:
    """What becomes of cards: lost, faded, or without a holder so far."""


@command.command("lost")
@click.argument("client", metavar="ID")
@takes_delivery
@with_session
def lost(session: "Session", client: str, *, folder: Path | None, to_printer: bool) -> None:
    """Make a new set of cards because one was lost or stolen.

    The old set stays as good as it was, also in a thief's hands, until it is retired: that takes a proof of
    each new card, a click of the client and 30 days, or the client's card and click alone ("at once").

    Example:  escrow card lost baeckerei --print
    """
    from escrowd.provider.actions.cards import replace_lost

    deliver = delivery(folder, to_printer=to_printer)
    made = replace_lost(session, client, deliver=deliver, now=now(), progress=watched())
    output.say(f"set {made.set_number}")
    for file in made.files:
        output.say(file)
    if made.kept:
        output.note(f"Kept sealed until somebody holds them: {', '.join(made.kept)}")
    if made.replaced is not None:
        output.note(f"Set {made.replaced} was never proved by anybody: this one takes its place.")
    if made.beside is not None:
        number = made.beside
        output.note(
            f"Set {number} is as good as before until the nodes retire it. Bundles are sealed to both."
        )
        output.note("It ends when each holder has proved the new card and the client has clicked for it.")
        output.note("A stolen card? The client ends it at once: escrow request --for retire, then one click.")
        output.note(f"Whoever has two cards of set {number} and an old kit can always open that old kit.")
    if folder is not None:
        output.note("Delete the PDFs once they are printed; anybody who has two of them can open.")
    output.note(f"Next: escrow deposit {client}")


@command.command("print")
@click.argument("client", metavar="ID")
@takes_delivery
@with_session
def print_(session: "Session", client: str, *, folder: Path | None, to_printer: bool) -> None:
    """Print the cards that waited for a holder who is named by now. The set stays the same.

    Example:  escrow card print baeckerei --print
    """
    from escrowd.provider.actions.card_papers import print_kept

    deliver = delivery(folder, to_printer=to_printer)
    _print(print_kept(session, client, deliver=deliver, now=now()))
    if folder is not None:
        output.note("Delete the PDFs once they are printed.")


@command.command("reprint")
@click.option("--card", type=A_FILE, metavar="FILE", help="The card's words in a file; else you type them.")
@takes_delivery
@with_session
def reprint(session: "Session", *, card: Path | None, folder: Path | None, to_printer: bool) -> None:
    """Print a card again whose paper fades or is torn: the same words on new paper.

    The words are compared with what is known of the set, so that no slip is printed. Client and holder are
    found by the card itself; your own cards work too.

    Example:  escrow card reprint --print
    """
    from escrowd.provider.actions.card_papers import reprint as again

    deliver = delivery(folder, to_printer=to_printer)
    _print(again(session, one_card(card), deliver=deliver, now=now()))
    output.note("Destroy the old paper: its words are still good.")


@command.command("unseal")
@click.argument("client", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@with_session
def unseal(session: "Session", client: str, *, yes: bool, as_json: bool) -> None:
    """Stop sealing new bundles to the older of two sets, when its holders do not answer.

    The first call gives notice to everybody; the same call 30 days later does it. The old set's last bundle
    stays at the nodes with its share: only the client can end a set.

    Example:  escrow card unseal baeckerei
    """
    from escrowd.provider.actions.rights import unseal as stop

    if not yes:
        click.confirm(
            "Holders of the old cards get no newer bundle than today's. Go on?", abort=True, err=True
        )
    reports.nodes(stop(session, client, now=now()), as_json=as_json)


def _print(made: "CardsPrinted") -> None:
    output.say(f"{made.client or 'provider'}{f', set {made.set_number}' if made.set_number else ''}")
    for file in made.files:
        output.say(file)
