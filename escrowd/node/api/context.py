"""What the node's faces (JSON and HTML) need of the running node. ``run.py`` builds one and hands it over."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from escrowd.core.keys import Identity, SigningKey
from escrowd.core.switch import Moment
from escrowd.node.store import Connection, Store


class Clock(Protocol):
    """The node's clock as the faces see it: read, never set."""

    def now(self) -> Moment:
        """Awake and node time, integer milliseconds."""
        ...

    def wall(self) -> int:
        """Wall time, Unix seconds, for people and receipts only."""
        ...


@dataclass(frozen=True, slots=True)
class NodeContext:
    """The running node.

    ``name``: how the node calls itself to people. ``url``: its public address. ``time_scale``: 1 on a real
    node. ``number``: the random number of this start, for hearing. ``wake``: called after a commit that may
    have ordered letters or moved a due time. ``monotonic``: milliseconds of a clock that no wall clock
    moves; it starts anywhere and lives as long as the process (nonces are measured on it).
    """

    store: Store
    signing: SigningKey
    identity: Identity
    link_key: bytes
    name: str
    url: str
    zone: str
    time_scale: int
    number: str
    clock: Clock
    stamp: Callable[[Connection], Moment]
    wake: Callable[[], None]
    monotonic: Callable[[], int]
