"""``escrow terms show|set``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import output
from escrowd_cli.options import DURATION, json_option, with_session

if TYPE_CHECKING:
    from escrowd.core.terms import Timings
    from escrowd.provider.actions.terms import ClientTerms
    from escrowd.provider.workspace import Session


@click.group("terms")
def command() -> None:
    """Show or set what provider and client agreed."""


@command.command("show")
@click.argument("client", required=False, metavar="[ID]")
@json_option
@with_session
def show(session: "Session", client: str | None, *, as_json: bool) -> None:
    """Show your timings, or with ID the terms of one client.

    Example:  escrow terms show baeckerei
    """
    from escrowd.provider.actions.terms import show_terms, show_timings

    if client is None:
        _print_timings(show_timings(session), as_json=as_json)
    else:
        _print_terms(show_terms(session, client), as_json=as_json)


@command.command("set")
@click.argument("client", required=False, metavar="[ID]")
@click.option("--interval", type=DURATION, help="Yours: how long a check-in lasts (7d to 90d).")
@click.option("--grace", type=DURATION, help="Yours: how long you are warned (7d or more).")
@click.option("--announce", type=DURATION, help="Yours: how long a release is announced (5d or more).")
@click.option("--request-wait", type=DURATION, help="The client's: how long a request of the client waits.")
@click.option("--delay-max", type=DURATION, help="The client's: how long you may delay a request in all.")
@click.option("--deliver-by", type=DURATION, help="The client's: how soon new sheets come (7d to 90d).")
@with_session
def set_(
    session: "Session",
    client: str | None,
    interval: int | None,
    grace: int | None,
    announce: int | None,
    request_wait: int | None,
    delay_max: int | None,
    deliver_by: int | None,
) -> None:
    """Set your timings, or with ID the terms of one client. The next deposit tells the nodes.

    New timings count from the next check-in. Durations read 30d, 12h, 90s.

    Example:  escrow terms set --interval 45d
    """
    from escrowd.provider.actions.terms import set_terms, set_timings

    yours = (interval, grace, announce)
    theirs = (request_wait, delay_max, deliver_by)
    if client is None and any(value is not None for value in theirs):
        message = "--request-wait, --delay-max and --deliver-by belong to one client: name it"
        raise click.UsageError(message)
    if client is not None and any(value is not None for value in yours):
        message = "--interval, --grace and --announce are the same for all clients: leave the client out"
        raise click.UsageError(message)
    if client is None:
        timings = set_timings(session, interval=interval, grace=grace, announce=announce)
        _print_timings(timings, as_json=False)
    else:
        terms = set_terms(
            session, client, request_wait=request_wait, delay_max=delay_max, deliver_by=deliver_by
        )
        _print_terms(terms, as_json=False)
    output.note("Tell the nodes with: escrow deposit")


def _print_timings(timings: "Timings", *, as_json: bool) -> None:
    from escrowd.core.durations import format_duration

    if as_json:
        output.as_json(timings)
        return
    names = ("interval", "grace", "announce")
    output.table(("timing", "value"), [(name, format_duration(getattr(timings, name))) for name in names])


def _print_terms(terms: "ClientTerms", *, as_json: bool) -> None:
    from escrowd.core.durations import format_duration
    from escrowd.core.keys import show_fingerprint

    if as_json:
        output.as_json(terms)
        return
    _print_timings(terms.timings, as_json=False)
    output.say(f"request-wait  {format_duration(terms.request_wait)}")
    output.say(f"delay-max     {format_duration(terms.delay_max)}")
    output.say(f"deliver-by    {format_duration(terms.deliver_by)}")
    rows = [(who.name, each.role, format_duration(each.after)) for who, each in terms.beneficiaries]
    output.table(("person", "role", "after"), rows)
    runs = [(node.url, node.operator_name or node.operator) for node in terms.nodes]
    output.table(("node", "operator"), runs)
    if terms.agreement:
        output.say(f"agreement     {show_fingerprint(terms.agreement)}")
    for url in terms.untold:
        output.note(f"Not told to {url} yet: escrow deposit {terms.client}")
