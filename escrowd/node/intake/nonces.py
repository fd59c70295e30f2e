"""Nonces: what makes a statement fresh, without asking anybody's wall clock.

1. A nonce proves itself: time of issue, a counter, and a MAC under a key that this process drew. So giving
   one out
   costs no memory, whoever asks, and all of them die with the process.
2. It is good for an hour on the monotonic clock, which stands while the machine sleeps. ``time_scale`` does
   not
   touch it: it measures how long a message may be under way, not how long a provider was silent.
3. A nonce serves one statement. The same bytes may come again under it: the reply may have been lost.
"""

import hmac
from collections.abc import Callable
from typing import Final

from escrowd.core.keys import random_bytes
from escrowd.core.wire import NONCE_AWAKE
from escrowd.errors import ConflictError, EscrowdError, RefusedError

_MS: Final = 1000
_TIME_BYTES: Final = 4
_COUNT_BYTES: Final = 4
_MAC_BYTES: Final = 8
_KEY_BYTES: Final = 32


class Nonces:
    """The nonces of one process.

    Parameters: ``monotonic``, milliseconds, from anywhere on.
    """

    def __init__(self, monotonic: Callable[[], int]) -> None:
        self._monotonic = monotonic
        self._began = monotonic()
        self._key = random_bytes(_KEY_BYTES)
        self._count = 0
        self._used: dict[str, tuple[int, str]] = {}

    def give(self) -> str:
        """A new nonce, 32 hex."""
        self._count = (self._count + 1) % 2 ** (8 * _COUNT_BYTES)
        head = self._seconds().to_bytes(_TIME_BYTES, "big") + self._count.to_bytes(_COUNT_BYTES, "big")
        return (head + self._mac(head)).hex()

    def check(self, nonce: str, sha256: str) -> None:
        """That a nonce is ours, fresh, and free for the statement with this hash.

        Raises ``RefusedError``: ``nonce.unknown`` (not of this start), ``nonce.expired``; ``ConflictError``
        ``nonce.used``.
        """
        data = bytes.fromhex(nonce)
        head, mac = data[:-_MAC_BYTES], data[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(head)):
            raise RefusedError("nonce.unknown")
        if self._seconds() - int.from_bytes(head[:_TIME_BYTES], "big") >= NONCE_AWAKE:
            raise RefusedError("nonce.expired")
        used = self._used.get(nonce)
        if used is not None and used[1] != sha256:
            raise ConflictError("nonce.used")

    def is_good(self, nonce: str, sha256: str) -> bool:
        """Whether ``check`` would pass."""
        try:
            self.check(nonce, sha256)
        except EscrowdError:
            return False
        return True

    def use(self, nonce: str, sha256: str) -> None:
        """As ``check``, and the nonce is this statement's from now on."""
        self.check(nonce, sha256)
        now = self._seconds()
        self._used.setdefault(nonce, (now, sha256))
        while self._used:  # in the order of their use, so the first to expire stands first
            oldest = next(iter(self._used))
            if now - self._used[oldest][0] < NONCE_AWAKE:
                break
            del self._used[oldest]

    def _seconds(self) -> int:
        return (self._monotonic() - self._began) // _MS

    def _mac(self, head: bytes) -> bytes:
        return hmac.digest(self._key, head, "sha256")[:_MAC_BYTES]
