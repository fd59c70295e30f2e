import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrowd.core.durations import format_duration, parse_duration
from escrowd.errors import InputError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30d", 30 * 86_400),
        ("12h", 43_200),
        ("45m", 2_700),
        ("90s", 90),
        ("2w", 14 * 86_400),
        ("1d12h", 129_600),
        (" 14D\n", 14 * 86_400),
        ("0s", 0),
    ],
)
def test_durations_are_read(text: str, seconds: int):
    """A number with a unit, or several from the largest unit down, is read as whole seconds."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "30",
        "d",
        "-3d",
        "1.5d",
        "3 d",
        "3x",
        "12h1d",
        "1d1d",
        "٣d",
        "1e3s",
        "99999999999d",
        "30d\x00",
        "nan",
    ],
)
def test_other_texts_are_refused(text: str):
    """What is no duration is refused by name, and a bare number counts as none (P9)."""
    with pytest.raises(InputError) as caught:
        parse_duration(text)
    assert caught.value.code == "duration.malformed"


@given(st.integers(0, 10**9))
def test_what_is_written_is_read_back(seconds: int):
    """Every number of seconds survives being written and read."""
    assert parse_duration(format_duration(seconds)) == seconds


def test_the_largest_fitting_unit_is_shown():
    """Durations are shown in the largest unit that divides them."""
    assert [format_duration(n) for n in (0, 90, 120, 5_400, 43_200, 14 * 86_400)] == [
        "0s", "90s", "2m", "90m", "12h", "14d",
    ]  # fmt: skip


def test_there_is_no_negative_duration():
    """A negative number of seconds is a mistake of the program."""
    with pytest.raises(ValueError, match="-1"):
        format_duration(-1)
