"""``escrow entry add|edit|show|list|remove|restore``."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from escrowd_cli import output
from escrowd_cli.entries import edited, print_entry, print_restoring
from escrowd_cli.options import A_FILE, LINE, json_option, now, read_texts, with_session
from escrowd_cli.reasons import given_or_asked, takes_reason

if TYPE_CHECKING:
    from escrowd.core.bundle import Entry
    from escrowd.provider.workspace import Session

KINDS = click.Choice(
    [
        "website-login",
        "domain-registrar",
        "hosting",
        "mail",
        "server",
        "database",
        "wifi",
        "licence",
        "payment",
        "identity",
        "note",
        "other",
    ]
)
FACTORS = click.Choice(["none", "totp", "sms", "key", "passkey", "push"])


@click.group("entry")
def command() -> None:
    """Add, edit, show, list, remove or restore an entry. ENTRY is an id or a unique title."""


def _fields(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that set fields. Secrets are asked for or read from files, never given as words."""
    for option in reversed(
        (
            click.option("--kind", type=KINDS, help="What kind of credential it is."),
            click.option("--url", "urls", multiple=True, help="Where it is used; may be given again."),
            click.option("--user", help="The user name."),
            click.option("--password", "ask_password", is_flag=True, help="Ask for the password."),
            click.option(
                "--password-file", type=A_FILE, metavar="FILE", help="Read the password from a file."
            ),
            click.option(
                "--totp", "ask_totp", is_flag=True, help="Ask for the TOTP secret or otpauth:// address."
            ),
            click.option("--second-factor", type=FACTORS, help="What is asked for beside the password."),
            click.option("--device", help="On whose device the second factor lives."),
            click.option("--codes-where", help="Where the recovery codes are kept."),
            click.option("--codes-file", type=A_FILE, metavar="FILE", help="Recovery codes, one a line."),
            click.option("--recovery-mailbox", help="The mailbox that a reset goes to."),
            click.option("--contract-holder", help="In whose name the contract is."),
            click.option("--renewal", metavar="YYYY-MM-DD", help="When it is renewed."),
            click.option(
                "--cost",
                metavar='"12.50 EUR year"',
                help="What it costs: amount, currency, once|month|quarter|year.",
            ),
            click.option("--purpose", help="What it is for, in plain words."),
            click.option(
                "--depends-on",
                "depends_on",
                multiple=True,
                metavar="ENTRY-ID",
                help="What it needs, of your own estate own/ENTRY; may be given again.",
            ),
            click.option("--group", metavar="A/B", help="The register it is filed under."),
            click.option("--notes", help="Notes."),
            click.option(
                "--field",
                "free",
                multiple=True,
                metavar="NAME=TEXT",
                help="A further field; may be given again.",
            ),
            click.option(
                "--secret-field",
                "secret_free",
                multiple=True,
                metavar="NAME",
                help="A further field whose text is asked for.",
            ),
        )
    ):
        function = option(function)
    return function


@command.command("add")
@click.argument("client", metavar="ID")
@click.option("--title", required=True, type=LINE, help="Its title.")
@_fields
@takes_reason
@with_session
def add(
    session: "Session", client: str, *, title: str, why: str | None, by: str | None, **given: Any
) -> None:
    """Add an entry.

    Example:  escrow entry add baeckerei --title Hosting --kind hosting --user krume --password
    """
    from escrowd.provider.actions.contents import add_entry

    values = {"kind": "other", **_values(given), "title": title}
    # Not asked here: what is entered one by one is explained once, by deposit.
    ask = given_or_asked("" if why is None else why, by)
    output.say(add_entry(session, client, values, now=now(), ask=ask).id)


@command.command("edit")
@click.argument("client", metavar="ID")
@click.argument("entry", metavar="ENTRY")
@click.option("--title", type=LINE, help="A new title.")
@_fields
@takes_reason
@with_session
def edit(
    session: "Session",
    client: str,
    entry: str,
    *,
    title: str | None,
    why: str | None,
    by: str | None,
    **given: Any,
) -> None:
    """Change fields of an entry; without options, in your editor. At a terminal it asks for the reason.

    Example:  escrow entry edit baeckerei Webhosting --password --why "leaked in a mail" --by "Ms Crumb"
    """
    from escrowd.provider.actions.contents import edit_entry, show_entry

    values = _values(given) | ({"title": title} if title is not None else {})
    if "fields" in values:
        values["fields"] = _merged(show_entry(session, client, entry), values["fields"])
    if not values:
        before = show_entry(session, client, entry).model_dump(
            mode="json", exclude={"id", "origin", "decisions"}
        )
        after = edited(before)
        values = {name: value for name, value in after.items() if value != before.get(name)}
    if values:
        edit_entry(session, client, entry, values, now=now(), ask=given_or_asked(why, by))
    else:
        output.note("Nothing was changed.")


@command.command("show")
@click.argument("client", metavar="ID")
@click.argument("entry", metavar="ENTRY")
@click.option("--reveal", is_flag=True, help="Show passwords too.")
@json_option
@with_session
def show(session: "Session", client: str, entry: str, *, reveal: bool, as_json: bool) -> None:
    """Show an entry; passwords only with --reveal. JSON has everything.

    Example:  escrow entry show baeckerei Webhosting --reveal
    """
    from escrowd.provider.actions.contents import show_entry

    found = show_entry(session, client, entry)
    if as_json:
        output.as_json(found)
    else:
        print_entry(found, reveal=reveal)


@command.command("list")
@click.argument("client", metavar="ID")
@json_option
@with_session
def list_(session: "Session", client: str, *, as_json: bool) -> None:
    """List the entries of a client, without passwords.

    Example:  escrow entry list baeckerei
    """
    from escrowd.provider.actions.contents import list_entries

    entries = list_entries(session, client)
    if as_json:
        output.as_json([{"id": e.id, "title": e.title, "kind": e.kind, "group": e.group} for e in entries])
        return
    output.table(
        ("entry", "title", "kind", "group", "user", "what for"),
        [(e.id, e.title, e.kind, " / ".join(e.group), e.user, e.purpose) for e in entries],
    )


@command.command("remove")
@click.argument("client", metavar="ID")
@click.argument("entry", metavar="ENTRY")
@takes_reason
@with_session
def remove(session: "Session", client: str, entry: str, *, why: str | None, by: str | None) -> None:
    """Remove an entry; `entry restore` brings it back.

    Example:  escrow entry remove baeckerei "Old shop" --why "contract ended"
    """
    from escrowd.provider.actions.contents import remove_entry

    remove_entry(session, client, entry, now=now(), ask=given_or_asked(why, by))


@command.command("restore")
@click.argument("client", metavar="ID")
@click.argument("entry", metavar="ENTRY")
@click.option(
    "--revision",
    type=click.IntRange(min=1),
    metavar="N",
    help="As in this revision (default: before the last change).",
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@takes_reason
@with_session
def restore(
    session: "Session",
    client: str,
    entry: str,
    *,
    revision: int | None,
    dry_run: bool,
    why: str | None,
    by: str | None,
) -> None:
    """Bring an entry back, or back to what it was; says first what that changes.

    Example:  escrow entry restore baeckerei Webhosting --revision 3 --why "the old plan holds until May"
    """
    from escrowd.provider.actions.contents import look_back, restore_entry

    found = look_back(session, client, entry, revision)
    if found.now is not None and not found.fields:
        output.note("Nothing was changed: it is as it was then.")
        return
    print_restoring(found)
    if dry_run:
        output.note("Nothing was changed.")
        return
    restore_entry(session, client, entry, now=now(), revision=revision, ask=given_or_asked(why, by))


def _values(given: dict[str, Any]) -> dict[str, object]:
    """The fields of an entry that the options name, as JSON has them."""
    from escrowd.machine.secret_input import read_secret

    plain = ("kind", "user", "recovery_mailbox", "contract_holder", "renewal", "purpose", "notes")
    values: dict[str, object] = {name: given[name] for name in plain if given[name] is not None}
    values |= {name: list(given[name]) for name in ("urls", "depends_on") if given[name]}
    if given["group"] is not None:
        values["group"] = [part for part in given["group"].split("/") if part]
    if given["cost"] is not None:
        values["cost"] = _money(given["cost"])
    if given["ask_password"] or given["password_file"]:
        values["password"] = read_secret("Password of the entry: ", file=given["password_file"]).value
    if given["ask_totp"]:
        values["totp"] = _totp(read_secret("TOTP secret or otpauth:// address: ").value)
    factor = _factor(given)
    if factor:
        values["second_factor"] = factor
    free = [_named(text) | {"protected": False} for text in given["free"]]
    free += [
        {"name": name, "value": read_secret(f"{name}: ").value, "protected": True}
        for name in given["secret_free"]
    ]
    if free:
        values["fields"] = free
    return values


def _merged(entry: "Entry", given: object) -> list[object]:
    """The entry's free fields with those of a name that is given replaced, or added at the end."""
    assert isinstance(given, list)  # noqa: S101 — from _values
    names = {field["name"] for field in given}
    kept: list[object] = [field.model_dump() for field in entry.fields if field.name not in names]
    return kept + given


def _factor(given: dict[str, Any]) -> dict[str, object]:
    codes: Path | None = given["codes_file"]
    parts = {
        "kind": given["second_factor"],
        "device": given["device"],
        "codes_where": given["codes_where"],
        "codes": _lines(codes) if codes else None,
    }
    named = {name: value for name, value in parts.items() if value is not None}
    if named and "kind" not in named:
        message = "--device, --codes-where and --codes-file need --second-factor"
        raise click.UsageError(message)
    return named


def _lines(file: Path) -> list[str]:
    return [line.strip() for line in read_texts([file])[0].splitlines() if line.strip()]


def _totp(text: str) -> object:
    from escrowd.errors import InputError
    from escrowd.provider.imports import read_totp

    read = read_totp(text)
    if read is None:
        raise InputError("entry.totp-unreadable")
    return read.totp.model_dump(mode="json")


def _named(text: str) -> dict[str, object]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        message = "--field takes NAME=TEXT"
        raise click.UsageError(message)
    return {"name": name, "value": value}


def _money(text: str) -> dict[str, str]:
    amount, currency, every = [*text.split(), "", "", ""][:3]
    return {"amount": amount, "currency": currency} | ({"every": every} if every else {})
