"""Opening with nothing of ours: the ``shamir`` program, Debian's ``age``, ``unzip``."""

import re
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pexpect
import pytest

from escrowd.core.keys import ProviderKey
from escrowd.core.shares import combine, make_provider_cards, parse_card

MATERIAL = Path(__file__).resolve().parents[1] / "vectors/recovery/material"
SHAMIR = str(Path(sys.executable).with_name("shamir"))
GROUPS = ("nodes", "client", "successor", "reserve")


def card(group: str) -> str:
    return (MATERIAL / f"cards/meier-{group}.txt").read_text().strip()


def shamir_recover(cards: list[str]) -> str:
    """What ``shamir recover`` prints for two cards, typed at a terminal."""
    child = pexpect.spawn(SHAMIR, ["recover"], timeout=60, encoding="utf-8", dimensions=(50, 300))
    for text in cards:
        child.expect("Enter a recovery share: ")
        child.sendline(text)
    child.expect("SUCCESS!")
    child.expect(r"master secret is: .*?([0-9a-f]{32})")
    secret = child.match[1]
    child.expect(pexpect.EOF)
    return str(secret)


@pytest.mark.parametrize("pair", [("client", "nodes"), ("client", "successor"), ("reserve", "successor")])
def test_three_commands_open_a_kit(pair: tuple[str, str], tmp_path: Path):
    """``shamir recover``, ``age -d -i key-2.age``, ``unzip``: two cards and a kit open the bundle (P5, P6)."""
    for name in ("bundle.age", "key-2.age"):
        shutil.copy(MATERIAL / "kit" / name, tmp_path)
    secret = shamir_recover([card(group) for group in pair])
    age = pexpect.spawn(
        "age",
        ["-d", "-i", "key-2.age", "-o", "bundle.zip", "bundle.age"],
        cwd=str(tmp_path),
        timeout=60,
        encoding="utf-8",
    )
    age.expect('Enter passphrase for identity file "key-2.age": ')
    age.sendline(secret)
    age.expect(pexpect.EOF)
    subprocess.run(
        ["unzip", "-q", "bundle.zip", "-d", "bundle"], cwd=tmp_path, check=True, capture_output=True
    )
    opened = tmp_path / "bundle"
    assert "Bäckerei Meier" in (opened / "READ-ME-FIRST.html").read_text(encoding="utf-8")
    assert "Rechnung fuer Kaese.pdf" in [path.name for path in opened.rglob("*")]


@pytest.mark.parametrize("pair", list(combinations(GROUPS, 2)), ids="+".join)
def test_shamir_gives_our_secret(pair: tuple[str, str]):
    """For every pair of groups the ``shamir`` program and our own combining give the same secret (P5)."""
    cards = [card(group) for group in pair]
    assert shamir_recover(cards) == combine([parse_card(text) for text in cards]).hex()


def test_shamir_reads_the_words_as_the_code_on_the_card_holds_them():
    """The ``shamir`` program takes the words in upper case, as the QR code has them."""
    cards = [card("client"), card("successor")]
    assert shamir_recover([text.upper() for text in cards]) == shamir_recover(cards)


def test_shamir_runs_as_a_module():
    """``python -m shamir_mnemonic.cli recover``, as the papers say for Windows, is the same program."""
    run = subprocess.run(
        [sys.executable, "-m", "shamir_mnemonic.cli", "recover", "--help"], check=True, capture_output=True
    )
    assert b"recover" in run.stdout


def test_cards_that_shamir_makes_are_ours_too():
    """What the ``shamir`` program splits with our parameters is a set of ours: the format is its, not ours."""
    secret = "00112233445566778899aabbccddeeff"
    groups = [argument for _ in range(4) for argument in ("-g", "1", "1")]
    made = subprocess.run(
        [SHAMIR, "create", "custom", "-t", "2", *groups, "-X", "-E", "0", "-S", secret],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    mnemonics = [line for line in made.splitlines() if re.fullmatch(r"([a-z]+ ){19}[a-z]+", line)]
    cards = [parse_card(mnemonic) for mnemonic in mnemonics]
    assert [one.group for one in cards] == list(GROUPS)
    assert combine(cards[1:3]).hex() == secret


def test_two_provider_cards_open_by_hand(tmp_path: Path):
    """``provider-key.age`` opens with ``shamir`` and ``age``, and is itself an age identity file (P5)."""
    key = ProviderKey.generate()
    made = make_provider_cards(key, 321)
    (tmp_path / "provider-key.age").write_bytes(made.key_file)
    secret = shamir_recover([made.mnemonics[2], made.mnemonics[0]])
    age = pexpect.spawn(
        "age",
        ["-d", "-o", str(tmp_path / "key"), str(tmp_path / "provider-key.age")],
        timeout=60,
        encoding="utf-8",
    )
    age.expect("Enter passphrase: ")
    age.sendline(secret)
    age.expect(pexpect.EOF)
    assert (tmp_path / "key").read_bytes() == key.to_text()
    public = subprocess.run(
        ["age-keygen", "-y", tmp_path / "key"], capture_output=True, check=True, text=True
    )
    assert public.stdout.strip() == key.identity.recipient
