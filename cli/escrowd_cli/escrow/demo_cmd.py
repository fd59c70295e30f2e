"""``escrow demo``."""

from pathlib import Path

import click

from escrowd_cli.options import A_PATH


@click.command("demo")
@click.option(
    "--keep", type=A_PATH, metavar="DIR", help="Leave everything in this folder (default: a new one in /tmp)."
)
def command(keep: Path | None) -> None:
    """Play the whole story on this machine: seal, silence, release, open.

    Starts a real node and a real mail server on loopback, makes two sample clients from a KeePass and a
    Bitwarden export, lets the provider fall silent (a day lasts 0.3 s), and opens what was released in
    three ways.

    Example:  escrow demo --keep /tmp/demo
    """
    from escrowd_cli.demo.story import play

    play(keep)
