"""The client's side at the command line: what is refused, and what each refusal leaves alone."""

import pytest
from cli.cli_world import Desk


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("approve", "bakery"), 6, "approve wants a passphrase typed at the terminal"),
        (("card", "unseal", "bakery", "--yes"), 6, "unseal wants a passphrase typed at the terminal"),
        (("delay", "bakery", "--by", "3d", "--reason", " "), 3, "the reason is empty or longer than 500 characters"),
        (("delay", "bakery", "--by", "3d", "--reason", "x"), 8, "nobody waits for a release of bakery"),
        (("delay", "bakery", "abcdefgh", "--by", "3d", "--reason", "x"), 8, "the node knows no request abcdefgh"),
        (("drill", "nobody"), 8, "there is no client nobody"),
        (("card", "print", "bakery", "-o", "x"), 8, "no card of set 1 of bakery waits for a holder"),
        (("address", "remove", "bakery", "Karl Crumb", "karl@bakery.example"), 7, "karl@bakery.example is the only address of this person"),
        (("witness", "remove", "bakery", "Karl Crumb"), 8, "there is nobody called Karl Crumb here"),
    ],
)  # fmt: skip
def test_what_is_refused(desk: Desk, words: tuple[str, ...], code: int, says: str) -> None:
    """One error with the exit code of its family; no card, ledger or client changes (P9)."""
    with desk.unchanged("workspace"):
        answer = desk.unlocked(*words)
    assert (answer.code, answer.out) == (code, ""), answer
    assert answer.err.splitlines()[0].startswith(f"escrow: error: {says}"), answer


def test_a_request_needs_a_client_s_card_and_one_way(desk: Desk) -> None:
    """A provider's card, a damaged one and two ways at once are refused before any node is asked."""
    with desk.unchanged():
        both = desk.escrow("request", "--node", desk.url, "--code", "x", "--card", "bakery-client.txt")
        assert both.code == 2
        own = desk.escrow("request", "--node", "http://127.0.0.1:1", "--card", "provider-1.txt")
        assert own.code == 4, own
        desk.write("bad.txt", " ".join(reversed(desk.words("bakery-client.txt"))))
        bad = desk.escrow("request", "--node", "http://127.0.0.1:1", "--card", "bad.txt")
        assert bad.code == 4, bad
        (desk.folder / "bad.txt").unlink()
        code = desk.escrow("request", "--code", "escrow-code/1.x", "--card", "bakery-client.txt")
        assert code.code == 3, code


def test_a_proof_is_made_without_a_network(desk: Desk) -> None:
    """With a code from a page the proof is printed, to be pasted; no word of the card is in it (P10)."""
    answer = desk.escrow(
        "request", "--code", f"escrow-code/1.{'a' * 32}.{'0' * 32}", "--card", "bakery-client.txt"
    )
    assert answer.code == 0, answer
    assert answer.out.count(".") == 2
    assert not [word for word in desk.words("bakery-client.txt") if f" {word} " in answer.out + answer.err]


def test_a_witness_is_told_to_the_node(desk: Desk) -> None:
    """A witness and a second address travel with the next deposit, and the terms name the witness."""
    desk.does("witness", "add", "bakery", "--name", "Tim Winter", "--address", "tim@mail.example")
    desk.does("address", "add", "bakery", "Karl Crumb", "karl@mail.example")
    answer = desk.unlocked("status", "bakery", "--ask", "--json").json()
    assert "terms.untold" in {row["code"] for row in answer["rows"]}
    desk.does("deposit", "bakery")
    rows = desk.unlocked("address", "list", "bakery", "--json").json()
    states = {row["address"]["address"]: (row["said"] or {}).get("state") for row in rows}
    assert states["karl@mail.example"] == "asked"
    assert states["karl@bakery.example"] == "founding"
