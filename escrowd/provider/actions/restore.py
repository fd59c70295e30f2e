"""``escrow restore``: an empty workspace, from two provider's cards and one node."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from escrowd.machine.secret_input import Secret
from escrowd.provider.progress import Progress, silent
from escrowd.provider.sending import NodeReport


@dataclass(frozen=True, slots=True)
class Restored:
    folder: Path
    root_fingerprint: str
    clients: tuple[str, ...]
    nodes: tuple[NodeReport, ...]
    checked_in: bool


def restore(
    folder: Path,
    *,
    node_url: str,
    cards: Sequence[str],
    passphrase: Secret,
    now: int,
    progress: Progress = silent,
) -> Restored:
    """``cards``: texts. ``passphrase``: the new one; typed at the terminal, it makes the root check in at once too."""
    raise NotImplementedError
