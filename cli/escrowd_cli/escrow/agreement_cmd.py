"""``escrow agreement``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import A_PATH, json_option, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("agreement")
@click.argument("client", metavar="ID")
@click.option(
    "-o", "--output", "file", type=A_PATH, required=True, metavar="FILE", help="FILE.pdf, or FILE.txt."
)
@json_option
@with_session
def command(session: "Session", client: str, file: Path, *, as_json: bool) -> None:
    """Write what you and a client agreed, in plain words, to sign.

    At its foot stands the SHA-256 of its wording, without day and signatures: the same terms have the same.
    FILE.txt holds exactly that wording, for `sha256sum`.

    Example:  escrow agreement baeckerei -o notfallvereinbarung.pdf
    """
    from escrowd.provider.actions.letters import write_agreement

    written = write_agreement(session, client, file, now=now())
    if as_json:
        output.as_json(written)
        return
    output.say(str(written.file))
    output.say(f"SHA-256 of the wording: {written.sha256}")
