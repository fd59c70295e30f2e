"""Whether the list that a client holds is older than the bundle, and since when. Pure; no rule hangs on it.

1. What counts is what is printed: a change that no sheet shows makes no list old.
2. A list that never reached the client is old since the first thing that it would have told.
3. Wall times: only people read them.
"""

from dataclasses import dataclass
from typing import Final

from escrowd.core.bundle import Bundle, changed_entries
from escrowd.core.bundle.registers import changed_since, first_change_since, registers
from escrowd.core.terms import DAY

DELIVER_BY: Final = 30 * DAY
"""How long a client may wait for new sheets before it is more than a thing to do. Seconds."""


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A list that the bundle has left behind.

    ``delivered``, the Stand that the client holds, None for no list at all; ``revision``, of the bundle;
    ``since``, when the first change came that the client has no sheet of.
    """

    delivered: int | None
    revision: int
    since: int


def overtaken(bundle: Bundle, delivered: int | None) -> Overtaken | None:
    """What the client's list lacks; None where it is current, or where there is nothing to list yet.

    Parameters: ``delivered``, the highest Stand that was handed over, or None.
    """
    first = first_change_since(bundle, -1 if delivered is None else delivered)
    if first is None:
        return None
    since = next(revision.when for revision in bundle.history if revision.number == first)
    if delivered is None and not registers(bundle):
        return None  # what was there is gone again, and nobody ever had a sheet of it
    return Overtaken(delivered, bundle.revision, since)


def changed_titles(bundle: Bundle, since: int) -> tuple[str, ...]:
    """Titles of the entries that changed after ``since``; one that is gone as it was called first."""
    titles = {entry.id: entry.title for entry in bundle.entries}
    for revision in bundle.history:
        for change in revision.changes:
            if change.subject == "entry" and change.id is not None:
                titles.setdefault(change.id, change.title)
    return tuple(dict.fromkeys(titles[id_] for id_ in changed_entries(bundle, since) if id_ in titles))


def nothing_new(bundle: Bundle, since: int) -> bool:
    """Whether a folder of the Stand ``since`` needs no sheet put in or taken out."""
    found, gone = changed_since(bundle, since)
    return not found and not gone
