"""What a sync refuses, what it keeps, and how that ends: one sentence, one hint, one exit code."""

import json

import pytest
from cli.cli_world import Answer, Desk

from escrowd_cli.demo.samples import write_keepass

CONFLICT = (
    7,
    "changed on both sides, and kept as here: 1",
    "make both alike, or let the export win: escrow import ID FILE --group GROUP",
)


def write_vault(desk: Desk, passwords: dict[str, str], *more: str, name: str = "vault.json") -> None:
    """A vault with a group for each client; in each an entry that is named after it."""
    groups = [*passwords, *more]
    desk.write(
        name,
        json.dumps(
            {
                "encrypted": False,
                "folders": [{"id": group, "name": group} for group in groups],
                "items": [
                    {
                        "id": f"{number:08}-0000-4000-8000-000000000000",
                        "folderId": group,
                        "type": 1,
                        "name": f"Key of {group}",
                        "login": {"username": "u", "password": passwords.get(group, "x")},
                    }
                    for number, group in enumerate(groups)
                ],
            }
        ),
    )


BOTH = ("--map", "bakery=bakery", "--map", "practice=practice")


def ends(answer: Answer, code: int, says: str, hint: str) -> None:
    """The last two lines and the exit code; a table may stand before on standard output."""
    assert answer.err.splitlines()[-2:] == [f"escrow: error: {says}", f"hint: {hint}"], answer
    assert answer.code == code, answer


def test_a_conflict_is_kept_shown_and_ends_with_seven(desk: Desk):
    """Both sides of a conflict stay, the other clients are synced, and the export is not deleted."""
    write_vault(desk, {"bakery": "one", "practice": "one"})
    desk.does("sync", "vault.json", *BOTH)
    secret = desk.write("secret", "here\n")
    desk.does("entry", "edit", "bakery", "Key of bakery", "--password-file", secret)
    write_vault(desk, {"bakery": "two", "practice": "two"})
    for _ in range(2):
        answer = desk.unlocked("sync", "--delete")
        ends(answer, *CONFLICT)
        (row,) = [line for line in answer.out.splitlines() if "CONFLICT" in line]
        assert row.split() == ["bakery", "CONFLICT,", "kept", "as", "here", "Key", "of", "bakery", "password"]
        assert (desk.folder / "vault.json").exists()
    shown = {
        client: desk.unlocked("entry", "show", client, f"Key of {client}", "--json").json()["password"]
        for client in ("bakery", "practice")
    }
    assert shown == {"bakery": "here", "practice": "two"}


def test_a_wrong_password_is_one_error(desk: Desk):
    """A vault that does not open says so once, and nothing of it is remembered."""
    write_keepass(desk.folder / "vault.kdbx", "right")
    wrong = desk.write("wrong", "wrong\n")
    with desk.unchanged():
        desk.unlocked("sync", "vault.kdbx", "--password-file", wrong, *BOTH).refuses(
            3,
            "the export does not open with this password",
            "type the password of the export, not that of the workspace; a KeePass file may want --key-file FILE too",
        )


@pytest.mark.parametrize(
    ("words", "code", "says", "hint"),
    [
        (
            ("vault.json", "--map", "Nowhere=bakery"),
            8,
            "the export has no group Nowhere",
            "write the path as in the password manager, its parts parted by /",
        ),
        (
            ("vault.json", "--map", "bakery=butcher"),
            8,
            "there is no client butcher",
            "escrow client list shows them; escrow client add makes one",
        ),
        ((), 8, "no password manager's file is remembered yet", "name it once: escrow sync FILE"),
        (
            ("vault.json", "--map", "bakery"),
            2,
            "--map takes GROUP=ID",
            "escrow sync --help shows how to call it",
        ),
        (
            ("vault.json", "--map", "bakery=bakery", "--map", "bakery=practice"),
            2,
            "--map gives bakery to two clients",
            "escrow sync --help shows how to call it",
        ),
        (
            ("vault.json", "--map", "bakery=bakery", "--ignore", "bakery"),
            2,
            "bakery cannot be given to a client and left out",
            "escrow sync --help shows how to call it",
        ),
        (
            ("--forget", "vault.json"),
            8,
            "vault.json is not among the files that are remembered",
            "give the path as it was when it was synced",
        ),
    ],
)
def test_a_slip_changes_nothing(desk: Desk, words, code, says, hint):
    """What is misspelt is refused before anything is sealed or remembered."""
    write_vault(desk, {"bakery": "one"})
    with desk.unchanged():
        desk.unlocked("sync", *words).refuses(code, says, hint)


def test_a_group_that_is_gone_is_reported_beside_what_works(desk: Desk):
    """The client of a renamed group is named, the others are synced, and the exit code says so."""
    write_vault(desk, {"bakery": "one", "practice": "one"})
    desk.does("sync", "vault.json", *BOTH)
    write_vault(desk, {"practice": "two", "Crumb": "two"})
    answer = desk.unlocked("sync", "--json")
    ends(
        answer,
        8,
        "the export has no group bakery any more; nothing was changed for its client",
        "if it was renamed: escrow sync --map NEW=ID --ignore OLD",
    )
    report = json.loads(answer.out)
    assert [(one["client"], one["differs"]) for one in report["clients"]] == [
        ("bakery", False),
        ("practice", True),
    ]
    assert report["clients"][0]["error"]["code"] == "sync.group-gone"
    assert [one["group"] for one in report["sources"][0]["unspoken"]] == [["Crumb"]]
    desk.does("sync", "--map", "Crumb=bakery", "--ignore", "bakery")


def test_a_file_that_fails_does_not_stop_the_others(desk: Desk):
    """Of two remembered files one is broken: the other is synced, and the error is the broken one's."""
    write_vault(desk, {"bakery": "one"}, name="one.json")
    write_vault(desk, {"practice": "one"}, name="two.json")
    desk.does("sync", "one.json", "two.json", *BOTH)
    desk.write("one.json", '{"items": [')
    write_vault(desk, {"practice": "two"}, name="two.json")
    answer = desk.unlocked("sync")
    ends(
        answer,
        3,
        "this is no JSON (from character 11)",
        "take the file as the program wrote it",
    )
    assert "1 client changed, 0 did not" in answer.out


def test_a_name_steers_no_terminal(desk: Desk):
    """Control characters in the name of a group are spelt out; the group can still be named."""
    write_vault(desk, {"\x1b[2J\x07bakery": "one"})
    answer = desk.unlocked("sync", "vault.json", "--dry-run")
    assert "\x1b" not in answer.out
    assert "[U+001B][2J[U+0007]bakery" in answer.out
    desk.does("sync", "vault.json", "--delete", "--map", "\x1b[2J\x07bakery=bakery")
    assert not (desk.folder / "vault.json").exists()


def test_a_file_whose_name_is_no_text(desk: Desk):
    """A name that is not UTF-8 cannot be remembered."""
    write_vault(desk, {"bakery": "one"})
    (desk.folder / "vault.json").rename(desk.folder / "vault-\udcff.json")
    desk.unlocked("sync", "vault-\udcff.json").refuses(
        3, "the name of the file is no text (UTF-8)", "rename it and call again"
    )
