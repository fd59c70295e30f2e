"""``escrow init``: a new workspace, its root and daily key, and the provider's three cards."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from escrowd.core.terms import Timings
from escrowd.machine.secret_input import Secret
from escrowd.provider.delivery import Deliver
from escrowd.provider.progress import Progress, silent
from escrowd.provider.records import Language


@dataclass(frozen=True, slots=True)
class Created:
    folder: Path
    root_fingerprint: str
    phrase: str


def init(
    folder: Path,
    *,
    name: str,
    language: Language,
    addresses: Sequence[str],
    passphrase: Secret,
    deliver: Deliver,
    now: int,
    timings: Timings | None = None,
    progress: Progress = silent,
) -> Created:
    """``deliver`` gets the three cards as PDFs; the workspace exists only after it returned."""
    raise NotImplementedError
