"""The vectors under tests/vectors/cards and age: as any implementation must read them, ours does."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from escrowd.core.keys import Identity
from escrowd.core.seal import unseal_bytes, unseal_passphrase
from escrowd.core.shares import (
    Card,
    GroupDescription,
    KnownSets,
    RetiredSet,
    SetDescription,
    choose_set,
    combine_all,
    open_key_with,
    parse_card,
)
from escrowd.errors import EscrowdError

VECTORS = Path(__file__).resolve().parents[1] / "vectors"


def load(path: Path) -> tuple[dict[str, str], bytes]:
    head, _, body = path.read_bytes().partition(b"\n\n")
    return dict(line.split(": ", 1) for line in head.decode().splitlines()), body


def known(text: str) -> KnownSets:
    claims = json.loads(text)
    live = tuple(
        SetDescription(
            own["set"],
            own["slip39_id"],
            tuple(
                GroupDescription(g["name"], g["k"], g["n"], tuple(map(bytes.fromhex, g["proof_keys"])))
                for g in own["groups"]
            ),
        )
        for own in claims["sets"]
    )
    retired = tuple(RetiredSet(old["set"], old["slip39_id"], old["date"]) for old in claims["retired"])
    return KnownSets(live, retired)


def said(card: Card) -> dict[str, str]:
    return {
        "words": card.mnemonic,
        "identifier": str(card.identifier),
        "group": card.group,
        "member": str(card.member_index),
        "proof-key": card.proof_key.hex(),
    }


def play_cards(header: dict[str, str], body: bytes) -> dict[str, str]:
    """Go as far as the vector says; returns what there is to compare, by the headers' names."""
    cards = [parse_card(text) for text in body.decode().split("\n--\n")]
    match header["do"]:
        case "read":
            return said(cards[0])
        case "judge":
            return {"set": str(choose_set(cards, known(header["sets"]))[0].number)}
        case "combine":
            return {"secret": combine_all(cards)[0][0].hex()}
        case "open":
            identity: Identity = open_key_with(cards, bytes.fromhex(header["key"]))
            return {"recipient": identity.recipient, "secret": combine_all(cards)[0][0].hex()}
    raise AssertionError(header["do"])


def play_age(header: dict[str, str], body: bytes) -> dict[str, str]:
    data = base64.b64decode(body)
    if "identity" in header:
        content = unseal_bytes(data, [header["identity"]])
    else:
        content = unseal_passphrase(data, header["passphrase"])
    return {"content-sha256": hashlib.sha256(content).hexdigest()}


PLAY = {"cards": play_cards, "age": play_age}
FILES = [path for folder in PLAY for path in sorted((VECTORS / folder).glob("*.txt"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_vector(path: Path):
    """Each vector ends as its header says: with these very values, or with this very error (P5, P9)."""
    header, body = load(path)
    play = PLAY[path.parent.name]
    if header["expect"] == "ok":
        result = play(header, body)
        assert result
        for name in result.keys() & header.keys():
            assert result[name] == header[name], name
        return
    with pytest.raises(EscrowdError) as caught:
        play(header, body)
    assert caught.value.code == header["expect"]
    assert json.loads(header.get("fields", "{}")).items() <= caught.value.fields.items()


def test_most_vectors_are_failures():
    """Each folder holds more that must be refused than must be accepted."""
    for folder in PLAY:
        expected = [load(path)[0]["expect"] for path in (VECTORS / folder).glob("*.txt")]
        assert len(expected) > 25
        assert expected.count("ok") < len(expected) / 2


def test_no_error_quotes_a_word():
    """No error of any card vector holds a word of its text (P10)."""
    for path in (VECTORS / "cards").glob("*.txt"):
        header, body = load(path)
        if header["expect"] != "ok":
            with pytest.raises(EscrowdError) as caught:
                play_cards(header, body)
            words = {word for word in body.decode().lower().split() if len(word) > 3 and word.isalpha()}
            assert not words & set(str(caught.value).replace("=", " ").split())
