"""Strict JSON, canonical JSON, hex and base32."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrowd.core.encoding import MAX_DEPTH, b32, b32_bytes, canonical, day, hex_bytes, loads
from escrowd.errors import InputError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)


def code(text: str | bytes, limit: int = 10**6) -> str:
    with pytest.raises(InputError) as caught:
        loads(text, max_bytes=limit)
    return caught.value.code


@given(JSON)
def test_what_is_written_is_read(value: object):
    """Any value without floats survives: canonical bytes and ordinary JSON read back as the same value (P9)."""
    assert loads(canonical(value), max_bytes=10**6) == value
    assert loads(json.dumps(value), max_bytes=10**6) == value


@given(JSON)
def test_canonical_is_one_form(value: object):
    """Reading and writing canonical bytes again gives the same bytes."""
    assert canonical(loads(canonical(value), max_bytes=10**6)) == canonical(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1, "a": 1}', "json.duplicate-key"),
        ('{"a": {"b": 1, "b": 2}}', "json.duplicate-key"),
        ('{"a": 1, "\\u0061": 2}', "json.duplicate-key"),
        ("NaN", "json.not-finite"),
        ("[Infinity]", "json.not-finite"),
        ('{"a": -Infinity}', "json.not-finite"),
        ("1.0", "json.float"),
        ("1e3", "json.float"),
        ("-0.0", "json.float"),
        ("9007199254740992", "json.int-too-large"),
        ("-9007199254740992", "json.int-too-large"),
        ("1" * 5000, "json.int-too-large"),
        ("", "json.malformed"),
        ("{} {}", "json.malformed"),
        ("[1,]", "json.malformed"),
        ("{'a': 1}", "json.malformed"),
        ("\ufeff{}", "json.malformed"),
        ('"tab\there"', "json.malformed"),
        ('"\\ud800"', "json.not-utf8"),
        ('{"\\ud800": 1}', "json.not-utf8"),
        (b'"\xff"', "json.not-utf8"),
        (b'"\xed\xa0\x80"', "json.not-utf8"),
        ('"' + "[" * 100 + "\\", "json.malformed"),
    ],
)
def test_what_two_parsers_could_read_differently_is_refused(text: str | bytes, expected: str):
    """Each ambiguity of JSON has its own refusal (P9)."""
    assert code(text) == expected


def test_depth_and_size_are_bounded_before_parsing():
    """A hundred thousand brackets and an oversized text are refused; brackets inside strings do not count."""
    assert code("[" * 100_000) == "json.too-deep"
    assert code('{"a":' * 100_000) == "json.too-deep"
    assert code("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)) == "json.too-deep"
    assert loads("[" * MAX_DEPTH + "]" * MAX_DEPTH, max_bytes=1000)
    assert loads(json.dumps("[" * 1000), max_bytes=2000) == "[" * 1000
    assert loads(json.dumps('\\"[' * 1000), max_bytes=10_000) == '\\"[' * 1000
    assert code('"aaaa"', limit=5) == "json.too-large"
    assert code('"ä"', limit=3) == "json.too-large"


def test_an_unclosed_string_is_read_once():
    """A hostile text of a million quotes is refused without being scanned again and again."""
    assert code('"' + '\\"' * 500_000, limit=10**7) == "json.malformed"


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), [0.5], {"a": -0.0}, 2**53, {1: 2}, b"", "\ud800", {"\ud800": 1}]
)
def test_canonical_refuses_what_it_cannot_hold(value: object):
    """Floats, large integers, other keys and types have no canonical form here."""
    with pytest.raises(InputError) as caught:
        canonical(value)
    assert caught.value.code == "json.not-canonical"


def test_canonical_sorts_by_utf16():
    """RFC 8785, 3.2.3: names are ordered by their UTF-16 code units, which differs from code points."""
    assert canonical({"\U0001f600": 1, "\ufb33": 2, "a": 3}) == '{"a":3,"\U0001f600":1,"\ufb33":2}'.encode()


@given(st.binary())
def test_base32_has_one_form(data: bytes):
    """Base32 round-trips, is lower case without padding, and no other spelling is read."""
    text = b32(data)
    assert b32_bytes(text) == data
    assert text == text.lower().rstrip("=")
    for other in (text.upper() + "A", text + "=", " " + text):
        with pytest.raises(InputError):
            b32_bytes(other)


def test_base32_spare_bits_are_zero():
    """``aa`` and ``ab`` would be the same byte to a lax decoder; only one of them is read."""
    assert b32_bytes("aa") == b"\0"
    with pytest.raises(InputError):
        b32_bytes("ab")


@pytest.mark.parametrize("text", ["0", "0G", "AB", "a b", "ab\n", "é0"])
def test_hex_is_lower_case_and_whole(text: str):
    """Upper case, odd length, white space and other letters are no hex."""
    with pytest.raises(InputError):
        hex_bytes(text)
    with pytest.raises(InputError):
        hex_bytes("abcd", size=1)
    assert hex_bytes("abcd", size=2) == b"\xab\xcd"


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        (0, "1970-01-01"),
        (1_798_761_599, "2026-12-31"),
        (1_798_761_600, "2027-01-01"),
        (2**53 - 1, "9999-12-31"),
    ],
)
def test_any_wall_time_has_a_day(wall: int, expected: str):
    """A day is that of UTC, and a time beyond the calendar gives the last one instead of a crash."""
    assert day(wall) == expected
