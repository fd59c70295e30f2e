"""What every letter knows, and what several of them speak of. All times are wall time, Unix seconds."""

from dataclasses import dataclass
from typing import Literal

from escrowd.texts import render

Role = Literal["client", "successor", "reserve"]
Standing = Literal["client", "successor", "reserve", "witness"]
Audience = Literal["operator", "provider", "client", "successor", "reserve", "witness"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every letter knows.

    Parameters: ``name``, the person addressed; ``phrase``, that person's recognition phrase ("" for the
    operator, who has none); ``provider``, the name of the provider it is about ("" in a digest); ``node``,
    the node's name; ``time_scale``, of the node: anything but 1 is said in the letter; ``zone``, in which
    dates are shown; ``trial_for``, while the deposit is on trial: who would get this letter, which goes to
    the provider instead, marked in its subject ("" otherwise). All times are wall time, Unix seconds.
    """

    name: str
    phrase: str
    provider: str
    node: str
    time_scale: int = 1
    trial_for: str = ""
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
class Entitled:
    """A person to whom a release goes: in which role, and ``after`` how many seconds more than announced."""

    person: str
    role: Role
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The terms of one client, to be put in plain words for one person.

    Parameters: ``client``, its name; ``role``, of the reader; ``beneficiaries``; ``witnesses``, names;
    ``interval``, ``grace``, ``announce``, ``request_wait``, ``delay_max``, ``deliver_by``, seconds;
    ``operators``, who runs the nodes; ``code``, of the paper that was signed, "" where none is known;
    ``sha256``, of the terms, hex: what a click confirms.
    """

    client: str
    role: Standing
    beneficiaries: tuple[Entitled, ...]
    witnesses: tuple[str, ...]
    interval: int
    grace: int
    announce: int
    request_wait: int
    delay_max: int
    operators: tuple[str, ...]
    sha256: str
    deliver_by: int = 0
    code: str = ""
