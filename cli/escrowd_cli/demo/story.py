"""The demo, one line at a time: two clients, a provider who falls silent, three ways to open what comes."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from escrowd.core.wire import mappe_file
from escrowd.errors import UnavailableError
from escrowd_cli import output
from escrowd_cli.demo import samples
from escrowd_cli.demo.paper import words_of
from escrowd_cli.demo.samples import BAKERY, SAMPLES, Sample
from escrowd_cli.demo.terminal import converse, run
from escrowd_cli.demo.world import BIN, QUICK_DAYS, World, mail_server, make_node, running_node

DAY = 86_400 / QUICK_DAYS
"""Seconds that a day lasts."""

PATIENCE = 120
"""Seconds that the silence may last before the demo gives up; about 51 days are 16 seconds."""

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

    def begins(self, *words: str) -> str:
        """Run ``escrow init``, typing a new passphrase twice."""
        twice = [("New passphrase", self.passphrase), ("once more", self.passphrase)]
        return converse([str(BIN / "escrow"), *words], twice, env=self._environment())

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
    with mail_server(world.mails) as smtp:
        url = make_node(world, smtp)
        with running_node(world, url):
            output.say("A node and a mail server run on this machine.")
            provider = _set_up(world, url)
        for _ in world.new_mails():
            pass  # what came until now is no part of the silence
        with running_node(world, url, time_scale=QUICK_DAYS):
            output.say(f"From here on a day lasts {DAY:.1f} s.")
            _fall_silent(world)
    expected = {sample.id: _payload(provider, sample) for sample in SAMPLES}
    _open_with_release(world, expected)
    shutil.rmtree(world.node)
    shutil.rmtree(world.workspace)
    output.say("Now the node and the workspace are deleted.")
    _open_with_kit(world, expected)
    _open_with_nothing_of_ours(world, expected)
    _worth_looking_at(world)


def _set_up(world: World, url: str) -> Provider:
    provider = Provider(world, samples.password())
    provider.begins(
        "init",
        "--name",
        "Jana Winter",
        "--address",
        "jana@winter-it.example",
        "-o",
        str(world.folder / "cards-provider"),
    )
    output.say(
        "Jana Winter, IT provider, makes a workspace. Two of her three cards bring it back after a fire."
    )
    invitation = world.folder / "invitation.txt"
    invitation.write_text(run([str(BIN / "escrowd"), "invite", str(world.node)]), encoding="utf-8")
    provider.types(
        "node", "add", url, "--operator", "Bergmann Treuhand", "--invitation-file", str(invitation)
    )
    output.say(
        "She enrols with a node that Bergmann Treuhand runs. It will never be able to read what it holds."
    )
    for sample in SAMPLES:
        _take_in(provider, sample)
    for sample in SAMPLES:
        provider.types("arm", sample.id, "--despite", "only a demonstration")
    output.say(
        "For thirty days a silence would be a trial, told to her alone. She ends that at once, and says why."
    )
    provider.types("checkin")
    output.say("She checks in, one passphrase typed at the terminal, and is never heard of again.")
    return provider


def _take_in(provider: Provider, sample: Sample) -> None:
    world = provider.world
    export = world.folder / sample.export
    import_words = ["import", sample.id, str(export)]
    answers: tuple[tuple[str, str], ...] = ()
    if export.suffix == ".kdbx":
        master = samples.password()
        samples.write_keepass(export, master)
        import_words, answers = [*import_words, "--encrypted"], (("Password of the export:", master),)
    else:
        samples.write_bitwarden(export)
    provider.types("client", "add", sample.id, "--name", sample.name, "--profile", sample.profile)
    for role, name, address in sample.people:
        provider.types("beneficiary", "add", sample.id, "--role", role, "--name", name, "--address", address)
    provider.types(*import_words, answers=answers)
    export.unlink()
    for contact in sample.contacts:
        provider.types("contact", "add", sample.id, *_options(contact))
    provider.types("entry", "edit", sample.id, sample.decision["entry"], *_options(sample.details))
    provider.types("decision", "add", sample.id, *_options(sample.decision))
    provider.types("cards", sample.id, "-o", str(world.folder / f"cards-{sample.id}"))
    provider.types("deposit", sample.id)
    provider.types("kit", sample.id, "-o", str(world.folder / f"kit-{sample.id}"))
    kind = "KeePass" if export.suffix == ".kdbx" else "Bitwarden"
    output.say(
        f"{sample.name}: {kind} export read and deleted; cards printed, bundle deposited, kit on a stick."
    )


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
    """A file with the words of a printed card, as somebody would type them."""
    (pdf,) = (world.folder / f"cards-{sample.id}").glob(f"*{role}*.pdf")
    typed = world.folder / f"typed-{sample.id}-{role}.txt"
    typed.write_text(" ".join(words_of(pdf)) + "\n", encoding="utf-8")
    typed.chmod(0o600)
    return typed


def _releases(world: World, address: str) -> Iterator[tuple[Path, EmailMessage]]:
    world.seen.clear()
    for path, message in world.new_mails():
        if str(message["Escrow-Letter"]).startswith("release") and address in str(message["To"]):
            yield path, message


def _compare(opened: Path, expected: dict[str, bytes], how: str) -> None:
    if _files(opened) != expected:
        raise UnavailableError("demo.differs", folder=str(opened))
    output.say(f"Opened with {how}: {len(expected)} files, byte for byte what was deposited.")


def _open_with_release(world: World, expected: dict[str, dict[str, bytes]]) -> None:
    for sample in SAMPLES:
        _, name, address = sample.people[0]
        mail, _ = next(_releases(world, address))
        opened = world.folder / f"opened-1-{sample.id}"
        card = _card(world, sample, "client")
        run([str(BIN / "escrow"), "recover", "--release", str(mail), "--card", str(card), "-o", str(opened)])
        _compare(opened, expected[sample.id], f"the released mail and {name}'s card")


def _open_with_kit(world: World, expected: dict[str, dict[str, bytes]]) -> None:
    for sample in SAMPLES:
        opened = world.folder / f"opened-2-{sample.id}"
        cards = [
            word for role in ("client", "successor") for word in ("--card", str(_card(world, sample, role)))
        ]
        kit = world.folder / f"kit-{sample.id}"
        run([str(BIN / "escrow"), "recover", "--kit", str(kit), *cards, "-o", str(opened)])
        _compare(opened, expected[sample.id], "the kit and two cards")


def _open_with_nothing_of_ours(world: World, expected: dict[str, dict[str, bytes]]) -> None:
    """The three commands that are printed on the card: ``shamir recover``, ``age``, ``unzip``."""
    missing = [program for program in ("age", "unzip") if shutil.which(program) is None]
    if missing:
        output.say(
            f"Not shown, because this machine lacks {' and '.join(missing)}: opening with nothing of ours."
        )
        return
    kit = world.folder / f"kit-{BAKERY.id}"
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
    _compare(work, expected[BAKERY.id], "nothing of ours: shamir recover, age -d, unzip")


def _worth_looking_at(world: World) -> None:
    (card,) = (world.folder / f"cards-{BAKERY.id}").glob("*client*.pdf")
    mail, _ = next(_releases(world, BAKERY.people[0][2]))
    output.say("\nWorth a look:")
    for what, path in (
        ("the client's card", card),
        ("the complete list", world.folder / f"opened-1-{BAKERY.id}" / "READ-ME-FIRST.html"),
        ("the mail that releases", mail),
        ("the kit", world.folder / f"kit-{BAKERY.id}"),
        ("the page that opens it", world.folder / f"kit-{BAKERY.id}" / mappe_file(BAKERY.id)),
        ("a card to type there", world.folder / f"typed-{BAKERY.id}-client.txt"),
        ("and the other one", world.folder / f"typed-{BAKERY.id}-successor.txt"),
        ("every mail", world.mails),
    ):
        output.say(f"  {what:24} {path}")
