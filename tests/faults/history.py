"""From what a node recorded to a history that the independent checker (tests/checker) judges."""

import json
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from harness import SHORT, NodeBox
from sink import Mail

from escrowd.core.switch import Moment

sys.path.insert(0, str(Path(__file__).parent.parent / "checker"))

from promises import (
    Answered,
    Begun,
    Breach,
    CheckedIn,
    Delivery,
    Ended,
    Event,
    Heard,
    Limits,
    Ordered,
    RelayTook,
    Started,
    check,
    check_nothing_lost,
)

_TERMS = {"interval": SHORT.interval, "grace": SHORT.grace, "announce": SHORT.announce}


def history(box: NodeBox, provider: str, check_ins: Iterable[str] = ("enrol", "checkin")) -> list[Event]:
    """Everything that happened to a provider, in order. ``check_ins``: ledger types that begin an epoch."""
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
    kinds: dict[str, dict[str, Any]] = {}
    for entry in box.ledger(provider):
        body = entry["body"]
        awake = body.get("awake")
        if awake is None:  # a statement: the store knows
            (row,) = box.rows("select taken_awake from statements where jti = ?", body["jti"])
            awake = row[0]
        at = {"awake": awake, "node": entry["node_time"]}
        event = _event(entry["type"], body, at, kinds, tuple(check_ins))
        if event is not None:
            found.append((awake, 0, event))
    found.sort(key=lambda item: item[:2])
    query = "select done_awake from outbox where state = 'sent' order by done_awake"
    return _with_relay([event for _, _, event in found], [row[0] for row in box.rows(query)])


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


def _event(
    type_: str,
    body: dict[str, Any],
    at: dict[str, int],
    kinds: dict[str, dict[str, Any]],
    check_ins: tuple[str, ...],
) -> Event | None:
    if type_ in check_ins:
        return CheckedIn(**at, **_TERMS)
    if type_ == "ordered":
        kinds[body["order"]] = body
        return Ordered(
            **at,
            kind=body["kind"],
            key=body["order"],
            cause=body["epoch"],
            person=body["person"],
            client=body["client"],
            blind=body.get("blind", False),
        )
    if type_ in {"accepted", "refused"} and kinds[body["order"]]["person"] == "provider":
        return Answered(**at, key=body["order"], outcome=type_)
    if type_ == "release-begun":
        return Begun(**at, key=body["order"], address=body["address"])
    if type_ in {"released", "release-refused"}:
        outcome = "out" if type_ == "released" else "refused"
        return Ended(**at, key=body["order"], address=body["address"], outcome=outcome)
    return None


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
