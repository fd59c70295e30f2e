import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError

from escrowd.texts import render

DAY = 86_400


def filters(language):
    return render._plain(language, render.ZONE).filters


def test_dates_durations_and_numbers_are_the_languages_own():
    """Dates, durations, plurals, numbers, enumerations and sizes read as a native reader expects."""
    de, en = filters("de"), filters("en")
    assert (de["day"](1_805_871_600), en["day"](1_805_871_600)) == ("24. März 2027", "24 March 2027")
    assert de["moment"](1_805_871_600) == "24. März 2027 um 08:00 Uhr"
    assert en["moment"](1_805_871_600) == "24 March 2027 at 08:00"
    assert de["iso"]("2027-03-24") == de["iso"](dt.date(2027, 3, 24)) == "24. März 2027"
    assert [de["span"](s) for s in (0, 90, DAY, 14 * DAY, DAY + 7_200)] == [
        "0 Tage",
        "1 Minute und 30 Sekunden",
        "1 Tag",
        "14 Tage",
        "1 Tag und 2 Stunden",
    ]
    assert en["span"](30 * DAY) == "30 days"
    assert (de["plural"](1, "Zugang", "Zugänge"), de["plural"](2_000, "Zugang", "Zugänge")) == (
        "1 Zugang",
        "2.000 Zugänge",
    )
    assert de["listing"](["A", "B", "C"]) == "A, B und C"
    assert (de["size"](999), de["size"](5_230_000)) == ("999 Bytes", "5,2 MB")
    assert de["groups"]("abcdefghij") == "abcd efgh ij"


def test_summer_time_moves_no_date():
    """A moment shortly after midnight in Berlin is that day, in summer and in winter time."""
    berlin = ZoneInfo("Europe/Berlin")
    for month in (1, 7):
        seconds = int(dt.datetime(2027, month, 15, 0, 5, tzinfo=berlin).timestamp())
        assert filters("de")["day"](seconds).startswith("15.")


def test_a_sentence_never_swallows_a_missing_value():
    """A value that a sentence needs and does not get is an error, not an empty place."""
    with pytest.raises(UndefinedError):
        render.sentence("card", "made.client", "de", {})


def test_pages_escape_every_value():
    """A value cannot become markup in a page, nor in a sentence within a page."""
    values = dict.fromkeys(("client", "provider", "root"), "<b>&\"'")
    page = render.html(
        "papers/kit.html",
        "de",
        values | {"revision": 1, "created": 0, "next_by": 0, "sets": (1,), "kept": {}},
        book="kit",
    )
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;&#34;&#39;" in page
