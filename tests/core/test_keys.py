"""Signing keys, fingerprints, identities, and what is derived."""

import base64
import hashlib
import hmac
from pathlib import Path

import pytest

from escrowd.core import keys
from escrowd.errors import InputError

VECTORS = Path(__file__).resolve().parents[1] / "vectors/rfc8032"
WORDS = ("academic", *("acid",) * 18, "zero")


def vector(path: Path) -> dict[str, bytes]:
    lines = (line.split(": ", 1) for line in path.read_text().splitlines() if ": " in line)
    return {name: bytes.fromhex(value) for name, value in lines if name != "source"}


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.txt")), ids=lambda path: path.stem)
def test_rfc_8032(path: Path):
    """Keys and signatures are those of RFC 8032, section 7.1, and a changed message does not verify."""
    given = vector(path)
    key = keys.SigningKey.from_seed(given["seed"])
    message = given.get("message", b"")
    assert key.public == given["public"]
    assert key.sign(message) == given["signature"]
    assert keys.verify(given["public"], given["signature"], message)
    assert not keys.verify(given["public"], given["signature"], message + b"\0")
    assert not keys.verify(given["public"], given["signature"][:-1], message)
    assert not keys.verify(given["public"][:-1], given["signature"], message)


def hkdf(material: bytes, info: bytes) -> bytes:
    """RFC 5869 for one block, written out: a second implementation to compare with."""
    extracted = hmac.digest(bytes(32), material, "sha256")
    return hmac.digest(extracted, info + b"\1", "sha256")


def test_share_proof_key_is_the_published_derivation():
    """Ed25519 seed = HKDF-SHA256(words joined by single spaces; info escrowd/share-proof/1)."""
    key = keys.share_proof_key(WORDS)
    assert key.seed == hkdf(" ".join(WORDS).encode(), b"escrowd/share-proof/1")
    assert keys.share_proof_key(WORDS[::-1]).public != key.public


def test_link_token_is_the_published_derivation():
    """A mailed link's token is base64url(HMAC(HKDF(node seed; escrowd/link/1), order key)), so a retry repeats it."""
    link = keys.link_key(bytes(32))
    assert link == hkdf(bytes(32), b"escrowd/link/1")
    expected = base64.urlsafe_b64encode(hmac.digest(link, "réminder/1".encode(), hashlib.sha256)).rstrip(b"=")
    token = keys.link_token(link, "réminder/1")
    assert token == expected.decode()
    assert keys.same_token(token, token)
    assert not keys.same_token(token, token[:-1] + "ä")


def test_fingerprint():
    """A fingerprint is 20 bytes of SHA-256 in base32, shown in groups of four."""
    public = bytes(range(32))
    expected = base64.b32encode(hashlib.sha256(public).digest()[:20]).decode().lower()
    assert keys.fingerprint(public) == expected
    shown = keys.show_fingerprint(expected)
    assert shown.replace(" ", "") == expected
    assert [len(group) for group in shown.split(" ")] == [4] * 8
    with pytest.raises(InputError):
        keys.fingerprint(b"short")


def test_ids_are_short_and_differ():
    """An id is 8 base32 characters, and a thousand of them differ."""
    ids = {keys.new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(one) == 8 and set(one) <= set("abcdefghijklmnopqrstuvwxyz234567") for one in ids)


def test_identity_file_has_one_form():
    """The content of ``key-N.age`` is exactly the identity line and LF."""
    identity = keys.new_identity()
    assert identity.to_file() == f"{identity.text}\n".encode()
    assert keys.Identity.from_file(identity.to_file()) == identity
    for wrong in (
        identity.text.encode(),
        identity.to_file() + b"\n",
        b"\n" + identity.to_file(),
        b"# x\n" + identity.to_file(),
        identity.to_file()[:-2] + b"\n",
        b"\xff\n",
        b"",
    ):
        with pytest.raises(InputError):
            keys.Identity.from_file(wrong)


def test_provider_key_file_has_one_form():
    """``daily.age`` and ``provider-key.age`` hold the seed as a comment and the identity; nothing else is read."""
    key = keys.ProviderKey.generate()
    text = key.to_text()
    assert text == f"# escrowd-seed: {key.seed.hex()}\n{key.identity.text}\n".encode()
    assert keys.ProviderKey.parse(text) == key
    for wrong in (
        text[:-1],
        text + b"\n",
        text.replace(b"# escrowd-seed: ", b""),
        text.replace(b"# escrowd-seed: ", b"# escrowd-seed:"),
        text.replace(key.seed.hex().encode(), key.seed.hex().upper().encode() + b"0"),
        text.replace(b"\n", b"\r\n"),
        b"",
        b"\xff",
    ):
        with pytest.raises(InputError) as caught:
            keys.ProviderKey.parse(wrong)
        assert caught.value.code == "key.provider-malformed"


def test_no_key_shows_itself():
    """Neither a signing key nor an identity nor a provider's key has its secret in its ``repr`` (P10)."""
    key = keys.ProviderKey.generate()
    shown = repr([key, key.signing, key.identity])
    assert key.seed.hex() not in shown
    assert repr(key.seed) not in shown
    assert key.identity.text not in shown
    assert "AGE-SECRET" not in shown


def test_recipients_are_checked():
    """An age recipient is recognised, and one with a changed letter is not."""
    recipient = keys.new_identity().recipient
    assert keys.check_recipient(recipient) == recipient
    other = recipient[:-1] + ("q" if recipient[-1] != "q" else "p")
    with pytest.raises(InputError):
        keys.check_recipient(other)
