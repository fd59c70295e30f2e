"""Letters: from a kind, a language and a typed context to subject, text and HTML. No store, clock or sending.

``KINDS`` names every letter and the context it takes. The sentences stand in ``escrowd.texts``.

A release is finished (Message-ID, Date, words) before the node may open its share, so its body holds
``SHARE_MARKS`` where the 20 words go; ``put_share`` replaces them at the moment of sending, in parts that
travel as 7bit, 8bit or quoted-printable.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal, get_args

from escrowd.core.wire import SHARE_BEGIN, SHARE_END
from escrowd.texts import render
from escrowd.texts.blocks import Letter

__all__ = ["KINDS", "SHARE_MARKS", "Context", "Letter", "Planned", "compose", "put_share"]

Role = Literal["client", "successor", "reserve"]
Audience = Literal["operator", "provider", "client", "successor", "reserve"]

SHARE_MARKS = tuple(f"%SHARE-{at:02}%" for at in range(1, 21))
"""What stands in a release in place of the node's 20 words until it is sent."""

# Quoted-printable may break a line anywhere, a mark included.
_MARK = re.compile(rb"(?:=\r\n)?".join([b"%", b"S", b"H", b"A", b"R", b"E", b"-", rb"(\d)", rb"(\d)", b"%"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every letter knows.

    Parameters: ``name``, the person addressed; ``phrase``, that person's recognition phrase ("" for the
    operator, who has none); ``provider``, the name of the provider it is about ("" in a digest); ``node``,
    the node's name; ``time_scale``, of the node: anything but 1 is said in the letter; ``zone``, in which
    dates are shown. All times are wall time, Unix seconds.
    """

    name: str
    phrase: str
    provider: str
    node: str
    time_scale: int = 1
    zone: str = render.ZONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A release that lies ahead: to whom, in which role, for which client, and when at the earliest."""

    client: str
    person: str
    role: Role
    earliest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file of a release: its name in the mail and its size in bytes."""

    name: str
    size: int


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
    """To a beneficiary: what will happen when. ``planned``: the releases of this client to the others."""

    client: str
    role: Role
    silent_since: int
    earliest: int
    planned: tuple[Planned, ...] = ()
    blind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Context):
    """To a beneficiary: the share, the kit and what to do.

    Parameters: ``set_number``, whose card fits; ``revision`` and ``revision_on``, Stand and date of the
    bundle; ``parts``, what is attached; ``bundle_link``, where the bundle is fetched if it is too large to
    attach, else ""; ``page``, where receipt is confirmed; ``repeat``, 0 in the first mail, then counting;
    ``others``, the releases of the same client to other people; ``share``, left alone: ``put_share`` fills
    it; or empty where the node has no share of this set.
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
    share: tuple[str, ...] = SHARE_MARKS


@dataclass(frozen=True, slots=True, kw_only=True)
class AllClear(Context):
    """To who was told of an announcement: it is cancelled. ``by``: who checked in; ``at``: when."""

    client: str
    by: str
    at: int
    deadline: int


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
class DepositReceipt(Context):
    """To a client or another holder of a card: the deposit and the link that always serves the newest kit."""

    client: str
    role: Role
    revision: int
    revision_on: int
    set_number: int
    link: str
    first: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest(Context):
    """To the operator, daily: numbers only.

    ``oldest_waiting``: since when the oldest mail waits, 0 if none.
    """

    at: int
    providers: int
    clients: int
    current: int
    overdue: int
    announced: int
    released: int
    sent: int
    waiting: int
    oldest_waiting: int
    hearing: Literal["good", "deaf", "held", "unknown"]
    behind: int
    disk_free: int
    stored: int
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(Context):
    """Something is wrong with the node or a way to somebody. ``audience``: who reads it."""

    audience: Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDeaf(Alarm):
    """The node does not hear itself at ``url``; ``runs_on``: when its time runs on all the same."""

    since: int
    url: str
    reason: Literal["unreachable", "clock"]
    runs_on: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDeafLimit(Alarm):
    """The node is still deaf, and its time runs on from ``at``."""

    since: int
    at: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmHeard(Alarm):
    """The node hears itself again. Nothing is released by silence for ``settle`` seconds."""

    since: int
    at: int
    settle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmHeld(Alarm):
    """A copy of the node runs under the same key."""

    since: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRefused(Alarm):
    """An address refused a letter for good.

    ``subject``: which kind of letter; ``reply``: the server's code.
    """

    person: str
    address: str
    subject: Literal["remind", "warn", "announce", "release", "other"]
    reply: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmKey(Alarm):
    """The provider has a new daily key; it counts from ``counts_from``."""

    fingerprint: str
    counts_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRestored(Alarm):
    """The node went back to an older state; every wait begins anew."""

    at: int
    deadline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmLags(Alarm):
    """Node time fell ``behind`` seconds behind the wall clock within 30 days."""

    behind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDamaged(Alarm):
    """A stored file of a client's deposit is not what it was."""

    client: str
    file: str
    at: int


KINDS: Mapping[str, type[Context]] = {
    "remind": Remind,
    "checked-in": CheckedIn,
    "warn": Warn,
    "announce-provider": AnnounceProvider,
    "announce": Announce,
    "release-client": Release,
    "release-successor": Release,
    "all-clear": AllClear,
    "notice": Notice,
    "unconfirmed": Unconfirmed,
    "confirmed": Confirmed,
    "deposit-receipt": DepositReceipt,
    "digest": Digest,
    "alarm-deaf": AlarmDeaf,
    "alarm-deaf-limit": AlarmDeafLimit,
    "alarm-heard": AlarmHeard,
    "alarm-held": AlarmHeld,
    "alarm-refused": AlarmRefused,
    "alarm-key": AlarmKey,
    "alarm-restored": AlarmRestored,
    "alarm-lags": AlarmLags,
    "alarm-damaged": AlarmDamaged,
}
"""Every letter there is. A reserve is written to as a successor is, under its own name."""


def compose(kind: str, language: str, context: Context) -> Letter:
    """The letter ``kind`` in ``language`` ("de" or "en").

    Raises: KeyError for an unknown kind; TypeError for another kind's context or an unknown language.
    """
    if type(context) is not KINDS[kind] or language not in get_args(render.Language):
        raise TypeError(kind, language, type(context))
    values = {field.name: getattr(context, field.name) for field in fields(context)}
    values |= {"share_begin": SHARE_BEGIN, "share_end": SHARE_END}
    spoken: render.Language = "de" if language == "de" else "en"
    return render.letter(kind, spoken, values, zone=context.zone)


def put_share(message: bytes, words: Sequence[str]) -> bytes:
    """``message``, whose headers end at the first empty line, with the node's 20 words in place of the marks.

    Headers stay as they are: a client may be called like a mark, and a subject holds no secret (P10).

    Raises: ValueError if there are not 20 words or a mark is missing: no release leaves without its share.
    """
    if len(words) != len(SHARE_MARKS):
        raise ValueError(len(words))
    head, empty, body = message.partition(b"\r\n\r\n")
    found = {int(match[1] + match[2]) for match in _MARK.finditer(body)}
    if not found >= set(range(1, len(words) + 1)):
        raise ValueError(len(found))
    return head + empty + _MARK.sub(lambda match: _word(match, words), body)


def _word(match: re.Match[bytes], words: Sequence[str]) -> bytes:
    at = int(match[1] + match[2])
    return words[at - 1].encode() if 1 <= at <= len(words) else match[0]
