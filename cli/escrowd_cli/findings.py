"""What a row of a status, or a gap of readiness, says in English."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from escrowd_cli import reports

if TYPE_CHECKING:
    from escrowd.core.readiness import Finding
    from escrowd.provider.workspace import Session

SENTENCES = {
    "node.unreachable": "does not answer ({error})",
    "node.held": "is held: a copy of it is running; nothing is released there until one of them is stopped",
    "node.went-back": "is an older copy of itself: it lost what came after entry {seen}",
    "node.deaf": "cannot hear itself on its public URL: silence does not count there now",
    "switch.released": "RELEASED what it holds; check in, then make new sets",
    "switch.announced": "announced the release, at the earliest on {released_from}",
    "switch.overdue": "misses your check-in; announced at the earliest on {announced_from}",
    "switch.due": "wants your check-in by {deadline}",
    "switch.current": "has your check-in until {deadline}",
    "request.waiting": "somebody with the {role}'s card asked: released at the earliest on {earliest}",
    "request.consent": "the holder of the {role}'s card asked: released once the client or you say yes",
    "request.due": "what the holder of the {role}'s card asked for is going out",
    "deposit.exposed": "was released to a successor there: change the credentials, make a new set",
    "deposit.behind": "holds revision {held}, {published} is published",
    "deposit.missing": "holds none, {published} is published",
    "deposit.held": "holds revision {revision}",
    "deposit.trial": "is in trial until {until}: a silence is not announced to the client before",
    "sets.two-live": "has cards of set {old} and {new}; set {old} ends once all have proved the new one",
    "terms.untold": "does not know yet what you changed in timings or terms",
    "workspace.no-nodes": "no node yet",
    "own.missing": "your own estate is missing: your successor would have no reseller panel, no mail server",
    "own.no-successor": "nobody gets it: name your successor",
    "workspace.no-clients": "no client yet",
    "client.no-cards": "has no cards yet",
    "client.unpublished": "changed since the last deposit",
    "client.next-revision": "was promised a newer revision by {by}",
    "list.none": "has no list in hand yet: nothing was delivered since {since}",
    "list.old": "holds the list of revision {delivered}; it is out of date since {since}",
    "list.told": "wrote to the client on {on}: the list on paper is out of date for longer than agreed",
    "client.damaged": "cannot be read: {error}",
    "nodes.none": "nobody holds the deposit: without you only cards and kit open",
    "nodes.provider-only": "you run every node yourself: without you only two cards and the kit open",
    "card.not-handed-over": "the {group}'s card of set {set} is not handed over",
    "card.unproved": "nobody has proved yet that they have the {group}'s card of set {set}",
    "card.proof-old": "the {group}'s card of set {set} was last proved on {proved}",
    "outside.one-group": "fewer than two cards are held outside the nodes: no way in without one",
    "address.unconfirmed": "{person} ({role}) has confirmed no address",
    "address.hangs": "{person} ({role}) has only addresses that hang on you, the node or the bundle",
    "address.only-one": "{person} ({role}) has one address; two are needed",
    "successor.not-accepted": "{person} (successor) has not accepted yet",
    "terms.unconfirmed": "{person} ({role}) has not confirmed the terms",
    "paid.node": "the server of {node} is paid until {until} only",
    "paid.domain": "the domain of {node} is paid until {until} only",
    "paid.mail": "the mail relay of {node} is paid until {until} only",
    "paid.unknown": "{node} does not say until when its {what} is paid",
    "kit.none": "no kit was written yet",
    "kit.old": "the kit is of revision {kit}, the bundle is at {revision}",
    "entry.second-factor": "{title}: its second factor is in your hands alone",
    "entry.recovery-mailbox": "{title}: it is recovered through a mailbox of yours",
    "entry.no-reason": "{title}: no decision says why it is as it is",
}
"""A row's or a finding's code -> what it says about the node or client that stands beside it."""

DATES = frozenset(
    ["deadline", "announced_from", "released_from", "by", "until", "proved", "earliest", "since", "on"]
)


def said(code: str, fields: Mapping[str, object]) -> str:
    """The sentence; a time in it as a date."""
    shown = {
        name: reports.day(value) if name in DATES and isinstance(value, int) else value
        for name, value in fields.items()
    }
    text = SENTENCES[code].format(**shown)
    if fields.get("paused_until"):
        text += " (paused)"
    if fields.get("settling"):
        text += "; it started lately and releases nothing before it has settled"
    return text


def sentence(session: "Session", client: str, gap: "Finding") -> str:
    """What a gap of a client says, persons by name."""
    names = {person.id: person.name for person in session.client(client).people}
    return said(gap.code, {**gap.fields, "person": names.get(gap.person, gap.person)})
