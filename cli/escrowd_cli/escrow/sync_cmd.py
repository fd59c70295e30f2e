"""``escrow sync``."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd.errors import ConflictError, EscrowdError, NotFoundError
from escrowd_cli import output, reasons
from escrowd_cli.complaints import sentences
from escrowd_cli.escrow.import_cmd import REASONS, mapping
from escrowd_cli.options import A_FILE, A_PATH, json_option, now, watched, with_session
from escrowd_cli.reasons import takes_reason

if TYPE_CHECKING:
    from escrowd.core.bundle.imported import NotCarried
    from escrowd.machine.secret_input import Secret
    from escrowd.provider.actions.sync import ClientSync, Source, SourceSync, SyncReport
    from escrowd.provider.records import SourceRecord
    from escrowd.provider.sources import Unspoken
    from escrowd.provider.workspace import Session

LEAVE_OUT = "-"
TAKE_APART = "+"
UNLINKED = "Unlinked, not overwritten: that would reach nothing on today's disks. Think of backups too."


@click.command("sync")
@click.argument("files", nargs=-1, type=A_FILE, metavar="[FILE]...")
@click.option(
    "--map", "given", multiple=True, metavar="GROUP=ID", help="Say whose a group is; / is no group."
)
@click.option("--ignore", "left_out", multiple=True, metavar="GROUP", help="Leave a group out, and say so.")
@click.option("--dry-run", is_flag=True, help="Say what would change for whom, and change nothing.")
@click.option("--delete", is_flag=True, help="Delete a readable export once all of it has arrived.")
@click.option("--password-file", type=A_FILE, metavar="FILE", help="Read the exports' password from a file.")
@click.option("--key-file", type=A_FILE, metavar="FILE", help="A KeePass key file; its place is remembered.")
@click.option("--no-password", is_flag=True, help="The key file alone opens the database.")
@click.option(
    "--column", "columns", multiple=True, metavar="FIELD=HEADING", help="For any other table: which is which."
)
@takes_reason
@click.option("--forget", type=A_PATH, metavar="FILE", help="Remember this file no more; do nothing else.")
@json_option
@with_session
def command(
    session: "Session",
    files: tuple[Path, ...],
    *,
    given: tuple[str, ...],
    left_out: tuple[str, ...],
    dry_run: bool,
    delete: bool,
    password_file: Path | None,
    key_file: Path | None,
    no_password: bool,
    columns: tuple[str, ...],
    why: str | None,
    by: str | None,
    forget: Path | None,
    as_json: bool,
) -> None:
    """Bring one password manager's vault into the bundles of all clients whose groups are in it.

    Reads what import reads. A group is a group, folder, collection, vault or sheet; whose it is, is asked
    once or said with --map, and remembered with the file. Without FILE all remembered files are read. What
    changed on both sides is shown and stays as it is here, until both are alike.

    \b
    Example:  escrow sync vault.kdbx --map Krume=baeckerei --ignore Private
    Example:  escrow sync --dry-run
    """  # noqa: D301 — \b is click's mark for lines that stay as they are
    from escrowd.machine.secret_input import read_secret
    from escrowd.provider.actions import sync as actions
    from escrowd.provider.sources import forget_source

    if forget is not None:
        forget_source(session, forget)
        return
    said = _said(given, left_out)
    named = mapping(columns)
    asks = False if no_password else None
    wanted = [
        actions.source_of(session, file, key_file=key_file, columns=named, password=asks) for file in files
    ]
    records = list({one.path: one for one in wanted}.values()) or list(session.vault.sources)
    if not records:
        raise NotFoundError("sync.no-sources")

    def ask(path: Path) -> "Secret":
        return read_secret(f"Password of {output.plain_text(path.name)}: ", file=password_file)

    sources, failed = [], []
    for record in records if files else _still_there(records):
        try:
            sources.append(actions.read_source(record, ask=ask, progress=watched()))
        except EscrowdError as problem:
            failed.append((record.path, problem))
    if not sources or (failed and said):
        _end(failed)
        return
    sources = list(actions.spoken_for(session, sources, said))
    if sys.stdin.isatty() and sys.stderr.isatty() and not dry_run and not as_json:
        sources = [ask_whose(session, source, partial(_answer, session)) for source in sources]
    report = actions.sync(
        session, sources, dry_run=dry_run, now=now(), said=reasons.given(why, by), progress=watched()
    )
    if as_json:
        output.as_json(report)
    else:
        show_report(report)
        if not dry_run and why is None:
            changed = [(one.client, one.revision) for one in report.clients if one.differs and one.revision]
            reasons.ask_afterwards(session, changed)
    if not dry_run:
        for source in report.sources:
            offer_deletion(source, delete=delete)
    _end([*failed, *((one.client, one.error) for one in report.clients if one.error is not None)])
    if conflicts := sum(one.conflicts for one in report.clients):
        raise ConflictError("sync.conflicts", count=conflicts)


def _said(given: Sequence[str], left_out: Sequence[str]) -> dict[str, str | None]:
    """Whose each named group is; None for one that is left out. Raises ``click.UsageError``."""
    said: dict[str, str | None] = {}
    for pair in given:
        group, _, client = pair.rpartition("=")
        if not group or not client:
            message = "--map takes GROUP=ID"
            raise click.UsageError(message)
        if said.setdefault(group, client) != client:
            message = f"--map gives {output.plain_text(group)} to two clients"
            raise click.UsageError(message)
    for group in left_out:
        if group in said:
            message = f"{output.plain_text(group)} cannot be given to a client and left out"
            raise click.UsageError(message)
    return said | dict.fromkeys(left_out)


def _still_there(records: "Sequence[SourceRecord]") -> "Iterator[SourceRecord]":
    """The remembered files but those readable ones that are gone, as they should be after a sync."""
    for record in records:
        if record.plain and not Path(record.path).exists():
            output.note(f"{output.plain_text(record.path)} is not there any more: export again to sync it")
        else:
            yield record


def ask_whose(session: "Session", source: "Source", ask: "Callable[[Unspoken], str]") -> "Source":
    """The source after somebody at the terminal said whose its groups are.

    Parameters: ``ask``, which returns a client's id, one of the two signs, or nothing.
    """
    open_questions = list(source.open_questions(session))
    if open_questions:
        clients = " ".join(client.id for client in session.vault.clients if client.ended is None)
        output.note(f"{output.plain_text(source.record.path)} has groups that nobody spoke for.")
        output.note(f"Clients: {clients}")
        output.note(
            f"Enter leaves a group for now, {LEAVE_OUT} leaves it out for good, {TAKE_APART} goes into it."
        )
    while open_questions:
        one = open_questions.pop(0)
        answer = ask(one)
        if answer == TAKE_APART:
            open_questions = [replace(one, group=group, below=(), suggestion=None) for group in one.below] + (
                open_questions
            )
        elif answer:
            source = source.speak_for(one.group, None if answer == LEAVE_OUT else answer)
    return source


def _answer(session: "Session", one: "Unspoken") -> str:
    """A client's id, one of the two signs, or nothing."""
    from escrowd.provider.sources import shown

    known = {client.id for client in session.vault.clients if client.ended is None}
    allowed = {"", LEAVE_OUT, *known, *([TAKE_APART] if one.below else [])}
    suggestion = f" [{one.suggestion}]" if one.suggestion else ""
    while True:
        question = f"Whose is {output.plain_text(shown(one.group))}?{suggestion}"
        said: str = click.prompt(question, default=one.suggestion or "", show_default=False, err=True)
        if (answer := said.strip()) in allowed:
            return answer
        output.note("That is no client; escrow client list shows them.")


def show_report(report: "SyncReport") -> None:
    """Print what became of whom."""
    output.table(
        ("client", "what", "name", "fields"),
        [
            *(row for one in report.clients for row in _client_rows(one)),
            *(row for one in report.sources for row in _source_rows(one)),
        ],
    )
    differ = sum(one.differs for one in report.clients)
    failed = sum(one.error is not None for one in report.clients)
    rest = len(report.clients) - differ - failed
    would, rest_did = ("would change", "would not") if report.dry_run else ("changed", "did not")
    tail = f", {failed} failed" if failed else ""
    output.say(f"{_counted(differ, 'client', 'clients')} {would}, {rest} {rest_did}{tail}")
    if any(one.unspoken for one in report.sources):
        output.note("Say whose those groups are: --map GROUP=ID, or leave them out: --ignore GROUP")
    if report.dry_run:
        output.note("Nothing was changed.")


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _client_rows(one: "ClientSync") -> "Iterator[tuple[str, str, str, str]]":
    client = one.client
    for entry in one.added:
        yield client, "added", entry.title, ""
    for entry in one.changed:
        if fields := [name for name in entry.fields if name not in entry.conflicts]:
            yield client, "changed", entry.title, ", ".join(fields)
        if entry.conflicts:
            yield client, "CONFLICT, kept as here", entry.title, ", ".join(entry.conflicts)
    for what, names in (
        ("back", [entry.title for entry in one.back]),
        ("missing there, kept", [entry.title for entry in one.missing]),
        ("removed here, still there", one.removed_here),
        ("document added", one.documents_added),
        ("document changed", one.documents_changed),
        ("document CONFLICT, kept as here", one.documents_conflicts),
        ("document missing there, kept", one.documents_missing),
    ):
        for name in names:
            yield client, what, name, ""
    yield from (left_behind(client, left) for left in one.not_carried)
    if one.error is not None:
        yield client, "FAILED", ", ".join(one.groups), sentences(one.error)[0]


def _source_rows(one: "SourceSync") -> "Iterator[tuple[str, str, str, str]]":
    from escrowd.provider.sources import shown

    for group in one.unspoken:
        yield "", "NO CLIENT", shown(group.group), _counted(group.entries, "entry", "entries")
    yield from (("", "left out", group, "") for group in one.left_out)
    yield from (left_behind("", left) for left in one.not_carried)


def left_behind(client: str, left: "NotCarried") -> tuple[str, str, str, str]:
    """The row of what has no place in an entry."""
    count = f" ({left.count})" if left.count > 1 else ""
    return (
        client,
        "NOT CARRIED",
        left.entry,
        f"{left.field}: {REASONS[left.reason]}{count}".removeprefix(": "),
    )


def offer_deletion(source: "SourceSync", *, delete: bool) -> None:
    """Delete a readable export of which all has arrived: as told, or asked at a terminal."""
    from escrowd.provider.actions.sync import delete_export

    name = output.plain_text(source.path)
    if not source.plain:
        if delete:
            output.note(f"Kept {name}: it is sealed.")
        return
    if not source.arrived:
        output.note(f"Kept {name}, though it is readable: not all of it has arrived yet.")
        return
    if not delete and sys.stdin.isatty() and sys.stderr.isatty():
        delete = click.confirm(f"{name} is readable. Delete it?", default=False, err=True)
    if delete:
        delete_export(source)
        output.note(f"Deleted {name}. {UNLINKED}")
    else:
        output.note(f"Delete {name}; it is readable.")


def _end(failed: "Sequence[tuple[str, EscrowdError]]") -> None:
    """Name what failed; the first error becomes the command's."""
    for name, problem in failed[1:]:
        output.note(f"{output.plain_text(name)}: {output.plain_text(sentences(problem)[0])}")
    if failed:
        raise failed[0][1]
