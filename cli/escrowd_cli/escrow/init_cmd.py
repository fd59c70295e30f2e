"""``escrow init``."""

from pathlib import Path

import click

from escrowd_cli import output
from escrowd_cli.options import (
    DURATION,
    LANGUAGE,
    LINE,
    delivery,
    new_passphrase,
    now,
    takes_delivery,
    takes_passphrase,
    watched,
    workspace_folder,
)


@click.command("init")
@click.option("--name", required=True, type=LINE, help="Your name or your firm's, as clients know it.")
@click.option(
    "--address",
    "addresses",
    multiple=True,
    required=True,
    help="A mail address of yours; several are better.",
)
@click.option("--language", type=LANGUAGE, default="de", show_default=True, help="Your language.")
@click.option("--interval", type=DURATION, help="How long a check-in lasts (default 30d).")
@click.option("--grace", type=DURATION, help="How long you are warned before it is announced (default 14d).")
@click.option("--announce", type=DURATION, help="How long it is announced before the release (default 7d).")
@takes_delivery
@takes_passphrase
@click.pass_context
def command(
    ctx: click.Context,
    name: str,
    addresses: tuple[str, ...],
    language: str,
    interval: int | None,
    grace: int | None,
    announce: int | None,
    folder: Path | None,
    *,
    to_printer: bool,
    passphrase_file: Path | None,
    passphrase_stdin: bool,
) -> None:
    """Make a workspace and the provider's cards.

    Two of the three cards bring back everything after a fire. Keep two of them elsewhere before the first
    deposit.

    Example:  escrow init --name "Winter IT" --address jana@winter.example -o cards/
    """
    from escrowd.core.terms import Timings
    from escrowd.provider.actions.init import init

    chosen = {"interval": interval, "grace": grace, "announce": announce}
    deliver = delivery(folder, to_printer=to_printer)
    made = init(
        workspace_folder(ctx),
        name=name,
        language="de" if language == "de" else "en",
        addresses=addresses,
        passphrase=new_passphrase(passphrase_file, stdin=passphrase_stdin),
        deliver=deliver,
        now=now(),
        timings=Timings(**{key: value for key, value in chosen.items() if value is not None}),
        progress=watched(),
    )
    output.say(f"workspace    {made.folder}")
    output.say(f"fingerprint  {made.root_fingerprint}")
    output.say(f"phrase       {made.phrase}")
    output.note("Keep two of the three cards in two places away from here. Then: escrow node add URL")
