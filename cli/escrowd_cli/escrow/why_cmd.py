"""``escrow why``."""

from typing import TYPE_CHECKING

import click

from escrowd_cli import output, reports
from escrowd_cli.options import json_option, with_session

if TYPE_CHECKING:
    from escrowd.provider.workspace import Session


@click.command("why")
@click.argument("client", metavar="ID")
@click.argument("entry", metavar="ENTRY")
@json_option
@with_session
def command(session: "Session", client: str, entry: str, *, as_json: bool) -> None:
    """Tell the story of an entry: what was chosen, when, why, and what changed since. Shows no password.

    Example:  escrow why baeckerei Domain
    """
    from escrowd.provider.actions.reading import why

    story = why(session, client, entry)
    if as_json:
        output.as_json(
            {
                "entry": {"id": story.id, "title": story.title, "removed": story.entry is None},
                "decisions": story.decisions,
                "history": [
                    {
                        "revision": past.number,
                        "when": past.when,
                        "reason": past.reason,
                        "why": past.why,
                        "asked_by": past.asked_by,
                        "fields": [name for change in past.changes for name in change.fields],
                    }
                    for past in story.history
                ],
            }
        )
        return
    output.say(f"{story.title} ({story.id}){'' if story.entry else ', removed'}")
    if story.entry is not None and story.entry.purpose:
        output.say(f"  what for: {story.entry.purpose}")
    for each in story.decisions:
        output.say(
            f"  {each.date}  {each.status}: {each.topic} {'→ ' + each.choice if each.choice else ''}".rstrip()
        )
        _labelled(
            ("why", each.reason),
            ("asked by", each.asked_by),
            ("not chosen", ", ".join(each.alternatives)),
            ("look again", each.review),
        )
    for past in story.history:
        changes = "; ".join(f"{change.action} {', '.join(change.fields)}".strip() for change in past.changes)
        reason = f" ({past.reason})" if past.reason else ""
        output.say(f"  {reports.day(past.when)}  revision {past.number}: {changes}{reason}")
        _labelled(("why", past.why), ("asked by", past.asked_by))


def _labelled(*pairs: tuple[str, str | None]) -> None:
    for label, text in pairs:
        if text:
            output.say(f"              {label}: {output.plain_text(text)}")
