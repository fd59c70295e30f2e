"""What a node refuses, seen from the command line: it is named, and neither workspace nor ledger is changed."""

import json
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
import urllib3
from cli.cli_world import BIN, PASSPHRASE, Desk

from escrowd.core.statements import End, peek, sign_statement
from escrowd.machine.secret_input import Secret
from escrowd.provider.workspace import Session, Workspace
from escrowd_cli.demo.world import free_port


def opened(workspace: Path) -> Session:
    """The workspace as the program opens it; for what no command does, because it must be refused."""
    with Workspace(workspace) as held:
        return held.unlock(Secret(PASSPHRASE, "stored"))


def post(url: str, text: str) -> tuple[int, dict]:
    answer = urllib3.request("POST", url, body=text.encode(), headers={"Content-Type": "text/plain"})
    return answer.status, answer.json()


def nonce(desk: Desk) -> dict[str, str]:
    node = urllib3.request("GET", f"{desk.url}/v1/node").json()["fingerprint"]
    return {node: urllib3.request("POST", f"{desk.url}/v1/nonces").json()["nonce"]}


def statement_of(desk: Desk, kind: str) -> str:
    """The newest statement of a kind, as the node keeps it."""
    with sqlite3.connect(f"file:{desk.node}/escrowd.sqlite3?mode=ro", uri=True) as database:
        query = "select body_json from ledger where type = ? order by seq desc limit 1"
        ((body,),) = database.execute(query, [kind]).fetchall()
    return json.loads(body)["statement"]


def test_a_used_invitation(desk):
    """An invitation is good once, for whoever comes first."""
    with desk.unchanged():
        desk.stranger.unlocked("node", "add", desk.url, "--invitation-file", "invitation").refuses(
            7, "this invitation has been used", "ask the node's operator for a new one: escrowd invite DIR"
        )


def test_an_invitation_that_is_none(desk):
    """A text that was cut, or is something else, is no invitation."""
    desk.write("cut", (desk.folder / "invitation").read_text()[:-20])
    desk.write("other", (desk.folder / "kit-bakery" / "manifest.jws").read_text())
    with desk.unchanged():
        desk.stranger.unlocked("node", "add", desk.url, "--invitation-file", "cut").refuses(
            5,
            "what is signed cannot be read (signature)",
            "take it again from where it came, whole and in one line",
        )
        desk.stranger.unlocked("node", "add", desk.url, "--invitation-file", "other").refuses(
            5,
            "this is escrow-manifest+jwt, where escrow-invitation+jwt is expected",
            "take it again from where it came: something else was pasted",
        )


def test_an_invitation_of_another_node(desk, tmp_path):
    """The invitation says which key the node has; another node at the address is found out before enrolling."""
    node = tmp_path / "other-node"
    words = {
        "--name": "Other",
        "--public-url": "http://127.0.0.1:9",
        "--operator": "O",
        "--address": "o@other.example",
        "--smtp-host": "127.0.0.1",
        "--from": "o@other.example",
    }
    made = desk.escrow("init", node, *(word for pair in words.items() for word in pair), program="escrowd")
    assert made.code == 0, made
    desk.write("other", desk.escrow("invite", node, program="escrowd").out)
    with desk.unchanged():
        answer = desk.stranger.unlocked("node", "add", desk.url, "--invitation-file", "other")
    assert answer.code == 5
    error, hint = answer.err.splitlines()
    assert error.startswith("escrow: error: another node answers there: its fingerprint is ")
    assert hint == "hint: look whether the address is right; if it is, ask the operator before you trust it"


def test_a_provider_who_is_not_enrolled(desk):
    """A node that does not know the provider says so, and records nothing."""
    mine, stranger = opened(desk.workspace), opened(desk.folder / "stranger")
    stranger.save(stranger.vault.model_copy(update={"nodes": mine.vault.nodes}))
    with desk.unchanged():
        desk.stranger.unlocked("ledger", "verify", desk.url).refuses(
            8, "the node does not know you", "enrol with an invitation of its operator: escrow node add URL"
        )


def test_the_same_statement_again(desk):
    """The same bytes get the same receipt; other bytes under the same number are refused (P4)."""
    compact = statement_of(desk, "deposit")
    with desk.unchanged():
        first, second = (post(f"{desk.url}/v1/statements", compact) for _ in range(2))
    assert first[0] == 200, first
    assert first[1]["receipt"] == second[1]["receipt"]
    session = opened(desk.workspace)
    other = sign_statement(
        End(client="practice"),
        provider=session.provider,
        signer=session.daily,
        key="daily",
        presence="stored",
        nonces=nonce(desk),
        jti=peek(compact).claims()["jti"],
        iat=int(time.time()),
    )
    with desk.unchanged():
        status, answer = post(f"{desk.url}/v1/statements", other)
    assert (status, answer["error"]["code"]) == (409, "statement.jti-reused")


def test_a_statement_with_a_flipped_bit(desk):
    """A changed statement is refused, and the number in it is not used up."""
    head, body, signature = statement_of(desk, "deposit").split(".")
    flipped = f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    with desk.unchanged():
        status, answer = post(f"{desk.url}/v1/statements", flipped)
    assert (status, answer["error"]["code"]) == (422, "jws.bad-signature")


def test_an_older_copy_of_the_workspace(desk, tmp_path):
    """What an older copy deposits is refused: its revision is another, or older, than what the node has seen."""
    old = desk.copy(tmp_path / "old")
    older = desk.copy(tmp_path / "older")
    desk.does("entry", "add", "practice", "--title", "Router")
    desk.does("deposit", "practice")
    old.does("entry", "add", "practice", "--title", "Printer")
    again = old.unlocked("deposit", "practice")
    says = "there are two different revisions 2"
    assert again.code == 7, again
    assert again.err.splitlines()[0] == f"escrow: error: {says}"
    assert again.err.splitlines()[1] == (
        "hint: two copies of the workspace have been at work: go on with one, and make a change there before "
        "escrow deposit"
    )
    assert says in again.out
    desk.does("entry", "add", "practice", "--title", "Scanner")
    desk.does("deposit", "practice")
    older.does("entry", "add", "practice", "--title", "Printer")
    head = desk.head()
    answer = older.unlocked("deposit", "practice")
    assert answer.code == 7
    assert answer.err.splitlines() == [
        "escrow: error: revision 2 is older than revision 3, which is here already",
        "hint: look for the newer one; an older one never replaces it",
    ]
    assert [row[5] for row in desk.head()] == [row[5] for row in head]
    assert desk.unlocked("ledger", "verify", desk.url).code == 0


def test_a_revision_that_changes_a_key_within_its_set(desk):
    """A set never changes: a workspace whose table says otherwise publishes nothing."""
    session = opened(desk.workspace)
    record = session.client("bakery")
    other = session.client("practice")
    changed = record.sets[0].model_copy(update={"key_sha256": other.sets[0].key_sha256})
    session.put_client(record.model_copy(update={"sets": (changed,)}))
    shutil.copy(desk.workspace / "clients/practice/key-1.age", desk.workspace / "clients/bakery/key-1.age")
    desk.does("entry", "add", "bakery", "--title", "Router")
    head = desk.head()
    desk.unlocked("deposit", "bakery").refuses(
        5,
        "set 1 was changed after it was made (key_sha256)",
        "a set never changes; bring back the workspace from a backup or with escrow restore",
    )
    assert desk.head() == head


def test_a_beneficiary_who_runs_the_node(desk):
    """Terms in which a beneficiary runs enough nodes are refused: the node's share and a card would open (P1)."""
    desk.does("node", "add", desk.url, "--invitation-file", "invitation", "--operator", "Karl Crumb")
    desk.does("entry", "add", "bakery", "--title", "Router")
    head = desk.head()
    answer = desk.unlocked("deposit", "bakery")
    assert answer.code == 6
    assert answer.err.splitlines()[-1] == (
        "hint: choose a node that nobody runs who receives the bundle: escrow node add URL"
    )
    assert desk.head() == head


def test_a_beneficiary_of_several_clients_who_runs_the_node(desk):
    """A person has another id with each client; who runs a node is refused with every one of them (P1)."""
    desk.does("node", "add", desk.url, "--invitation-file", "invitation", "--operator", "lena fox")
    for client in ("bakery", "practice"):
        desk.does("entry", "add", client, "--title", "Router")
        assert desk.unlocked("deposit", client).code == 6


def test_restore_with_what_does_not_do(desk):
    """Restoring wants two different cards of this provider, and an empty place."""
    call = ("restore", "--node", desk.url)
    one, two = ("--card", "provider-1.txt"), ("--card", "provider-2.txt")
    away = ("--workspace", "new")
    with desk.unchanged():
        desk.unlocked(*call, *one, *two).refuses(
            7, f"{desk.workspace} is not empty", "choose another folder: escrow --workspace DIR …"
        )
        desk.unlocked(*away, *call, *one).refuses(
            4,
            "two different cards of the provider are needed, and 1 is given",
            "add the second one: --card FILE --card FILE",
        )
        desk.unlocked(*away, *call, *one, *one).refuses(
            4,
            "two different cards of the provider are needed, and 1 is given",
            "add the second one: --card FILE --card FILE",
        )
        desk.unlocked(*away, *call, *one, "--card", "bakery-client.txt").refuses(
            4,
            "this is a client's card, not one of the provider's own",
            "take two of the three cards that escrow init printed",
        )
        words = desk.words("provider-2.txt")
    words[3], words[4] = words[4], words[3]
    desk.write("provider-2.txt", " ".join(words))
    with desk.unchanged():
        desk.unlocked(*away, *call, *one, *two).refuses(
            4,
            "card 2: words 4 and 5 have changed places",
            "type the words in the order of their numbers on the card",
        )


def test_a_node_that_does_not_answer(desk):
    """An address where nobody listens is named, after some patience."""
    url = f"http://127.0.0.1:{free_port()}"
    with desk.unchanged():
        desk.unlocked(
            "--workspace",
            "new",
            "restore",
            "--node",
            url,
            "--card",
            "provider-1.txt",
            "--card",
            "provider-2.txt",
        ).refuses(
            9,
            f"{url} does not answer",
            "look whether you are online and the address is right; else ask the node's operator",
        )


@pytest.fixture
def node(desk: Desk) -> Path:
    """A copy of the node's folder, which nobody runs."""
    assert desk.node is not None
    folder = desk.folder / "node-copy"
    folder.mkdir(mode=0o700)
    for name in ("config.toml", "node.key"):
        shutil.copy(desk.node / name, folder / name)
    return folder


def escrowd(desk: Desk, *words: object) -> tuple[int, str, list[str]]:
    answer = desk.escrow(*words, program="escrowd")
    return answer.code, answer.out, answer.err.splitlines()


def refusal(says: str, hint: str) -> list[str]:
    return [f"escrowd: error: {says}", f"hint: {hint}"]


def test_the_configuration_is_read_before_anything_runs(desk, node):
    """`check` names the first thing that is wrong in config.toml, and where."""
    path = node / "config.toml"
    good = path.read_text()
    assert escrowd(desk, "check", node)[0] == 0
    read_again = "correct it; escrowd check DIR reads it again"
    cases = [
        (
            'name = "Node',
            3,
            f"{path} is no TOML",
            read_again,
        ),
        (
            f'colour = "red"\n{good}',
            3,
            "config.toml has colour, which nobody reads",
            "look for a slip of the pen, or delete it",
        ),
        (
            good.replace("time_scale = 1", "time_scale = true"),
            3,
            "time.time_scale in config.toml must be of the type integer",
            read_again,
        ),
        (
            good.replace('tick = "50ms"', 'tick = "soon"'),
            3,
            "time.tick in config.toml is not possible",
            "possible: 30d, 12h, 15m, 90s, 500ms",
        ),
        (
            good.replace('host = "127.0.0.1"', 'host = "mail.example"'),
            3,
            "mail to mail.example would go out in the open",
            'security = "starttls" or "implicit"; plain is for this machine only',
        ),
    ]
    for text, code, says, hint in cases:
        path.write_text(text)
        with desk.unchanged():
            assert escrowd(desk, "check", node) == (code, "", refusal(says, hint))


def test_the_nodes_key_is_needed_and_private(desk, node):
    """A key that others can read, a damaged one and none are told apart."""
    key = node / "node.key"
    key.chmod(0o644)
    assert escrowd(desk, "check", node) == (
        5,
        "",
        refusal(f"others on this machine can read {key}", f"chmod 600 {key}"),
    )
    key.chmod(0o600)
    key.write_text("nonsense")
    assert escrowd(desk, "invite", node) == (
        5,
        "",
        refusal(f"{key} is no node's key", "bring it back from the backup"),
    )
    key.unlink()
    assert escrowd(desk, "run", node) == (
        8,
        "",
        refusal(
            f"there is no node's key {key}",
            "escrowd init DIR makes one; a node that has run needs its own, from the backup",
        ),
    )


def test_a_folder_without_a_node(desk):
    """Every command of escrowd says that there is no node, and how to make one."""
    for command in ("check", "run", "status", "invite", "doctor"):
        with desk.unchanged():
            code, out, err = escrowd(desk, command, "nowhere")
        assert (code, out) == (8, "")
        assert err == refusal("there is no nowhere/config.toml", "escrowd init DIR makes one")


def test_a_node_that_is_there_already(desk, node):
    """`init` never replaces a node's key: nothing could read what was sealed to it."""
    options = (
        "--name",
        "N",
        "--public-url",
        "https://n.example",
        "--operator",
        "O",
        "--address",
        "o@n.example",
    )
    more = ("--smtp-host", "mail.n.example", "--from", "n@n.example")
    with desk.unchanged():
        code, out, err = escrowd(desk, "init", node, *options, *more)
    assert (code, out) == (7, "")
    assert err[-1].startswith("hint: choose another folder; ")


def test_a_second_process_on_one_node(desk):
    """A node that runs is not run twice on one database."""
    done = subprocess.run(
        [BIN / "escrowd", "run", desk.node], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 7
    assert done.stderr.splitlines()[-2:] == refusal(
        f"a node is running in {desk.node}", "stop it first: systemctl stop escrowd"
    )


def test_a_node_that_never_ran(desk, node):
    """Before its first start a node has nothing to tell."""
    assert escrowd(desk, "status", node) == (
        8,
        "",
        refusal(f"there is no {node}/escrowd.sqlite3: the node has never run", "escrowd run DIR"),
    )
