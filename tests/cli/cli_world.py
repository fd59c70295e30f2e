"""A world for tests of the real programs: a workspace, a node, two clients with cards, deposits and kits.

Everything in it is made through the command line. What needs no node is made once and shared by all test
processes; each process then runs a node of its own.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from escrowd.core.seal import seal_passphrase, unseal_passphrase
from escrowd_cli.demo.paper import words_of
from escrowd_cli.demo.terminal import converse
from escrowd_cli.demo.world import World, free_port, make_node, running_node

BIN = Path(sys.executable).parent
PASSPHRASE = "copper lantern orchard violin"
CLIENTS = {"bakery": ("Bakery Crumb", "Karl Crumb"), "practice": ("Dr Hunter's Practice", "Ada Hunter")}
EXPORT = {
    "encrypted": False,
    "folders": [],
    "items": [
        {
            "id": "9d4f0001",
            "type": 1,
            "name": name,
            "notes": None,
            "favorite": False,
            "login": {"username": user, "password": f"secret of {name}", "uris": [{"uri": url}]},
        }
        for name, user, url in (
            ("Domain", "crumb-4711", "https://registrar.example"),
            ("Mail", "info@crumb.example", "https://mail.example"),
            ("Shop", "crumb", "https://shop.example"),
        )
    ],
}
for _number, _item in enumerate(EXPORT["items"]):
    _item["id"] = f"9d4f000{_number}-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Answer:
    """What a program did: its exit code and what it printed."""

    code: int
    out: str
    err: str

    def refuses(self, code: int, says: str, hint: str) -> None:
        """Nothing on standard output; one error, one hint, on standard error; the exit code of its family."""
        assert self.err.splitlines()[-2:] == [f"escrow: error: {says}", f"hint: {hint}"], self
        assert "Traceback" not in self.err
        assert self.out == "", self
        assert self.code == code, self

    def json(self) -> object:
        assert self.code == 0, self
        return json.loads(self.out)


@dataclass
class Desk:
    """Where somebody works: a folder with a workspace, cards as text files, kits, a passphrase in a file."""

    folder: Path
    url: str = ""
    node: Path | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def stranger(self) -> "Desk":
        """The same desk with another provider's workspace, which no node knows."""
        return Desk(self.folder, self.url, self.node, {"ESCROW_WORKSPACE": str(self.folder / "stranger")})

    def env(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {"ESCROW_WORKSPACE": str(self.workspace), "COLUMNS": "200"} | self.environment

    def escrow(self, *words: object, stdin: str = "", program: str = "escrow", **popen: object) -> Answer:
        """Run a command without a terminal; its standard input is ``stdin``."""
        done = subprocess.run(
            [BIN / program, *map(str, words)],
            input=stdin.encode(),
            capture_output=True,
            check=False,
            cwd=self.folder,
            env=self.env(),
            start_new_session=True,
            timeout=120,
            **popen,
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    def unlocked(self, *words: object, **popen: object) -> Answer:
        """Run a command that takes the passphrase, out of a file."""
        return self.escrow(*words, "--passphrase-file", self.folder / "passphrase", **popen)

    def types(self, *words: object, answers: Sequence[tuple[str, str]] = ()) -> str:
        """Run a command on a terminal and type the passphrase, then ``answers``."""
        first = ("Passphrase of the workspace:", PASSPHRASE)
        return converse(
            [str(BIN / "escrow"), *map(str, words)],
            [first, *answers],
            cwd=self.folder,
            env=self.env(),
            timeout=120,
        )

    def does(self, *words: object) -> str:
        """Run a command with the passphrase; it must succeed."""
        answer = self.unlocked(*words)
        assert answer.code == 0, answer
        return answer.out

    def copy(self, to: Path) -> "Desk":
        """The same, all files copied."""
        shutil.copytree(self.folder, to)
        return Desk(to, self.url, self.node)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path

    def words(self, name: str) -> list[str]:
        """The words of a card's file."""
        return (self.folder / name).read_text().split()

    @contextmanager
    def unchanged(self, *but: str) -> Iterator[None]:
        """Nothing in the folder changes, byte for byte, and the node's ledger does not grow.

        Parameters: ``but``, names at the top that do not count.
        """
        before, head = tree(self.folder, but), self.head()
        yield
        after = tree(self.folder, but)
        differ = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        assert not differ, differ
        assert self.head() == head

    def head(self) -> object:
        """The last entry of the node's ledger, as it lies on its disk."""
        if self.node is None:
            return None
        with sqlite3.connect(f"file:{self.node}/escrowd.sqlite3?mode=ro", uri=True) as database:
            return database.execute("select * from ledger order by seq desc limit 1").fetchall()


def tree(folder: Path, but: Sequence[str] = ()) -> dict[str, tuple[int, str]]:
    """Every file and folder below ``folder``: its mode, and a hash of its content."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(folder.rglob("*"))
        if path.relative_to(folder).parts[0] not in but
    }


def typed_cards(pdfs: Path, to: Path) -> None:
    """Write each printed card's words into a text file, as somebody would type them."""
    for pdf in pdfs.glob("*.pdf"):
        found = re.search(r"client|successor|reserve|provider-card-\d", pdf.stem)
        assert found, pdf
        path = to / (f"{pdfs.name.removeprefix('cards-')}-{found[0].removeprefix('provider-card-')}.txt")
        path.write_text(" ".join(words_of(pdf)) + "\n")
        path.chmod(0o600)


def quicken(workspace: Path) -> None:
    """Seal the daily key with a work factor of 10, which every command reads as it reads 17, but sooner."""
    path = workspace / "daily.age"
    path.write_bytes(seal_passphrase(unseal_passphrase(path.read_bytes(), PASSPHRASE), PASSPHRASE, 10))


def make_desk(folder: Path) -> Desk:
    """A workspace with two clients and their cards, before its first node."""
    folder.mkdir(mode=0o700)
    desk = Desk(folder)
    desk.write("passphrase", PASSPHRASE + "\n")
    desk.does(
        "init",
        "--name",
        "Winter IT",
        "--address",
        "jana@winter.example",
        "--language",
        "en",
        "-o",
        "cards-provider",
    )
    quicken(desk.workspace)
    desk.write("export.json", json.dumps(EXPORT))
    for client, (name, person) in CLIENTS.items():
        desk.does("client", "add", client, "--name", name, "--language", "en")
        address = f"{person.split()[0].lower()}@{client}.example"
        desk.does("beneficiary", "add", client, "--role", "client", "--name", person, "--address", address)
        desk.does(
            "beneficiary",
            "add",
            client,
            "--role",
            "successor",
            "--name",
            "Lena Fox",
            "--address",
            "lena@fox.example",
        )
        desk.does("import", client, "export.json")
        desk.does("cards", client, "-o", f"cards-{client}")
    other = Desk(folder, environment={"ESCROW_WORKSPACE": str(folder / "stranger")})
    other.does("init", "--name", "Stranger", "--address", "s@stranger.example", "-o", "cards-stranger")
    quicken(other.workspace)
    other.does("client", "list")
    shutil.rmtree(folder / "cards-stranger")
    for of in ("provider", *CLIENTS):
        typed_cards(folder / f"cards-{of}", folder)
        shutil.rmtree(folder / f"cards-{of}")
    return desk


def shared_desk(base: Path) -> Path:
    """The folder of ``make_desk``, made by whichever test process comes first."""
    with (base / "desk.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = base / "desk"
        if not folder.exists():
            make_desk(base / "desk-being-made")
            (base / "desk-being-made").rename(folder)
    return folder


@contextmanager
def with_node(desk: Desk, stage: Path) -> Iterator[Desk]:
    """The desk enrolled with a running node that holds both deposits; kits are written."""
    stage.mkdir(mode=0o700)
    world = World(stage)
    desk.url = make_node(world, smtp=free_port())
    with running_node(world, desk.url):
        desk.node = world.node
        invitation = subprocess.run(
            [BIN / "escrowd", "invite", world.node], capture_output=True, check=True, text=True
        )
        desk.write("invitation", invitation.stdout)
        desk.does("node", "add", desk.url, "--invitation-file", "invitation", "--operator", "Mountain Trust")
        desk.does("deposit")
        for client in CLIENTS:
            desk.does("kit", client, "-o", f"kit-{client}")
        yield desk
