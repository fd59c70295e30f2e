"""``escrow deliver``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output, reports
from escrowd_cli.options import A_PATH, LINE, json_option, now, watched, with_session

if TYPE_CHECKING:
    from escrowd.provider.actions.deliver import Delivered
    from escrowd.provider.workspace import Session


@click.command("deliver")
@click.argument("client", metavar="ID")
@click.option("--print", "to_printer", is_flag=True, help="Print at once; no file is left behind.")
@click.option("--stick", "folder", type=A_PATH, metavar="DIR", help="Write list, kit and letter to a stick.")
@click.option("-o", "--output", "file", type=A_PATH, metavar="FILE", help="Write everything to FILE.pdf.")
@click.option("--received", metavar="DATE", help="The signed receipt came back (2027-03-24).")
@click.option("--to", type=LINE, metavar="NAME", help="To whom, if not the client's first beneficiary.")
@click.option("--all", "everything", is_flag=True, help="All sheets, though the folder has most of them.")
@json_option
@with_session
def command(
    session: "Session",
    client: str,
    *,
    to_printer: bool,
    folder: Path | None,
    file: Path | None,
    received: str | None,
    to: str | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Hand the list over: a letter, the sheets that changed, a receipt to sign.

    Sheets bring the client's folder up to date from the Stand that was delivered last; the first time it is
    all of them. The handover is recorded once it succeeded, and the nodes are told of it. `escrow status
    --ask` says whose list is old; when it is old for longer than agreed, the nodes write to the client.
    A stick holds the whole list, readable by all who find it, beside the sealed kit.

    \b
    Example:  escrow deliver baeckerei --print
    Example:  escrow deliver baeckerei --received 2027-03-24
    """  # noqa: D301 — \b is click's mark for lines that stay as they are
    from escrowd.provider.actions import deliver

    if sum((to_printer, folder is not None, file is not None, received is not None)) != 1:
        message = "say how: --print, --stick DIR, -o FILE.pdf, or --received DATE"
        raise click.UsageError(message)
    if everything and (folder is not None or received is not None):
        message = "--all goes with --print or -o: a stick always holds everything"
        raise click.UsageError(message)
    if received is not None:
        if to is not None:
            message = "--to goes with a delivery: the receipt is of the last one"
            raise click.UsageError(message)
        last = deliver.received(session, client, received, now=now())
        if as_json:
            output.as_json(last)
        else:
            output.say(
                f"revision {last.revision} of {reports.day(last.date)}, received {last.received}: {last.to}"
            )
        return
    if folder is not None:
        done = deliver.deliver_stick(session, client, folder, now=now(), to=to, progress=watched())
    elif file is not None:
        done = deliver.deliver_file(session, client, file, now=now(), to=to, everything=everything)
    else:
        done = deliver.deliver_printed(session, client, now=now(), to=to, everything=everything)
    _show(done, client, as_json=as_json)


def _show(done: "Delivered", client: str, *, as_json: bool) -> None:
    if as_json:
        output.as_json(done)
        return
    for path in done.files:
        output.say(str(path))
    what = "all of it" if done.since is None else f"new since {done.since}"
    output.say(f"revision {done.record.revision} for {done.record.to}: {what}, {done.sheets} sheets")
    output.note(f"Once the signed receipt is back: escrow deliver {client} --received DATE")
    for node in done.nodes:
        if node.error is not None:
            output.note(f"Not told yet: {node.url}. The next deposit tells it: escrow deposit {client}")
