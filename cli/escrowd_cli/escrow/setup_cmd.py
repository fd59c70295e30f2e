"""``escrow setup``: a first evening, asked step by step. What comes next, ``actions.setup`` says."""

import shlex
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from escrowd.errors import EscrowdError
from escrowd_cli import first_evening, output, questions
from escrowd_cli.first_evening import Desk
from escrowd_cli.options import workspace_folder
from escrowd_cli.questions import LATER, PutOffError, Questions

if TYPE_CHECKING:
    from escrowd.provider.actions.setup import Evening, Step


@click.command("setup")
@click.argument("client", metavar="[ID]", required=False)
@click.pass_context
def command(ctx: click.Context, client: str | None) -> None:
    """Be asked for everything that a first evening needs, one step after the other.

    From a new workspace to a client's first deposit. Each step says which command does the same. Answer
    `later` to put a step off; stop with Ctrl-C whenever you like. Called again, it goes on where it stopped.
    With ID it takes that client, else the first one.

    \b
    Example:  escrow setup
    Example:  escrow setup praxis
    """  # noqa: D301 — \b is click's mark for lines that stay as they are
    from escrowd.machine.child import forbid_core_dumps

    questions.need_terminal()
    forbid_core_dumps()
    with ExitStack() as stack:
        _Setup(workspace_folder(ctx), client, stack).run()


@dataclass(slots=True)
class _Setup:
    """One run. ``put_off``: steps that somebody wants to take another day."""

    folder: Path
    client: str | None
    stack: ExitStack
    asks: Questions = field(default_factory=Questions)
    put_off: "set[Step]" = field(default_factory=set)

    def run(self) -> None:
        from escrowd.provider.actions.setup import Evening, evening_of, next_step
        from escrowd.provider.workspace import VIEW

        if (self.folder / VIEW).exists():
            desk = first_evening.open_desk(self.folder, self.asks, self.stack)
            evening = evening_of(desk.session, self.client)
            self._begin(evening)
        else:
            self._begin(Evening())
            _title("workspace")
            desk, same = first_evening.found_desk(self.folder, self.asks, self.stack)
            _same(same)
            evening = evening_of(desk.session, self.client)
        while step := next_step(evening, self.put_off):
            _title(step)
            desk.client = evening.client or ""
            self._take(step, desk)
            evening = evening_of(desk.session, desk.client or self.client)
        _end(evening)

    def _take(self, step: "Step", desk: Desk) -> None:
        """Ask and act until it is done or put off; a failure says why, and the questions begin again."""
        while True:
            try:
                same = first_evening.TAKE[step](desk)
            except PutOffError:
                self.put_off.add(step)
                output.note("Put off.")
                return
            except EscrowdError as problem:
                questions.complain(problem)
                output.note(f"  Once more, or {LATER} to put it off.")
                continue
            _same(same)
            return

    def _begin(self, evening: "Evening") -> None:
        from escrowd.provider.actions.setup import STEPS

        for step in STEPS:
            if step in evening.done:
                output.note(f"done: {first_evening.TITLES[step]}")
        output.note(f"Enter takes what stands in brackets, {LATER} puts a step off, Ctrl-C stops.")


def _title(step: "Step") -> None:
    from escrowd.provider.actions.setup import STEPS

    output.note(f"\n{STEPS.index(step) + 1} of {len(STEPS)}: {first_evening.TITLES[step]}")
    output.note(first_evening.WHAT[step])


def _same(words: tuple[str, ...]) -> None:
    output.note(f"The same by hand: {output.plain_text(shlex.join(('escrow', *words)))}")


def _end(evening: "Evening") -> None:
    """What is open, and what comes after the first evening."""
    from escrowd.provider.actions.setup import STEPS

    output.note("")
    for step in STEPS:
        if step not in evening.done:
            by_hand = first_evening.BY_HAND[step].replace("ID", evening.client or "ID")
            output.note(f"open: {first_evening.TITLES[step]}: {by_hand}")
    if "deposit" in evening.done:
        output.note("From now on once a month: escrow checkin. On Monday mornings: escrow status --ask")
    elif "kit" in evening.done:
        output.note(
            "Without a node nobody notices that you are gone: what helps then is two cards and the kit."
        )
    if len(evening.done) < len(STEPS):
        output.note("Go on another day: escrow setup")
