"""From what a node recorded to a history that the independent checker (tests/checker) judges."""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from checker.deliveries import check_nothing_lost
from checker.events import (
    Answered,
    Begun,
    Breach,
    CheckedIn,
    Delivery,
    Ended,
    Event,
    Heard,
    Ordered,
    RelayTook,
    Reported,
    Started,
    Vouched,
)
from checker.promises import Limits, check
from harness import SHORT, NodeBox
from sink import Mail

from escrowd.core.switch import Moment

_TERMS = {"interval": SHORT.interval, "grace": SHORT.grace, "announce": SHORT.announce}


@dataclass(frozen=True)
class _Terms:
    """What was agreed: each person's wait in seconds, and whose report weighs."""

    after: dict[tuple[str, str], int] = field(default_factory=dict)
    weighty: set[str] = field(default_factory=set)


def _terms(box: NodeBox, provider: str) -> _Terms:
    found = _Terms()
    for row in box.rows("select body_json from terms where provider = ?", provider):
        body = json.loads(row["body_json"])
        for b in body["beneficiaries"]:
            found.after[body["client"], b["person"]] = b["after"]
        found.weighty.update(b["person"] for b in body["beneficiaries"] if b["role"] == "client")
        found.weighty.update(body.get("witnesses", ()))
    return found


def history(box: NodeBox, provider: str) -> list[Event]:
    """Everything that happened to a provider, in order."""
    found: list[tuple[int, int, Event]] = []
    for row in box.rows("select * from journal order by id"):
        at = {"awake": row["awake"], "node": row["node"]}
        what = row["what"]
        event = (
            Started(**at, long_stop=what == "round")
            if what in {"start", "round"}
            else Heard(**at, answer=what)
        )
        found.append((row["awake"], 1, event))
    terms, kinds = _terms(box, provider), dict[str, dict[str, Any]]()
    entries = box.ledger(provider)
    for number, entry in enumerate(entries):
        awake = _awake(box, entries[number:])
        at = {"awake": awake, "node": entry["node_time"]}
        found += [(awake, 0, event) for event in _events(entry, at, kinds, terms)]
    found.sort(key=lambda item: item[:2])
    query = "select done_awake from outbox where state = 'sent' order by done_awake"
    return _with_relay([event for _, _, event in found], [row[0] for row in box.rows(query)])


def _awake(box: NodeBox, entries: list[dict[str, Any]]) -> int:
    """Awake time of the first entry. Where neither it nor its statement says, of the next that was made with it."""
    for entry in entries:
        body = entry["body"]
        if "awake" in body:
            return int(body["awake"])
        if "jti" in body:
            (row,) = box.rows("select taken_awake from statements where jti = ?", body["jti"])
            return int(row[0])
    return box.moment().awake


def _with_relay(events: list[Event], taken: list[int]) -> list[Event]:
    """The events with what the mail server took in between. Node time at those moments: it ran, if it heard."""
    result: list[Event] = []
    hearing, last, waiting = False, Moment(0, 0), list(taken)
    for event in events:
        # At the same instant first: of answers that are recorded together, letters that went count first.
        while waiting and waiting[0] <= event.awake:
            awake = waiting.pop(0)
            node = last.node + (awake - last.awake if hearing else 0)
            result.append(RelayTook(awake=awake, node=min(node, event.node)))
        if isinstance(event, Heard):
            hearing = event.answer == "self"
        if isinstance(event, Started):
            hearing = False
        last = Moment(event.awake, event.node)
        result.append(event)
    return result


def _events(
    entry: dict[str, Any], at: dict[str, int], kinds: dict[str, dict[str, Any]], terms: _Terms
) -> Iterator[Event]:
    type_, body = entry["type"], entry["body"]
    if type_ == "enrol" or body.get("presence") == "typed":
        yield CheckedIn(**at, **_TERMS, pause=_pause(body))
    elif type_ == "checkin-by-link" and body["counted"]:
        yield CheckedIn(**at, **_TERMS, how="link")
    elif type_ == "ordered":
        kinds[body["order"]] = body
        yield from _ordered(body, at, terms)
    elif type_ in {"accepted", "refused"} and kinds[body["order"]]["person"] == "provider":
        yield Answered(**at, key=body["order"], outcome=type_)
    elif type_ == "release-begun":
        yield Begun(**at, key=body["order"], address=body["address"])
    elif type_ in {"released", "release-refused"}:
        outcome = "out" if type_ == "released" else "refused"
        yield Ended(**at, key=body["order"], address=body["address"], outcome=outcome)


def _ordered(body: dict[str, Any], at: dict[str, int], terms: _Terms) -> Iterator[Event]:
    """A mail; before it what only its mails show: a new beginning, and what people said."""
    kind, about = body["kind"], body["order"].rpartition("/")[2]
    if body["person"] == "provider":
        if kind == "anew":
            yield CheckedIn(**at, **_TERMS, how="anew")
        elif kind == "vouched":
            yield Vouched(**at, person=about)
        elif kind in {"reported", "gone"}:
            yield Reported(**at, person=about, weighs=about in terms.weighty)
    yield Ordered(
        **at,
        kind=kind,
        key=body["order"],
        cause=body["epoch"],
        person=body["person"],
        client=body["client"],
        after=terms.after.get((body["client"], body["person"]), 0),
        blind=body.get("blind", False),
    )


def _pause(body: dict[str, Any]) -> int:
    """Seconds of pause in a statement, unverified."""
    if "statement" not in body:
        return 0
    payload = body["statement"].split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return int(said["body"].get("pause") or 0)


def deliveries(box: NodeBox, provider: str, mails: Iterable[Mail]) -> list[Delivery]:
    """What a sink holds of the provider's mails, told apart by the Message-IDs that the node recorded."""
    known = {
        f"<{row['message_id']}>": (json.loads(row["order_json"]), row["address_id"])
        for row in box.rows(
            "select message_id, order_json, address_id from outbox join orders on key = order_key"
            " where outbox.provider = ? and order_json is not null",
            provider,
        )
    }
    keys = {
        f"<{row['message_id']}>": row["order_key"].removeprefix(f"{provider}/")
        for row in box.rows("select message_id, order_key from outbox where provider = ?", provider)
    }
    return [
        Delivery(keys[id_], known[id_][1], id_, sha256(mail.content).hexdigest())
        for mail in mails
        if (id_ := mail.header("Message-ID")) in known
    ]


def breaches(
    box: NodeBox, provider: str, mails: Iterable[Mail], *, limits: Limits | None = None, lost: bool = True
) -> list[Breach]:
    """All broken promises of a provider's history. ``lost``: the sink took everything and said so."""
    events = history(box, provider)
    delivered = deliveries(box, provider, mails)
    found = check(events, delivered, limits)
    return [*found, *check_nothing_lost(events, delivered)] if lost else found
