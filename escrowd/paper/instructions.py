"""The page beside the files of a kit: how to open it, for a person who has never done that."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from escrowd.texts import render


@dataclass(frozen=True, slots=True, kw_only=True)
class KitPage:
    """What the page says. All of it stands in the manifest or on the cards; none of it is secret.

    Parameters: ``client`` and ``provider``, names; ``revision``, the bundle's; ``created`` and ``next_by``,
    of the manifest, Unix seconds; ``sets``, numbers of the share sets whose keys lie in the kit; ``root``,
    the fingerprint of the provider's root key; ``kept``, sets whose cards open an older revision only: set
    number -> that revision.
    """

    language: render.Language
    client: str
    provider: str
    revision: int
    created: int
    next_by: int
    sets: tuple[int, ...]
    root: str
    kept: Mapping[int, int] = field(default_factory=dict)


def instructions(kit: KitPage) -> bytes:
    """The page as self-contained HTML, UTF-8. The same kit gives the same bytes."""
    values = {
        "client": kit.client,
        "provider": kit.provider,
        "revision": kit.revision,
        "created": kit.created,
        "next_by": kit.next_by,
        "sets": kit.sets,
        "root": kit.root,
        "kept": dict(kit.kept),
    }
    return render.html("papers/kit.html", kit.language, values, book="kit").encode()
