"""``escrowd init``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from escrowd_cli import output
from escrowd_cli.options import A_FILE, A_PATH, LANGUAGE
from escrowd_cli.questions import Questions, at_a_terminal

if TYPE_CHECKING:
    from escrowd.machine.secret_input import Secret
    from escrowd.node.founding import Founded

SECURITY = click.Choice(["starttls", "implicit", "plain"])
NEEDED = {
    "name": "Name of the node, in mails and on pages",
    "public_url": "Where the world reaches it (https://…)",
    "operator": "Who runs it, a person or a firm",
    "address": "The operator's mail address, where troubles are reported",
    "smtp_host": "Mail server that takes the node's mail",
    "sender": "The address that its mails come from",
}
PAID = {
    "paid_node": "Until when the server is paid",
    "paid_domain": "Until when the domain is paid",
    "paid_mail": "Until when the mail server is paid",
}


@click.command("init")
@click.argument("folder", type=A_PATH, metavar="DIR")
@click.option("--name", help="In mails and on pages.")
@click.option("--public-url", help="Where the world reaches it.")
@click.option(
    "--listen", default="127.0.0.1:8440", show_default=True, help="What the reverse proxy forwards to."
)
@click.option("--operator", help="A person's or a firm's name.")
@click.option("--address", help="The operator's mail address, where troubles are reported.")
@click.option("--language", type=LANGUAGE, help="The operator's language (default: de).")
@click.option("--smtp-host", help="The mail server that takes the node's mail.")
@click.option("--smtp-port", type=click.IntRange(1, 65535), help="Its port (587; 465 with implicit TLS).")
@click.option("--security", type=SECURITY, help="starttls (default), implicit; plain on loopback only.")
@click.option("--from", "sender", help="The address that mails come from.")
@click.option("--smtp-user", help="The account at the mail server, if it wants one.")
@click.option(
    "--smtp-password-file", type=A_FILE, metavar="FILE", help="Its password; at a terminal it is asked for."
)
@click.option("--paid-node", metavar="DATE", help="Until when the server is paid (2027-12-31).")
@click.option("--paid-domain", metavar="DATE", help="Until when the domain is paid.")
@click.option("--paid-mail", metavar="DATE", help="Until when the mail server is paid.")
def command(folder: Path, *, smtp_password_file: Path | None, **given: Any) -> None:
    """Make a node in DIR: key, configuration, a unit for systemd, a Caddyfile. At a terminal it asks.

    What an option says is not asked. Without a terminal the options must say all that a node needs.

    \b
    Example:  escrowd init /var/lib/escrowd
    Example:  escrowd init /var/lib/escrowd --name "Node North" --public-url https://node.example
    """  # noqa: D301 — \b is click's mark for lines that stay as they are
    from escrowd.errors import ConflictError
    from escrowd.machine.secret_input import read_secret
    from escrowd.node.config import CONFIG_FILE
    from escrowd.node.founding import Founding, day, found

    if (folder / CONFIG_FILE).exists():
        raise ConflictError("node.exists", path=str(folder / CONFIG_FILE))
    if at_a_terminal():
        _ask(given)
    if missing := [name for name in NEEDED if given[name] is None]:
        options = ", ".join(
            "--from" if name == "sender" else f"--{name.replace('_', '-')}" for name in missing
        )
        message = f"without a terminal to ask at, this is needed too: {options}"
        raise click.UsageError(message)
    given["language"] = given["language"] or "de"
    given["security"] = given["security"] or _usual(given["smtp_host"])
    given["smtp_user"] = given["smtp_user"] or None
    if smtp_password_file is not None and given["smtp_user"] is None:
        message = "a password needs its account: --smtp-user"
        raise click.UsageError(message)
    for name in PAID:
        given[name] = day(given[name] or "")
    password: Secret | None = None
    if smtp_password_file is not None:
        password = read_secret("", file=smtp_password_file)
    elif given["smtp_user"] and at_a_terminal():
        password = read_secret(f"Password of {given['smtp_user']} at {given['smtp_host']}: ")
    _tell(found(folder, Founding(**given), password=password), has_user=given["smtp_user"] is not None)


def _ask(given: dict[str, Any]) -> None:
    """Fill in what no option said. A bad answer is asked again at once."""
    from escrowd.node.founding import check, day

    asks = Questions()

    def one(name: str) -> None:
        def tried(text: str) -> str:
            check(**{name: text})
            return text

        if given[name] is None:
            given[name] = asks.ask(NEEDED[name], tried)

    for name in ("name", "public_url", "operator", "address"):
        one(name)
    if given["language"] is None:
        given["language"] = asks.choice("The operator's language", ("de", "en"), default="de")
    one("smtp_host")
    if given["security"] is None:
        usual = _usual(given["smtp_host"])
        given["security"] = asks.choice("How its TLS begins", SECURITY.choices, default=usual)
    if given["smtp_port"] is None:
        usual = "465" if given["security"] == "implicit" else "587"
        given["smtp_port"] = asks.ask("Its port", _port, default=usual)
    one("sender")
    if given["smtp_user"] is None:
        given["smtp_user"] = asks.ask(
            "Account at the mail server (Enter: none)", str, default="", shown=False
        )
    for name, question in PAID.items():
        if given[name] is None:
            until = asks.ask(f"{question} (2027-12-31, Enter: unknown)", day, default="", shown=False)
            given[name] = "" if until is None else until.isoformat()


def _port(text: str) -> int:
    from escrowd.node.founding import check

    port = int(text) if text.isascii() and text.isdecimal() else 0
    check(smtp_port=port)
    return port


def _usual(host: str) -> str:
    from escrowd.node.config import is_loopback

    return "plain" if is_loopback(host) else "starttls"


def _tell(made: "Founded", *, has_user: bool) -> None:
    """What was made, and what to type next."""
    import shlex

    from escrowd.core.keys import show_fingerprint
    from escrowd.node.founding import PASSWORD_FILE
    from escrowd.node.service import secrets_folder

    folder, secrets = shlex.quote(str(made.folder)), secrets_folder(made.folder)
    output.say(f"node         {made.folder}")
    output.say(f"fingerprint  {show_fingerprint(made.fingerprint)}")
    output.say(f"unit         {made.unit}")
    if made.proxy is not None:
        output.say(f"proxy        {made.proxy}")
    if has_user and not (made.folder / PASSWORD_FILE).exists():
        output.note(f"Write the mail server's password into {made.folder / PASSWORD_FILE} (chmod 600).")
    output.note("Keep a copy of node.key elsewhere, then, as root:")
    names = ("node.key", PASSWORD_FILE) if has_user else ("node.key",)
    steps = [
        f"escrowd check {folder}",
        *(_moved(f"{folder}/{name}", shlex.quote(str(secrets / name))) for name in names),
        f"cp --no-clobber {folder}/{made.unit.name} /etc/systemd/system/ && systemctl enable --now escrowd",
        *(
            [
                f"editor /etc/caddy/Caddyfile {folder}/{made.proxy.name}  # put the second into the first",
                "systemctl reload caddy",
            ]
            if made.proxy
            else []
        ),
        f"export CREDENTIALS_DIRECTORY={shlex.quote(str(secrets))}",
        f"escrowd doctor {folder} --mail-to {shlex.quote(made.config.operator.address)}",
        f"escrowd invite {folder}",
    ]
    for step in steps:
        output.note(f"  {step}")
    output.note(f"Without systemd: escrowd run {folder}")


def _moved(source: str, target: str) -> str:
    """A command that moves a secret and overwrites none: another node's key would be lost with it."""
    return f"test ! -e {target} && install -D -m 0600 {source} {target} && rm {source}"
