"""Run every bench, or those whose names are given, and print the figures; exit 1 if a goal is missed."""

import sys

from bench import (
    browser,
    checkins,
    mails,
    memory,
    page,
    papers,
    sealing,
    splitting,
    startup,
    status,
    syncing,
    ticking,
)

BENCHES = {
    "startup": startup.figures,
    "splitting": splitting.figures,
    "sealing": sealing.figures,
    "ticking": ticking.figures,
    "mails": mails.figures,
    "checkins": checkins.figures,
    "memory": memory.figures,
    "page": page.figures,
    "syncing": syncing.figures,
    "status": status.figures,
    "browser": browser.figures,
    "papers": papers.figures,
}


def main() -> int:
    """Print one line per figure as it is measured."""
    wanted = sys.argv[1:] or list(BENCHES)
    missed = False
    for name in wanted:
        for figure in BENCHES[name]():
            print(figure, flush=True)
            missed |= not figure.reached
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
