"""``escrow review``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import A_PATH, now, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("review")
@click.argument("client", metavar="ID")
@click.option("-o", "--output", "file", type=A_PATH, metavar="FILE", help="Write the sheet: FILE.pdf.")
@click.option("--held", metavar="YYYY-MM-DD", help="Record that the talk took place on this day.")
@click.option("--note", default="", help="What was explained; with --held.")
@click.option("--with", "present", default="", metavar="WHO", help="Who was there; with --held.")
@click.option("--next", "next_", metavar="YYYY-MM-DD", help="The next talk (default: a year later).")
@with_session
def command(
    session: "Session",
    client: str,
    *,
    file: Path | None,
    held: str | None,
    note: str,
    present: str,
    next_: str | None,
) -> None:
    """Write the sheet for the yearly talk with a client, or record that the talk was held.

    The sheet says what was decided since the last talk, what is due, what was explained when, what the client
    wishes and what is missing, with room for notes and signatures. It holds no password. The talk is kept as
    a decision of the bundle, whose review is the day of the next.

    \b
    Example:  escrow review baeckerei -o gespraech.pdf
    Example:  escrow review baeckerei --held 2027-03-01 --note "cards and folder found" --with "Ms Crumb"
    """  # noqa: D301 — \b is click's mark for lines that stay as they are
    from escrowd.provider.actions.review import hold_review, write_review

    if (file is None) == (held is None):
        message = "say either -o FILE.pdf or --held YYYY-MM-DD"
        raise click.UsageError(message)
    if held is None and (note or present or next_):
        message = "--note, --with and --next need --held"
        raise click.UsageError(message)
    if file is not None:
        written = write_review(session, client, file, now=now())
        output.say(f"{written.pages} pages, since {written.since or 'the beginning'}: {file}")
    elif held is not None:
        talk = hold_review(session, client, held=held, note=note, present=present, next_=next_, now=now())
        output.say(f"{talk.id}  next talk: {talk.review}")
