"""A list of 300 entries on paper, beside reportlab with the same rows: time, and memory of one process."""

import io
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from bench.figures import Figure, seconds

ENTRIES, ROUNDS = 300, 5
SECONDS, MEGABYTES = 2, 350
"""What a list of 134 full sheets may take (decision 0126)."""
_ROOT = Path(__file__).resolve().parents[1]


def figures() -> Iterator[Figure]:
    """Ours, then reportlab's; each in processes of its own, as a command would be."""
    ours, memory = _measured("ours")
    theirs, _ = _measured("theirs")
    reference = f"reportlab {theirs:.2f} s, {SECONDS} s allowed"
    yield Figure("300 entries to PDF", f"{ours:.2f} s", reference, ours / SECONDS, at_most=1)
    allowed = f"{MEGABYTES} MB allowed"
    yield Figure("memory for it", f"{memory:.0f} MB", allowed, memory / MEGABYTES, at_most=1)


def _measured(who: str) -> tuple[float, float]:
    """Seconds, the middle of some runs, and the most memory of any, in MB."""
    runs = [
        subprocess.run(
            [sys.executable, "-m", "bench.papers", who],
            check=True,
            capture_output=True,
            text=True,
            cwd=_ROOT,
        ).stdout.split()
        for _ in range(ROUNDS)
    ]
    return statistics.median(float(taken) for taken, _ in runs), max(float(most) for _, most in runs)


def _run(who: str) -> None:
    """One run in this process: seconds, and the most memory that it ever held."""
    sys.path.insert(0, str(_ROOT / "tests"))  # the client is that of the tests
    sample = import_module("paper.clients")
    bundle = sample.client(ENTRIES, "full-service", "de")
    work = _ours(bundle, sample.DOORS) if who == "ours" else _theirs(bundle)
    taken = seconds(work)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 10**6
    print(f"{taken} {most}")


def _ours(bundle: Any, doors: Any) -> Any:
    from escrowd.paper.binder import binder_pdf  # noqa: PLC0415 — what the other one loads is not ours

    return lambda: binder_pdf(bundle, doors)


def _theirs(bundle: Any) -> Any:
    from reportlab.lib.pagesizes import A4  # noqa: PLC0415 — as above
    from reportlab.lib.styles import getSampleStyleSheet  # noqa: PLC0415 — as above
    from reportlab.lib.units import mm  # noqa: PLC0415 — as above
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table  # noqa: PLC0415 — as above

    from escrowd.paper.entry_rows import EntryRows  # noqa: PLC0415 — as above

    def build() -> None:
        titles = {entry.id: entry.title for entry in bundle.entries}
        words, styles, story = EntryRows(bundle.language, bundle.profile), getSampleStyleSheet(), []
        for entry in bundle.entries:
            rows = [(row.label, row.lines, row.mono) for row in words.entry(entry, titles)]
            for one in entry.decisions:
                rows += [(row["label"], row["lines"], False) for row in words.decision(one)["rows"]]
            cells = [
                [
                    Paragraph(escape(label), styles["BodyText"]),
                    Paragraph("<br/>".join(map(escape, lines)), styles["Code" if mono else "BodyText"]),
                ]
                for label, lines, mono in rows
            ]
            story += [Paragraph(escape(entry.title), styles["Heading2"]), Paragraph(escape(entry.purpose))]
            story.append(Table(cells, colWidths=[38 * mm, 127 * mm]))
        SimpleDocTemplate(io.BytesIO(), pagesize=A4, leftMargin=25 * mm, rightMargin=16 * mm).build(story)

    return build


if __name__ == "__main__":
    _run(sys.argv[1])
