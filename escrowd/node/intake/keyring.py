"""Providers' keys in memory: each statement asks for them, and they change once in years.

1. Bounded: the provider that was asked for longest ago is forgotten first.
2. Never the last word: the transaction that takes a statement asks the database again.
3. A change is forgotten here in the very moment in which it is on disk. An answer that was read before and
   comes after
   must not bring the old keys back.

On the event loop only.
"""

from collections import OrderedDict
from typing import Final

from escrowd.node.store import Store
from escrowd.node.store.providers import Keys, load_keys

_MOST: Final = 4096


class Keyring:
    """The keys of providers that spoke lately."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Keys] = OrderedDict()
        self._changes = 0

    def lately(self, provider: str) -> Keys | None:
        """All keys of a provider that spoke lately; of another, None."""
        known = self._known.get(provider)
        if known is not None:
            self._known.move_to_end(provider)
        return known

    async def ask(self, store: Store, provider: str) -> Keys | None:
        """All keys of a provider as the database has them, or None if it is not known."""
        changes = self._changes
        found = await store.read(lambda tx: load_keys(tx, provider))
        if found is not None and changes == self._changes:  # rule 3
            self._known[provider] = found
            if len(self._known) > _MOST:
                self._known.popitem(last=False)  # rule 1
        return found

    def forget(self, provider: str) -> None:
        """The keys of a provider have changed."""
        self._changes += 1
        self._known.pop(provider, None)
