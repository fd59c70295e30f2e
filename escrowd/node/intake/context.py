"""What the node's faces (JSON and HTML) need of the running node. ``run.py`` builds one and hands it over."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from escrowd.core.keys import ProviderKey, fingerprint, link_key
from escrowd.node.clock import NodeClock
from escrowd.node.config import NodeConfig
from escrowd.node.intake.nonces import Nonces
from escrowd.node.orders import Desk
from escrowd.node.store import Store


def monotonic_ms() -> int:
    """Milliseconds of the clock that no wall clock moves and that stands while the machine sleeps."""
    return time.monotonic_ns() // 1_000_000


@dataclass(slots=True)
class Flags:
    """What this process remembers. ``began_anew``: it found that its database was put back, and said so."""

    began_anew: bool = False


@dataclass(frozen=True, slots=True)
class NodeContext:
    """The running node.

    Parameters: ``key``, the node's own; ``number``, random, drawn at this start, 32 hex (hearing); ``wake``,
    called after a commit that may have ordered letters or moved a due time.
    """

    config: NodeConfig
    store: Store
    key: ProviderKey
    clock: NodeClock
    desk: Desk
    number: str
    wake: Callable[[], None]
    nonces: Nonces = field(default_factory=lambda: Nonces(monotonic_ms))
    flags: Flags = field(default_factory=Flags)

    @property
    def fingerprint(self) -> str:
        """Of the node's signing key."""
        return fingerprint(self.key.signing.public)

    @property
    def link_key(self) -> bytes:
        """What tokens of mailed links are made with."""
        return link_key(self.key.seed)
