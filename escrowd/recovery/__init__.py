"""The beneficiary's side: read a release, a kit or single files, take cards, open, and write what was inside.

``materials`` is what lies on the table, ``release_mail`` and ``kit`` fill it, ``revisions`` chooses where
there is more than one, ``opening`` checks and opens it, ``output`` writes the content.
"""

from escrowd.recovery.kit import KitReport, check_kit, read_kit
from escrowd.recovery.materials import GivenCard, Materials, gather, read_cards, read_files
from escrowd.recovery.opening import Opened, Verification, open_materials
from escrowd.recovery.output import Written, write_out
from escrowd.recovery.release_mail import read_release
from escrowd.recovery.revisions import Aside

__all__ = [
    "Aside",
    "GivenCard",
    "KitReport",
    "Materials",
    "Opened",
    "Verification",
    "Written",
    "check_kit",
    "gather",
    "open_materials",
    "read_cards",
    "read_files",
    "read_kit",
    "read_release",
    "write_out",
]
