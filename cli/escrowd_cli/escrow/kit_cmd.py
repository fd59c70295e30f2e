"""``escrow kit ID -o DIR`` and ``escrow kit check DIR``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from escrowd_cli import output, reports
from escrowd_cli.options import A_PATH, json_option, now, unlocks, watched, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("kit")
@click.argument("what", metavar="ID|check")
@click.argument("stick", type=A_PATH, required=False, metavar="[DIR]")
@click.option("-o", "--output", "folder", type=A_PATH, metavar="DIR", help="Write the kit into this folder.")
@json_option
@unlocks
@click.pass_context
def command(
    ctx: click.Context,
    /,
    what: str,
    stick: Path | None,
    folder: Path | None,
    *,
    as_json: bool,
    **passphrase: Any,
) -> None:
    """Write the kit that belongs beside a card, or check one.

    A kit holds bundle.age, key-N.age, manifest.jws and a page of instructions. It is sealed; it may lie
    anywhere.
    `check` says whether a stick is whole and current, without opening it; it needs no workspace.

    \b
    Example:  escrow kit baeckerei -o /media/stick
    Example:  escrow kit check /media/stick
    """  # noqa: D301 — \b is click's mark for lines that stay as they are
    if what == "check" and stick is not None:
        _check(stick, as_json=as_json)
    elif stick is None and folder is not None:
        ctx.invoke(
            _write,
            client=what,
            folder=folder,
            **passphrase,
        )
    else:
        message = "call it as `escrow kit ID -o DIR` or `escrow kit check DIR`"
        raise click.UsageError(message)


@click.command()
@with_session
def _write(session: "Session", client: str, folder: Path) -> None:
    from escrowd.provider.actions.kit import write_kit

    made = write_kit(session, client, folder, now=now(), progress=watched())
    for name in made.files:
        output.say(str(made.folder / name))


def _check(stick: Path, *, as_json: bool) -> None:
    from escrowd.recovery import check_kit
    from escrowd_cli.complaints import sentences

    report = check_kit(stick, now=now())
    if as_json:
        output.as_json(report)
    else:
        if report.manifest is not None:
            made = reports.day(report.manifest.created)
            output.say(f"{report.manifest.client}, revision {report.manifest.revision} of {made}")
        for name in report.surplus:
            output.say(f"belongs to no kit: {name}")
        for error in (*report.problems, *report.outdated):
            output.say(sentences(error)[0])
        if not report.problems and not report.outdated:
            output.say("The kit is whole and current.")
    for error in (*report.problems, *report.outdated):
        raise error
