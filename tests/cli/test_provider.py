"""Who the provider is, the passphrase in a keyring, and the fingerprint that a card shows."""

from pathlib import Path

from cli.cli_world import PASSPHRASE, Desk

KEYRING = f"""
import os
from types import SimpleNamespace
errors = SimpleNamespace(KeyringError=RuntimeError)
def get_password(service, name):
    return {PASSPHRASE!r} if (service, name) == ("escrow", os.environ["ROOT"]) else None
"""


def test_the_provider_s_own_name_and_addresses(desk: Desk, tmp_path: Path) -> None:
    """Name, language and addresses change by a command; the phrase and an address that stays keep what they are."""
    mine = desk.copy(tmp_path / "mine")
    before = mine.unlocked("provider", "show", "--json").json()
    mine.does(
        "provider",
        "set",
        "--name",
        "Winter & Sons",
        "--address",
        "a@sons.example",
        "--address",
        "jana@winter.example",
    )
    after = mine.unlocked("provider", "show", "--json").json()
    assert (after["name"], after["phrase"], after["id"]) == ("Winter & Sons", before["phrase"], "provider")
    assert after["addresses"][1] == before["addresses"][0]
    status = mine.unlocked("status", "--ask", "--json").json()
    assert "terms.untold" in {row["code"] for row in status["rows"]}
    with mine.unchanged():
        mine.unlocked("provider", "set", "--address", "nobody").refuses(
            3,
            "the person is not right: addresses is not written as it must be",
            "addresses read name@host.example, and a name has 1 to 200 characters",
        )


def test_a_passphrase_comes_from_the_keyring(desk: Desk, tmp_path: Path) -> None:
    """A command that is told to asks the desktop's keyring for this workspace's passphrase; a check-in refuses it."""
    root = desk.unlocked("provider", "show").out.split()[-1]
    (tmp_path / "keyring.py").write_text(KEYRING)
    desk = Desk(desk.folder, desk.url, desk.node, {"PYTHONPATH": str(tmp_path), "ROOT": root})
    assert "bakery" in desk.escrow("client", "list", "--passphrase-keyring").out
    stored = desk.escrow("checkin", "--passphrase-keyring")
    assert (stored.code, stored.out) == (6, "")
    desk.environment["ROOT"] = "another"
    refused = desk.escrow("client", "list", "--passphrase-keyring")
    assert refused.err.splitlines()[0] == f"escrow: error: the keyring has no {root} of escrow"


def test_a_fingerprint_typed_off_the_cards_is_compared(desk: Desk, tmp_path: Path) -> None:
    """`restore` and `recover` compare the fingerprint that is given, however it is spaced, before anything is made."""
    root = desk.unlocked("provider", "show").out.split()[-1]
    shown = " ".join(root[at : at + 4] for at in range(0, len(root), 4)).upper()
    kit = ("recover", "--kit", "kit-bakery", "--card", "bakery-client.txt", "--card", "bakery-successor.txt")
    back = (
        "restore", "--node", desk.url, "--card", "provider-1.txt", "--card", "provider-2.txt",
        "--passphrase-file", "passphrase",
    )  # fmt: skip
    elsewhere = Desk(desk.folder, desk.url, desk.node, {"ESCROW_WORKSPACE": str(tmp_path / "workspace")})
    for call in (kit, back):
        refused = elsewhere.escrow(
            *call, "--root", "a" * 32, *(("-o", tmp_path / "no") if call is kit else ())
        )
        assert refused.code == 5, refused
        assert "fingerprint" in refused.err
    assert not (tmp_path / "workspace").exists()
    assert elsewhere.escrow(*kit, "--root", shown, "-o", tmp_path / "opened").code == 0
