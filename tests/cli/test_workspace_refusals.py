"""The provider's commands with wrong input: one sentence, one hint, the family's exit code, nothing changed."""

import os
import shutil
import subprocess
import time

import pytest
from cli.cli_world import BIN, PASSPHRASE, tree

NO_TERMINAL = (
    9,
    "there is no terminal to type at",
    "call it at a terminal; where it need not be typed, --passphrase-file FILE or --passphrase-stdin will do",
)


def test_a_wrong_passphrase(desk):
    """A wrong passphrase opens nothing, whichever way it comes."""
    desk.write("wrong", "copper lantern orchard viola\n")
    says = (
        "the passphrase is wrong",
        "type it again; capital letters count. If it is lost, two of your cards help: escrow restore",
    )
    with desk.unchanged():
        desk.escrow("client", "list", "--passphrase-file", "wrong").refuses(3, *says)
        desk.escrow("client", "list", "--passphrase-stdin", stdin="copper\n").refuses(3, *says)


def test_an_empty_passphrase(desk):
    """An empty line is no passphrase."""
    with desk.unchanged():
        desk.escrow("client", "list", "--passphrase-stdin", stdin="\n").refuses(
            3, "nothing was typed", "call it again and type it; it does not show"
        )


def test_no_terminal(desk):
    """Without a terminal, standard input is not quietly taken for one."""
    with desk.unchanged():
        desk.escrow("client", "list", stdin=f"{PASSPHRASE}\n").refuses(*NO_TERMINAL)


def test_no_workspace(desk):
    """A folder that holds no workspace is named, and how to make one."""
    desk.environment["ESCROW_WORKSPACE"] = str(desk.folder / "elsewhere")
    says = f"there is no workspace in {desk.folder}/elsewhere"
    hint = "make one with escrow init, or name yours: escrow --workspace DIR …"
    with desk.unchanged():
        desk.unlocked("client", "list").refuses(8, says, hint)
        desk.escrow("status").refuses(8, says, hint)
        desk.escrow("node", "list").refuses(8, says, hint)


def test_a_workspace_that_others_can_enter(desk):
    """A workspace is the provider's alone."""
    desk.workspace.chmod(0o755)
    with desk.unchanged():
        desk.unlocked("client", "list").refuses(
            6, f"others on this machine can look into {desk.workspace}", f"chmod 700 {desk.workspace}"
        )


def test_a_damaged_workspace(desk):
    """A damaged table is named as a file, and nothing is made up in its place."""
    table = desk.workspace / "workspace.age"
    table.write_bytes(table.read_bytes()[:-1])
    with desk.unchanged():
        desk.unlocked("client", "list").refuses(
            5,
            "workspace.age in the workspace is damaged or missing",
            "bring back the workspace from a backup, or with escrow restore",
        )


def test_a_workspace_opened_twice(desk):
    """While one command works, a second is refused; it does not wait, and it breaks nothing."""

    def waiting() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [BIN / "escrow", "client", "list", "--passphrase-stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=desk.env(),
        )

    first = waiting()
    try:
        deadline = time.monotonic() + 60
        while (answer := desk.unlocked("client", "list")).code == 0:
            assert time.monotonic() < deadline
            if first.poll() is not None:  # the second came first, and the first was refused
                first.communicate()
                first = waiting()
        answer.refuses(
            7,
            f"another command is using {desk.workspace}",
            "wait until it has ended, then call this one again",
        )
    finally:
        assert first.stdin is not None
        first.communicate(f"{PASSPHRASE}\n".encode())
    assert first.returncode == 0


def test_init_where_something_is(desk):
    """`init` never writes over a workspace; its cards are not printed either."""
    with desk.unchanged():
        answer = desk.unlocked(
            "init", "--name", "Winter IT", "--address", "jana@winter.example", "-o", "cards"
        )
    answer.refuses(7, f"{desk.workspace} is not empty", "choose another folder: escrow --workspace DIR …")


def test_init_with_a_short_passphrase(desk):
    """A passphrase that a machine guesses in a day is refused before anything is made."""
    desk.write("short", "secret\n")
    with desk.unchanged():
        answer = desk.escrow(
            "--workspace",
            "new",
            "init",
            "--name",
            "N",
            "--address",
            "n@n.example",
            "-o",
            "c",
            "--passphrase-file",
            "short",
        )
    assert answer.code == 3
    assert answer.err.splitlines()[0] == "escrow: error: the passphrase is too short"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--interval", "5d"), "interval is 5d; it may be 7d to 90d"),
        (("--grace", "7d", "--announce", "5d"), "grace+announce is 12d; it may be 14d to 60d"),
        (("bakery", "--request-wait", "15d"), "request-wait is 15d; it may be 1d to 14d"),
    ],
)
def test_terms_out_of_bounds(desk, words, says):
    """What is out of bounds is said in days, with the bounds."""
    with desk.unchanged():
        desk.unlocked("terms", "set", *words).refuses(
            3, says, "choose a value between them; nothing was changed"
        )


@pytest.mark.parametrize("text", ["30", "soon", "-3d", "1.5d", "3d5"])
def test_a_duration_without_a_unit(desk, text):
    """30 is refused: days to one person, seconds to the next."""
    with desk.unchanged():
        desk.escrow("terms", "set", f"--interval={text}").refuses(
            3, f"{text} is no duration", "write 30d, 12h, 45m, 90s or 1d12h"
        )


@pytest.mark.parametrize(
    "words",
    [
        ("entry", "list", "butcher"),
        ("cards", "butcher", "-o", "cards"),
        ("import", "butcher", "export.json"),
        ("open", "butcher"),
        ("list", "butcher", "-o", "list.html"),
        ("terms", "show", "butcher"),
        ("beneficiary", "remove", "butcher", "Karl Crumb"),
        ("contact", "add", "butcher", "--name", "N"),
        ("document", "list", "butcher"),
        ("client", "end", "butcher", "--yes"),
    ],
)
def test_an_unknown_client(desk, words):
    """An unknown client is named; of several, nothing is done for the others either."""
    with desk.unchanged():
        desk.unlocked(*words).refuses(
            8, "there is no client butcher", "escrow client list shows them; escrow client add makes one"
        )


@pytest.mark.parametrize(
    "words",
    [
        ("entry", "show", "bakery", "Bank"),
        ("entry", "edit", "bakery", "Bank", "--user", "x"),
        ("why", "bakery", "Bank"),
        ("decision", "add", "bakery", "--entry", "Bank", "--topic", "x"),
    ],
)
def test_an_unknown_entry(desk, words):
    """An unknown entry is named, and where to look."""
    with desk.unchanged():
        desk.unlocked(*words).refuses(
            8,
            "there is no entry Bank",
            "escrow entry list ID shows them; take the title as it stands there, or the id",
        )


def test_an_ambiguous_title(desk):
    """Two entries of one title are told apart by id, never by chance."""
    new = desk.does("entry", "add", "bakery", "--title", "Shop").strip()
    with desk.unchanged():
        answer = desk.unlocked("entry", "show", "bakery", "Shop")
    assert answer.code == 7
    error, hint = answer.err.splitlines()
    assert error.startswith("escrow: error: there are several entries called Shop: ")
    assert new in error
    assert hint == "hint: take one of these ids instead of the title"
    assert desk.unlocked("entry", "show", "bakery", new).code == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--renewal", "2026-13-01"), "renewal is not possible"),
        (("--cost", "free"), "cost.amount is not written as it must be"),
        (("--depends-on", "nothing"), "depends_on.0 is not written as it must be"),
    ],
)
def test_an_entry_with_a_wrong_field(desk, options, says):
    """The field is named; the value is not shown, and the entry is not half made."""
    with desk.unchanged():
        desk.unlocked("entry", "add", "bakery", "--title", "Bank", *options).refuses(
            3,
            f"the entry is not right: {says}",
            'nothing was changed; days read 2027-03-31, costs "12.50 EUR year", ids as escrow entry list ID shows them',
        )


@pytest.mark.parametrize(
    ("words", "code", "says", "hint"),
    [
        (
            ("client", "add", "Bad Id", "--name", "x"),
            3,
            "Bad Id is no ID for a client",
            "use 1 to 32 of a-z, 0-9 and hyphen, for example baeckerei; the name itself goes into --name",
        ),
        (
            ("client", "add", "bakery", "--name", "Another"),
            7,
            "there is a client bakery already",
            "choose another ID; one that has ended keeps its own",
        ),
        (
            ("cards", "bakery", "-o", "cards"),
            7,
            "bakery has cards already: set 1",
            "those cards go on opening every new deposit; a second set is not possible yet",
        ),
        (
            ("beneficiary", "add", "bakery", "--role", "reserve", "--name", "N", "--address", "nowhere"),
            3,
            "the person is not right: addresses is not written as it must be",
            "addresses read name@host.example, and a name has 1 to 200 characters",
        ),
        (
            ("beneficiary", "edit", "bakery", "Nobody", "--name", "x"),
            8,
            "there is nobody called Nobody here",
            "escrow beneficiary list ID and escrow witness list ID show them; take the name as it stands there, or the id",
        ),
        (
            (
                "beneficiary",
                "add",
                "bakery",
                "--role",
                "reserve",
                "--name",
                "N",
                "--address",
                "a@b.example",
                "--after",
                "31d",
            ),
            3,
            "after is 31d; it may be 0s to 30d",
            "choose a value between them; nothing was changed",
        ),
        (
            ("entry", "restore", "bakery", "Shop", "--revision", "99"),
            8,
            None,
            "escrow why ID ENTRY shows its revisions",
        ),
        (
            ("document", "add", "bakery", "export.json", "--entry", "Bank"),
            8,
            "there is no entry Bank",
            "escrow entry list ID shows them; take the title as it stands there, or the id",
        ),
        (
            ("kit", "bakery", "-o", "kit-practice"),
            5,
            "this belongs to the client practice, not to bakery",
            "take the files, or the folder, of bakery",
        ),
        (("kit", "bakery", "-o", "export.json"), 3, "export.json is no folder", "name a new folder"),
        (
            ("list", "bakery", "-o", "kit-bakery"),
            3,
            "the name of a list ends in .pdf or .html",
            "name the file liste.pdf (sheets for a folder) or liste.html (one page)",
        ),
        (("open", "bakery", "-o", "kit-bakery"), 7, "kit-bakery is not empty", "name a new folder"),
        (
            ("node", "add", "ftp://node.example", "--invitation-file", "invitation"),
            3,
            "ftp://node.example is no address of a node",
            "write https://node.example",
        ),
        (
            ("node", "add", "http://node.example", "--invitation-file", "invitation"),
            3,
            "http://node.example would be asked in the open",
            "write https:// in front; http:// is for this machine only",
        ),
        (
            ("ledger", "verify", "https://node.example"),
            8,
            "you are not enrolled with https://node.example",
            "escrow node list shows your nodes; escrow node add URL enrols",
        ),
        (
            ("pause", "--for", "61d", "--reason", "x"),
            3,
            "pause is 61d; it may be 1d to 60d",
            "choose a value between them; nothing was changed",
        ),
        (
            ("pause", "--for", "14d", "--reason", " "),
            3,
            "the reason is empty or too long",
            "your clients read it: use 1 to 500 characters",
        ),
        (("passphrase",), *NO_TERMINAL),
    ],
)
def test_what_a_command_cannot_do(desk, words, code, says, hint):
    """Each command says in one sentence why it does nothing."""
    with desk.unchanged():
        answer = desk.unlocked(*words)
    if says is None:
        assert answer.code == code
        assert answer.err.splitlines()[-1] == f"hint: {hint}"
    else:
        answer.refuses(code, says, hint)


def test_a_passphrase_from_a_pipe_or_a_file_is_no_sign_of_life(desk):
    """A check-in counts only if it was typed: a forgotten job must not keep a dead provider alive."""
    says = (
        "only a passphrase typed at the terminal counts as a check-in",
        "leave the --passphrase options out, and type it",
    )
    with desk.unchanged():
        desk.escrow("checkin", "--passphrase-stdin", stdin=f"{PASSPHRASE}\n").refuses(6, *says)
        desk.unlocked("checkin").refuses(6, *says)
        desk.unlocked("resume").refuses(6, *says)
        desk.unlocked("pause", "--for", "14d", "--reason", "holiday").refuses(6, *says)
        desk.escrow("checkin", stdin=f"{PASSPHRASE}\n").refuses(*NO_TERMINAL)


def test_a_check_in_with_cards_wants_the_providers_own(desk):
    """A client's card, one card alone, and a word of no list are told apart."""
    hint = "take two of the three cards that escrow init printed"
    with desk.unchanged():
        desk.unlocked("checkin", "--card", "bakery-client.txt", "--card", "provider-1.txt").refuses(
            4, "this is a client's card, not one of the provider's own", hint
        )
        desk.unlocked("checkin", "--card", "provider-1.txt").refuses(
            4,
            "a provider's card is one of several, and 1 of the 2 needed are here",
            "add another card of the same kind with --card FILE",
        )


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_full_disk(desk, tmp_path):
    """On a full disk a change and an opening fail as a whole, and what was there is untouched (P4)."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", small], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        (small / "ballast").write_bytes(b"x" * 126_000)
        full = "there is no room left for "
        hint = "hint: make room and call it again; what was there before is untouched"
        with desk.unchanged():
            answer = desk.escrow(
                "recover",
                "--kit",
                "kit-bakery",
                "--card",
                "bakery-client.txt",
                "--card",
                "bakery-successor.txt",
                "-o",
                small / "opened",
            )
            kit = desk.unlocked("kit", "bakery", "-o", small / "kit")
            (small / "ballast").write_bytes(b"")
            desk.environment["ESCROW_WORKSPACE"] = str(shutil.copytree(desk.workspace, small / "workspace"))
            (small / "ballast").write_bytes(b"x" * max(0, shutil.disk_usage(small).free - 4096))
            before = tree(small / "workspace")
            add = desk.unlocked("entry", "add", "bakery", "--title", "Bank")
            assert tree(small / "workspace") == before
        for refused in (answer, kit, add):
            assert refused.code == 9, refused
            error, last = refused.err.splitlines()[-2:]
            assert error.startswith(f"escrow: error: {full}{small}")
            assert last == hint
        assert not [path for path in (small / "opened").rglob("*") if path.is_file()]
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_ledger_that_is_none(desk):
    """A file that is no ledger, an empty one and one that is not there are told apart."""
    desk.write("empty", "")
    with desk.unchanged():
        desk.escrow("ledger", "verify", "export.json").refuses(
            5,
            "line 1 is no entry of a ledger as a node writes it",
            "take the export as it came, not reformatted",
        )
        desk.escrow("ledger", "verify", "empty").refuses(
            3, "empty holds no entry", "take an export of a ledger: JSON Lines, one entry a line"
        )
        desk.escrow("ledger", "verify", "nowhere").refuses(
            8, "there is no file nowhere", "look at the name and the folder"
        )


def test_a_file_of_bytes_where_text_belongs(desk):
    """A file that is no text never ends in a bug's message."""
    (desk.folder / "bytes").write_bytes(b"\xff\xfe\x00")
    for words in (
        ("entry", "edit", "bakery", "Shop", "--password-file", "bytes"),
        ("entry", "edit", "bakery", "Shop", "--second-factor", "sms", "--codes-file", "bytes"),
        ("checkin", "--card", "bytes"),
        ("node", "add", "https://node.example", "--invitation-file", "bytes"),
        ("ledger", "verify", "bytes"),
        ("import", "bakery", "bytes"),
    ):
        with desk.unchanged():
            answer = desk.unlocked(*words)
        assert answer.code in {3, 4, 5}, answer
        assert answer.out == ""
