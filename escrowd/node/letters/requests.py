"""Letters about requests with a card, and about witnesses (``core.requests``, ``core.switch``).

In all of them ``person`` is who asked, in the role ``role``; ``audience`` is what the reader is to the
client, and ``asker`` says that the reader is that person.
"""

from dataclasses import dataclass
from typing import Literal

from escrowd.node.letters._context import Audience, Context, Planned, Role, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Context):
    """What all letters about one request know.

    ``earliest``: when the release goes out at the earliest, 0 while a needed consent is missing; ``id``: of
    the request, and ``client_id``, for the provider's commands.
    """

    client: str
    audience: Audience
    asker: bool
    person: str
    role: Role
    id: str
    client_id: str
    asked_on: int
    earliest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReceived(Request):
    """To provider, witnesses, beneficiaries and every address of the client: somebody asked with a card.

    ``delay_max``: what the provider may delay in all, seconds; ``link``: where this address may object, ""
    where it may not.
    """

    delay_max: int
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestConsent(Request):
    """To the client's addresses: a successor or reserve asked, and needs the client's yes at ``link``."""

    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDelayed(Request):
    """To all whom the request was told: the provider delays it. ``reason``, in the provider's words."""

    seconds: int
    reason: str
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestApproved(Request):
    """To all whom the request was told: ``by`` said yes: the provider, or the client to a successor."""

    by: str
    by_client: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestObjected(Request):
    """To all whom the request was told: an address of the client objected; 7 days more, once."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessOverdue(Context):
    """To a witness: the provider is overdue. ``link``: the page where one vouches or reports."""

    silent_since: int
    deadline: int
    announce_from: int
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessAnnounced(Context):
    """To a witness: releases were announced. ``planned``: which, to whom, when."""

    silent_since: int
    planned: tuple[Planned, ...]
    link: str
    blind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched(Context):
    """To provider and all concerned: ``by`` spoke to the provider, which gives ``seconds`` more.

    ``standing``: what ``by`` is ("provider" for a click in a reminder that no longer counts as a check-in);
    ``until``: the end of the present phase; ``announced``: releases are announced.
    """

    audience: Audience
    by: str
    standing: Standing | Literal["provider"]
    at: int
    seconds: int
    until: int
    announced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported(Context):
    """To provider and witnesses: ``by`` says that the provider is gone; a second person has to say so too."""

    audience: Audience
    by: str
    standing: Standing
    at: int
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineMoved(Context):
    """To all concerned: two people reported the provider gone; the deadline is ``at``.

    ``announce_from``: when all are told of releases, at the earliest.
    """

    audience: Audience
    by: tuple[str, ...]
    at: int
    announce_from: int
