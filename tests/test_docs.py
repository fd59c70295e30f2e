"""README and docs against the programs: what they name exists, and what they list is all there is."""

import inspect
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from escrowd import errors
from escrowd_cli import app, complaints
from escrowd_cli.lazy import LazyGroup

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = {"escrow": app._escrow_group, "escrowd": app._escrowd_group}
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = ROOT / "docs" / "decisions"
FENCES = re.findall(r"^```(?:sh)?\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def table(head: str) -> list[list[str]]:
    """The cells of the README's table whose first heading is ``head``, without the heading, code marks off."""
    lines = README.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith(f"| {head} |")]
    rows = []
    for line in lines[at + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace("`", "") for cell in line.strip("|").split("|")])
    return rows


def calls() -> Iterator[tuple[str, bool]]:
    """Each call of ours in the README, and whether it is whole: those in fenced blocks are."""
    for block in FENCES:
        yield from ((line, True) for line in block.splitlines() if re.match(r"escrowd? [a-z]", line))
    for text in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL)):
        if re.match(r"escrowd? [a-z]", text):
            yield " ".join(text.split()), False


@pytest.mark.parametrize("program", PROGRAMS)
def test_readme_lists_the_commands(program: str):
    """The README's tables are what ``--help`` says: each command, its line, its parts, in the same order."""
    group = PROGRAMS[program]
    assert isinstance(group, LazyGroup)
    expected = []
    for name, where in group.where.items():
        command = group.get_command(click.Context(group), name)
        parts = command.list_commands(click.Context(command)) if isinstance(command, click.Group) else []
        expected.append([name, where.summary, *([", ".join(parts)] if program == "escrow" else [])])
    assert table(f"`{program}`") == expected


def test_readme_lists_the_exit_codes():
    """The README's exit codes are the families of errors, each with its sentence, and the five others."""
    families = [
        [str(family.exit_code), family.__name__, inspect.getdoc(family)]
        for family in errors.EscrowdError.__subclasses__()
    ]
    rows = table("code")
    assert [row for row in rows if row[1].endswith("Error")] == families
    others = [int(code) for code, family, _ in rows if not family.endswith("Error")]
    assert others == [0, 1, complaints.EXIT_USAGE, complaints.EXIT_BUG, complaints.EXIT_INTERRUPTED]


@pytest.mark.parametrize(("call", "whole"), list(calls()))
def test_commands_in_the_readme_can_be_called(call: str, whole: bool):  # noqa: FBT001 — a parameter of the test
    """Each call in the README names a command and options that exist; one in a block has all that is required."""
    program, *arguments = shlex.split(call, comments=True)
    command: click.Command = PROGRAMS[program]
    context = click.Context(command, info_name=program)
    while isinstance(command, click.Group) and arguments:
        _, found, arguments = command.resolve_command(context, arguments)
        assert found is not None
        command = found
        context = click.Context(command, info_name=command.name, parent=context)
    values, rest, _ = command.make_parser(context).parse_args(list(arguments))
    assert rest == []
    for parameter in command.params:
        value = values.get(parameter.name)
        assert value or not (whole and parameter.required), parameter.name
        if isinstance(value, str | list) and not isinstance(parameter.type, click.Path):
            parameter.type_cast_value(context, value)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path):
    """Each link of README and docs names a file that is there, and a heading that is in it."""
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if target.startswith(("http:", "https:")):
            continue
        path, _, heading = target.partition("#")
        file = page if not path else (page.parent / path).resolve()
        assert file.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert heading in {_anchor(title) for title in titles}, target


def _anchor(title: str) -> str:
    """The heading's name in an address, as forges make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_files_in_running_text_exist():
    """Each path of this repository that docs name between code marks is there."""
    tops = "|".join(re.escape(path.name) for path in ROOT.iterdir() if path.is_dir() and path.name[0] != ".")
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for path in re.findall(rf"`((?:{tops})/[\w./-]*)`", text):
            # `escrowd/link/1` and its like are labels of keys.
            assert re.search(r"/\d+$", path) or (ROOT / path).exists(), f"{page.name}: {path}"


def test_decisions_are_numbered_once_and_listed():
    """Each decision has its own number, bears it in its title, and stands in the list in this order."""
    records = sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")
    numbers = [path.name[:4] for path in records]
    assert len(set(numbers)) == len(numbers)
    for path, number in zip(records, numbers, strict=True):
        assert path.read_text(encoding="utf-8").startswith(f"# {number}: ")
    listed = re.findall(r"\]\((\d{4}[^)]+)\)", (DECISIONS / "README.md").read_text(encoding="utf-8"))
    assert listed == [path.name for path in records]
