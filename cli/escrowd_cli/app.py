"""The entry points: parse, run, and turn every error into one sentence, one hint and one exit code."""

import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

import click

from escrowd import __version__
from escrowd_cli.lazy import LazyGroup, Where

EXIT_INTERRUPTED = 130


def _escrow(module: str, summary: str) -> Where:
    return Where(f"escrowd_cli.escrow.{module}_cmd", summary)


def _escrowd(module: str, summary: str) -> Where:
    return Where(f"escrowd_cli.escrowd.{module}_cmd", summary)


ESCROW = {
    "demo": _escrow("demo", "Play the whole story on this machine: seal, silence, release, open."),
    "setup": _escrow("setup", "Be asked for all that a first evening needs, step by step."),
    "init": _escrow("init", "Make a workspace and the provider's cards."),
    "passphrase": _escrow("passphrase", "Change the passphrase of the workspace."),
    "provider": _escrow("provider", "Show or change your own name, language and addresses."),
    "node": _escrow("node", "Enrol with a node; list the nodes."),
    "terms": _escrow("terms", "Show or set what provider and client agreed."),
    "client": _escrow("client", "Add, list, edit or end a client."),
    "beneficiary": _escrow("beneficiary", "Say to whom a client's bundle is released."),
    "witness": _escrow("witness", "Name people who may say that you are there, or gone."),
    "address": _escrow("address", "Keep two addresses of everybody, and see which are confirmed."),
    "contact": _escrow("contact", "Keep the people whom a client may need to call."),
    "import": _escrow("import", "Read a password manager's export into a client's bundle."),
    "sync": _escrow("sync", "Bring one vault into the bundles of all clients in it."),
    "entry": _escrow("entry", "Add, edit, show, list, remove or restore an entry."),
    "check": _escrow("check", "Say what a client's list does not say yet, worst first."),
    "decision": _escrow("decision", "Record what was decided, and why."),
    "document": _escrow("document", "Put documents into a client's bundle."),
    "cards": _escrow("cards", "Split a new key and print a client's cards."),
    "card": _escrow("card", "What becomes of cards: lost, faded, or without a holder so far."),
    "deposit": _escrow("deposit", "Seal bundles and bring them to the nodes."),
    "kit": _escrow("kit", "Write the kit that belongs beside a card, or check one."),
    "list": _escrow("list", "Write a client's complete list of credentials."),
    "deliver": _escrow("deliver", "Hand the list over: letter, new sheets, a receipt to sign."),
    "agreement": _escrow("agreement", "Write what you and a client agreed, to sign."),
    "letter": _escrow("letter", "Write a sheet for people around you: for the family."),
    "export": _escrow("export", "Write a client's bundle for another program: KeePass or a table."),
    "drill": _escrow("drill", "Ask each holder of a card, by mail, to prove it."),
    "arm": _escrow("arm", "End the trial of a deposit."),
    "approve": _escrow("approve", "Say yes to a request for a release."),
    "delay": _escrow("delay", "Put a request off, as far as was agreed."),
    "checkin": _escrow("checkin", "Tell every node that you are there."),
    "pause": _escrow("pause", "Check in for longer: a holiday, a stay in hospital."),
    "resume": _escrow("resume", "End a pause by a plain check-in."),
    "status": _escrow("status", "Say what needs doing, worst first."),
    "open": _escrow("open", "Read a client's bundle from the workspace."),
    "why": _escrow("why", "Tell the story of an entry: what was chosen, when and why."),
    "review": _escrow("review", "Write the sheet for the yearly talk, or record the talk."),
    "request": _escrow("request", "Ask a node for the release, with a card: for clients and successors."),
    "recover": _escrow("recover", "Open a bundle with cards: for clients and successors."),
    "restore": _escrow("restore", "Get the workspace back with two provider's cards and a node."),
    "practice": _escrow("practice", "Write practice cards and a sample kit, to try and to break."),
    "ledger": _escrow("ledger", "Verify what a node recorded."),
}

ESCROWD = {
    "init": _escrowd("init", "Make a node: key, configuration, unit, Caddyfile."),
    "check": _escrowd("check", "Read the configuration and say what is wrong with it."),
    "run": _escrowd("run", "Run the node."),
    "status": _escrowd("status", "Say how the running node is: hearing, deaf or held, and how that ends."),
    "invite": _escrowd("invite", "Write an invitation for one provider."),
    "doctor": _escrowd("doctor", "Try out everything the node needs: key, store, mail, public URL."),
}


@click.command(cls=LazyGroup, where=ESCROW, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--workspace",
    metavar="DIR",
    envvar="ESCROW_WORKSPACE",
    help="The workspace folder (default: escrow in your data folder; also $ESCROW_WORKSPACE).",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def _escrow_group(ctx: click.Context, workspace: str | None) -> None:
    """Give every client the keys to what is theirs, and a way in without you.

    \b
    A first evening:  escrow setup
    Every month:      escrow checkin
    Monday morning:   escrow status
    """  # noqa: D301 — \b is click's mark for lines that stay as they are
    ctx.obj = workspace


@click.command(cls=LazyGroup, where=ESCROWD, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def _escrowd_group() -> None:
    """Run a node: it holds sealed bundles, hears check-ins, and releases when they stop."""


def escrow() -> None:
    """The program ``escrow``. A signal that ends it, or its terminal's end, still lets it tidy up (P10)."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _stop)
    sys.exit(_run(_escrow_group, "escrow"))


def escrowd() -> None:
    """The program ``escrowd``."""
    sys.exit(_run(_escrowd_group, "escrowd"))


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _run(group: click.Command, program: str) -> int:
    """Run a program and return its exit code: 0, 2 usage, 3 to 9 a family of errors, 70 a bug, 130 Ctrl-C."""
    main: Callable[..., object] = group.main
    try:
        stopped = main(prog_name=program, standalone_mode=False)
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_INTERRUPTED
    except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001 — a traceback could leak
        from escrowd_cli import complaints

        return complaints.explain(program, problem)
    return stopped if isinstance(stopped, int) else 0
