"""What a release carries: the newest bundle, key and share of every live set, older revisions beside it.

1. The set whose cards fit the newest bundle comes first. The shares and keys of the other live sets go out
   together with it (``core.sets``, S1): whichever card a person holds, it opens something.
2. Of a set that the provider stopped sealing to, the last bundle is offered on the page, as an older one is.
"""

from dataclasses import dataclass

from escrowd.core.wire import BUNDLE_FILE, MANIFEST_FILE, MAX_INLINE, FileOf, key_file, share_file
from escrowd.node.retention import offered
from escrowd.node.store import Connection
from escrowd.node.store.deposits import Held, held


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is released of a client: ``main``, the newest revision; ``older``, those offered beside it.

    ``sets``: the numbers of the live sets, the newest first; ``keys`` and ``shares`` of each.
    """

    main: Held
    older: tuple[Held, ...]
    sets: tuple[int, ...]
    keys: dict[int, FileOf]
    shares: dict[int, FileOf]

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
    keys: dict[int, FileOf] = {}
    shares: dict[int, FileOf] = {}
    kept: list[Held] = []
    for one in (main, *(r for r in revisions if r.revision < main.revision)):
        new = [number for number in one.sets if number not in keys]
        if new and one is not main:
            kept.append(one)  # rule 2: the last bundle of a set that is kept
        for number in new:
            keys[number] = one.files[key_file(number)]
            if share_file(number) in one.files:
                shares[number] = one.files[share_file(number)]
    older = {one.revision: one for one in (*offered(revisions, main), *kept)}
    return Parcel(
        main=main,
        older=tuple(older[number] for number in sorted(older, reverse=True)),
        sets=tuple(sorted(keys, reverse=True)),
        keys=keys,
        shares=shares,
    )
