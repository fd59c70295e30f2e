"""What a release carries: the newest bundle, key and share of every live set, older revisions beside it.

1. The set whose cards fit the newest bundle comes first. The shares and keys of the other live sets go out
   together with it (``core.sets``, S1): whichever card a person holds, it opens something.
2. Of a set that the provider stopped sealing to, the last bundle is offered on the page, by that set's name:
   whoever holds a card of it opens nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from escrowd.core.wire import BUNDLE_FILE, MANIFEST_FILE, MAX_INLINE, FileOf, key_file, share_file
from escrowd.node.retention import offered
from escrowd.node.store import Connection
from escrowd.node.store.deposits import Held, held


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is released of a client: ``main``, the newest revision; ``older``, those offered beside it.

    ``kept``: number of each kept set -> the last revision that it opens, the newest set first. ``sets``: the
    numbers of the live sets, the newest first; ``keys`` and ``shares`` of each.
    """

    main: Held
    older: tuple[Held, ...]
    kept: dict[int, Held]
    sets: tuple[int, ...]
    keys: dict[int, FileOf]
    shares: dict[int, FileOf]

    @property
    def all(self) -> tuple[Held, ...]:
        """Each revision that can be had, the newest first."""
        found = {one.revision: one for one in (self.main, *self.older, *self.kept.values())}
        return tuple(found[number] for number in sorted(found, reverse=True))

    @property
    def is_large(self) -> bool:
        """Whether the bundle is behind a link instead of in the mail."""
        return self.main.files[BUNDLE_FILE].size > MAX_INLINE

    @property
    def attached(self) -> dict[str, FileOf]:
        """The files in the mail: bundle unless it is too large, keys, manifest."""
        files = {} if self.is_large else {BUNDLE_FILE: self.main.files[BUNDLE_FILE]}
        files |= {key_file(number): self.keys[number] for number in self.sets if number in self.keys}
        return {**files, MANIFEST_FILE: self.main.files[MANIFEST_FILE]}

    @property
    def sealed_shares(self) -> dict[str, FileOf]:
        """The node's shares under their names, opened only at sending."""
        return {share_file(number): self.shares[number] for number in self.sets if number in self.shares}


def parcel(tx: Connection, provider: str, client: str, revision: int | None = None) -> Parcel | None:
    """What a release of a client carries now, or that of ``revision``. None: nothing is held."""
    revisions = held(tx, provider, client)
    main = next((one for one in revisions if revision is None or one.revision == revision), None)
    if main is None:
        return None
    kept = kept_sets(revisions, main)
    keys: dict[int, FileOf] = {}
    shares: dict[int, FileOf] = {}
    for number, one in {**dict.fromkeys(main.sets, main), **kept}.items():
        keys[number] = one.files[key_file(number)]
        if share_file(number) in one.files:
            shares[number] = one.files[share_file(number)]
    return Parcel(
        main=main,
        older=offered(revisions, main),
        kept=kept,
        sets=tuple(sorted(keys, reverse=True)),
        keys=keys,
        shares=shares,
    )


def kept_sets(revisions: Sequence[Held], main: Held) -> dict[int, Held]:
    """Number of each set that does not open ``main`` -> the last revision that it opens, newest set first.

    Parameters: ``revisions``, the newest first.
    """
    found: dict[int, Held] = {}
    for one in revisions:
        if one.revision < main.revision:
            for number in one.sets:
                if number not in main.sets:
                    found.setdefault(number, one)
    return {number: found[number] for number in sorted(found, reverse=True)}
