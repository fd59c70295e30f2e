"""P10, issue point 12: the real programs play the whole story, then every secret is looked for everywhere."""

import base64
import io
import itertools
import json
import os
import re
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import pytest

from escrowd.core.seal import unseal_bytes, unseal_passphrase
from escrowd.core.shares import combine, open_key_with, open_provider_key, parse_card
from escrowd.errors import CardError, EscrowdError
from escrowd.machine.secret_input import Secret
from escrowd.node.config import load_key
from escrowd.provider.workspace import Workspace
from escrowd_cli.demo.paper import words_of
from escrowd_cli.demo.terminal import converse, run
from escrowd_cli.demo.world import BIN, World, mail_server, make_node, running_node

SCALE = 86_400 * 10  # a day lasts 0.1 s
TOTP = "KVKFKRCPNZQUYMLXOVYDSQKJKZDTSRLD"
PEOPLE = (("client", "Karl Krume", "karl@krume.example"), ("successor", "Lena Fuchs", "lena@fuchs.example"))
_RUN = 3  # so many words of a card in a row are no accident
_SHARED = 3  # the first words of a card tell the set and the group, which is no secret
_LARGEST = 64 * 2**20
_LOOKS = 4  # at each process: before and after it became another program


@dataclass
class Story:
    """What was played, and what must be found nowhere.

    ``forms``: a secret -> the bytes that it may stand as; ``runs``: a card -> words in a row, as they may stand.
    """

    world: World
    began: float
    said: list[str] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    forms: dict[str, set[bytes]] = field(default_factory=dict)
    runs: dict[str, dict[tuple[bytes, ...], re.Pattern[bytes]]] = field(default_factory=dict)
    running: dict[str, bytes] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.world.folder / "home"

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        own = {
            "HOME": self.home,
            "XDG_RUNTIME_DIR": self.home / "run",
            "TMPDIR": self.home / "tmp",
            "ESCROW_WORKSPACE": self.world.workspace,
            "COLUMNS": 160,
        }
        return kept | {name: str(value) for name, value in own.items()}

    def types(self, *words: object, answers: tuple[tuple[str, str], ...]) -> None:
        argv = [str(BIN / "escrow"), *map(str, words)]
        self.said.append(converse(argv, answers, env=self.environment(), cwd=self.home))

    def secret(self, name: str, text: str) -> None:
        """Look for a text: as it is, in the other case, in hex, base64 and UTF-16."""
        raw = text.encode()
        self.forms[name] = {raw, raw.lower(), raw.upper(), raw.hex().encode(), text.encode("utf-16-le")}
        self.forms[name] |= {_in_base64(raw, at) for at in range(3)}

    def key(self, name: str, raw: bytes) -> None:
        """Look for the bytes of a key: raw, in hex and in base64."""
        self.forms[name] = {raw, raw.hex().encode(), raw.hex().upper().encode()}
        self.forms[name] |= {_in_base64(raw, at) for at in range(3)}

    def card(self, name: str, words: list[str]) -> None:
        """Look for any few of a card's words in a row, numbered or not, whatever stands between them."""
        coded = [word.encode() for word in words]
        runs = [tuple(coded[at : at + _RUN]) for at in range(_SHARED, len(words) - _RUN + 1)]
        between = rb"(?:<[^>]*>|[^a-z]){1,120}?"
        self.runs[name] = {run: re.compile(between.join(run)) for run in runs}

    def found_in(self, data: bytes, *but: str) -> list[str]:
        """The names of the secrets that stand in ``data``, without those in ``but``."""
        small = data.lower()
        found = [name for name, forms in self.forms.items() if any(form in data for form in forms)]
        for name, runs in self.runs.items():
            there = {word for run in runs for word in run if word in small}
            if any(there.issuperset(run) and form.search(small) for run, form in runs.items()):
                found.append(name)
        return [name for name in found if name not in but]


def _in_base64(raw: bytes, at: int) -> bytes:
    """What of base64 stays the same whatever stands ``at`` bytes before and after."""
    whole = base64.b64encode(b"\0" * at + raw)
    return whole[4 if at else 0 : (len(raw) + at) // 3 * 4]


def _watch(story: Story, stop: threading.Event) -> None:
    """Keep arguments and environment of every process that runs meanwhile, as it began and as it went on."""
    looks: dict[str, int] = {}
    while not stop.wait(0.05):
        for pid in (path.name for path in Path("/proc").glob("[0-9]*")):
            looks[pid] = looks.get(pid, 0) + 1
            if looks[pid] > _LOOKS:
                continue
            for name in ("cmdline", "environ"):
                try:
                    story.seen.add(Path("/proc", pid, name).read_bytes())
                except OSError:  # it has ended
                    continue


def _export(path: Path, passwords: dict[str, str]) -> None:
    items = [
        {
            "id": f"9d4f000{number}-0000-4000-8000-000000000000",
            "type": 1,
            "name": name,
            "notes": None,
            "favorite": False,
            "login": {"username": "krume", "password": password, "totp": TOTP, "uris": []},
        }
        for number, (name, password) in enumerate(passwords.items())
    ]
    path.write_text(json.dumps({"encrypted": False, "folders": [], "items": items}), encoding="utf-8")


def _play(story: Story) -> None:
    world, passphrase = story.world, f"Birnbaum {secrets.token_hex(8)} Zinnober"
    passwords = {name: secrets.token_urlsafe(15) for name in ("Domain", "Postfach")}
    story.secret("passphrase", passphrase)
    for name, password in passwords.items():
        story.secret(f"password of {name}", password)
    story.secret("TOTP seed", TOTP)
    unlock = (("Passphrase of the workspace:", passphrase),)
    twice = (("New passphrase", passphrase), ("once more", passphrase))
    cards = world.folder / "cards"
    with mail_server(world.mails) as smtp:
        url = make_node(world, smtp)
        with running_node(world, url):
            invitation = world.folder / "invitation"
            invitation.write_text(run([str(BIN / "escrowd"), "invite", str(world.node)]), encoding="utf-8")
            export = world.folder / "export.json"
            _export(export, passwords)
            people = [
                answer
                for role, name, address in PEOPLE
                for answer in ((f"Name of the {role}", name), ("Mail address", address), ("Another one", ""))
            ]
            answers = (
                ("Your name or", "Jana Winter"),
                ("Your mail address", "jana@winter.example"),
                *(("Another one", ""), ("Your language", "")),
                ("Folder for the PDFs", str(cards)),
                *twice,
                ("Are they on paper", "no"),
                ("File with the invitation", str(invitation)),
                ("Who runs", "Berg Treuhand"),
                ("Its name", "Bäckerei Krume"),
                *(("A short id", "bakery"), ("Language of papers", ""), ("How it is written", "")),
                *people,
                ("The file (KeePass", str(export)),
                *(("Whose is", "bakery"), ("Delete it?", "y")),
                ("Folder for the PDFs", str(cards)),
                ("Are they on paper", "no"),
                ("Bring it there now?", "yes"),
                ("Folder for it", str(world.folder / "kit")),
            )
            story.types("setup", answers=answers)
            assert not export.exists()
            # By hand too: what a command is given stands in its arguments.
            words = ("witness", "add", "bakery", "--name", "Wanda Witt", "--address", "wanda@witt.example")
            story.types(*words, answers=unlock)
            story.types("checkin", answers=unlock)
        with running_node(world, url, time_scale=SCALE):
            _wait_for_releases(story)
            story.running = _files(world.node)  # the WAL has what no checkpoint has moved yet
    _know_keys(story, cards, passphrase)


def _wait_for_releases(story: Story) -> None:
    end = time.monotonic() + 60
    while len([mail for mail in _mails(story) if _is_release(mail)]) < len(PEOPLE):
        assert time.monotonic() < end, "no release"
        time.sleep(0.05)


def _know_keys(story: Story, cards: Path, passphrase: str) -> None:
    """Learn each key as its owner would: from cards, kit and passphrase."""
    world = story.world
    printed = {pdf.stem: words_of(pdf) for pdf in cards.glob("*.pdf")}
    assert len(printed) == 5, sorted(printed)
    for name, words in printed.items():
        story.card(name, words)
    of = {role: parse_card(" ".join(next(w for n, w in printed.items() if role in n))) for role, *_ in PEOPLE}
    key_file = (world.folder / "kit" / "key-1.age").read_bytes()
    story.secret("the bundle's identity", open_key_with(list(of.values()), key_file).text)
    story.key("the set's secret", combine(list(of.values())))
    own = [parse_card(" ".join(words)) for name, words in printed.items() if "provider" in name][:2]
    root = open_provider_key(own, (world.workspace / "provider-key.age").read_bytes())
    story.key("the root's seed", root.seed)
    story.secret("the provider's identity", root.identity.text)
    with Workspace(world.workspace) as workspace:
        story.key("the daily seed", workspace.unlock(Secret(passphrase, "stored")).daily.seed)
    node = load_key(world.node)
    story.key("the node's seed", node.seed)
    story.secret("the node's identity", node.identity.text)
    (share,) = {
        unseal_bytes(data, [node.identity.text]).decode()
        for data in _sealed_to(node.identity.text, world.node)
    }
    story.card("the node's share", share.split())


def _sealed_to(identity: str, folder: Path) -> Iterator[bytes]:
    for path in (folder / "files").iterdir():
        data = path.read_bytes()
        try:
            unseal_bytes(data, [identity])
        except Exception:  # noqa: BLE001, S112 — sealed to somebody else, or not sealed at all
            continue
        yield data


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    told = Story(World(tmp_path_factory.mktemp("secrets")), time.time())
    for folder in (told.home, told.home / "run", told.home / "tmp"):
        folder.mkdir(mode=0o700)
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(told, stop), daemon=True)
    watcher.start()
    try:
        _play(told)
    finally:
        stop.set()
        watcher.join()
    yield told
    shutil.rmtree(told.world.folder)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _mails(story: Story) -> list[Message]:
    return [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in story.world.mails.glob("*.eml")
    ]


def _is_release(mail: Message) -> bool:
    return str(mail["Escrow-Letter"]).startswith("release")


def _decoded(mail: Message) -> Iterator[bytes]:
    """A mail as it travels, and each part as a mail program shows it."""
    yield mail.as_bytes()
    yield "\n".join(str(value) for value in mail.values()).encode()
    for part in mail.walk():
        data = part.get_payload(decode=True)
        if isinstance(data, bytes):
            yield data


def _unpacked(data: bytes) -> Iterator[bytes]:
    yield data
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    except (BadZipFile, ValueError):
        return


def _everywhere(story: Story, files: dict[str, bytes], *but: str) -> dict[str, list[str]]:
    found = {
        path: sorted({name for part in _unpacked(data) for name in story.found_in(part, *but)})
        for path, data in files.items()
    }
    return {path: names for path, names in found.items() if names}


def test_the_search_finds_what_is_there(story: Story) -> None:
    """What is searched for would be found: in the printed cards' words, in a release, in the node's key file."""
    release = next(mail for mail in _mails(story) if _is_release(mail))
    assert {name for part in _decoded(release) for name in story.found_in(part)} == {"the node's share"}
    key = story.found_in((story.world.node / "node.key").read_bytes())
    assert sorted(key) == ["the node's identity", "the node's seed"]
    assert len(story.forms) + len(story.runs) == 17
    assert any(b"witness\0add" in seen and b"wanda@witt.example" in seen for seen in story.seen)
    assert any(b"escrowd.machine.child" in seen for seen in story.seen)


def test_a_node_keeps_no_secret_in_its_folder(story: Story) -> None:
    """P1, P10: database, WAL, files and spool hold no password, no word of a card, no key but the node's own."""
    own = ("the node's seed", "the node's identity")
    for files in (story.running, _files(story.world.node)):
        assert any(path.endswith("-wal") for path in story.running)
        rest = {path: data for path, data in files.items() if not path.endswith("node.key")}
        assert _everywhere(story, rest) == {}
        assert _everywhere(story, files, *own) == {}


def test_all_that_lies_on_a_node_opens_one_share_and_nothing_else(story: Story) -> None:
    """P1: with its own key a node's operator opens the node's share alone, and one share combines to nothing."""
    files, identity = story.world.node / "files", load_key(story.world.node).identity.text
    (share,) = set(_sealed_to(identity, story.world.node))
    card = parse_card(unseal_bytes(share, [identity]).decode())
    with pytest.raises(CardError):
        combine([card])
    locked = [path.read_bytes() for path in files.iterdir() if b"-> scrypt" in path.read_bytes()[:64]]
    assert len(locked) == 2, "the set's key and the provider's"
    guesses = (" ".join(card.words), "", card.proof_key.hex(), story.world.node.name)
    for data, guess in itertools.product(locked, guesses):
        with pytest.raises(EscrowdError):
            unseal_passphrase(data, guess)


def test_a_letter_in_the_outbox_holds_no_share(story: Story) -> None:
    """P10: the words of a release are put in at sending; what is stored is the letter without them."""
    with sqlite3.connect(story.world.node / "escrowd.sqlite3") as database:
        rows = database.execute("select kind, message from outbox where message != ''").fetchall()
    assert any(str(kind).startswith("release") for kind, _ in rows)
    for _, message in rows:
        for part in _decoded(message_from_bytes(message, policy=policy.default)):
            assert story.found_in(part) == []


def test_a_mail_holds_no_secret_but_the_released_share(story: Story) -> None:
    """P10: of all mails only a release holds words, those of the node's share, and no subject or header has any."""
    for mail in _mails(story):
        allowed = ("the node's share",) if _is_release(mail) else ()
        for part in _decoded(mail):
            assert story.found_in(part, *allowed) == []
        assert story.found_in("\n".join(str(value) for value in mail.values()).encode()) == []


def test_logs_and_terminals_show_no_secret(story: Story) -> None:
    """P10: neither the node's log nor what any command printed holds a secret; the log holds no link's token."""
    log = (story.world.folder / "node.log").read_bytes()
    assert log
    assert story.found_in(log) == []
    assert not re.search(rb"[?&]t=", log)
    assert story.found_in("\n".join(story.said).encode()) == []


def test_no_process_had_a_secret_in_its_arguments_or_environment(story: Story) -> None:
    """P10: no process that ran meanwhile, child processes included, had one in its arguments or environment."""
    assert [names for seen in story.seen if (names := story.found_in(seen))] == []


def test_the_workspace_is_sealed(story: Story) -> None:
    """P10: workspace and kit hold neither password nor word nor key in the clear, and the folder is private."""
    world = story.world
    assert _everywhere(story, _files(world.workspace)) == {}
    assert _everywhere(story, _files(world.folder / "kit")) == {}
    open_to_others = [path for path in world.workspace.rglob("*") if path.stat().st_mode & 0o077]
    assert open_to_others == []
    assert world.workspace.stat().st_mode & 0o777 == 0o700


def test_nothing_is_left_behind(story: Story) -> None:
    """P10: home, temporary and runtime folders hold no secret afterwards, and no temporary file at all."""
    assert _everywhere(story, _files(story.home)) == {}
    assert list((story.home / "tmp").iterdir()) == []
    assert list((story.home / "run").iterdir()) == []
    assert [path for path in story.world.folder.rglob("*") if "escrow-tmp" in path.name] == []
    for folder in ("/tmp", "/dev/shm", "/var/tmp"):  # noqa: S108 — searched, not written
        assert _everywhere(story, dict(_new_files(Path(folder), story.began))) == {}


def _new_files(folder: Path, began: float) -> Iterator[tuple[str, bytes]]:
    """Files that were written since, in a folder of everybody's; pytest's own lie elsewhere or were searched."""
    for above, folders, names in os.walk(folder, onerror=None):
        folders[:] = [name for name in folders if not name.startswith("pytest-of-")]
        for name in names:
            path = Path(above, name)
            try:
                status = path.lstat()
                fresh = status.st_mtime >= began and status.st_uid == os.getuid()
                if fresh and path.is_file() and not path.is_symlink() and status.st_size < _LARGEST:
                    yield str(path), path.read_bytes()
            except OSError:  # gone meanwhile
                continue
