"""``escrow import``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import A_FILE, json_option, now, watched, with_session
from escrowd_cli.reasons import ask_afterwards, given, takes_reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from escrowd.provider.actions.import_ import ImportReport
    from escrowd.provider.workspace import Session


@click.command("import")
@click.argument("client", metavar="ID")
@click.argument("file", type=A_FILE)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--encrypted", is_flag=True, help="The export has a password: ask for it.")
@click.option("--password-file", type=A_FILE, metavar="FILE", help="Read the export's password from a file.")
@click.option("--key-file", type=A_FILE, metavar="FILE", help="A KeePass key file.")
@click.option("--group", metavar="A/B", help="Take only this group of the export, and what is below it.")
@click.option(
    "--column", "columns", multiple=True, metavar="FIELD=HEADING", help="For any other table: which is which."
)
@takes_reason
@json_option
@with_session
def command(
    session: "Session",
    client: str,
    file: Path,
    *,
    dry_run: bool,
    encrypted: bool,
    password_file: Path | None,
    key_file: Path | None,
    group: str | None,
    columns: tuple[str, ...],
    why: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Read a password manager's export into a client's bundle.

    Reads KeePass (KDBX 3.1 and 4), Bitwarden (JSON), 1Password (1PUX), and the CSV of KeePassXC, Bitwarden,
    Proton Pass, LastPass, Apple, Chrome and Firefox; any other CSV, XLSX and ODS with --column. Importing
    again says what was added, changed or is missing, and drops nothing.

    \b
    Example:  escrow import baeckerei krume.kdbx --encrypted --dry-run
    Example:  escrow import praxis liste.csv --column title=Name --column password=Kennwort
    """  # noqa: D301 — \b is click's mark for lines that stay as they are
    from escrowd.machine.secret_input import read_secret
    from escrowd.provider.actions.import_ import import_export

    wants_password = encrypted or password_file is not None
    password = read_secret("Password of the export: ", file=password_file) if wants_password else None
    report = import_export(
        session,
        client,
        file,
        dry_run=dry_run,
        now=now(),
        password=password,
        key_file=key_file,
        columns=mapping(columns),
        said=given(why, by),
        group=[part for part in (group or "").split("/") if part],
        progress=watched(),
    )
    if as_json:
        output.as_json(report)
        return
    output.table(("what", "name", "fields"), list(_rows(report)))
    output.say(f"{report.unchanged} entries unchanged")
    if not dry_run and why is None:
        ask_afterwards(session, [(client, report.revision)])
    output.note("Nothing was changed." if dry_run else f"Delete the export ({file}); it is readable.")


REASONS = {
    "history": "former states stay in the export",
    "deleted": "lies in the recycle bin",
    "reference": "points to what is not there",
    "linked": "stands for another field",
    "setting": "a setting of the password manager",
    "unreadable": "kept as it stands, in a free field",
    "format": "exports of this format never hold it; look there yourself",
    "elsewhere": "outside the group that was asked for",
}


def _rows(report: "ImportReport") -> "Iterator[tuple[str, str, str]]":
    for entry in report.added:
        yield "added", entry.title, ""
    for entry in report.changed:
        fields = [f"{name} (edited here too)" if name in entry.conflicts else name for name in entry.fields]
        yield "changed", entry.title, ", ".join(fields)
    for entry in report.back:
        yield "back", entry.title, ""
    for entry in report.missing:
        yield "missing there, kept", entry.title, ""
    for what, names in (
        ("document added", report.documents_added),
        ("document changed", report.documents_changed),
        ("document missing there, kept", report.documents_missing),
    ):
        for name in names:
            yield what, name, ""
    for left in report.not_carried:
        count = f" ({left.count})" if left.count > 1 else ""
        yield "NOT CARRIED", left.entry, f"{left.field}: {REASONS[left.reason]}{count}".removeprefix(": ")


def mapping(columns: tuple[str, ...]) -> dict[str, str] | None:
    """What ``--column`` says, or None. Raises ``click.UsageError``."""
    pairs = [column.partition("=") for column in columns]
    if any(not field or not heading for field, _, heading in pairs):
        message = "--column takes FIELD=HEADING"
        raise click.UsageError(message)
    return {field: heading for field, _, heading in pairs} or None
