"""Where printed papers go. A delivery that returns has put every paper in its place; one that raises has not.

What a paper belongs to (a share set, a workspace) is committed only after the delivery returned: a set whose cards
never reached paper must not exist.
"""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from escrowd.errors import ConflictError, UnavailableError


@dataclass(frozen=True, slots=True)
class Paper:
    """One PDF. ``name``: its file name."""

    name: str
    pdf: bytes


Deliver = Callable[[Sequence[Paper]], None]
