"""Stories told as terminals show them, run word for word against the real programs (see README.md here)."""

import re
import shlex
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from cli.cli_world import BIN, PASSPHRASE, quicken, typed_cards

from escrowd.errors import UnavailableError
from escrowd_cli.demo.terminal import INTERRUPT, converse
from escrowd_cli.demo.world import World, mail_server, make_node, running_node

SELDOM = {"cards", "daily-life", "first-evening", "lost-card", "reasons", "recover"}
"""Stories for `make test-long`: what each of them tells is under test elsewhere, too, if not word for word."""
STORIES = sorted((Path(__file__).parent / "stories").glob("*.txt"))
ASKED = "Passphrase of the workspace:"
MARKS = ("$ ", "% ", "@ ")
CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass
class Step:
    """One command of a story and what must come of it."""

    line: int
    mark: str
    command: str
    answers: list[tuple[str, str]] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    code: int = 0


@dataclass
class Stage:
    """Where a story plays: an empty folder, a mail server, and a node once it is started."""

    folder: Path
    stack: ExitStack
    world: World
    names: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{BIN}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "COLUMNS": "200",
            "ESCROW_WORKSPACE": str(self.folder / "workspace"),
        }

    def run(self, step: Step) -> tuple[int, list[str]]:
        """Carry out a step; its exit code, and its lines: standard output, then standard error after "! "."""
        command = step.command
        for name, value in self.names.items():
            command = command.replace(name, value)
        words = shlex.split(command)
        if step.mark == "@":
            return 0, getattr(self, f"do_{words[0]}")(*words[1:])
        program = [str(BIN / words[0]), *words[1:]]
        answers = [(ASKED, PASSPHRASE)] * (step.mark == "%") + step.answers
        if answers:
            code, said = 0, ""
            try:
                said = converse(program, answers, cwd=self.folder, env=self.environment(), timeout=120)
            except UnavailableError as problem:
                if problem.code != "demo.failed":
                    raise
                code, said = int(problem.fields["exit"]), str(problem.fields["said"])
            prompts = tuple(prompt for prompt, _ in answers)
            shown = (CONTROL.sub("", line.rpartition("\r")[2]) for line in said.split("\n"))
            return code, [line for line in shown if line and not any(prompt in line for prompt in prompts)]
        done = subprocess.run(
            program,
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            timeout=120,
        )
        err = [f"! {line}" for line in done.stderr.splitlines()]
        return done.returncode, [*(line for line in done.stdout.splitlines() if line), *err]

    def do_node(self) -> list[str]:
        """Start a node; $URL is its address, and ``invitation`` holds an invitation."""
        smtp = self.stack.enter_context(mail_server(self.world.mails))
        self.names["$URL"] = url = make_node(self.world, smtp)
        self.stack.enter_context(running_node(self.world, url))
        made = subprocess.run([BIN / "escrowd", "invite", self.world.node], capture_output=True, check=True)
        (self.folder / "invitation").write_bytes(made.stdout)
        return []

    def do_type(self, folder: str) -> list[str]:
        """Type off the printed cards of a folder into text files, and delete the PDFs."""
        typed_cards(self.folder / folder, self.folder)
        shutil.rmtree(self.folder / folder)
        return []

    def do_delete(self, name: str) -> list[str]:
        """Delete a file or a folder."""
        path = self.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        return []

    def do_quicken(self) -> list[str]:
        """Make the passphrase of the workspace quick to try, for the test's sake alone."""
        quicken(self.folder / "workspace")
        return []

    def do_ledger(self) -> list[str]:
        """What the node has recorded, one type a line."""
        with sqlite3.connect(f"file:{self.world.node}/escrowd.sqlite3?mode=ro", uri=True) as database:
            return [kind for (kind,) in database.execute("select type from ledger order by seq")]

    def do_mails(self) -> list[str]:
        """The kinds of the mails that went out, and to whom."""
        self.world.seen.clear()
        return sorted(
            f"{mail['Escrow-Letter']} {mail['To'].addresses[0].addr_spec}"
            for _, mail in self.world.new_mails()
        )

    def do_click(self, kind: str, to: str, button: str = "") -> list[str]:
        """Open the link of the newest mail of a kind to an address, and press the page's (named) button."""
        link = re.findall(r"https?://\S+/p/\S+", self.mail(kind, to).get_body(("plain",)).get_content())[0]
        with urlopen(link) as answer:  # noqa: S310 — loopback, ours
            page = answer.read().decode()
        values = re.findall(r'<button[^>]* name="do" value="([^"]+)"', page)
        form = urlencode({"do": button or values[0]}).encode()
        press = Request(link, data=form, method="POST")  # noqa: S310 — as above
        with urlopen(press) as answer:  # noqa: S310 — as above
            assert answer.status == 200
        return []

    def do_save(self, kind: str, to: str, name: str) -> list[str]:
        """Save the newest mail of a kind to an address as a mail program would."""
        (self.folder / name).write_bytes(self.mail(kind, to).as_bytes())
        return []

    def mail(self, kind: str, to: str) -> EmailMessage:
        """The newest mail of a kind to an address, once it is there."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            self.world.seen.clear()
            found = [
                mail
                for path, mail in self.world.new_mails()
                if mail["Escrow-Letter"] == kind and path.stem.endswith(f"-{to}")
            ]
            if found:
                return found[-1]
            time.sleep(0.05)
        pytest.fail(f"no {kind} to {to}: {self.do_mails()}")

    def do_same(self, one: str, other: str) -> list[str]:
        """Whether two files are byte for byte the same; a pattern stands for the one file that fits it."""
        (first,), (second,) = (list(self.folder.glob(name)) for name in (one, other))
        return ["same" if first.read_bytes() == second.read_bytes() else "DIFFERENT"]


def read_story(text: str) -> tuple[list[Step], dict[str, str]]:
    """The steps of a story, and the files that it begins with."""
    told, *files = re.split(r"(?m)^-- (\S+) --\n", text)
    steps: list[Step] = []
    for number, line in enumerate(told.splitlines(), start=1):
        if line.startswith(MARKS):
            steps.append(Step(number, line[0], line[2:]))
        elif line.startswith("< "):
            prompt, _, answer = line[2:].partition(" => ")
            steps[-1].answers.append((prompt, INTERRUPT if answer == "^C" else answer))
        elif line.startswith("? "):
            steps[-1].code = int(line[2:])
        elif line and not line.startswith("#"):
            steps[-1].expected.append(line)
    return steps, dict(zip(files[::2], files[1::2], strict=True))


def matches(expected: list[str], lines: list[str]) -> bool:
    """Whether the lines are those expected: "…" stands for any text in a line, alone for any lines."""
    if not expected:
        return not lines
    first, *rest = expected
    if first == "…":
        return any(matches(rest, lines[at:]) for at in range(len(lines) + 1))
    pattern = ".*".join(re.escape(" ".join(part.split())) for part in re.split("…", first))
    return (
        bool(lines) and bool(re.fullmatch(pattern, " ".join(lines[0].split()))) and matches(rest, lines[1:])
    )


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """An empty desk; what the story starts is stopped at its end."""
    folder, machine = tmp_path / "desk", tmp_path / "machine"
    folder.mkdir(mode=0o700)
    machine.mkdir(mode=0o700)
    with ExitStack() as stack:
        yield Stage(folder, stack, World(machine))


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(path, id=path.stem, marks=[pytest.mark.long] if path.stem in SELDOM else [])
        for path in STORIES
    ],
)
def test_a_story(story, stage):
    """Every command of the story prints what the story says, and ends with the code that it says."""
    steps, files = read_story(story.read_text(encoding="utf-8"))
    assert steps
    for name, text in files.items():
        path = stage.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    for step in steps:
        code, lines = stage.run(step)
        shown = "\n".join([f"{story.name}:{step.line}: {step.mark} {step.command}", *lines, f"? {code}"])
        assert code == step.code, shown
        assert matches(step.expected, lines), shown


@pytest.mark.parametrize(
    ("expected", "lines", "fits"),
    [
        (["a…c"], ["abbc"], True),
        (["a…c"], ["abb"], False),
        (["…", "z"], ["x", "y", "z"], True),
        (["…"], [], True),
        (["a"], ["a", "b"], False),
        ([], ["a"], False),
        (["a  b"], ["a b"], True),
    ],
)
def test_the_runner_compares(expected, lines, fits):
    """A line too many or too few fails; "…" is any text, or any lines."""
    assert matches(expected, lines) is fits
