"""Where printed papers go. A delivery that returns has put every paper in its place; one that raises has not.

What a paper belongs to (a share set, a workspace) is committed only after the delivery returned: a set whose
cards never reached paper must not exist.
"""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from escrowd.errors import ConflictError, InputError, UnavailableError
from escrowd.machine.files import disk_errors, remove, write_atomic


@dataclass(frozen=True, slots=True)
class Paper:
    """One PDF. ``name``: its file name."""

    name: str
    pdf: bytes = field(repr=False)


Deliver = Callable[[Sequence[Paper]], None]


def to_folder(folder: Path) -> Deliver:
    """Write the papers into ``folder`` (0600 each), which may hold other things.

    The delivery raises ``InputError`` ``folder.not-a-folder`` (``path``), ``ConflictError`` ``paper.exists``
    (``path``: a card is never overwritten), and as ``disk_errors``; then none of the papers is there.
    """

    def deliver(papers: Sequence[Paper]) -> None:
        with disk_errors(folder):
            if folder.exists() and not folder.is_dir():
                raise InputError("folder.not-a-folder", path=str(folder))
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for paper in papers:
            if (folder / paper.name).exists():
                raise ConflictError("paper.exists", path=str(folder / paper.name))
        written: list[Path] = []
        try:
            for paper in papers:
                write_atomic(folder / paper.name, paper.pdf)
                written.append(folder / paper.name)
        except BaseException:
            for path in written:
                remove(path)
            raise

    return deliver


def to_printer(printer: str | None = None) -> Deliver:
    """Hand the papers to ``lp`` through a pipe.

    So no card or list touches a disk of ours; a spooler's is another matter.

    Parameters: ``printer``, a destination of ``lp``, else its own choice.
    The delivery raises ``UnavailableError`` ``printer.none`` (no ``lp``), ``printer.failed`` (``status``).
    """

    def deliver(papers: Sequence[Paper]) -> None:
        program = shutil.which("lp")
        if program is None:
            raise UnavailableError("printer.none")
        options = [] if printer is None else ["-d", printer]
        for paper in papers:
            # The title is what the queue shows to others: it names no client. One side: the back of a card
            # stays empty, and each register of a list begins on a sheet of its own.
            done = subprocess.run(
                [program, *options, "-t", "escrow paper", "-o", "media=A4", "-o", "sides=one-sided"],
                input=paper.pdf,
                capture_output=True,
                check=False,
            )
            if done.returncode:
                raise UnavailableError("printer.failed", status=done.returncode)

    return deliver
