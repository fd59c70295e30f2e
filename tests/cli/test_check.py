"""``escrow check`` on a workspace with two imported clients."""

import json

from cli.cli_world import Desk


def rows(desk: Desk, *words: str) -> list[dict[str, object]]:
    found = desk.unlocked("check", *words, "--json").json()
    assert isinstance(found, dict)
    return found["rows"]


def test_what_is_missing_comes_worst_first_with_a_command(desk: Desk) -> None:
    """All gaps of a client, each with what to type; a client named twice is refused."""
    answer = desk.unlocked("check", "bakery")
    assert answer.code == 0
    lines = answer.out.splitlines()
    marks = [line.split()[0] for line in lines[1:] if line.split()[:1] in (["ALARM"], ["warn"], ["to"])]
    assert marks == sorted(marks, key=["ALARM", "warn", "to"].index)
    assert "missing: the mailbox that a reset of the password goes to" in answer.out
    assert lines[-1].startswith("next: escrow entry ")
    found = rows(desk, "bakery")
    assert len(marks) == len(found)
    assert all(row["client"] == "bakery" and row["command"] for row in found)
    assert "secret of" not in answer.out + json.dumps(found)
    assert desk.unlocked("check", "bakery", "--all").code == 2


def test_without_a_client_each_has_one_line(desk: Desk) -> None:
    """The worst of each client and how much more there is; `--all` lists everything."""
    answer = desk.unlocked("check")
    assert answer.out.count(": escrow check ") == 2
    assert {row["client"] for row in rows(desk)} == {"bakery", "practice"}
    everything = desk.unlocked("check", "--all").out
    assert len(everything.splitlines()) == len(rows(desk, "--all")) + 3


def test_the_command_that_it_names_closes_the_gap(desk: Desk) -> None:
    """What the last line says is typed, with a value in the place of the capitals, until nothing is missing."""
    values = {
        "NAME": "Karl Crumb", "URL": "https://a.example", "KIND": "none", "PLACE": "folder", "TEXT": "daily work",
        "ADDRESS": "karl@posteo.de", "Domain=NAME": "Domain=crumb.example", "DNS=TEXT": "DNS=at the registrar",
        "Transfer=TEXT": "Transfer=Dock 1", "Web=TEXT": "Web=none, because of the shop",
        "Mail=TEXT": "Mail=at the hoster", "Backup=TEXT": "Backup=none, because it is small",
    }  # fmt: skip
    before = rows(desk, "bakery")
    while (row := rows(desk, "bakery")[0])["gap"]["code"] == before[0]["gap"]["code"]:
        command = [values.get(word, word) for word in row["command"]]
        desk.does(*command)
        assert row["gap"] not in [one["gap"] for one in rows(desk, "bakery")]


def test_quiet_says_it_by_its_exit_code(desk: Desk) -> None:
    """1 and the table while something is missing; nothing at all for a client of whom nothing is asked."""
    answer = desk.unlocked("check", "bakery", "--quiet")
    assert (answer.code, "missing: " in answer.out) == (1, True)
    desk.does("client", "add", "empty", "--name", "Empty")
    answer = desk.unlocked("check", "empty", "--quiet")
    assert (answer.code, answer.out) == (0, "")
    assert desk.unlocked("check", "empty").out == "1 client is complete.\n"


def test_the_list_says_what_the_command_says(desk: Desk) -> None:
    """The client's page says what is still missing, and no longer what was added."""
    desk.does("entry", "edit", "bakery", "Shop", "--contract-holder", "Bakery Crumb")
    desk.does("list", "bakery", "-o", "list.html")
    page = (desk.folder / "list.html").read_text()
    missing = [row["gap"]["code"] for row in rows(desk, "bakery")]
    assert page.count("Still missing") == 3
    assert page.count("n whose name the contract is") == missing.count("entry.contract") == 2
