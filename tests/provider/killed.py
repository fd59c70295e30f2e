"""Run one action again and again on copies of a workspace, each time killed one step later.

A step is a call that changes a file system: open for writing, rename, remove, link, mkdir. The process is
killed with SIGKILL just before its n-th step, until a run ends by itself. Called as a program, so that the
forks have one thread::

    killed.py ACTION TEMPLATE COPIES

Prints how many runs were killed. The copies stay, for the test to look at.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from provider.provider_world import NOW, Tray, typed

from escrowd.provider.actions.beneficiaries import add_beneficiary
from escrowd.provider.actions.cards import make_cards
from escrowd.provider.actions.clients import add_client
from escrowd.provider.actions.contents import add_entry
from escrowd.provider.actions.deposit import deposit
from escrowd.provider.actions.kit import write_kit
from escrowd.provider.actions.passphrase import change_passphrase
from escrowd.provider.actions.terms import set_timings
from escrowd.provider.workspace import Session, Workspace

STEPS = frozenset({"os.rename", "os.remove", "os.link", "os.mkdir"})
NEW_PASSPHRASE = "Zaunkönig Ofen Kiesel"


def new_client(session: Session) -> None:
    add_client(session, "praxis", name="Praxis Dr. Ruf", language="de", profile="guided", now=NOW)


def new_entry(session: Session) -> None:
    add_entry(session, "bakery", {"title": "Router", "kind": "wifi", "password": "Nelke-77"}, now=NOW)


def new_cards(session: Session) -> None:
    make_cards(session, "bakery", deliver=Tray(), now=NOW)


def new_kit(session: Session) -> None:
    write_kit(session, "bakery", session.folder.parent / f"{session.folder.name}-kit", now=NOW)


def new_passphrase(session: Session) -> None:
    change_passphrase(session, typed(NEW_PASSPHRASE))


def new_person(session: Session) -> None:
    add_beneficiary(session, "bakery", name="Karl Krume", role="client", addresses=["karl@krume.example"])


def new_timings(session: Session) -> None:
    set_timings(session, interval=40 * 86_400)


def new_deposit(session: Session) -> None:
    deposit(session, now=NOW)


ACTIONS: dict[str, Callable[[Session], None]] = {
    action.__name__: action
    for action in (new_client, new_entry, new_cards, new_kit, new_passphrase, new_person, new_timings)
}
"""Those that need no node; ``new_deposit`` needs one."""


def kill_at(step: int) -> None:
    left = step

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_CREAT | os.O_TRUNC)
        if event in STEPS or writes:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def main(action: str, template: Path, copies: Path) -> None:
    with Workspace(template) as held:
        opened = held.unlock(typed())  # once: the passphrase costs half a second
    step = 0
    while True:
        step += 1
        folder = Path(shutil.copytree(template, copies / f"{step:02}", symlinks=True))
        child = os.fork()
        if child == 0:
            with Workspace(folder):
                session = replace(opened, folder=folder)
                kill_at(step)
                {**ACTIONS, "new_deposit": new_deposit}[action](session)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
    print(step - 1)  # noqa: T201 — the answer


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
