"""``escrowd run``."""

from pathlib import Path

import click

from escrowd_cli.options import A_PATH


@click.command("run")
@click.argument("folder", type=A_PATH, metavar="DIR")
def command(folder: Path) -> None:
    """Run the node in DIR until it is told to stop (SIGTERM).

    Example:  escrowd run /etc/escrowd
    """
    from escrowd.node.config import load
    from escrowd.node.run import main

    main(load(folder))
