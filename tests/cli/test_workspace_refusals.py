"""The provider's commands with wrong input: one sentence, one hint, the family's exit code, nothing changed."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from cli.cli_world import BIN, PASSPHRASE, Desk, tree

from escrowd_cli.demo.samples import write_keepass

NO_TERMINAL = (
    9,
    "there is no terminal to type at",
    "call it at a terminal; where it need not be typed, --passphrase-file FILE or --passphrase-stdin will do",
)
AS_WRITTEN = "take the file as the program wrote it"


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
    first = subprocess.Popen(
        [BIN / "escrow", "client", "list", "--passphrase-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=desk.env(),
    )
    try:
        deadline = time.monotonic() + 30
        while (answer := desk.unlocked("client", "list")).code == 0:
            assert time.monotonic() < deadline
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
            "there is no beneficiary Nobody",
            "escrow beneficiary list ID shows them; take the name as it stands there, or the id",
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
            "kit-bakery is no file",
            "name a file, not a folder or a device",
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
        "call it without --passphrase-file and --passphrase-stdin, and type it",
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


@pytest.mark.parametrize(
    ("content", "code", "says", "hint"),
    [
        (b"", 3, "the export is empty", "export again from the password manager"),
        (
            b"It rains.\n",
            3,
            "this is no export that escrow knows",
            "export as KDBX, as Bitwarden JSON, or as CSV; for a CSV of another program name its columns: --column title=Name",
        ),
        (
            b'{"encrypted": false, "items": [], "folders": [], "count": NaN}',
            3,
            "the JSON has a number that is none (NaN or Infinity)",
            AS_WRITTEN,
        ),
        (
            b"[" * 100_000 + b"]" * 100_000,
            3,
            "the JSON is nested deeper than 64 levels",
            "no export is: " + AS_WRITTEN,
        ),
        (b'{"items": [', 3, "this is no JSON (from character 11)", AS_WRITTEN),
        (b'{"items": [], "items": []}', 3, "a key stands twice in one object of the JSON", AS_WRITTEN),
        (
            b"Name,Kennwort,Wo\nShop,secret,here\n",
            3,
            "this CSV is of no program that escrow knows; it has 3 columns",
            "say which is which: --column title=HEADING --column password=HEADING",
        ),
        (
            b"name,url,username,password\nShop,x,y\n",
            3,
            "line 2 of the CSV has 3 columns, the first line has 4",
            "export again; a spreadsheet program may have spoilt a separator or a quote",
        ),
    ],
)
def test_an_export_that_is_none(desk, content, code, says, hint):
    """What cannot be read is refused as a whole: no entry is taken from half an export."""
    (desk.folder / "broken").write_bytes(content)
    with desk.unchanged():
        answer = desk.unlocked("import", "bakery", "broken")
    answer.refuses(code, says, hint)
    assert "secret" not in answer.err


def test_a_kdbx_with_a_wrong_header(desk):
    """A KeePass file whose header was changed is damaged, whatever its password would open."""
    path = desk.folder / "vault.kdbx"
    write_keepass(path, "master")
    desk.write("master", "master\n")
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)
    with desk.unchanged():
        desk.unlocked("import", "bakery", "vault.kdbx", "--password-file", "master").refuses(
            5,
            "the KDBX file is damaged: its header is not the one that was written",
            "take another copy of the file, or export it again",
        )
        desk.unlocked("import", "bakery", "vault.kdbx").refuses(
            3, "the export has a password", "add --encrypted and type it, or --password-file FILE"
        )


def test_a_kdbx_with_a_wrong_password(desk):
    """The password of an export is another than that of the workspace, and the hint says so."""
    write_keepass(desk.folder / "vault.kdbx", "master")
    with desk.unchanged():
        desk.unlocked("import", "bakery", "vault.kdbx", "--password-file", "passphrase").refuses(
            3,
            "the export does not open with this password",
            "type the password of the export, not that of the workspace; a KeePass file may want --key-file FILE too",
        )


def test_a_group_or_a_column_that_is_not_there(desk):
    """A group and a column are looked for in the file, and named when they are not there."""
    desk.write("list.csv", "Name,Word\nShop,secret\n")
    with desk.unchanged():
        desk.unlocked("import", "bakery", "export.json", "--group", "Web/Old").refuses(
            8,
            "the export has no group Web/Old",
            "write the path as in the password manager, its parts parted by /",
        )
        desk.unlocked("import", "bakery", "list.csv", "--column", "title=Titel").refuses(
            3,
            "no column has the heading that is given for title",
            "take the headings as they stand in the first line of the file",
        )
        desk.unlocked("import", "bakery", "list.csv", "--column", "colour=Name").refuses(
            3,
            "colour is no field of an entry",
            "the fields are title, url, user, password, totp, notes, group and so on: see escrow import --help",
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


USAGE = [
    (("entry", "add", "bakery"), "Missing option '--title'."),
    (("entry", "add", "bakery", "--title", " "), "Invalid value for '--title': it is empty."),
    (("entry", "add", "bakery", "--title", "x", "--kind", "car"), None),
    (("client", "add", "x"), "Missing option '--name'."),
    (("client", "add", "x", "--name", ""), "Invalid value for '--name': it is empty."),
    (("contact", "add", "bakery", "--name", ""), "Invalid value for '--name': it is empty."),
    (("decision", "add", "bakery", "--topic", ""), "Invalid value for '--topic': it is empty."),
    (("beneficiary", "add", "bakery", "--role", "king", "--name", "x", "--address", "y"), None),
    (("beneficiary", "add", "bakery", "--role", "client", "--name", "x"), "Missing option '--address'."),
    (("import", "bakery"), "Missing argument 'FILE'."),
    (("import", "bakery", "nowhere"), "Invalid value for 'FILE': File 'nowhere' does not exist."),
    (("import", "bakery", "kit-bakery"), "Invalid value for 'FILE': File 'kit-bakery' is a directory."),
    (("document", "add", "bakery", "nowhere"), "Invalid value for 'FILE': File 'nowhere' does not exist."),
    (("list", "bakery"), "Missing option '-o' / '--output'."),
    (("kit", "bakery"), "call it as `escrow kit ID -o DIR` or `escrow kit check DIR`"),
    (("kit", "check"), "call it as `escrow kit ID -o DIR` or `escrow kit check DIR`"),
    (("recover", "--kit", "kit-bakery"), "Missing option '-o' / '--output'."),
    (("restore", "--node", "https://node.example"), "Missing option '--card'."),
    (("restore", "--card", "provider-1.txt"), "Missing option '--node'."),
    (("pause", "--for", "3d"), "Missing option '--reason'."),
    (("pause", "--reason", "x"), "Missing option '--for'."),
    (("init",), None),
    (("chekin",), "No such command 'chekin'. Did you mean 'checkin'?"),
    (("why", "bakery"), "Missing argument 'ENTRY'."),
    (("node", "add"), "Missing argument 'URL'."),
    (("ledger", "verify"), "Missing argument 'URL|FILE'."),
    (("open",), "Missing argument 'ID'."),
    (("status", "--verbose"), None),
    (("passphrase", "now"), "Got unexpected extra argument (now)"),
]


@pytest.mark.parametrize(
    ("words", "says"), USAGE, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_a_call_of_another_form(desk, words, says):
    """A wrong call ends with 2 before anything is asked, and the hint says how to see the right one."""
    with desk.unchanged():
        answer = desk.escrow(*words)
    assert answer.code == 2, answer
    assert answer.out == ""
    error, hint = answer.err.splitlines()[-2:]
    assert error.startswith("escrow: error: ")
    assert says is None or error == f"escrow: error: {says}"
    assert hint.endswith("--help shows how to call it")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("terms", "set", "--request-wait", "3d"),
            "--request-wait and --delay-max belong to one client: name it",
        ),
        (
            ("terms", "set", "bakery", "--interval", "30d"),
            "--interval, --grace and --announce are the same for all clients: leave the client out",
        ),
        (("cards", "bakery"), "say where the cards go: -o DIR or --print"),
        (("cards", "bakery", "-o", "x", "--print"), "say where the cards go: -o DIR or --print"),
        (
            ("entry", "edit", "bakery", "Shop", "--device", "x"),
            "--device, --codes-where and --codes-file need --second-factor",
        ),
        (("entry", "edit", "bakery", "Shop", "--field", "x"), "--field takes NAME=TEXT"),
        (("import", "bakery", "export.json", "--column", "title"), "--column takes FIELD=HEADING"),
    ],
)
def test_options_that_do_not_go_together(desk, words, says):
    """Options that contradict each other are named, and nothing is done."""
    with desk.unchanged():
        answer = desk.unlocked(*words)
    assert answer.code == 2, answer
    assert answer.err.splitlines()[-2] == f"escrow: error: {says}"


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


def test_the_desk_is_a_folder(desk: Desk) -> None:
    """The tests above work on a copy: the world that all share is never changed."""
    assert Path(desk.folder).is_dir()
