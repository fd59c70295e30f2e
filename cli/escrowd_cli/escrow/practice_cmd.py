"""``escrow practice``."""

from pathlib import Path

import click

from escrowd_cli import output
from escrowd_cli.options import A_PATH, LANGUAGE, now, watched


@click.command("practice")
@click.option("-o", "--output", "folder", type=A_PATH, required=True, metavar="DIR", help="A new folder.")
@click.option("--language", type=LANGUAGE, default="de", show_default=True, help="The language of it all.")
def command(*, folder: Path, language: str) -> None:
    """Write practice cards and a sample kit that anybody may try, and break. Needs no workspace.

    Nothing in it is real: the business is invented, and no node knows it. The words of the cards lie beside
    them as text, so that a trial needs no typing.

    Example:  escrow practice -o practice
    """
    from escrowd.provider.actions.practice import practise

    made = practise(folder, language="de" if language == "de" else "en", now=now(), progress=watched())
    for name in made.files:
        output.say(str(made.folder / name))
    output.note(f"Open {made.folder / made.page} in a browser and type one of the cards.")
