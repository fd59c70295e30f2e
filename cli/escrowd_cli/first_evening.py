"""The steps of ``escrow setup``: each asks, calls the same action as the command, and names that command.

A step returns the words of the command that does the same. It raises ``PutOffError``, or an error of ours:
then nothing has changed, and the step may be taken again; what was answered is the default then.
"""

import unicodedata
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from escrowd.errors import EscrowdError, InputError
from escrowd_cli import output, reports
from escrowd_cli.options import new_passphrase, now, watched
from escrowd_cli.questions import PutOffError, Questions, complain

if TYPE_CHECKING:
    from escrowd.core.terms import Profile, Role
    from escrowd.machine.secret_input import Secret
    from escrowd.provider.actions.setup import Step
    from escrowd.provider.delivery import Paper
    from escrowd.provider.records import Language
    from escrowd.provider.sources import Unspoken
    from escrowd.provider.workspace import Session

TITLES: "dict[Step, str]" = {
    "workspace": "Your workspace, and your own three cards",
    "node": "A node",
    "client": "The client",
    "people": "The client's person",
    "successor": "A successor",
    "vault": "The credentials",
    "cards": "The client's cards",
    "deposit": "The deposit",
    "kit": "The kit",
}
WHAT: "dict[Step, str]" = {
    "workspace": "It holds keys and all about your clients, sealed. Two of your three cards bring it back.",
    "node": "It holds what is sealed and notices when you fall silent. Its operator sends you an invitation.",
    "client": "The business whose credentials these are.",
    "people": "Who gets the client's card, and the release.",
    "successor": "Who takes over when you are gone. Client and successor together open at any time.",
    "vault": "The file of your password manager. Other clients' entries may be in it too.",
    "cards": "A new key is split, and each combination is tried out before it counts.",
    "deposit": "Bundle, key and share go to the node, sealed. The people named get a mail.",
    "kit": "The sealed files for the client's stick. With two cards it opens everything, without any node.",
}
BY_HAND: "dict[Step, str]" = {
    "workspace": "escrow init",
    "node": "escrow node add URL",
    "client": "escrow client add ID --name NAME",
    "people": "escrow beneficiary add ID --role client --name NAME --address ADDRESS",
    "successor": "escrow beneficiary add ID --role successor --name NAME --address ADDRESS",
    "vault": "escrow import ID FILE",
    "cards": "escrow cards ID -o DIR",
    "deposit": "escrow deposit ID",
    "kit": "escrow kit ID -o DIR",
}
PRINT = "print"
"""The answer that sends cards to the printer instead of a folder."""
PROFILES = ("expert", "guided", "full-service")
LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
Words = tuple[str, ...]


@dataclass(slots=True)
class Desk:
    """An open workspace and somebody who answers. ``client``: whose evening it is, "" before there is one."""

    session: "Session"
    asks: Questions
    client: str = ""


@dataclass(slots=True)
class _Papers:
    """Where cards go: a folder, or None for the printer. ``files``: those that lie there now."""

    folder: Path | None
    files: list[Path] = field(default_factory=list)

    def __call__(self, papers: "Sequence[Paper]") -> None:
        from escrowd.provider.delivery import to_folder, to_printer

        (to_printer() if self.folder is None else to_folder(self.folder))(papers)
        self.files = [] if self.folder is None else [self.folder / paper.name for paper in papers]

    @property
    def words(self) -> Words:
        """The option that says the same."""
        return ("--print",) if self.folder is None else ("-o", str(self.folder))


def found_desk(folder: Path, asks: Questions, stack: ExitStack) -> tuple[Desk, Words]:
    """The first step: a new workspace, which is open then; asked until it is there, since all else needs it.

    Raises ``ConflictError`` ``workspace.exists`` when something else lies there; ``click.Abort``.
    """
    from escrowd.provider.actions.init import check_empty

    check_empty(folder)
    while True:
        try:
            passphrase, words = _init(folder, asks)
        except PutOffError:
            output.note("  This is the one step that all others need. Ctrl-C stops.")
        except EscrowdError as problem:
            complain(problem)
        else:
            break
    return Desk(_unlocked(folder, stack, lambda: passphrase), asks), words


def open_desk(folder: Path, asks: Questions, stack: ExitStack) -> Desk:
    """The workspace that is there, its passphrase asked for until it is right. Raises as ``Workspace``."""
    from escrowd.machine.secret_input import read_secret

    return Desk(_unlocked(folder, stack, lambda: read_secret("Passphrase of the workspace: ")), asks)


def _unlocked(folder: Path, stack: ExitStack, passphrase: "Callable[[], Secret]") -> "Session":
    from escrowd.provider.workspace import Workspace

    workspace = stack.enter_context(Workspace(folder))
    while True:
        try:
            return workspace.unlock(passphrase())
        except InputError as problem:
            complain(problem)


def _init(folder: Path, asks: Questions) -> "tuple[Secret, Words]":
    from escrowd.provider.actions.init import init

    name = asks.line("Your name or your firm's, as clients know it")
    addresses = _addresses(asks, "Your mail address", "Another one, at another provider (Enter: none)")
    language = _language(asks, "Your language", "de")
    papers = _papers(asks, "your three cards", "cards-provider")
    passphrase = _new_passphrase()
    made = init(
        folder,
        name=name,
        language=language,
        addresses=addresses,
        passphrase=passphrase,
        deliver=papers,
        now=now(),
        progress=watched(),
    )
    output.say(f"workspace    {made.folder}")
    output.say(f"fingerprint  {made.root_fingerprint}")
    output.note("Keep two of the three cards in two places away from here, before the first deposit.")
    _printed(asks, papers)
    words = ["init", "--name", name, *_each("--address", addresses), "--language", language, *papers.words]
    return passphrase, tuple(words)


def _node(desk: Desk) -> Words:
    from escrowd.core.keys import show_fingerprint
    from escrowd.core.statements import read_invitation
    from escrowd.machine.secret_input import read_secret
    from escrowd.provider.actions.nodes import add_node

    file = desk.asks.ask("File with the invitation (Enter: paste it)", _file_or_none, default="", shown=False)
    invitation = read_secret("The invitation: ", file=file).value
    url = read_invitation(invitation).url
    operator = desk.asks.line(f"Who runs {url}? A name, or provider if it is you", default="provider")
    report = add_node(desk.session, url=url, invitation=invitation, operator=operator, now=now())
    reports.nodes([report])
    output.note(f"This node's fingerprint: {show_fingerprint(report.fingerprint)}")
    output.note("Ask its operator, by telephone, whether `escrowd init` named the same one.")
    given = () if file is None else ("--invitation-file", str(file))
    return ("node", "add", url, "--operator", operator, *given)


def _client(desk: Desk) -> Words:
    from escrowd.provider.actions.clients import add_client

    name = desk.asks.line("Its name, as it writes itself")
    id_ = desk.asks.line("A short id for commands and files", default=desk.client or _slug(name) or None)
    language = _language(desk.asks, "Language of papers and mails", desk.session.vault.provider.language)
    output.note(
        "  expert: technical detail, files for machines. guided: explanations. full-service: one clear page."
    )
    profile = cast("Profile", desk.asks.choice("How it is written for them", PROFILES, default="guided"))
    add_client(desk.session, id_, name=name, language=language, profile=profile, now=now())
    desk.client = id_
    return ("client", "add", id_, "--name", name, "--language", language, "--profile", profile)


def _people(desk: Desk) -> Words:
    output.note(
        "  One address must not hang on you or on what is in the bundle: their domain may be down that day."
    )
    return _beneficiary(desk, "client", "the client's person")


def _successor(desk: Desk) -> Words:
    words = _beneficiary(desk, "successor", "the successor")
    if desk.session.client(desk.client).sets:
        output.note(f"Their card waits in the workspace: escrow card print {desk.client} -o DIR")
    return words


def _beneficiary(desk: Desk, role: "Role", who: str) -> Words:
    from escrowd.provider.actions.beneficiaries import add_beneficiary

    named = [
        (person.name, person.addresses[0].address)
        for record in desk.session.vault.clients
        for one in record.beneficiaries
        for person in record.people
        if one.role == role == "successor" and one.person == person.id and person.addresses
    ]
    name, address = next(iter(named), (None, None))
    name = desk.asks.line(f"Name of {who}", default=name)
    addresses = _addresses(desk.asks, f"Mail address of {who}", "Another one (Enter: none)", default=address)
    add_beneficiary(desk.session, desk.client, name=name, role=role, addresses=addresses)
    return ("beneficiary", "add", desk.client, "--role", role, "--name", name, *_each("--address", addresses))


def _vault(desk: Desk) -> Words:
    from escrowd.machine.secret_input import read_secret
    from escrowd.provider.actions import sync
    from escrowd_cli.escrow import sync_cmd

    file = desk.asks.ask("The file (KeePass, 1Password, Bitwarden, a table …)", _file)
    known = sync.source_of(desk.session, file)
    source = sync.read_source(
        known,
        ask=lambda path: read_secret(f"Password of {output.plain_text(path.name)}: "),
        progress=watched(),
    )
    alone = len(source.open_questions(desk.session)) == 1

    def whose(one: "Unspoken") -> str:
        return _whose(desk, replace(one, suggestion=desk.client) if alone else one)

    source = sync_cmd.ask_whose(desk.session, source, whose)
    report = sync.sync(desk.session, [source], dry_run=False, now=now(), progress=watched())
    sync_cmd.show_report(report)
    for client in report.clients:
        if client.error is not None:
            raise client.error
    for each in report.sources:
        sync_cmd.offer_deletion(each, delete=False)
    return ("sync", str(file))


def _whose(desk: Desk, one: "Unspoken") -> str:
    from escrowd.provider.sources import shown
    from escrowd_cli.escrow import sync_cmd

    def check(text: str) -> str:
        if text not in {"", sync_cmd.LEAVE_OUT} and not (one.below and text == sync_cmd.TAKE_APART):
            desk.session.client(text)
        return text

    question = f"Whose is {output.plain_text(shown(one.group))}?"
    return desk.asks.ask(question, check, default=one.suggestion or "")


def _cards(desk: Desk) -> Words:
    from escrowd.provider.actions.cards import make_cards

    papers = _papers(desk.asks, "the client's cards", f"cards-{desk.client}")
    made = make_cards(desk.session, desk.client, deliver=papers, now=now(), progress=watched())
    for file in made.files:
        output.say(file)
    if made.kept:
        output.note(f"Kept sealed until somebody holds them: {', '.join(made.kept)}")
    output.note("Hand them over in person; two of them never lie in one drawer.")
    _printed(desk.asks, papers)
    return ("cards", desk.client, *papers.words)


def _deposit(desk: Desk) -> Words:
    from escrowd.provider.actions.deposit import deposit
    from escrowd_cli.escrow import deposit_cmd

    if not desk.asks.yes("Bring it there now?", default=True):
        raise PutOffError
    done = deposit(desk.session, [desk.client], now=now(), progress=watched())
    deposit_cmd.show(done)
    for each in done:
        for report in each.nodes:
            if report.error is not None:
                raise report.error
    return ("deposit", desk.client)


def _kit(desk: Desk) -> Words:
    from escrowd.provider.actions.kit import write_kit

    folder = Path(desk.asks.line("Folder for it, on the stick", default=f"kit-{desk.client}")).expanduser()
    made = write_kit(desk.session, desk.client, folder, now=now(), progress=watched())
    for name in made.files:
        output.say(str(made.folder / name))
    return ("kit", desk.client, "-o", str(folder))


TAKE: "dict[Step, Callable[[Desk], Words]]" = {
    "node": _node,
    "client": _client,
    "people": _people,
    "successor": _successor,
    "vault": _vault,
    "cards": _cards,
    "deposit": _deposit,
    "kit": _kit,
}


def _addresses(asks: Questions, question: str, another: str, *, default: str | None = None) -> Words:
    from escrowd.provider.people import new_person

    def check(text: str) -> None:
        new_person(name="-", language="en", addresses=[text])

    return asks.several(question, another, check, default=default)


def _language(asks: Questions, question: str, default: str) -> "Language":
    return "de" if asks.choice(question, ("de", "en"), default=default) == "de" else "en"


def _papers(asks: Questions, what: str, folder: str) -> _Papers:
    where = asks.line(f"Folder for the PDFs of {what}, or {PRINT}", default=folder)
    return _Papers(None if where == PRINT else Path(where).expanduser())


def _printed(asks: Questions, papers: _Papers) -> None:
    """Offer to delete the PDFs once they are on paper. Whatever is answered, the cards count already."""
    from escrowd.machine.files import remove

    if papers.folder is None:
        return
    output.note(
        f"Print the PDFs in {output.plain_text(str(papers.folder))} now; whoever has two of them can open."
    )
    try:
        if not asks.yes("Are they on paper, so that the PDFs can go?", default=False):
            return
    except PutOffError:
        return
    for file in papers.files:
        remove(file)
    output.note("Deleted.")


def _new_passphrase() -> "Secret":
    from escrowd.provider.workspace import check_new_passphrase

    while True:
        try:
            passphrase = new_passphrase(None, stdin=False)
            check_new_passphrase(passphrase)
        except InputError as problem:
            complain(problem)
        else:
            return passphrase


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _slug(name: str) -> str:
    """An id out of a name: "Bäckerei Krume" is baeckerei-krume."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(LETTERS))
    words = "".join(
        char if char.isascii() and char.isalnum() else " "
        for char in plain
        if not unicodedata.combining(char)
    )
    return "-".join(words.split())[:32].strip("-")


def _file(text: str) -> Path:
    """A regular file that is there. Raises as ``open_regular``."""
    from escrowd.machine.files import open_regular

    path = Path(text).expanduser()
    open_regular(path).close()
    return path


def _file_or_none(text: str) -> Path | None:
    return _file(text) if text else None
