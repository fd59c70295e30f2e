"""``escrowd check``."""

from pathlib import Path

import click

from escrowd_cli import output
from escrowd_cli.options import A_PATH


@click.command("check")
@click.argument("folder", type=A_PATH, metavar="DIR")
def command(folder: Path) -> None:
    """Read the configuration in DIR and say what is wrong with it. Changes nothing and asks nobody.

    Example:  escrowd check /etc/escrowd
    """
    from escrowd.node.config import load, load_key, smtp_password

    config = load(folder)
    load_key(folder)
    smtp_password(config.smtp)
    output.say(f"{config.name} at {config.public_url}: the configuration is good")
