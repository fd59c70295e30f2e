"""What goes to standard error when something is wrong: one sentence, one hint, and never a secret."""

import tomllib
import traceback
from functools import cache
from importlib.resources import files
from string import Formatter

import click

from escrowd.errors import EscrowdError
from escrowd_cli.output import note
from escrowd_cli.readable import Readable

EXIT_USAGE = 2
EXIT_BUG = 70
EXIT_INTERRUPTED = 130
_READABLE = Readable()
_OTHERS = "; or open a revision that was set aside ({others}) with --revision NUMBER, if the newest is spoilt"


def explain(program: str, problem: BaseException) -> int:
    """Print one error, what is wrong and what to do about it, and return the exit code."""
    match problem:
        case EscrowdError():
            says, hint = sentences(problem)
            code = problem.exit_code
        case click.UsageError():
            command = problem.ctx.command_path if problem.ctx else program
            says, hint, code = problem.format_message(), f"{command} --help shows how to call it", EXIT_USAGE
        case click.ClickException():
            says, hint, code = problem.format_message(), f"{program} --help shows how to call it", EXIT_USAGE
        case click.Abort() | KeyboardInterrupt():
            says, hint, code = "stopped before the end", "call it again when you are ready", EXIT_INTERRUPTED
        case _:
            # Its text could carry a secret: name it by type and place alone.
            where = traceback.extract_tb(problem.__traceback__)[-1]
            says = f"something that nobody foresaw: {type(problem).__name__}"
            hint = f"please report it with this place: {where.filename}:{where.lineno} in {where.name}"
            code = EXIT_BUG
    note(f"{program}: error: {says}")
    note(f"hint: {hint}")
    return code


def sentences(cause: EscrowdError) -> tuple[str, str]:
    """The English sentence and hint of an error; the file or card that is to blame stands before it."""
    message = messages().get(cause.code)
    if message is None:  # a newer node's
        return f"{cause}", "a newer escrow may know what that means"
    says, hint = (_READABLE.vformat(message[part], (), cause.fields) for part in ("says", "hint"))
    if "source" in cause.fields and "source" not in placeholders(message["says"]):
        says = f"{cause.fields['source']}: {says}"
    elif "card" in cause.fields:
        says = f"card {cause.fields['card']}: {says}"
    if "others" in cause.fields:
        hint += _OTHERS.format(others=cause.fields["others"])
    return says, hint


def placeholders(text: str) -> set[str]:
    """The names of the fields that a sentence wants."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@cache
def messages() -> dict[str, dict[str, str]]:
    """Every error code with its sentence (``says``) and its ``hint``."""
    tree = tomllib.loads(files(__package__).joinpath("messages.toml").read_text(encoding="utf-8"))
    return {f"{family}.{cause}": texts for family, causes in tree.items() for cause, texts in causes.items()}
