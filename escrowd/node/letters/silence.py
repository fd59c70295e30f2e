"""Letters about silence and deposits: reminders, announcements, releases, receipts."""

from dataclasses import dataclass
from typing import Literal

from escrowd.node.letters._context import Context, Part, Planned, Role, Standing
from escrowd.node.letters._share import SHARE_MARKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Older:
    """A revision that was the newest some time ago: its number and date."""

    revision: int
    on: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A set whose cards do not fit the newest bundle: its ``number``, and the last revision that they open.

    ``key``: the name of its sealed key.
    """

    number: int
    revision: int
    on: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Had:
    """A release of the same client that went out before: to whom, in which role, and when."""

    person: str
    role: Role
    on: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OlderShare:
    """The node's words of an older set that still opens: its number, and the marks where they go."""

    number: int
    share: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind(Context):
    """To the provider, before the deadline.

    ``links_used``: check-ins by link since the last typed one (0 to 3).
    """

    deadline: int
    link: str
    links_used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedIn(Context):
    """To the provider, after a check-in.

    Parameters: ``how``: typed at a terminal, by link, or by a link that only vouches (the fourth in a row);
    ``links_used``, with this one; ``deadline``, the next; ``paused_until``, the end of a pause or 0;
    ``resumed``, this check-in ended a pause; ``cancelled``, an announcement was out and is cancelled.
    """

    how: Literal["typed", "link", "vouch"]
    deadline: int
    links_used: int = 0
    paused_until: int = 0
    resumed: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Warn(Context):
    """To the provider who is overdue.

    ``announce_from``: when all are told, at the earliest; 0 once they were told.
    """

    deadline: int
    announce_from: int
    link: str
    links_used: int = 0
    planned: tuple[Planned, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceProvider(Context):
    """To the provider, all were told.

    ``silent_since``: last check-in; ``blind``: passed over a refusing address.
    """

    silent_since: int
    link: str
    planned: tuple[Planned, ...]
    links_used: int = 0
    blind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce(Context):
    """To a beneficiary: what will happen when.

    ``planned``: the releases of this client to the others; ``link``: the page where the reader vouches or
    reports, "" where there is none (on trial).
    """

    client: str
    role: Role
    silent_since: int
    earliest: int
    planned: tuple[Planned, ...] = ()
    blind: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Context):
    """To a beneficiary: the share, the kit and what to do.

    Parameters: ``set_number``, whose card fits; ``revision`` and ``revision_on``, Stand and date of the
    bundle; ``parts``, what is attached; ``bundle_link``, where the bundle is fetched if it is too large to
    attach, else ""; ``page``, where receipt is confirmed; ``repeat``, 0 in the first mail, then counting;
    ``others``, the releases of the same client to other people; ``requested_on``, when it was asked for with
    a card, 0 if silence is the cause; ``silent_since``, 0 if a request is; ``older``, the revisions that the
    page offers beside this one; ``mappe``, the page offers the file that opens with one card; ``share``, left
    alone: ``put_share`` fills it; or empty where the node has no share of this set, or on trial;
    ``older_shares``, those of older sets whose cards still open something; ``kept``, those of them that open
    an older revision only; ``had``, who else has it already.
    """

    client: str
    role: Role
    silent_since: int
    set_number: int
    revision: int
    revision_on: int
    parts: tuple[Part, ...]
    page: str
    bundle_link: str = ""
    repeat: int = 0
    others: tuple[Planned, ...] = ()
    blind: bool = False
    requested_on: int = 0
    older: tuple[Older, ...] = ()
    mappe: bool = True
    share: tuple[str, ...] = SHARE_MARKS
    older_shares: tuple[OlderShare, ...] = ()
    kept: tuple[Kept, ...] = ()
    had: tuple[Had, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AllClear(Context):
    """To who was told of an announcement or a report: it is off.

    ``by``: who checked in; ``at``: when; ``standing``, of the reader; ``announced``: a release was, else the
    provider was only overdue or reported as gone.
    """

    client: str
    by: str
    at: int
    deadline: int
    standing: Standing = "client"
    announced: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Context):
    """To the client's people: worse terms, or the deposit ``ends``, not before ``counts_from``."""

    client: str
    ends: bool
    counts_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconfirmed(Context):
    """To the others of a client: ``person`` got a release on ``released_on`` and has not confirmed it."""

    client: str
    person: str
    role: Role
    released_on: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed(Context):
    """To all addresses of a beneficiary: receipt of a release was confirmed, its repeats end.

    Whoever reads along in one of the mailboxes could have pressed the button: the others must know.
    """

    client: str
    at: int
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOld(Context):
    """To the client: the printed list lacks sheets for longer than agreed (``core.delivery``).

    Parameters: ``delivered``, its Stand, None where there never was one; ``revision`` that the node holds;
    ``since``, when the first change came that it lacks; ``deliver_by``, seconds, agreed; ``names`` of the
    entries that changed, and ``more``, how many others; ``link``, to the newest kit, and ``status``, "" on
    trial.
    """

    client: str
    delivered: int | None
    revision: int
    since: int
    deliver_by: int
    names: tuple[str, ...] = ()
    more: int = 0
    link: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositReceipt(Context):
    """To a client or another holder of a card: the deposit and the link that always serves the newest kit.

    ``status``: the page that always shows how things stand, "" if there is none; ``trial_until``: the end of
    the trial, 0 if there is none; ``kept``, the sets whose cards open an older revision only.
    """

    client: str
    role: Role
    revision: int
    revision_on: int
    set_number: int
    link: str
    first: bool = True
    status: str = ""
    trial_until: int = 0
    kept: tuple[int, ...] = ()
