"""What each page shows: one frozen view a page. No store, no request, no clock. All times are wall time.

Several pages have a ``state``: ``ask`` shows what a button would do and changes nothing; the others say what
the button did, or why it did nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

from escrowd.node.letters import Agreement, Planned, Role, Standing
from escrowd.texts import render

Phase = Literal["current", "overdue", "announced", "released"]
Purpose = Literal["request", "card-proof", "retire"]
Paid = Literal["node", "domain", "mail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around every page: whose node it is, and who is addressed ("" where nobody is known)."""

    language: render.Language
    node: str
    name: str = ""
    phrase: str = ""
    provider: str = ""
    time_scale: int = 1
    zone: str = render.ZONE


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Base of all views."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView(View):
    """A page instead of the one that was asked for. ``code``, for whoever helps, "" where it says nothing."""

    message: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckinView(View):
    """The provider's page. ``passed``: the deadline is over; ``spent``: the links in a row are used up."""

    state: Literal["ask", "done", "spent", "old"]
    deadline: int
    passed: bool
    links_used: int
    spent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView(View):
    """Who runs this node, and until when what it needs is paid (None: nobody said)."""

    operator: str
    fingerprint: str
    version: str
    paid: Mapping[Paid, int | None]
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A revision that can be had. ``mappe``: as one file; ``number``, the kept set that it is for, or 0."""

    revision: int
    received: int
    size: int
    mappe: bool
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KitView(View):
    """The kit. ``mappe``: a file that opens with two cards can be had, too (the bundle is small enough).

    ``kept``: what cards of kept sets open instead.
    """

    client: str
    revision: int
    received: int
    size: int
    mappe: bool
    kept: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseAskView(View):
    """Before the button: nothing of the release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownShare:
    """The node's words for cards of set ``number``."""

    number: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseView(View):
    """A release. ``requested``: a card asked for it, else silence did; ``confirmed``: when, or 0.

    ``kits``, the newest first; ``kept``: what cards of kept sets open instead.
    """

    client: str
    role: Role
    requested: bool
    kits: tuple[Offer, ...]
    shares: tuple[ShownShare, ...]
    confirmed: int
    kept: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofView(View):
    """Where a card is proved with a text that the recovery page signs.

    Parameters: ``purpose``; ``code``, to be taken there; ``state``: ``refused`` says ``reason`` (an error
    code); and after a proof that was taken: whose it was, ``earliest`` of a request (0: a yes is missing),
    ``joined``, the request was open already.
    """

    purpose: Purpose
    state: Literal["ask", "done", "refused"]
    code: str = ""
    reason: str = ""
    client: str = ""
    role: Role = "client"
    set_number: int = 0
    earliest: int = 0
    joined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressView(View):
    """Confirm an address, and with it the terms.

    ``counts_from``: when an added one counts, or 0; ``status``: the link to the page that shows how things
    stand, "" if there is none; ``removed``: the address is gone, nothing was done.
    """

    state: Literal["ask", "done", "removed"]
    address: str
    agreements: tuple[Agreement, ...]
    founding: bool = True
    counts_from: int = 0
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveView(View):
    """Remove an address, or say that it is one's own.

    ``gone_from``: when it is gone, 0 for at once; ``own``: the button that says whose it is, is offered, too;
    ``owner``, whose it is where that is not the reader, else "". ``owned``: the reader said so; ``last``: the
    last one stays; ``hangs``: the click has to come from another address.
    """

    state: Literal["ask", "done", "owned", "last", "hangs", "old"]
    address: str
    gone_from: int = 0
    own: bool = False
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """A provider's delay of a request, with its reason."""

    seconds: int
    reason: str
    made: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRequest:
    """A request. ``person``, who asked; ``earliest``, 0 while a yes is missing or once it is out."""

    role: Role
    person: str
    opened: int
    state: Literal["waiting", "consent", "due", "released"]
    earliest: int
    approved: bool = False
    objected: bool = False
    delays: tuple[Delay, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectView(View):
    """A client objects to a request. ``no``: not from this address, or it was done, or it is too late."""

    state: Literal["ask", "done", "again", "hangs", "late"]
    client: str
    request: ShownRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView(View):
    """A client says yes to the request of a successor or reserve."""

    state: Literal["ask", "done", "old"]
    client: str
    request: ShownRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card: whose it is, of which set, and when it was proved last (0: never)."""

    role: Role
    person: str
    set_number: int
    proved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetView(View):
    """A client confirms that the cards of a new set are there.

    ``why``: all of its cards are ``proved``, some are ``missing``, or the client's card asked that the old
    set end ``at-once``; ``ends_from``, when it ends at the earliest, 0 for at once; ``waiting``: confirmed,
    and the old set ends then, once the last card is proved; ``hangs``: the click has to come from another
    address.
    """

    state: Literal["ask", "done", "waiting", "hangs", "old"]
    why: Literal["proved", "missing", "at-once"]
    client: str
    number: int
    old: int
    cards: tuple[Card, ...]
    ends_from: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who vouched or reported, and when."""

    what: Literal["vouch", "report"]
    person: str
    standing: Standing | Literal["provider"]
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VouchView(View):
    """Where a beneficiary or witness vouches or reports.

    Parameters: ``phase``; ``silent_since``; ``next_on``, when what comes next comes at the earliest;
    ``said``, what was said in this silence; ``vouch`` and ``report``: "yes", or why not (as
    ``core.switch.vouching`` and ``reporting`` answer); ``state``: ``vouched``, ``reported`` and ``moved``
    (the report was the second) say what the button did, ``refused`` that it did nothing.
    """

    state: Literal["ask", "vouched", "reported", "moved", "refused"]
    phase: Phase
    silent_since: int
    next_on: int
    said: tuple[Said, ...]
    vouch: str
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAddress:
    """One of the reader's addresses. ``state`` as in ``core.standing``; ``counts_from``, or 0."""

    address: str
    state: Literal["asked", "founding", "waiting", "confirmed", "removed"]
    counts_from: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView(View):
    """How things stand for one client.

    Parameters: ``role``, the reader's; ``phase``; ``checked_in``, the last check-in; ``deadline`` of the
    next; ``next_on``, when what follows comes at the earliest; ``paused_until``, or 0; ``trial_until``, or 0;
    ``revision`` and ``revision_on``, the newest; ``next_by``, when the next is expected at the latest;
    ``now``; ``fetched``, the revision of the kit that the reader got last (0: none); ``size`` of the kit,
    bytes; ``mappe`` and ``kept`` as in ``KitView``; ``terms_confirmed``, when the reader confirmed the terms
    that hold, or 0; ``notice_on`` and ``notice_ends``: worse terms, or the end, count from then (0: no).
    """

    client: str
    role: Role
    phase: Phase
    checked_in: int
    deadline: int
    next_on: int
    revision: int
    revision_on: int
    next_by: int
    now: int
    size: int
    mappe: bool
    fetched: int = 0
    paused_until: int = 0
    trial_until: int = 0
    terms_confirmed: int = 0
    notice_on: int = 0
    notice_ends: bool = False
    planned: tuple[Planned, ...] = ()
    requests: tuple[ShownRequest, ...] = ()
    cards: tuple[Card, ...] = ()
    addresses: tuple[ShownAddress, ...] = ()
    said: tuple[Said, ...] = ()
    new_set: int = 0
    kept: tuple[Offer, ...] = ()


TEMPLATES: Mapping[type[View], str] = {
    MessageView: "message",
    CheckinView: "checkin",
    NodeView: "node",
    KitView: "kit",
    ReleaseAskView: "release-ask",
    ReleaseView: "release",
    ProofView: "proof",
    AddressView: "address",
    RemoveView: "remove",
    ObjectView: "object",
    ConsentView: "consent",
    SetView: "set",
    VouchView: "vouch",
    StatusView: "status",
}
"""Every page there is: its view and its template."""


def render_view(frame: Frame, view: View) -> str:
    """The page as HTML. Raises KeyError for a view that is no page's."""
    values = {field.name: getattr(frame, field.name) for field in fields(frame)}
    values |= {field.name: getattr(view, field.name) for field in fields(view)}
    return render.html(
        f"pages/{TEMPLATES[type(view)]}.html", frame.language, values, book="pages", zone=frame.zone
    )
