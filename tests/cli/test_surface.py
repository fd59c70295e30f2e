"""The surface of both programs: help, options, imports, output, completion; the same for every command."""

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from cli.cli_world import BIN, Desk

from escrowd_cli import app

HEAVY = {
    "pydantic",
    "sqlalchemy",
    "cryptography",
    "rich",
    "typst",
    "shamir_mnemonic",
    "pyrage",
    "joserfc",
    "urllib3",
    "jinja2",
}
READS = [
    ("client", "list"),
    ("beneficiary", "list", "bakery"),
    ("contact", "list", "bakery"),
    ("entry", "list", "bakery"),
    ("entry", "show", "bakery", "Shop"),
    ("decision", "list", "bakery"),
    ("document", "list", "bakery"),
    ("terms", "show"),
    ("terms", "show", "bakery"),
    ("provider", "show"),
    ("node", "list"),
    ("status",),
    ("status", "--ask"),
    ("open", "bakery"),
    ("why", "bakery", "Shop"),
    ("check",),
    ("check", "bakery"),
    ("kit", "check", "kit-bakery"),
    ("ledger", "verify", "URL"),
    ("import", "bakery", "export.json", "--dry-run"),
]


def commands(group: click.Command, name: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below a program, with the words that call it."""
    context = click.Context(group)
    yield (name,), group
    if isinstance(group, click.Group):
        for word in group.list_commands(context):
            command = group.get_command(context, word)
            assert command is not None, word
            for words, each in commands(command, word):
                yield (name, *words), each


ALL = [*commands(app._escrow_group, "escrow"), *commands(app._escrowd_group, "escrowd")]
RUNS = [(words, command) for words, command in ALL if not isinstance(command, click.Group)]


def called(value: object) -> str:
    return " ".join(value) if isinstance(value, tuple) else ""


@pytest.mark.parametrize(("words", "command"), ALL, ids=called)
def test_every_command_has_help_with_an_example(words, command, capsys):
    """`--help` exits with 0 and says what, how and, for each command that does something, an example."""
    with pytest.raises(SystemExit) as ended:
        command.main(["--help"], prog_name=" ".join(words))
    assert ended.value.code == 0
    help_text = capsys.readouterr().out
    assert help_text.startswith(f"Usage: {' '.join(words)} ")
    if not isinstance(command, click.Group):
        assert f"Example:  {' '.join(words)}" in " ".join(help_text.replace("\n", "\n ").split("\n ")), (
            help_text
        )
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, (words, parameter.name)
            assert parameter.help.endswith((".", ")", "?")), (words, parameter.name)


@pytest.mark.parametrize(("words", "command"), RUNS, ids=called)
def test_options_and_parameters_of_a_command_are_the_same(words, command):
    """Each declared option reaches the function, and each parameter of the function is declared."""
    declared = {parameter.name for parameter in command.params}
    function = inspect.unwrap(command.callback)
    parameters = inspect.signature(function).parameters.values()
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    named = {parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD}
    injected = {"ctx", "session"}
    own = (
        {"passphrase_file", "passphrase_stdin", "passphrase_keyring"}
        if function is not command.callback
        else set()
    )
    assert named - declared <= injected, words
    if not takes_any:
        assert declared - own <= named, words


@pytest.mark.parametrize("program", ["escrow", "escrowd"])
def test_help_comes_from_the_table_alone(program):
    """`--help` imports nothing heavy: it is as quick as Python itself."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", BIN / program, "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert not imported & HEAVY
    assert done.stdout.startswith(f"Usage: {program} ")


@pytest.mark.parametrize("program", ["escrow", "escrowd"])
def test_the_version(program):
    """`--version` names the program and its version."""
    done = subprocess.run([BIN / program, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == program


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("program", ["escrow", "escrowd"])
def test_completion(program, shell):
    """Each usual shell gets its completion script."""
    environment = os.environ | {f"_{program.upper()}_COMPLETE": f"{shell}_source"}
    done = subprocess.run([BIN / program], capture_output=True, text=True, check=True, env=environment)
    assert f"_{program.upper()}_COMPLETE" in done.stdout
    assert not done.stderr


def test_completion_of_a_command():
    """The beginning of a command is completed."""
    environment = os.environ | {
        "_ESCROW_COMPLETE": "bash_complete",
        "COMP_WORDS": "escrow che",
        "COMP_CWORD": "1",
    }
    done = subprocess.run([BIN / "escrow"], capture_output=True, text=True, check=True, env=environment)
    assert sorted(done.stdout.split()) == ["plain,check", "plain,checkin"]


@pytest.mark.parametrize("words", READS, ids=called)
def test_reading_commands_print_json(desk: Desk, words: tuple[str, ...]) -> None:
    """With `--json` a reading command prints one JSON value on standard output, and changes nothing."""
    call = [desk.url if word == "URL" else word for word in words]
    free = words[0] in {"node", "kit"} or words == ("status",)
    with desk.unchanged("workspace"):
        answer = desk.escrow(*call, "--json") if free else desk.unlocked(*call, "--json")
    assert answer.code == 0, answer
    value = json.loads(answer.out)
    assert isinstance(value, dict | list)


def test_an_error_leaves_standard_output_empty(desk):
    """With `--json` too an error goes to standard error alone."""
    answer = desk.unlocked("entry", "show", "bakery", "Bank", "--json")
    assert answer.out == ""
    assert answer.err.startswith("escrow: error: there is no entry Bank\nhint: ")


@pytest.mark.parametrize(
    ("words", "command"),
    [pytest.param(*run, marks=[pytest.mark.long] if at % 5 else []) for at, run in enumerate(RUNS)],
    ids=called,
)
def test_an_unknown_option_ends_every_command(words, command, desk_less):
    """A slip in an option ends with 2, before a workspace, a node or a terminal is touched."""
    assert command.params is not None
    done = subprocess.run(
        [BIN / words[0], *words[1:], "--no-such-option"],
        capture_output=True,
        text=True,
        check=False,
        env=desk_less,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"{words[0]}: error: No such option '--no-such-option'.",
        f"hint: {' '.join(words)} --help shows how to call it",
    ]


@pytest.fixture
def desk_less(tmp_path):
    """The environment of somebody who has no workspace yet."""
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ESCROW_WORKSPACE": str(tmp_path / "none")}


def test_the_demo_leaves_a_folder_alone(tmp_path):
    """`escrow demo` plays only in a new or empty folder."""
    (tmp_path / "mine").write_text("mine")
    done = subprocess.run(
        [BIN / "escrow", "demo", "--keep", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 9
    assert done.stderr.splitlines()[0] == f"escrow: error: {tmp_path} is not empty"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
