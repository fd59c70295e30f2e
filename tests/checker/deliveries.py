"""P4 as a mail sink shows it. Part of the checker (``promises``)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from checker.events import Breach, Delivery, Ended, Event


def check_nothing_lost(history: Iterable[Event], deliveries: Iterable[Delivery]) -> list[Breach]:
    """P4 at the end of a history whose node had time to finish: what is recorded as out is in the sink.

    Only for a sink that answers every DATA with 250 and loses no reply.
    """
    there = {(d.key, d.address) for d in deliveries}
    gone = [e for e in history if isinstance(e, Ended) and e.outcome == "out"]
    return [
        Breach("P4", f"recorded as out, and not in the sink: {e.key} {e.address}", e.awake)
        for e in gone
        if (e.key, e.address) not in there
    ]


def of_sink(
    deliveries: list[Delivery],
    ordered: set[str],
    begun: Counter[tuple[str, str]],
    releases: set[str],
) -> Iterator[Breach]:
    """P4 as a sink shows it: one Message-ID and one content per mail, and nothing that was not committed."""
    ids, contents = defaultdict[tuple[str, str], set[str]](set), defaultdict[str, set[str]](set)
    mails = defaultdict[str, set[tuple[str, str]]](set)
    for d in deliveries:
        ids[d.key, d.address].add(d.message_id)
        contents[d.message_id].add(d.digest)
        mails[d.message_id].add((d.key, d.address))
    for (key, address), seen in ids.items():
        if len(seen) > 1:
            yield Breach("P4", f"one mail under {len(seen)} Message-IDs: {key} {address}")
        if key not in ordered:
            yield Breach("P4", f"delivered, and never ordered: {key} {address}")
        elif key in releases and not begun[key, address]:
            yield Breach("P4", f"a release was delivered that never began: {key} {address}")
    for message_id, seen in contents.items():
        if len(seen) > 1:
            yield Breach("P4", f"{len(seen)} contents under one Message-ID: {message_id}")
        if len(mails[message_id]) > 1:
            yield Breach("P4", f"{len(mails[message_id])} mails under one Message-ID: {message_id}")
