"""Which revision is opened where several lie on the table: a release beside an older kit, or two kits.

1. Signed manifests decide, or nobody does: each one verifies and may follow the one before it, and each
   bundle is named by one of them. Else nothing is chosen: which is meant is not for us to guess.
2. A revision whose bundle is there comes before one whose manifest alone is; then one for which the cards
   suffice; then one to which a holder's card belongs; then the newest.
3. What is left aside stays on the table and is told: another card may choose otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal

from escrowd.core.manifest import Manifest, check_successor, verify_manifest
from escrowd.core.shares import Card, minimal_combinations
from escrowd.errors import EscrowdError

Why = Literal["older", "no-bundle", "other-cards"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A signed revision. ``bundle``: None if only its manifest is there."""

    claims: Manifest
    manifest: bytes = field(repr=False)
    bundle: Path | bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Aside:
    """A revision that was given, and is not the one that is opened.

    ``why``: it is older; it is newer, and its bundle is missing; it is newer, and these cards do not open it.
    """

    revision: int
    why: Why


def choose_revision(
    bundles: Mapping[str, Path | bytes], manifests: Sequence[bytes], cards: Sequence[Card]
) -> tuple[Candidate, tuple[Candidate, ...]] | None:
    """The revision to open, and the others, the newest first; None where nothing decides (rule 1).

    Parameters: ``bundles``, by the SHA-256 of the sealed file; ``manifests``, no two the same.
    """
    found = _signed(manifests)
    if not set(bundles) <= {claims.bundle_sha256 for claims, _ in found}:
        return None
    candidates = [Candidate(claims, data, bundles.get(claims.bundle_sha256)) for claims, data in found]
    if not candidates:
        return None
    chosen = max(candidates, key=lambda one: _rank(one, cards))
    return chosen, tuple(one for one in reversed(candidates) if one is not chosen)


def set_aside(opened: int, others: Sequence[Candidate]) -> tuple[Aside, ...]:
    """What is told of the others, when the revision ``opened`` is."""
    return tuple(Aside(one.claims.revision, _why(opened, one)) for one in others)


def _why(opened: int, other: Candidate) -> Why:
    if other.claims.revision < opened:
        return "older"
    return "no-bundle" if other.bundle is None else "other-cards"


def _signed(manifests: Sequence[bytes]) -> list[tuple[Manifest, bytes]]:
    """The manifests in the order of their revisions; none if one is not sound, or does not follow."""
    try:
        found = sorted(((verify_manifest(one), one) for one in manifests), key=lambda one: one[0].revision)
        for (_, before), (_, after) in pairwise(found):
            check_successor(before.decode("ascii"), after.decode("ascii"))
    except EscrowdError:
        return []
    return found


def _rank(candidate: Candidate, cards: Sequence[Card]) -> tuple[bool, bool, bool, int]:
    """Rule 2."""
    live = {own.slip39_id for own in candidate.claims.sets}
    held = {card.identifier for card in cards if card.group != "nodes"}
    enough = any(
        any(minimal_combinations([card for card in cards if card.identifier == identifier]))
        for identifier in live & {card.identifier for card in cards}
    )
    return candidate.bundle is not None, enough, not held or bool(held & live), candidate.claims.revision
