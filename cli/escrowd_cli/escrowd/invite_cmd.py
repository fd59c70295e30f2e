"""``escrowd invite``."""

from pathlib import Path

import click

from escrowd_cli import output
from escrowd_cli.options import A_PATH, now


@click.command("invite")
@click.argument("folder", type=A_PATH, metavar="DIR")
def command(folder: Path) -> None:
    """Write an invitation for one provider. It is good once; hand it over as you would a key.

    Example:  escrowd invite /etc/escrowd > invitation.txt
    """
    from escrowd.node.config import load, load_key
    from escrowd.node.invitations import make_invitation

    config = load(folder)
    output.say(make_invitation(load_key(folder), url=config.public_url, wall=now()))
