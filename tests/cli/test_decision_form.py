"""A decision in the editor: what is written there comes back, and what is broken is named and never lost."""

import json
import stat

import pytest
from cli.cli_world import PASSPHRASE, Desk

from escrowd.errors import EscrowdError
from escrowd_cli.decision_form import changes, form, read_form

BEFORE = {
    "topic": "Where\nit lives",
    "choice": " two\n\nlines: here ",
    "asked_by": "",
    "alternatives": ["the cheapest", "status: none"],
    "status": "wish",
    "date": "2026-05-01",
    "review": None,
    "reason": "# first\nstatus: odd\n  indented",
}


def test_what_is_left_alone_stays_as_it_is():
    """Nothing changes by opening and closing, whatever the texts look like; one field changes alone."""
    text = form("Shop", BEFORE)
    assert changes(BEFORE, text) == {}
    assert changes(BEFORE, text.replace("\nstatus: wish", "\nstatus: decided", 1)) == {"status": "decided"}
    assert changes(BEFORE, text + "and more\n") == {"reason": "# first\nstatus: odd\n  indented\nand more"}


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("status: wish", "statsu: wish", "decision.line-unknown", None),
        ("status: wish", "status: maybe", "decision.status-unknown", "status"),
        ("date: 2026-05-01", "date: 1 May", "decision.not-a-day", "date"),
        ("review:", "review: 2027-02-30", "decision.not-a-day", "review"),
        ("review:", "topic: again", "decision.field-twice", "topic"),
        ("topic: A", "topic:", "decision.field-empty", "topic"),
        ("date: 2026-05-01\n", "", "decision.field-gone", "date"),
    ],
)
def test_what_cannot_be_read_is_named_by_line_and_field(old, new, code, field):
    """One error says where it is (P9)."""
    text = form("Shop", BEFORE | {"topic": "A", "choice": "", "alternatives": [], "reason": "x"})
    broken = text.replace("\n" + old, "\n" + new, 1)
    with pytest.raises(EscrowdError) as refused:
        read_form(broken)
    assert refused.value.code == code
    assert refused.value.fields.get("field") == field
    assert refused.value.fields.get("line") == (broken.split("\n").index(new) + 1 if new else None)


def editing(desk: Desk, tmp_path, *scripts: str) -> Desk:
    """A desk with a private place and an editor that runs one script after the other."""
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    for number, script in enumerate(scripts):
        (tmp_path / f"{number}.sh").write_text(script)
    editor = desk.write(
        "editor",
        f"#!/bin/sh\nn=$(cat {tmp_path}/n 2>/dev/null || echo 0)\necho $((n+1)) >{tmp_path}/n\n"
        f'stat -c %a "$1" >>{tmp_path}/modes\n. {tmp_path}/$n.sh\n',
    )
    editor.chmod(0o700)
    return Desk(desk.folder, desk.url, desk.node, {"XDG_RUNTIME_DIR": str(runtime), "EDITOR": str(editor)})


def test_a_decision_is_written_in_the_editor(desk, tmp_path):
    """A broken text is named and comes up again; the second try counts; nothing stays in the private place."""
    mine = editing(
        desk,
        tmp_path,
        'sed -i "s/^topic:/topic: A shop/; s/^status: .*/status: soon/; s/^reason:/reason: fewer fees/" "$1"',
        'grep -q "^# PROBLEM: line" "$1" && sed -i "s/^status: .*/status: wish/" "$1"',
    )
    said = mine.types("decision", "add", "bakery", "Shop", answers=[("Open the editor again", "y")])
    assert "status is neither wish nor open" in said
    (made,) = mine.unlocked("decision", "list", "bakery", "--json").json()
    assert (made["decision"]["topic"], made["decision"]["status"], made["decision"]["reason"]) == (
        "A shop",
        "wish",
        "fewer fees",
    )
    assert list((tmp_path / "runtime").iterdir()) == []
    assert set((tmp_path / "modes").read_text().split()) == {"600"}
    assert stat.S_IMODE((tmp_path / "runtime").stat().st_mode) == 0o700
    assert PASSPHRASE not in said


def test_without_a_terminal_nothing_is_asked(desk):
    """A script gets one sentence instead of an editor; `--why` answers without asking, `--by` alone is refused."""
    with desk.unchanged():
        refused = desk.unlocked("decision", "add", "bakery")
        assert refused.code == 2
        assert "give --topic, or call it at a terminal" in refused.err
        assert desk.unlocked("entry", "edit", "bakery", "Shop", "--user", "x", "--by", "Karl").code == 2
    desk.does("entry", "edit", "bakery", "Shop", "--user", "y", "--why", "left", "--by", "Karl")
    desk.does("entry", "edit", "bakery", "Shop", "--user", "z")
    past = desk.unlocked("why", "bakery", "Shop", "--json").json()["history"]
    assert [(one["why"], one["asked_by"]) for one in past[-2:]] == [("left", "Karl"), ("", "")]


@pytest.mark.long
def test_what_nobody_explained_is_asked_or_named(lone_desk):
    """At a terminal import and deposit ask once about what changed; without one, `full-service` gets it named."""
    desk = lone_desk
    export = json.loads((desk.folder / "export.json").read_text())
    export["items"][2]["login"]["username"] = "karl"
    desk.write("export.json", json.dumps(export))
    said = desk.types("import", "bakery", "export.json", answers=[("bakery: Why?", "moved"), ("Who", "")])
    assert "changed without a reason: Shop" in said
    past = desk.unlocked("why", "bakery", "Shop", "--json").json()["history"]
    assert (past[-1]["reason"], past[-1]["why"]) == ("import bitwarden", "moved")
    desk.does("client", "edit", "bakery", "--profile", "full-service")
    desk.does("entry", "edit", "bakery", "Mail", "--user", "m")
    quiet = desk.unlocked("deposit", "bakery")
    assert quiet.code == 0, quiet
    assert "bakery: nobody said why these changed: Mail" in quiet.err
    assert "Shop" not in quiet.err
    desk.does("entry", "edit", "bakery", "Shop", "--user", "y")
    desk.does("entry", "edit", "bakery", "Mail", "--user", "n", "--why", "known")
    desk.does("entry", "edit", "bakery", "Domain", "--user", "d")
    answers = [("bakery: Why?", "new staff"), ("Who wanted it?", "Karl")]
    said = desk.types("deposit", "bakery", answers=answers)
    assert "changed without a reason: Shop, Domain" in said
    for title, why in (("Shop", "new staff"), ("Mail", "known"), ("Domain", "new staff")):
        past = desk.unlocked("why", "bakery", title, "--json").json()["history"]
        assert past[-1]["why"] == why
