"""What the node's faces (JSON and HTML) need of the running node. ``run.py`` builds one and hands it over."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from escrowd.core.keys import ProviderKey, fingerprint, link_key
from escrowd.node.clock import NodeClock
from escrowd.node.config import NodeConfig
from escrowd.node.intake.keyring import Keyring
from escrowd.node.intake.nonces import Nonces
from escrowd.node.orders import Desk
from escrowd.node.store import Store


def monotonic_ms() -> int:
    """Milliseconds of the clock that no wall clock moves and that stands while the machine sleeps."""
    return time.monotonic_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class NodeContext:
    """The running node.

    Parameters: ``key``, the node's own; ``number``, random, drawn at this start, 32 hex (hearing); ``wake``,
    called after a commit that may have ordered letters or moved a due time. ``fingerprint``, of the node's
    signing key, and ``link_key``, with which tokens of links are made, follow from ``key``.
    """

    config: NodeConfig
    store: Store
    key: ProviderKey
    clock: NodeClock
    desk: Desk
    number: str
    wake: Callable[[], None]
    nonces: Nonces = field(default_factory=lambda: Nonces(monotonic_ms))
    keyring: Keyring = field(default_factory=Keyring)
    fingerprint: str = field(init=False)
    link_key: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fingerprint", fingerprint(self.key.signing.public))
        object.__setattr__(self, "link_key", link_key(self.key.seed))
