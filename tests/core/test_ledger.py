"""The ledger: what the vectors do not show."""

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrowd.core.ledger import (
    EMPTY,
    LedgerEntry,
    export,
    export_line,
    make_entry,
    read_line,
    verify_chain,
)
from escrowd.errors import EscrowdError, InputError, IntegrityError

NODE = "a" * 32
KEYS = st.text(max_size=8).filter(lambda key: key != "salt")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(KEYS, VALUES, max_size=4)


def chain(*bodies: dict[str, object]) -> list[LedgerEntry]:
    entries: list[LedgerEntry] = []
    for number, body in enumerate(bodies):
        entries.append(
            make_entry(
                entries[-1].head if entries else EMPTY,
                node=NODE,
                node_time=10_000 * number,
                wall=1_800_000_000,
                type_="checkin",
                body=body,
                salt=bytes([number]) * 16,
            )
        )
    return entries


LINE = export_line(chain({"statement": "aaa.bbb.ccc", "n": 12})[0])


@given(st.integers(0, 8 * (len(LINE) - 1) - 1))
def test_any_flipped_bit_in_a_line_is_refused(bit: int) -> None:
    """No bit of a ledger's line can change without its refusal (P8)."""
    data = bytearray(LINE)
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(IntegrityError):
        verify_chain([bytes(data)])


@given(st.binary(max_size=100))
def test_noise_is_one_of_our_errors(data: bytes) -> None:
    """Whatever stands in a line, the answer is an error of ours (P9)."""
    with pytest.raises(IntegrityError):
        read_line(data, line=1)


@given(st.lists(BODIES, max_size=5), st.sets(st.integers(0, 4)))
def test_any_chain_verifies_with_any_bodies_erased(bodies: list[dict[str, object]], erased: set[int]) -> None:
    """A chain verifies to the same head whichever bodies are erased or withheld (P8)."""
    entries = chain(*bodies)
    end = entries[-1].head if entries else EMPTY
    assert verify_chain(map(export_line, entries)) == end
    assert verify_chain(export(entries, own=lambda entry: entry.seq not in erased)) == end


def test_hash_is_what_the_formats_say() -> None:
    """The hash of an entry follows from the published rule with a plain JSON writer and SHA-256 (P8)."""
    entry = chain({"b": 1, "a": "x"})[0]
    body = json.dumps(entry.body, sort_keys=True, separators=(",", ":")).encode()
    assert entry.body_sha256 == sha256(body).hexdigest()
    array = ["escrow-ledger/1", NODE, 1, 0, 1_800_000_000, "checkin", entry.body_sha256, "0" * 64]
    assert entry.hash == sha256(json.dumps(array, separators=(",", ":")).encode()).hexdigest()


def test_equal_bodies_have_different_hashes() -> None:
    """The salt hides what a short body says from whoever sees the hash alone (P8)."""
    first, second = chain({"x": 1}, {"x": 1})
    assert first.body_sha256 != second.body_sha256


def test_reader_gets_own_bodies_and_hashes_of_the_rest() -> None:
    """An export for one reader holds no body that is another's (P10)."""
    entries = chain({"client": "meier"}, {"client": "sommer"})
    text = b"".join(export(entries, own=lambda entry: (entry.body or {}).get("client") == "meier"))
    assert b"meier" in text
    assert b"sommer" not in text


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_chain_goes_on_from_any_head_seen(seen: int, length: int) -> None:
    """From any head seen before, the later entries alone show that the chain extends it (P8)."""
    entries = chain(*({} for _ in range(6)))
    heads = [EMPTY, *(entry.head for entry in entries)]
    rest = [export_line(entry) for entry in entries[seen:length]]
    assert (
        verify_chain(rest, after=heads[seen], expected=heads[max(seen, length)]) == heads[max(seen, length)]
    )


def test_a_rewritten_past_does_not_extend_the_head() -> None:
    """A node that wrote its ledger anew is found by whoever kept a head (P8)."""
    kept = chain({"x": 1}, {"x": 2})[-1].head
    rewritten = chain({"x": 1}, {"x": 3}, {"x": 4})
    with pytest.raises(IntegrityError, match=r"ledger\.chain-broken"):
        verify_chain([export_line(rewritten[2])], after=kept)
    with pytest.raises(IntegrityError, match=r"ledger\.forked"):
        verify_chain(map(export_line, rewritten), expected=kept)


@pytest.mark.parametrize(
    ("body", "salt", "code"),
    [
        ({}, bytes(15), "ledger.salt"),
        ({"salt": "x"}, bytes(16), "ledger.salt"),
        ({"x": 1.5}, bytes(16), "json.not-canonical"),
        ({"x": "a" * 200_000}, bytes(16), "ledger.body-too-large"),
    ],
)
def test_what_is_not_recorded(body: dict[str, object], salt: bytes, code: str) -> None:
    """A body without its own salt, with a float, or that no reader would take is refused before it counts."""
    with pytest.raises(InputError) as caught:
        make_entry(EMPTY, node=NODE, node_time=0, wall=0, type_="end", body=body, salt=salt)
    assert caught.value.code == code


def test_a_million_times_nested_line_is_refused() -> None:
    """Nested brackets end in an error of ours, not in the interpreter's (P9)."""
    with pytest.raises(EscrowdError):
        read_line(b'{"body":' + b"[" * 100_000, line=1)
