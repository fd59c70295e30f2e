"""The demo, one line at a time: two clients, a provider who falls silent, three ways to open what comes."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from escrowd.core.wire import mappe_file
from escrowd.errors import UnavailableError
from escrowd.paper.covering import file_names
from escrowd_cli import output
from escrowd_cli.demo import samples
from escrowd_cli.demo.paper import words_of
from escrowd_cli.demo.samples import BAKERY, PRACTICE, SAMPLES, Sample
from escrowd_cli.demo.terminal import converse, run
from escrowd_cli.demo.world import BIN, QUICK_DAYS, World, mail_server, make_node, running_node

DAY = 86_400 / QUICK_DAYS
"""Seconds that a day lasts."""

PATIENCE = 120
"""Seconds that the silence may last before the demo gives up; about 51 days are 16 seconds."""

FAMILY = "familie.pdf"
MOMENTS = {
    "remind": "a reminder: {who} is asked to check in",
    "warn": "overdue: {who} is warned, and from now on every two days",
    "announce": "announced: {who} reads what will be released, to whom, and when",
    "release-client": "released: {who} has share, kit and instructions",
    "release-successor": "released: {who} has share, kit and instructions",
}
"""The letters that the story tells of, each kind at its first coming."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Jana Winter at her terminal."""

    world: World
    passphrase: str

    def types(self, *words: str, answers: tuple[tuple[str, str], ...] = ()) -> str:
        """Run ``escrow`` on a terminal, typing the passphrase, then ``answers``; returns what it printed."""
        first = ("Passphrase of the workspace:", self.passphrase)
        return converse([str(BIN / "escrow"), *words], [first, *answers], env=self._environment())

    def sets_up(self, *words: str, answers: Sequence[tuple[str, str]]) -> None:
        """Run ``escrow setup`` and answer its questions."""
        converse(
            [str(BIN / "escrow"), "setup", *words], answers, cwd=self.world.folder, env=self._environment()
        )

    def _environment(self) -> dict[str, str]:
        return os.environ | {"ESCROW_WORKSPACE": str(self.world.workspace), "COLUMNS": "160"}


def play(keep: Path | None) -> None:
    """Play the story. ``keep``: a folder that is not there yet, or empty; everything stays in it.

    Raises ``UnavailableError`` ``demo.*``, above all ``demo.silence`` (``seconds``): no release came.
    """
    folder = keep if keep is not None else Path(tempfile.mkdtemp(prefix="escrow-demo-"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise UnavailableError("demo.folder-not-empty", folder=str(folder))
    world = World(folder.resolve())
    master = samples.password()
    with mail_server(world.mails) as smtp, ThreadPoolExecutor(1) as beside:
        # A KeePass file costs seconds on purpose: the node starts meanwhile.
        vaults = beside.submit(_write_exports, world, master)
        url = make_node(world, smtp)
        with running_node(world, url):
            output.say("A node and a mail server run on this machine.")
            vaults.result()
            provider = _set_up(world, url, master)
        for _ in world.new_mails():
            pass  # what came until now is no part of the silence
        with running_node(world, url, time_scale=QUICK_DAYS):
            output.say(f"From here on a day lasts {DAY:.1f} s.")
            yardstick = beside.submit(_yardstick, provider)
            _fall_silent(world)
            expected = yardstick.result()
    _open_everything(world, expected)
    _worth_looking_at(world)


def _yardstick(provider: Provider) -> dict[str, dict[str, bytes]]:
    """What the provider sees in each bundle, by which what the others open is judged; no node hears of it."""
    _type_off(provider.world)
    return {sample.id: _payload(provider, sample) for sample in SAMPLES}


def _open_everything(world: World, expected: dict[str, dict[str, bytes]]) -> None:
    """The three ways, those that do not wait for each other side by side."""
    with ThreadPoolExecutor(2) as beside:
        for said in beside.map(lambda sample: _open_with_release(world, expected, sample), SAMPLES):
            output.say(said)
        shutil.rmtree(world.node)
        shutil.rmtree(world.workspace)
        output.say("Now the node and the workspace are deleted.")
        by_hand = beside.submit(_open_with_nothing_of_ours, world, expected)
        for said in beside.map(lambda sample: _open_with_kit(world, expected, sample), SAMPLES):
            output.say(said)
        output.say(by_hand.result())


def _write_exports(world: World, master: str) -> None:
    samples.write_keepass(world.folder / BAKERY.export, master)
    samples.write_bitwarden(world.folder / PRACTICE.export)


def _set_up(world: World, url: str, master: str) -> Provider:
    provider = Provider(world, samples.password())
    invitation = world.folder / "invitation.txt"
    invitation.write_text(run([str(BIN / "escrowd"), "invite", str(world.node)]), encoding="utf-8")
    begin = (
        ("Your name or", "Jana Winter"),
        ("Your mail address", "jana@winter-it.example"),
        ("Another one", ""),
        ("Your language", "de"),
        ("Folder for the PDFs", "cards-provider"),
        ("New passphrase", provider.passphrase),
        ("once more", provider.passphrase),
        ("Are they on paper", "no"),
        ("File with the invitation", str(invitation)),
        ("Who runs", "Bergmann Treuhand"),
    )
    output.say(f"Jana Winter, IT provider, answers the questions of `escrow setup`. A node waits at {url}.")
    _take_in(provider, BAKERY, begin, [("Password of", master)])
    output.say("A workspace is there. Two of her three cards bring it back after a fire.")
    output.say("She is enrolled with a node that Bergmann Treuhand runs. It can never read what it holds.")
    _say_taken_in(BAKERY)
    _take_in(provider, PRACTICE, [("Passphrase of the workspace:", provider.passphrase)], [])
    _say_taken_in(PRACTICE)
    provider.types("deposit")
    for sample in SAMPLES:
        provider.types("deliver", sample.id, "--stick", str(world.kit(sample.id)))
    provider.types("letter", "family", "-o", str(world.folder / FAMILY))
    output.say(
        "Both bundles are deposited; list, letter and kit are on a stick each; her family has a sheet."
    )
    for sample in SAMPLES:
        provider.types("arm", sample.id, "--despite", "only a demonstration")
    output.say(
        "For thirty days a silence would be a trial, told to her alone. She ends that at once, and says why."
    )
    provider.types("checkin")
    output.say("She checks in, one passphrase typed at the terminal, and is never heard of again.")
    return provider


def _take_in(
    provider: Provider, sample: Sample, begin: Sequence[tuple[str, str]], opens: Sequence[tuple[str, str]]
) -> None:
    """A client by ``escrow setup``, up to the cards; then what no export knows.

    Parameters: ``begin``, the answers before the client's; ``opens``, those that open the export.
    """
    export = provider.world.folder / sample.export
    people = [
        answer
        for role, name, address in sample.people
        for answer in (
            (f"Name of the {role}", name),
            (f"Mail address of the {role}", address),
            ("Another one", ""),
        )
    ]
    answers = (
        *begin,
        ("Its name", sample.name),
        ("A short id", sample.id),
        ("Language of papers", "de"),
        ("How it is written", sample.profile),
        *people,
        ("The file (KeePass", str(export)),
        *opens,
        *(("Whose is", sample.id) for _ in sample.groups),
        *([] if opens else [("Delete it?", "y")]),
        ("Folder for the PDFs", f"cards-{sample.id}"),
        ("Are they on paper", "no"),
        ("Bring it there now?", "later"),
        ("Folder for it", "later"),
    )
    provider.sets_up(sample.id, answers=answers)
    export.unlink(missing_ok=True)
    for contact in sample.contacts:
        provider.types("contact", "add", sample.id, *_options(contact))
    provider.types("entry", "edit", sample.id, sample.decision["entry"], *_options(sample.details))
    provider.types("decision", "add", sample.id, *_options(sample.decision))


def _say_taken_in(sample: Sample) -> None:
    kind = "KeePass" if sample.export.endswith(".kdbx") else "Bitwarden"
    output.say(f"{sample.name}: {kind} export read and deleted, cards printed.")


def _options(values: dict[str, str]) -> list[str]:
    return [word for name, text in values.items() for word in (f"--{name}", text)]


def _fall_silent(world: World) -> None:
    """Tell of each phase as its first mail arrives; return when every beneficiary has a release."""
    began = time.monotonic()
    waiting = {address for sample in SAMPLES for _, _, address in sample.people}
    releases = sum(len(sample.people) for sample in SAMPLES)
    told: set[str] = set()
    while releases and time.monotonic() - began < PATIENCE:
        for _, message in world.new_mails():
            kind = str(message["Escrow-Letter"])
            who = message["To"].addresses[0]
            moment = f"{kind} {who.addr_spec}" if kind.startswith("release") else kind
            if kind in MOMENTS and moment not in told:
                told.add(moment)
                day = int((time.monotonic() - began) / DAY)
                output.say(f"  day {day:3}  {MOMENTS[kind].format(who=who.display_name)}")
            if kind.startswith("release") and who.addr_spec in waiting:
                releases -= 1
        time.sleep(0.02)
    if releases:
        raise UnavailableError("demo.silence", seconds=PATIENCE)


def _payload(provider: Provider, sample: Sample) -> dict[str, bytes]:
    """What the provider sees in the bundle: the yardstick for what the others open."""
    folder = provider.world.folder / f"as-deposited-{sample.id}"
    provider.types("open", sample.id, "-o", str(folder))
    return _files(folder)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _card(world: World, sample: Sample, role: str) -> Path:
    """The file with the words of a printed card."""
    return world.folder / f"typed-{sample.id}-{role}.txt"


def _type_off(world: World) -> None:
    """Write each printed card's words into a file, as somebody would type them."""
    for sample in SAMPLES:
        for role in ("client", "successor"):
            (pdf,) = (world.folder / f"cards-{sample.id}").glob(f"*{role}*.pdf")
            typed = _card(world, sample, role)
            typed.write_text(" ".join(words_of(pdf)) + "\n", encoding="utf-8")
            typed.chmod(0o600)


def _releases(world: World, address: str) -> Iterator[tuple[Path, EmailMessage]]:
    for path, message in World(world.folder).new_mails():
        if str(message["Escrow-Letter"]).startswith("release") and address in str(message["To"]):
            yield path, message


def _compared(opened: Path, expected: dict[str, bytes], how: str) -> str:
    if _files(opened) != expected:
        raise UnavailableError("demo.differs", folder=str(opened))
    return f"Opened with {how}: {len(expected)} files, byte for byte what was deposited."


def _open_with_release(world: World, expected: dict[str, dict[str, bytes]], sample: Sample) -> str:
    _, name, address = sample.people[0]
    mail, _ = next(_releases(world, address))
    opened = world.folder / f"opened-1-{sample.id}"
    card = _card(world, sample, "client")
    run([str(BIN / "escrow"), "recover", "--release", str(mail), "--card", str(card), "-o", str(opened)])
    return _compared(opened, expected[sample.id], f"the released mail and {name}'s card")


def _open_with_kit(world: World, expected: dict[str, dict[str, bytes]], sample: Sample) -> str:
    opened = world.folder / f"opened-2-{sample.id}"
    cards = [word for role in ("client", "successor") for word in ("--card", str(_card(world, sample, role)))]
    run([str(BIN / "escrow"), "recover", "--kit", str(world.kit(sample.id)), *cards, "-o", str(opened)])
    return _compared(opened, expected[sample.id], "the kit and two cards")


def _open_with_nothing_of_ours(world: World, expected: dict[str, dict[str, bytes]]) -> str:
    """The three commands that are printed on the card: ``shamir recover``, ``age``, ``unzip``."""
    missing = [program for program in ("age", "unzip") if shutil.which(program) is None]
    if missing:
        return f"Not shown, because this machine lacks {' and '.join(missing)}: opening with nothing of ours."
    kit = world.kit(BAKERY.id)
    work = world.folder / "opened-3-by-hand"
    work.mkdir(mode=0o700)
    first, second = (
        _card(world, BAKERY, role).read_text(encoding="utf-8").strip() for role in ("client", "successor")
    )
    prompts = [("Enter a recovery share", first), ("Enter a recovery share", second)]
    said = converse([str(BIN / "shamir"), "recover"], prompts, cwd=work)
    secret = said.rsplit(":", 1)[1].strip()
    converse(
        ["age", "-d", "-i", str(kit / "key-1.age"), "-o", "bundle.zip", str(kit / "bundle.age")],
        [("Enter passphrase", secret)],
        cwd=work,
    )
    run(["unzip", "-q", "bundle.zip"], cwd=work)
    (work / "bundle.zip").unlink()
    return _compared(work, expected[BAKERY.id], "nothing of ours: shamir recover, age -d, unzip")


def _worth_looking_at(world: World) -> None:
    mail, _ = next(_releases(world, BAKERY.people[0][2]))
    listed, letter = file_names("de")
    for sample in SAMPLES:
        (card,) = (world.folder / f"cards-{sample.id}").glob("*client*.pdf")
        stick = world.kit(sample.id)
        output.say(f"\n{sample.name} ({sample.profile}) has:")
        _show("the complete list", stick / listed)
        _show("the Notfallblatt", f"page 1 of {stick / listed}")
        _show("the client's card", card)
        _show("the letter with it", stick / letter)
        _show("the page that opens it", stick / mappe_file(sample.id))
    output.say("\nWorth a look:")
    _show("the family's sheet", world.folder / FAMILY)
    _show("the mail that releases", mail)
    _show("what was opened", world.folder / f"opened-1-{BAKERY.id}" / "READ-ME-FIRST.html")
    _show("a card to type", world.folder / f"typed-{BAKERY.id}-client.txt")
    _show("and the other one", world.folder / f"typed-{BAKERY.id}-successor.txt")
    _show("every mail", world.mails)


def _show(what: str, where: object) -> None:
    output.say(f"  {what:24} {where}")
