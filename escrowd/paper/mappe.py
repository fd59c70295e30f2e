"""A *Mappe*: the recovery page with a kit inside, one file that opens with the cards alone.

The kit stands in a data block (`page/README.md`, "Mappe"), which is no script: the page's policy, with the
hashes of its own script and style, holds as it is. Nobody has to trust the block: the manifest in it is
verified like any other, and everything else in it is sealed or, on release, the node's share.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from escrowd.core.wire import PAGE_FILE
from escrowd.texts.render import Language

MAX_BUNDLE: Final = 8 * 1024 * 1024
"""The largest ``bundle.age`` that goes into a Mappe, in bytes. A larger one lies beside the page."""

_PLACE: Final = b"<!-- escrow-mappe -->"
_SCHEMA: Final = "escrow-mappe/1"
_PAGE: Final = Path(__file__).parents[1] / "recovery" / PAGE_FILE


@cache
def recover_page() -> bytes:
    """The built recovery page, as it lies on a stick."""
    return _PAGE.read_bytes()


def make_mappe(
    page: bytes,
    *,
    client: str,
    name: str,
    language: Language,
    files: Mapping[str, bytes],
    shares: Sequence[str] = (),
) -> bytes:
    """The page with the data block in its place. The same values give the same bytes.

    Parameters: ``page``, as ``recover_page`` gives it; ``client``, id; ``name``, the client's; ``files``, of
    the kit (``bundle.age``, ``key-N.age``, ``manifest.jws``); ``shares``, the node's words of each live set,
    on release only.
    Raises ValueError if the page does not hold the place exactly once.
    """
    if page.count(_PLACE) != 1:
        raise ValueError(page.count(_PLACE))
    block: dict[str, object] = {"schema": _SCHEMA, "client": client, "name": name, "language": language}
    block["files"] = {at: base64.b64encode(data).decode("ascii") for at, data in sorted(files.items())}
    if shares:
        block["shares"] = list(shares)
    # The one character that could end the block, or begin a comment in it. ASCII: no encoding can bend it.
    text = json.dumps(block, separators=(",", ":")).replace("<", "\\u003c")
    data = f'<script type="application/json" id="escrow-mappe">{text}</script>'
    return page.replace(_PLACE, data.encode("ascii"))
