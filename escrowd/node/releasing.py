"""What goes out with a release beside its text, whatever caused it: headers, files, the instructions."""

from dataclasses import dataclass, field
from pathlib import Path

from escrowd.core.manifest import NEXT_REVISION, Manifest, verify_manifest
from escrowd.core.orders import Order
from escrowd.core.wire import (
    INSTRUCTIONS_FILE,
    MANIFEST_FILE,
    RELEASE_CLIENT_HEADER,
    RELEASE_SET_HEADER,
    RELEASE_SHARE_HEADER,
    FileOf,
    share_file,
)
from escrowd.errors import EscrowdError
from escrowd.node.parcels import Parcel
from escrowd.paper.instructions import KitPage, instructions
from escrowd.texts.render import Language


@dataclass(frozen=True, slots=True)
class Enclosed:
    """As ``posting.Errand`` has them."""

    revision: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    parts: dict[str, FileOf] | None = None
    pages: tuple[tuple[str, bytes], ...] = ()


def enclose(
    order: Order, parcel: Parcel, files: Path, *, language: Language, client: str, provider: str, root: str
) -> Enclosed:
    """What a release encloses.

    Parameters: ``files``, the folder of stored files; ``client`` and ``provider``, names; ``root``, the
    provider's id.
    """
    newest = parcel.sets[0]
    headers = {RELEASE_CLIENT_HEADER: order.client, RELEASE_SET_HEADER: str(newest)}
    if share_file(newest) in parcel.sealed_shares:
        headers[RELEASE_SHARE_HEADER] = "nodes"
    main, manifest = parcel.main, _manifest(parcel, files)
    page = KitPage(
        language=language,
        client=client,
        provider=provider,
        revision=main.revision,
        created=main.made_wall if manifest is None else manifest.created,
        next_by=main.made_wall + NEXT_REVISION if manifest is None else manifest.next_revision_by,
        sets=tuple(sorted(main.sets)),
        root=root,
        kept={number: one.revision for number, one in parcel.kept.items()},
    )
    return Enclosed(
        revision=main.revision,
        headers=headers,
        parts={**parcel.attached, **parcel.sealed_shares},
        pages=((INSTRUCTIONS_FILE, instructions(page)),),
    )


def _manifest(parcel: Parcel, files: Path) -> Manifest | None:
    """The manifest, if it can be read: that it cannot holds up no release."""
    try:
        return verify_manifest((files / parcel.main.files[MANIFEST_FILE].sha256).read_bytes())
    except (OSError, EscrowdError):
        return None
