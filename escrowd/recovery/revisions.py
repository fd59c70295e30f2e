"""Which revision is opened where several lie on the table: a release beside an older kit, or two kits.

1. Signed manifests decide, or nobody does: of those that verify, each may follow the one before it. Else
   nothing is chosen: which is meant is not for us to guess. A bundle that none of them names is set aside
   where one that is named is there (``UNPROVED``): a damaged stick holds up no whole one.
2. A revision whose bundle is there comes before one whose manifest alone is; then one for which the cards
   suffice; then one to which a holder's card belongs; then the newest.
3. What is left aside stays on the table and is told: another card may choose otherwise.
4. Whoever asks for a revision gets that one: the newest may be spoilt, and was sealed by a thief.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

from escrowd.core.manifest import Manifest, check_successor, verify_manifest
from escrowd.core.shares import Card, minimal_combinations
from escrowd.errors import EscrowdError, NotFoundError

Why = Literal["older", "no-bundle", "other-cards", "other-asked", "unproved"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A signed revision. ``bundle``: None if only its manifest is there."""

    claims: Manifest
    manifest: bytes = field(repr=False)
    bundle: Path | bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Aside:
    """A revision that was given, and is not the one that is opened.

    ``why``: it is older; it is newer, and its bundle is missing; it is newer, and these cards do not open it;
    it is newer, and another one was asked for; or it is a bundle that no manifest proves (``revision`` None).
    """

    revision: int | None
    why: Why


UNPROVED: Final = Aside(None, "unproved")


def sound_manifests(manifests: Sequence[bytes]) -> list[tuple[Manifest, bytes]]:
    """Those that verify, in the order of their revisions."""
    found = []
    for one in manifests:
        with suppress(EscrowdError):
            found.append((verify_manifest(one), one))
    return sorted(found, key=lambda one: one[0].revision)


def choose_revision(
    bundles: Mapping[str, Path | bytes],
    signed: Sequence[tuple[Manifest, bytes]],
    cards: Sequence[Card],
    revision: int | None = None,
) -> tuple[Candidate, tuple[Candidate, ...]] | None:
    """The revision to open, and the others, the newest first; None where nothing decides (rule 1).

    Parameters: ``bundles``, by the SHA-256 of the sealed file; ``signed``, of ``sound_manifests``, no two the
    same; ``revision``, the one that is asked for.
    Raises ``NotFoundError`` ``recovery.no-revision`` (``revision``).
    """
    candidates = [Candidate(claims, data, bundles.get(claims.bundle_sha256)) for claims, data in signed]
    if revision is None:
        if not candidates or not _follow(signed):
            return None
        chosen = max(candidates, key=lambda one: _rank(one, cards))
        # A manifest whose bundle is not there says nothing of those that are.
        if bundles and chosen.bundle is None:
            return None
    else:
        asked = [one for one in candidates if one.claims.revision == revision]
        if not asked:
            raise NotFoundError("recovery.no-revision", revision=revision)
        if len(asked) > 1:
            return None
        chosen = asked[0]
    return chosen, tuple(one for one in reversed(candidates) if one is not chosen)


def set_aside(opened: int, others: Sequence[Candidate], *, asked: bool = False) -> tuple[Aside, ...]:
    """What is told of the others, when the revision ``opened`` is; ``asked``: by its number."""
    return tuple(Aside(one.claims.revision, _why(opened, one, asked=asked)) for one in others)


def _why(opened: int, other: Candidate, *, asked: bool) -> Why:
    if other.claims.revision < opened:
        return "older"
    if other.bundle is None:
        return "no-bundle"
    return "other-asked" if asked else "other-cards"


def _follow(signed: Sequence[tuple[Manifest, bytes]]) -> bool:
    try:
        for (_, before), (_, after) in pairwise(signed):
            check_successor(before.decode("ascii"), after.decode("ascii"))
    except EscrowdError:
        return False
    return True


def _rank(candidate: Candidate, cards: Sequence[Card]) -> tuple[bool, bool, bool, int]:
    """Rule 2."""
    live = {own.slip39_id for own in candidate.claims.sets}
    held = {card.identifier for card in cards if card.group != "nodes"}
    enough = any(
        any(minimal_combinations([card for card in cards if card.identifier == identifier]))
        for identifier in live & {card.identifier for card in cards}
    )
    return candidate.bundle is not None, enough, not held or bool(held & live), candidate.claims.revision
