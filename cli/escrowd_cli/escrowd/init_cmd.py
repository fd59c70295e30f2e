"""``escrowd init``."""

from pathlib import Path

import click

from escrowd_cli import output
from escrowd_cli.options import A_PATH, LANGUAGE

SECURITY = click.Choice(["starttls", "implicit", "plain"])


@click.command("init")
@click.argument("folder", type=A_PATH, metavar="DIR")
@click.option("--name", prompt="Name of the node", help="In mails and on pages.")
@click.option("--public-url", prompt="Public URL (https://…)", help="Where the world reaches it.")
@click.option(
    "--listen", default="127.0.0.1:8440", show_default=True, help="What the reverse proxy forwards to."
)
@click.option("--operator", prompt="Who runs it", help="A person's or a firm's name.")
@click.option("--address", prompt="Operator's mail address", help="Where troubles are reported.")
@click.option("--language", type=LANGUAGE, default="de", show_default=True, help="The operator's language.")
@click.option("--smtp-host", prompt="Mail server that takes the node's mail", help="Its host name.")
@click.option("--security", type=SECURITY, help="starttls (default), implicit; plain on loopback only.")
@click.option("--from", "sender", prompt="Sender address", help="The address that mails come from.")
@click.option("--smtp-user", help="The account at the mail server, if it wants one.")
def command(folder: Path, *, security: str | None, **given: str) -> None:
    """Make a node in DIR: its key and a configuration to edit. What is not given is asked for.

    Example:  escrowd init /etc/escrowd --name "Node North" --public-url https://node.example
    """
    from escrowd.core.keys import show_fingerprint
    from escrowd.node.config import is_loopback
    from escrowd.node.founding import Founding, found

    chosen = security or ("plain" if is_loopback(given["smtp_host"]) else "starttls")
    founded = found(folder, Founding(security=chosen, **given))
    output.say(f"node         {founded.folder}")
    output.say(f"fingerprint  {show_fingerprint(founded.fingerprint)}")
    output.note("Next: edit config.toml, then: escrowd check, escrowd doctor, escrowd run, escrowd invite")
