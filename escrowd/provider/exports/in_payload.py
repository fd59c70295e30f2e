"""The same credentials for other programs, inside the sealed payload of an ``expert``.

The KeePass file has a random password of its own, which lies beside it and is printed on READ-ME-FIRST.html:
inside, the seal protects it; a copy that leaves the folder alone is still shut
(``docs/decisions/0110-exports-in-the-payload.md``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final

from escrowd.core.bundle import Bundle
from escrowd.core.encoding import b32
from escrowd.core.keys import random_bytes
from escrowd.core.payload import EXPORT_CSV, EXPORT_KEEPASS, EXPORT_PASSWORD
from escrowd.provider.exports._fields import Inexact
from escrowd.provider.exports.csv_table import export_csv
from escrowd.provider.exports.keepass import export_keepass

_NO_FILES: Final[Mapping[str, bytes]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Exports:
    """``files``: content by member's name; ``inexact``: what the KeePass file does not hold as it is."""

    files: Mapping[str, bytes]
    inexact: tuple[Inexact, ...] = ()


NO_EXPORTS: Final = Exports(_NO_FILES)


def can_keepass() -> bool:
    """Whether the extra ``keepass`` is installed."""
    return find_spec("pykeepass") is not None


def exports_for(bundle: Bundle) -> Exports:
    """The files; without the KeePass file where the extra is missing, nothing for others."""
    if bundle.profile != "expert" or not bundle.entries:
        return NO_EXPORTS
    table, _ = export_csv(bundle)
    if not can_keepass():
        return Exports({EXPORT_CSV: table})
    password = b32(random_bytes(16))
    database, inexact = export_keepass(bundle, password, None, random=True)
    files = {EXPORT_CSV: table, EXPORT_KEEPASS: database, EXPORT_PASSWORD: password.encode("ascii")}
    return Exports(files, inexact)
