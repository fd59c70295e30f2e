"""``escrow recover``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output, reports
from escrowd_cli.options import A_FILE, A_PATH, json_option, same_fingerprint

if TYPE_CHECKING:
    from escrowd.recovery import Materials, Verification, Written


@click.command("recover")
@click.option("--release", type=A_FILE, metavar="FILE.eml", help="The mail that released the bundle, saved.")
@click.option("--kit", type=A_PATH, metavar="DIR", help="The folder or stick with bundle.age and the keys.")
@click.option("--bundle", type=A_FILE, metavar="FILE", help="bundle.age alone.")
@click.option(
    "--key", "keys", multiple=True, type=A_FILE, metavar="FILE", help="key-N.age alone; may be given again."
)
@click.option("--manifest", type=A_FILE, metavar="FILE", help="manifest.jws alone.")
@click.option(
    "--share",
    "shares",
    multiple=True,
    type=A_FILE,
    metavar="FILE",
    help="A share in a file; may be given again.",
)
@click.option(
    "--card",
    "cards",
    multiple=True,
    type=A_FILE,
    metavar="FILE",
    help="A card in a file: its 20 words; may be given again.",
)
@click.option("--type-card", is_flag=True, help="Type or paste a card at the terminal; nothing shows.")
@click.option(
    "--revision",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help="Of several revisions that are given, open this one.",
)
@click.option("--root", metavar="FINGERPRINT", help="The fingerprint printed on the card, to be sure.")
@click.option("--yes", is_flag=True, help="Do not ask to compare the fingerprint with the card.")
@click.option("--unverified", is_flag=True, help="Open even if nothing proves who sealed it.")
@click.option("-o", "--output", "folder", type=A_PATH, required=True, metavar="DIR", help="A new folder.")
@json_option
def command(
    *,
    release: Path | None,
    kit: Path | None,
    bundle: Path | None,
    keys: tuple[Path, ...],
    manifest: Path | None,
    shares: tuple[Path, ...],
    cards: tuple[Path, ...],
    type_card: bool,
    revision: int | None,
    root: str | None,
    yes: bool,
    unverified: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Open a bundle with cards: for clients and successors. Needs no workspace, no node and no network.

    With the mail that released it, one card opens; with a kit, two cards do. What is inside is written,
    readable, into a new folder. Begin with READ-ME-FIRST.html there. Of several revisions, the newest is
    opened, and the others are named; if it is spoilt, ask for another one by its number.

    \b
    Example:  escrow recover --release mail.eml --card card.txt -o opened
    Example:  escrow recover --kit /media/stick --card client.txt --card successor.txt -o opened
    Example:  escrow recover --release mail.eml --kit older --revision 8 --card card.txt -o opened
    """  # noqa: D301 — \b is click's mark for lines that stay as they are
    from escrowd.machine.child import forbid_core_dumps
    from escrowd.recovery import (
        gather,
        open_materials,
        read_cards,
        read_files,
        read_kit,
        read_release,
        write_out,
    )

    forbid_core_dumps()
    parts: list[Materials] = []
    if release is not None:
        parts.append(read_release(release))
    if kit is not None:
        parts.append(read_kit(kit))
    parts.append(read_files(bundle=bundle, keys=keys, manifest=manifest))
    parts.append(read_cards(files=(*shares, *cards), texts=_typed() if type_card else ()))
    fingerprint = None if root is None else "".join(root.split()).lower()
    with open_materials(gather(parts, revision=revision), root=fingerprint, unverified=unverified) as opened:
        if opened.verification.manifest is not None:
            same_fingerprint(opened.verification.manifest.iss, root, yes=yes or unverified)
        written = write_out(opened, folder)
    _warn(written.verification)
    _tell_aside(written)
    if as_json:
        output.as_json(written)
    else:
        _print(written)


def _typed() -> list[tuple[str, str]]:
    """Cards from the terminal, over as many lines as it takes, until an empty line instead of a card."""
    from escrowd.core.shares import CARD_WORDS
    from escrowd.errors import InputError
    from escrowd.machine.secret_input import read_secret_lines

    cards: list[tuple[str, str]] = []
    while True:
        number = len(cards) + 1
        prompt = (
            f"Card {number}, its {CARD_WORDS} words{'' if number == 1 else ', or Enter if that was all'}: "
        )
        try:
            text = read_secret_lines(prompt, enough=lambda typed: len(typed.split()) >= CARD_WORDS).value
        except InputError as error:
            if error.code != "secret.empty" or not cards:
                raise
            return cards
        cards.append((f"typed card {number}", text))


def _warn(verification: "Verification") -> None:
    from escrowd_cli.complaints import sentences

    if verification.problem is not None:
        output.note("WARNING: nothing proves who sealed this bundle.")
        output.note(f"WARNING: {sentences(verification.problem)[0]}")
        output.note("WARNING: do not send money or passwords anywhere because of what is written in it.")


_ASIDE = {
    "older": "revision {revision} was given, too, and set aside: {opened} is newer; --revision asks for it",
    "no-bundle": "WARNING: revision {revision} is newer than {opened}, but its bundle.age was not given.",
    "other-cards": "WARNING: revision {revision} is newer than {opened}, but these cards do not open it.",
    "other-asked": "WARNING: revision {revision} is newer than {opened}, which you asked for.",
    "unproved": "WARNING: a bundle.age that no manifest proves was given, too, and set aside. "
    "To open that one, give it alone.",
}


def _tell_aside(written: "Written") -> None:
    for other in written.aside:
        output.note(_ASIDE[other.why].format(revision=other.revision, opened=written.revision))


def _print(written: "Written") -> None:
    manifest = written.verification.manifest
    output.say(f"{written.name}, revision {written.revision}")
    if manifest is not None:
        from escrowd.core.keys import show_fingerprint

        output.say(f"sealed by {show_fingerprint(manifest.iss)} on {reports.day(manifest.created)}")
        output.say("compare that fingerprint with the one on your card")
    for file in written.files:
        output.say(f"  {written.folder / file.name}")
    output.note(f"Begin with {written.folder / 'READ-ME-FIRST.html'}; it opens in any browser.")
