"""Codes and proofs of one card: what the vectors do not show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrowd.core.keys import SigningKey, fingerprint
from escrowd.core.statements import (
    PROOF,
    Approve,
    Arm,
    Code,
    Delay,
    Drill,
    ProviderKeys,
    Unseal,
    make_code,
    read_code,
    sign,
    sign_card,
    sign_restore,
    sign_statement,
    verify_card,
    verify_restore,
    verify_statement,
)
from escrowd.errors import EscrowdError, RefusedError

CARD, OTHER, NODE, ROOT, DAILY = (SigningKey.from_seed(bytes([number]) * 32) for number in range(31, 36))
NODE_ID = fingerprint(NODE.public)
CODE = Code(NODE_ID, "ab" * 16)
PROOF_TEXT = sign_card(CARD, "request", codes=[CODE], jti="a" * 26, iat=1_798_761_600)


def test_a_proof_says_no_more_than_it_must() -> None:
    """A proof of a card names its key, its purpose and the codes that it answers."""
    proof = verify_card(PROOF_TEXT, node=NODE_ID)
    assert (proof.purpose, proof.proof_key, proof.nonces) == (
        "request",
        CARD.public.hex(),
        {NODE_ID: "ab" * 16},
    )
    assert proof.compact == PROOF_TEXT


def test_a_proof_survives_pasting() -> None:
    """White space that a mail program or a person put in changes nothing, nor the hash that a nonce is bound to."""
    wrapped = "\r\n ".join(PROOF_TEXT[at : at + 60] for at in range(0, len(PROOF_TEXT), 60))
    assert verify_card(f"\n{wrapped} \n", node=NODE_ID) == verify_card(PROOF_TEXT, node=NODE_ID)


def test_a_code_survives_pasting() -> None:
    """A code is read in any case and with any white space."""
    text = make_code(NODE_ID, "ab" * 16)
    assert read_code(f" {text[:20].upper()}\n{text[20:]}\t") == CODE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "escrow-code/1.",
        make_code(NODE_ID, "ab" * 15),
        make_code(NODE_ID[:-1], "ab" * 16),
        make_code(NODE_ID, "ab" * 16).replace("/1", "/2"),
        make_code(NODE_ID, "ab" * 16) + ".x",
        PROOF_TEXT,
    ],
)
def test_what_is_no_code(text: str) -> None:
    """Anything else than a whole code of this version is one error (P9)."""
    with pytest.raises(EscrowdError) as caught:
        read_code(text)
    assert caught.value.code == "code.malformed"


@given(st.integers(0, 8 * len(PROOF_TEXT) - 1))
def test_any_flipped_bit_is_refused(bit: int) -> None:
    """No bit of a proof can change without its refusal, white space aside (P8, P9)."""
    data = bytearray(PROOF_TEXT.encode("ascii"))
    data[bit // 8] ^= 1 << bit % 8
    flipped = data.decode("latin-1")
    with pytest.raises(EscrowdError):
        verify_card(flipped, node=NODE_ID)


def test_one_proof_is_not_another() -> None:
    """A proof of one card restores nothing, and half a restore asks for nothing (P8)."""
    with pytest.raises(EscrowdError):
        verify_restore((PROOF_TEXT, PROOF_TEXT), node=NODE_ID)
    pair = sign_restore((CARD, OTHER), nonces={NODE_ID: "ab" * 16}, jti="a" * 26, iat=1)
    with pytest.raises(EscrowdError):
        verify_card(pair[0], node=NODE_ID)


def test_a_key_that_did_not_sign_is_not_proved() -> None:
    """Who names another card's key than the one that signs proves nothing (P8)."""
    claims: dict[str, object] = {
        "purpose": "request",
        "aud": [NODE_ID],
        "jti": "a" * 26,
        "iat": 1,
        "nonces": {NODE_ID: "ab" * 16},
        "proof_key": OTHER.public.hex(),
    }
    with pytest.raises(EscrowdError) as caught:
        verify_card(sign(PROOF, claims, CARD), node=NODE_ID)
    assert caught.value.code == "jws.bad-signature"


@given(st.text(max_size=200))
def test_noise_is_one_of_our_errors(text: str) -> None:
    """Whatever is pasted as a proof, the answer is an error of ours (P9)."""
    with pytest.raises(EscrowdError):
        verify_card(text, node=NODE_ID)


def stated(body: object, presence: str) -> str:
    return sign_statement(
        body,  # type: ignore[arg-type]
        provider=fingerprint(ROOT.public),
        signer=DAILY,
        key="daily",
        presence=presence,  # type: ignore[arg-type]
        nonces={NODE_ID: "ab" * 16},
        jti="a" * 26,
        iat=1,
    )


@pytest.mark.parametrize("body", [Approve(client="m", request="a" * 8), Unseal(client="m", set=1)])
def test_what_takes_a_wait_away_is_typed(body: object) -> None:
    """An approval and an unsealing by a forgotten job are refused; typed ones are taken."""
    keys = ProviderKeys(ROOT.public, (DAILY.public,))
    verify_statement(stated(body, "typed"), keys=lambda _: keys, node=NODE_ID)
    with pytest.raises(RefusedError, match=r"statement\.not-typed"):
        verify_statement(stated(body, "stored"), keys=lambda _: keys, node=NODE_ID)


@pytest.mark.parametrize(
    "body", [Delay(client="m", request="a" * 8, seconds=1, reason="x"), Drill(client="m"), Arm(client="m")]
)
def test_what_may_be_stored(body: object) -> None:
    """The other new statements may be made with a stored passphrase; then they are no check-in."""
    keys = ProviderKeys(ROOT.public, (DAILY.public,))
    assert not verify_statement(stated(body, "stored"), keys=lambda _: keys, node=NODE_ID).checks_in
