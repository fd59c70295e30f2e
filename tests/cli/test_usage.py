"""Calls of another form: the exit code 2 before anything is asked, and the hint that shows the right one."""

import pytest

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
            "--request-wait, --delay-max and --deliver-by belong to one client: name it",
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
