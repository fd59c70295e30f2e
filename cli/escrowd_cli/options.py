"""Options that many commands share, and what they turn into: a session, a duration, a delivery."""

import sys
import time
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from escrowd_cli import output

if TYPE_CHECKING:
    from escrowd.machine.secret_input import Secret
    from escrowd.provider.delivery import Deliver
    from escrowd.provider.progress import Progress

Command = TypeVar("Command", bound=Callable[..., object])
A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
A_PATH = click.Path(path_type=Path)
LANGUAGE = click.Choice(["de", "en"])
PROFILE = click.Choice(["expert", "guided", "full-service"])
ROLE = click.Choice(["client", "successor", "reserve"])
MAX_TEXT = 64 * 1024
_KEYRING = "escrow"
_PASSPHRASE = "Passphrase of the workspace: "  # noqa: S105 — a prompt


class Duration(click.ParamType[int]):
    """A duration as people write it: 30d, 12h, 90s."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds. Raises ``InputError`` ``duration.malformed``."""
        del param, ctx
        from escrowd.core.durations import parse_duration

        return value if isinstance(value, int) else parse_duration(str(value))


class Line(click.ParamType[str]):
    """A text of one line that is not empty: a name, a title."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text without white space around it. Raises ``click.BadParameter``."""
        text = " ".join(str(value).split())
        if not text:
            self.fail("it is empty.", param, ctx)
        return text


DURATION = Duration()
LINE = Line()


def now() -> int:
    """Wall time, integer Unix seconds: the one place where the commands of ``escrow`` ask a clock."""
    return int(time.time())


def workspace_folder(ctx: click.Context) -> Path:
    """The workspace that the call names, else the one in the user's data folder."""
    named: str | None = ctx.find_root().obj
    if named:
        return Path(named)
    from escrowd.machine.folders import user_data

    return user_data("escrow")


def takes_passphrase(function: Command) -> Command:
    """Add the ways in which a passphrase may come when it is not typed."""
    for option in (
        click.option("--passphrase-stdin", is_flag=True, help="Read the passphrase from standard input."),
        click.option(
            "--passphrase-file", type=A_FILE, metavar="FILE", help="Read the passphrase from a file (0600)."
        ),
    ):
        function = option(function)
    return function


def unlocks(function: Command) -> Command:
    """Add the ways in which the passphrase of a workspace may come when it is not typed."""
    function = click.option(
        "--passphrase-keyring", is_flag=True, help="Read the passphrase from the desktop's keyring."
    )(function)
    return takes_passphrase(function)


def with_session(function: Callable[..., Any]) -> Callable[..., Any]:
    """Lock and unlock the workspace for the command, whose first argument the session becomes."""

    @unlocks
    @click.pass_context
    @wraps(function)
    def call(
        ctx: click.Context,
        /,
        *args: Any,
        passphrase_file: Path | None,
        passphrase_stdin: bool,
        passphrase_keyring: bool,
        **options: Any,
    ) -> Any:
        from escrowd.machine.child import forbid_core_dumps
        from escrowd.machine.editing import sweep_edited
        from escrowd.machine.secret_input import read_keyring, read_secret
        from escrowd.provider.workspace import Workspace

        forbid_core_dumps()
        sweep_edited()
        with Workspace(workspace_folder(ctx)) as workspace:
            if passphrase_keyring:
                passphrase = read_keyring(_KEYRING, workspace.view.root_fingerprint)
            else:
                passphrase = read_secret(_PASSPHRASE, file=passphrase_file, stdin=passphrase_stdin)
            return function(workspace.unlock(passphrase), *args, **options)

    return call


def new_passphrase(file: Path | None, *, stdin: bool) -> "Secret":
    """A new passphrase; at the terminal it is typed twice."""
    from escrowd.machine.child import forbid_core_dumps
    from escrowd.machine.secret_input import read_new_secret, read_secret

    forbid_core_dumps()
    if file is not None or stdin:
        return read_secret("", file=file, stdin=stdin)
    return read_new_secret("New passphrase (four random words do well): ", "The same once more: ")


def read_texts(files: Sequence[Path]) -> list[str]:
    """The text of each file, a card's or the like.

    Raises ``CardError`` ``card.not-text`` (``source``), and as ``read_bounded``.
    """
    from escrowd.errors import CardError
    from escrowd.machine.files import read_bounded

    texts = []
    for file in files:
        try:
            texts.append(read_bounded(file, MAX_TEXT).decode("utf-8"))
        except UnicodeDecodeError:
            raise CardError("card.not-text", source=file.name) from None
    return texts


def one_card(file: Path | None) -> str:
    """The words of one card: out of a file, else typed or pasted at the terminal, where nothing shows.

    Raises as ``read_texts`` and ``read_secret_lines``.
    """
    from escrowd.core.shares import CARD_WORDS
    from escrowd.machine.secret_input import read_secret_lines

    if file is not None:
        return read_texts([file])[0]
    prompt = f"The card, its {CARD_WORDS} words: "
    return read_secret_lines(prompt, enough=lambda typed: len(typed.split()) >= CARD_WORDS).value


def json_option(function: Command) -> Command:
    """Add ``--json``: the result for machines."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(function)


def takes_delivery(function: Command) -> Command:
    """Add ``-o DIR`` and ``--print``: where papers go."""
    for option in (
        click.option("--print", "to_printer", is_flag=True, help="Print at once; no file is left behind."),
        click.option(
            "-o", "--output", "folder", type=A_PATH, metavar="DIR", help="Write PDFs to this folder."
        ),
    ):
        function = option(function)
    return function


def delivery(folder: Path | None, *, to_printer: bool) -> "Deliver":
    """Where the papers go. Raises ``click.UsageError`` unless exactly one way is chosen."""
    from escrowd.provider.delivery import to_folder
    from escrowd.provider.delivery import to_printer as through_printer

    if to_printer == (folder is not None):
        message = "say where the cards go: -o DIR or --print"
        raise click.UsageError(message)
    return through_printer() if folder is None else to_folder(folder)


def same_fingerprint(fingerprint: str, given: str | None, *, yes: bool) -> None:
    """Show a root's fingerprint, and at a terminal let somebody compare it with their card before going on.

    Parameters: ``given``, what was typed off a card already, if it was; ``yes``, whether not to ask.
    Raises ``IntegrityError`` ``manifest.foreign-provider`` (``expected``, ``found``), ``click.Abort``.
    """
    from escrowd.core.keys import show_fingerprint
    from escrowd.errors import IntegrityError

    wanted = None if given is None else "".join(given.split()).lower()
    if wanted is not None and wanted != fingerprint:
        raise IntegrityError("manifest.foreign-provider", expected=wanted, found=fingerprint)
    if wanted is None and not yes and sys.stdin.isatty() and sys.stderr.isatty():
        output.note(f"Fingerprint: {show_fingerprint(fingerprint)}")
        click.confirm("Does your card show the same?", abort=True, err=True)


def watched() -> "Progress":
    """A progress that shows bars on a terminal, and nothing elsewhere."""
    return output.Bars()
