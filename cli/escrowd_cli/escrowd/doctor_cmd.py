"""``escrowd doctor``."""

from pathlib import Path

import click

from escrowd_cli import output
from escrowd_cli.options import A_PATH, json_option, now

PARTS = {
    "key": "key and password",
    "store": "database",
    "disk": "room on the disk",
    "mail": "mail server",
    "letter": "trial letter",
    "public-url": "public URL",
}


@click.command("doctor")
@click.argument("folder", type=A_PATH, metavar="DIR")
@click.option("--mail-to", metavar="ADDR", help="Send a trial letter to this address.")
@json_option
def command(folder: Path, *, mail_to: str | None, as_json: bool) -> None:
    """Try out everything the node in DIR needs: key, store, disk, mail, public URL.

    Works beside the running node, and wants it running: it asks the public URL for the node's own answer.

    Example:  escrowd doctor /etc/escrowd --mail-to you@example.org
    """
    from escrowd.node.config import load
    from escrowd.node.doctor import examine
    from escrowd_cli.complaints import sentences

    findings = []
    for finding in examine(load(folder), mail_to=mail_to, wall=now()):
        findings.append(finding)
        if not as_json:
            verdict = "good" if finding.problem is None else "; ".join(sentences(finding.problem))
            output.say(f"{PARTS[finding.part]:18} {verdict}")
    if as_json:
        output.as_json(findings)
    for finding in findings:
        if finding.problem is not None:
            raise finding.problem
