"""What several commands of ``escrow`` print alike: what the nodes answered, people, dates."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from escrowd_cli import output
from escrowd_cli.complaints import sentences

if TYPE_CHECKING:
    from escrowd.provider.sending import NodeReport

NOTES = {
    "went-back": "the node is an older copy of itself",
    "sent-again": "what it had lost was told to it again",
    "not-sent-again": "what it had lost could not be told again yet: escrow deposit",
}


def nodes(reports: Sequence["NodeReport"], *, as_json: bool = False) -> None:
    """Print what each node answered; the first error of a node becomes the command's.

    Raises the error of the first node that refused or was out of reach, after all were printed.
    """
    if as_json:
        output.as_json(reports)
    else:
        output.table(("node", "answer", "ledger", "notes"), [_row(report) for report in reports])
    for report in reports:
        if report.error is not None:
            raise report.error


def _row(report: "NodeReport") -> tuple[str, str, str, str]:
    answer = "receipt" if report.error is None else sentences(report.error)[0]
    seq = "" if report.seq is None else f"entry {report.seq}"
    return report.url, answer, seq, "; ".join(NOTES[name] for name in report.notes)


def day(wall: int | None) -> str:
    """A wall time (Unix seconds) as a date; ISO, since the command line is English everywhere."""
    return "" if wall is None else datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%d")
