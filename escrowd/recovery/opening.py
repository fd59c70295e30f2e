"""Opening: every check in its order, each cause with its own name, nothing written to a disk.

1. The manifest is read and verified. If it is missing, damaged, foreign or does not fit, that is an error, or
   with ``unverified`` a recorded problem: it never blocks the way in.
2. Each card is judged by the manifest; then the cards choose the set.
3. The set's sealed key is the one that the manifest names.
4. The cards combine (digest), and open the key.
5. The key opens the bundle, and the content is a sound payload.
6. The bundle is the one that the manifest names. This comes last: a bundle cut short or of another client has
   failed with its own name by then, and what is left is another revision or a forgery.

An error of 5 or 6 names the revisions that were given beside this one (``others``): the newest may be spoilt.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, Final

from escrowd.core.encoding import hex_bytes
from escrowd.core.keys import Identity
from escrowd.core.manifest import Manifest, verify_manifest
from escrowd.core.payload import Payload, read_payload
from escrowd.core.seal import unseal
from escrowd.core.shares import (
    Card,
    GroupDescription,
    KnownSets,
    RetiredSet,
    SetDescription,
    choose_set,
    minimal_combinations,
    open_key_with,
)
from escrowd.errors import CardError, EscrowdError, IntegrityError, NotFoundError
from escrowd.machine.files import disk_errors, memory_file
from escrowd.recovery.materials import GivenCard, KeyFile, Materials, with_source
from escrowd.recovery.revisions import UNPROVED, Aside, Candidate, set_aside

_CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Verification:
    """Who sealed it, as far as that is proved.

    ``manifest`` is None if there is none that verifies. ``problem`` is None if everything fits; else the
    first error that ``unverified`` passed over. Without ``root`` given, compare ``manifest.iss`` with the
    fingerprint on the card.
    """

    manifest: Manifest | None
    problem: EscrowdError | None

    @property
    def verified(self) -> bool:
        """Whether the manifest verifies, and names this bundle and this key."""
        return self.problem is None


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened bundle, in memory.

    ``set``: the share set's number, None where nothing says it; ``aside``, revisions that were given beside
    it, the newest first.
    """

    payload: Payload
    verification: Verification
    set: int | None
    groups: tuple[str, ...]
    sha256: str
    aside: tuple[Aside, ...] = ()


@contextmanager
def open_materials(
    materials: Materials, *, root: str | None = None, unverified: bool = False
) -> Iterator[Opened]:
    """Open what lies on the table; the content lives in memory until the block ends.

    Parameters: ``root``, the fingerprint on the card, None to take any provider's manifest; ``unverified``,
    open even if the manifest is missing or wrong.
    Raises ``InputError`` ``recovery.no-bundle``; ``CardError`` as ``core.shares.choose_set``, ``combine_all``
    and ``open_key_with`` (field ``source`` where one card is to blame); ``NotFoundError`` ``recovery.no-key``
    (``set``), ``recovery.no-keys``; ``IntegrityError``: ``manifest.missing``, ``recovery.key-of-other-set``
    (``set``, ``found``), what ``verify_manifest``, ``Manifest.check_key`` and ``check_bundle`` raise, what
    ``unseal`` and ``read_payload`` raise, those with the field ``others`` where a whole other revision is on
    the table: its number, or several with commas.
    """
    materials.open_bundle().close()
    manifest, problem = _read_manifest(materials, root)
    if problem is not None and not unverified:
        raise problem
    if manifest is None:
        number, identity, cards = _open_key_unjudged(materials)
    else:
        own, cards = _choose(materials.cards, known_sets(manifest))
        number = own.number
        keys, wrong = _keys_of(materials.keys, manifest, number)
        if wrong is not None and not unverified:
            raise wrong
        problem = problem or wrong
        identity, _ = _first_opened(cards, keys)
    with memory_file() as memory:
        with _naming_others(materials.aside):
            sha256 = _unseal(materials, memory, identity)
            payload = read_payload(memory)
            if manifest is not None:
                try:
                    manifest.check_bundle(sha256)
                except IntegrityError as error:
                    if not unverified:
                        raise
                    problem = problem or error
        groups = tuple(dict.fromkeys(card.group for card in cards))
        revision = 0 if manifest is None else manifest.revision
        aside = set_aside(revision, materials.aside, asked=materials.asked)
        aside += (UNPROVED,) * len(materials.unproved)
        yield Opened(payload, Verification(manifest, problem), number, groups, sha256, aside)


def known_sets(manifest: Manifest) -> KnownSets:
    """What a verified manifest says about cards."""
    return KnownSets(
        live=tuple(
            SetDescription(
                own.set,
                own.slip39_id,
                tuple(
                    GroupDescription(
                        group.name, group.k, group.n, tuple(hex_bytes(key) for key in group.proof_keys)
                    )
                    for group in own.groups
                ),
            )
            for own in manifest.sets
        ),
        retired=tuple(RetiredSet(old.set, old.slip39_id, old.date) for old in manifest.retired),
    )


def _read_manifest(materials: Materials, root: str | None) -> tuple[Manifest | None, EscrowdError | None]:
    if materials.manifest is None:
        return None, IntegrityError("manifest.missing")
    try:
        return verify_manifest(materials.manifest, root=root), None
    except IntegrityError as error:
        return None, error


def _choose(given: Sequence[GivenCard], known: KnownSets) -> tuple[SetDescription, tuple[Card, ...]]:
    try:
        return choose_set([own.card for own in given], known)
    except CardError as error:
        number = error.fields.get("card")
        if isinstance(number, int):
            raise with_source(error, given[number - 1].source) from None
        raise


@contextmanager
def _naming_others(aside: Sequence[Candidate]) -> Iterator[None]:
    try:
        yield
    except EscrowdError as error:
        others = ", ".join(str(one.claims.revision) for one in aside if one.bundle is not None)
        if not others:
            raise
        raise error.__class__(error.code, **{**error.fields, "others": others}) from None


def _keys_of(
    keys: Sequence[KeyFile], manifest: Manifest, number: int
) -> tuple[Sequence[KeyFile], IntegrityError | None]:
    """The set's sealed key by its hash; else those with its name, and what is wrong with the first."""
    wanted = {own.key_sha256: own.set for own in manifest.sets}
    found = {wanted.get(_sha256(key.data)): key for key in keys}
    if number in found:
        return [found[number]], None
    named = [key for key in keys if key.number in {number, None}]
    if not named:
        raise NotFoundError("recovery.no-key", set=number)
    other = wanted.get(_sha256(named[0].data))
    if other is not None:
        return named, IntegrityError("recovery.key-of-other-set", set=number, found=other)
    return named, IntegrityError("manifest.key-differs", set=number)


def _open_key_unjudged(materials: Materials) -> tuple[int | None, Identity, tuple[Card, ...]]:
    """Without a manifest: the cards by their identifiers, and whichever key they open."""
    by_set: dict[int, list[Card]] = {}
    for given in materials.cards:
        by_set.setdefault(given.card.identifier, []).append(given.card)
    if not by_set:
        raise CardError("card.none")
    if not materials.keys:
        raise NotFoundError("recovery.no-keys")
    enough = [cards for cards in by_set.values() if any(minimal_combinations(cards))]
    if not enough and len(by_set) > 1:
        raise CardError("card.different-sets")
    last: EscrowdError = CardError("card.none")
    for cards in enough or by_set.values():
        try:
            identity, key = _first_opened(cards, materials.keys)
        except EscrowdError as error:
            last = error
        else:
            return key.number, identity, tuple(cards)
    raise last


def _first_opened(cards: Sequence[Card], keys: Sequence[KeyFile]) -> tuple[Identity, KeyFile]:
    """The identity in the first key that the cards open; else the last one's error."""
    for key in keys[:-1]:
        with suppress(EscrowdError):
            return open_key_with(cards, key.data), key
    return open_key_with(cards, keys[-1].data), keys[-1]


def _unseal(materials: Materials, memory: BinaryIO, identity: Identity) -> str:
    """Open the bundle into ``memory``; returns the SHA-256 of the sealed file."""
    digest = hashlib.sha256()
    with materials.open_bundle() as source, disk_errors_of(materials):
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
        source.seek(0)
        unseal(source, memory, [identity.text])
    memory.seek(0)
    return digest.hexdigest()


@contextmanager
def disk_errors_of(materials: Materials) -> Iterator[None]:
    """What the disk refuses while the bundle is read, as our own errors."""
    if materials.bundle is None or isinstance(materials.bundle, bytes):
        yield
        return
    with disk_errors(materials.bundle):
        yield


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
