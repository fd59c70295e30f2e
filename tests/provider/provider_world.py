"""A workspace on disk, made by the real ``init``, and the secrets that must never be found in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from escrowd.machine.secret_input import Secret
from escrowd.provider.actions.init import init
from escrowd.provider.delivery import Paper

NOW = 1_800_000_000
PASSPHRASE = "Birnbaum Laterne Zinnober"


@dataclass
class Tray:
    """A delivery that keeps the papers in memory, as a person would hold them."""

    papers: list[Paper] = field(default_factory=list)

    def __call__(self, papers: Sequence[Paper]) -> None:
        self.papers.extend(papers)


def typed(value: str = PASSPHRASE) -> Secret:
    return Secret(value, "typed")


def stored(value: str = PASSPHRASE) -> Secret:
    return Secret(value, "stored")


def make_workspace(folder: Path, tray: Tray | None = None) -> Path:
    init(
        folder,
        name="Jana Winter IT",
        language="de",
        addresses=["jana@winter.example", "jana@elsewhere.example"],
        passphrase=typed(),
        deliver=tray or Tray(),
        now=NOW,
    )
    return folder
