"""``escrow review``: the sheet for the yearly talk, and the talk itself, once it was held.

1. A talk is a decision of the bundle, made by a revision whose reason is ``HELD``: no field of its own. So it
   stands in the list as what was explained when, and its ``review`` is the day of the next talk.
2. Since the last talk: dated on its day or later, or recorded after it. What is a wish or open has its place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from escrowd.core import bundle as bundles
from escrowd.core.addresses import domain_of
from escrowd.core.bundle import Bundle, Decision, Entry, Revision, part_from_values
from escrowd.core.bundle.check import Facts, gaps
from escrowd.core.keys import new_id
from escrowd.errors import InputError
from escrowd.machine.files import disk_errors, write_atomic
from escrowd.paper.review import Explained, ReviewPaper, review_pdf
from escrowd.provider import estate
from escrowd.provider.workspace import Session
from escrowd.texts.render import sentence

HELD: Final = "review held"
_AHEAD: Final = 366
"""Days: what falls due before the next talk."""


@dataclass(frozen=True, slots=True)
class ReviewWritten:
    """The sheet. ``since``: the day of the last talk, None before the first; ``pages``, of paper."""

    file: Path
    since: str | None
    pages: int


def write_review(session: Session, client: str, file: Path, *, now: int) -> ReviewWritten:
    """Write the sheet (PDF, 0600). It says no password.

    Raises ``InputError`` ``list.ending`` (``ending``); ``client.unknown``, ``client.ended``; as
    ``estate.opened`` and ``disk_errors``.
    """
    record = session.client(client)
    if file.suffix.lower() != ".pdf":
        raise InputError("list.ending", ending=file.suffix[:20])
    with estate.opened(session, client) as payload:
        bundle = payload.bundle
    today = _day(now)
    me = session.vault.provider
    facts = Facts(
        names=(me.name,),
        domains=frozenset(domain_of(one.address) for one in me.addresses),
        today=today,
    )
    talks = _talks(bundle)
    revision, last = talks[-1] if talks else (0, None)
    own = {talk.id for _, talk in talks}
    since = last.date if last else None
    every = [(entry, one) for entry, one in _decisions(bundle) if one.id not in own]
    settled = [(entry, one) for entry, one in every if one.status in {"decided", "revised"}]
    fresh = _recorded_since(bundle, revision)
    pdf, pages = review_pdf(
        ReviewPaper(
            language=bundle.language,
            client=bundle.name,
            provider=me.name,
            day=today,
            since=since,
            decided=tuple(
                (entry.title if entry else "", one)
                for entry, one in settled
                if since is None or one.date >= since or one.id in fresh
            ),
            changed=tuple(one for one in bundle.history if one.number > revision and one.why),
            review=tuple(
                (entry.title if entry else "", one)
                for entry, one in every
                if one.review is not None and _days(today, one.review) <= _AHEAD
            ),
            renewals=tuple(
                one for one in bundle.entries if one.renewal and _days(today, one.renewal) <= _AHEAD
            ),
            wishes=tuple(
                (entry.title if entry else "", one) for entry, one in every if one.status in {"wish", "open"}
            ),
            explained=(
                *(Explained(one.date, "talk", one.choice) for _, one in talks),
                *(
                    Explained(_day(one.date), "list", one.to, one.revision, one.received)
                    for one in record.deliveries
                ),
            ),
            gaps=gaps(bundle, facts),
        )
    )
    with disk_errors(file):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(file, pdf)
    return ReviewWritten(file, since, pages)


def hold_review(
    session: Session, client: str, *, held: str, note: str, present: str, next_: str | None, now: int
) -> Decision:
    """Record that the talk took place (rule 1).

    Parameters: ``held`` and ``next_``, ISO days; the next is a year later if nothing is said; ``note``, what
    was explained; ``present``, who was there.
    Raises ``InputError`` ``review.not-yet`` (``day``) for a day that is to come; as ``part_from_values``.
    """
    record = session.client(client)
    topic = sentence("review", "topic", record.language, {})
    values = {
        "id": new_id(),
        "date": held,
        "status": "decided",
        "topic": topic,
        "choice": note,
        "asked_by": present,
        "review": next_ or _year_after(held),
    }
    talk = part_from_values(Decision, values)
    if held > _day(now):
        raise InputError("review.not-yet", day=held)
    estate.change(session, record, lambda old: bundles.put_decision(old, talk), now=now, reason=HELD)
    return talk


def _talks(bundle: Bundle) -> list[tuple[int, Decision]]:
    """The talks that were recorded and are there, each with its revision, by their days."""
    made = {
        change.id: revision.number
        for revision in bundle.history
        if revision.reason == HELD
        for change in revision.changes
        if change.subject == "decision"
    }
    found = [(made[one.id], one) for one in bundle.decisions if one.id in made]
    return sorted(found, key=lambda pair: (pair[1].date, pair[0]))


def _decisions(bundle: Bundle) -> Iterator[tuple[Entry | None, Decision]]:
    yield from ((None, one) for one in bundle.decisions)
    yield from ((entry, one) for entry in bundle.entries for one in entry.decisions)


def _recorded_since(bundle: Bundle, number: int) -> set[str]:
    """Ids of the decisions that are other than they were in the revision ``number``, or new since."""
    was = {one.id: one for _, one in _decisions(_back(bundle, number))}
    return {one.id for _, one in _decisions(bundle) if was.get(one.id) != one}


def _back(bundle: Bundle, number: int) -> Bundle:
    later: list[Revision] = [one for one in bundle.history if one.number > number]
    for revision in reversed(later):
        bundle = bundles.undo(bundle, revision)
    return bundle


def _year_after(day: str) -> str | None:
    try:
        then = date.fromisoformat(day)
        return then.replace(year=then.year + 1).isoformat()
    except ValueError:  # no day at all, or the 29th of February
        return f"{int(day[:4]) + 1}-03-01" if day[4:] == "-02-29" and day[:4].isdecimal() else None


def _day(now: int) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()


def _days(since: str, until: str) -> int:
    return (date.fromisoformat(until) - date.fromisoformat(since)).days
