"""``escrowd status``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output, reports
from escrowd_cli.options import A_PATH, json_option, now

if TYPE_CHECKING:
    from escrowd.node.store.overview import Overview

CAUSES = {
    "network": "the public URL is not reached; look at DNS, the reverse proxy and the firewall",
    "timeout": "the public URL does not answer in time; look at the reverse proxy",
    "tls": "the certificate of the public URL is not accepted; look at the reverse proxy",
    "clock": "the certificate does not fit this machine's date; set the clock right",
    "answer": "something else answers at the public URL; look where it points",
}
DAY_MS = 86_400_000


@click.command("status")
@click.argument("folder", type=A_PATH, metavar="DIR")
@json_option
def command(folder: Path, *, as_json: bool) -> None:
    """Say how the node in DIR is: hearing, deaf or held, and how that ends. Works beside the running node.

    Example:  escrowd status /etc/escrowd
    """
    from escrowd.node.config import load
    from escrowd.node.store.overview import read_overview

    config = load(folder)
    seen = read_overview(folder, wall=now())
    if as_json:
        output.as_json(seen)
        return
    output.say(f"{config.name} at {config.public_url}: {'running' if seen.running else 'NOT RUNNING'}")
    output.say(_hearing(seen))
    output.say(f"awake {seen.moment.awake // DAY_MS} d, of which it heard {seen.moment.node // DAY_MS} d")
    if seen.behind > 0:
        output.say(f"behind the wall clock by {seen.behind // 86_400} d in the last 30 d")
    output.say(f"{seen.providers} providers ({seen.watched} not current), {seen.deposits} deposits")
    letters = ", ".join(f"{number} {state}" for state, number in sorted(seen.letters.items()))
    output.say(f"letters: {letters or 'none yet'}")


def _hearing(seen: "Overview") -> str:
    since = "" if seen.deaf_since is None else f" since {reports.day(seen.deaf_since)}"
    match seen.facts.state:
        case "hearing":
            return "hearing: it reaches itself at its public URL"
        case "held":
            return (
                f"HELD{since}: another process answers with this node's key, and nothing is released. "
                "Stop one of the two; when this one hears itself again, every wait begins anew."
            )
    why = CAUSES.get(seen.deaf_cause or "", "it has not heard itself since its start")
    limit = seen.facts.policy.deaf_limit // 86_400
    return (
        f"DEAF{since}: {why}. Node time stands; silence counts again when it hears itself, "
        f"or after {limit} d of deafness in one epoch."
    )
