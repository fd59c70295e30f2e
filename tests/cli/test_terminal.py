"""At a terminal: what is typed is asked for, does not show, and can be broken off."""

import pytest
from cli.cli_world import BIN, Desk

from escrowd.errors import UnavailableError
from escrowd_cli.demo.terminal import converse

ASKED = "Does your card show the same?"
PROMPT = "Passphrase of the workspace:"


def refused(desk: Desk, words: list[str], answers: list[tuple[str, str]]) -> tuple[int, list[str]]:
    with pytest.raises(UnavailableError) as ended:
        converse([str(BIN / "escrow"), *words], answers, cwd=desk.folder, env=desk.env())
    assert ended.value.code == "demo.failed"
    return int(ended.value.fields["exit"]), str(ended.value.fields["said"]).splitlines()


def test_a_command_is_broken_off(desk):
    """Ctrl-C at a prompt ends with 130, a sentence, and nothing changed."""
    with desk.unchanged():
        code, said = refused(desk, ["client", "list"], [(PROMPT, "\x03")])
    assert code == 130
    assert said[-2:] == ["escrow: error: stopped before the end", "hint: call it again when you are ready"]


def test_a_wrong_passphrase_is_not_shown(desk):
    """What is typed shows neither while it is typed nor in the error (P10)."""
    with desk.unchanged():
        code, said = refused(desk, ["client", "list"], [(PROMPT, "velvet-hammer")])
    assert code == 3
    assert said[-2] == "escrow: error: the passphrase is wrong"
    assert "velvet" not in "".join(said)


def test_a_new_passphrase_is_typed_twice_alike(desk):
    """A slip in the new passphrase is found before it counts."""
    words = [("New passphrase", "velvet hammer meadow"), ("The same once more", "velvet hammer meddow")]
    with desk.unchanged():
        code, said = refused(desk, ["passphrase"], [(PROMPT, "copper lantern orchard violin"), *words])
    assert code == 3
    assert said[-2:] == ["escrow: error: the two differ", "hint: call it again and type the same twice"]


def test_cards_are_typed(desk):
    """Cards are typed word by word, in lines as on the paper; a wrong word is named by card and position."""
    client, successor = (desk.words(f"bakery-{who}.txt") for who in ("client", "successor"))
    wrong = [*client[:6], "xylophone", *client[7:]]
    call = ["recover", "--kit", "kit-bakery", "--type-card", "-o", "opened"]

    def typed(*cards: list[str]) -> list[tuple[str, str]]:
        lines = ["\n".join([" ".join(card[:10]), " ".join(card[10:])]) for card in cards]
        return [(f"Card {number}", text) for number, text in enumerate([*lines, ""], start=1)]

    with desk.unchanged():
        code, said = refused(desk, call, typed(wrong, successor))
    assert code == 4
    assert said[-2] == "escrow: error: typed card 1: word 7 is on no card"
    assert "xylophone" not in "".join(said)
    code, said = refused(desk, call, [*typed(client, successor), (ASKED, "n")])
    assert code == 130
    assert not (desk.folder / "opened").exists()
    answers = [*typed(client, successor), (ASKED, "y")]
    shown = converse([str(BIN / "escrow"), *call], answers, cwd=desk.folder, env=desk.env())
    assert "Bakery Crumb, revision" in shown
    assert client[3] not in shown.replace("revision", "")
