"""From a template and typed values to a letter, a page or a sentence: the one home of jinja2 and babel.

Rules:

1. What a template does not get, it may not use: an undefined name raises, it never prints as nothing.
2. HTML escapes every value. A letter's values cannot change its structure (``blocks`` says how).
3. Dates, durations, numbers, plurals and enumerations come from the locale, through the filters below.

Filters, in every template and sentence:

=============  =====================================================  ========================
``day``        wall time (Unix seconds) as a date                     24. März 2027
``moment``     wall time with hour and minute                         24. März 2027 um 14:05 Uhr
``iso``        a ``date``, or ISO text, as a date                     24. März 2027
``span``       duration in seconds                                    14 Tage
``after``      duration in seconds, as "from now"                     in 14 Tagen
``plural``     a number with the noun that fits: (one, many)          3 Zugänge
``number``     a whole number                                         1.000
``listing``    an enumeration                                         A, B und C
``size``       bytes                                                  5,2 MB
``groups``     a fingerprint in groups of four                        abcd efgh …
=============  =====================================================  ========================
"""

import datetime as dt
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from escrowd.texts.blocks import Letter, protect, read_letter

Language = Literal["de", "en"]
LANGUAGES: tuple[Language, ...] = ("de", "en")

ZONE = "Europe/Berlin"
"""The zone in which wall time is shown where nobody names another."""

_HOME = Path(__file__).parent
_LOCALES = {"de": Locale.parse("de_DE"), "en": Locale.parse("en_GB")}
_CLOCK = {"de": "d. MMMM y 'um' HH:mm 'Uhr'", "en": "d MMMM y 'at' HH:mm"}
_UNITS: tuple[tuple[Literal["day", "hour", "minute", "second"], int], ...] = (
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
    ("second", 1),
)
_SIZES = ("", "KB", "MB", "GB")
_BYTES = {"de": "Bytes", "en": "bytes"}
_KILO = 1000


def letter(name: str, language: Language, values: Mapping[str, object], *, zone: str = ZONE) -> Letter:
    """The letter ``<language>/<name>.letter``, as subject, plain text and HTML that say the same.

    Raises: jinja2.UndefinedError if the template uses a name that ``values`` lacks.
    """
    template = _letters(language, zone).get_template(f"{language}/{name}.letter")
    return read_letter(template.render(values), language)


def html(
    path: str, language: Language, values: Mapping[str, object], *, book: str = "", zone: str = ZONE
) -> str:
    """The HTML template ``path`` (relative to this folder, as ``pages/checkin.html``), autoescaped.

    Inside, ``language`` is the language, ``t("key", name=value)`` a sentence of ``<language>/<book>.toml``.
    """

    def t(key: str, **inner: object) -> Markup:
        spoken = _sentence(book, key, language, zone, escape=True)
        return Markup(spoken.render(inner))  # noqa: S704 — rendered with autoescape

    return _documents(language, zone).get_template(path).render({"language": language, "t": t, **values})


def drawn(svg: str) -> Markup:
    """``svg``, made by this program and holding no value as text, to be put into HTML as it is."""
    return Markup(svg)  # noqa: S704 — see above


def sentence(
    book: str, key: str, language: Language, values: Mapping[str, object], *, zone: str = ZONE
) -> str:
    """One sentence of ``<language>/<book>.toml`` as plain text, unescaped."""
    return _sentence(book, key, language, zone, escape=False).render(values)


@cache
def _sentence(book: str, key: str, language: Language, zone: str, *, escape: bool) -> Template:
    environment = _documents(language, zone) if escape else _plain(language, zone)
    return environment.from_string(sentences(book, language)[key])


@cache
def sentences(book: str, language: Language) -> Mapping[str, str]:
    """All sentences of ``<language>/<book>.toml``; tables become dotted keys (``entry.password``)."""
    return _flat(tomllib.loads((_HOME / language / f"{book}.toml").read_text(encoding="utf-8")))


def _flat(table: Mapping[str, Any], above: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{above}{key}.")
        else:
            found[above + key] = value.strip()
    return found


@cache
def _letters(language: Language, zone: str) -> Environment:
    # No autoescape: a letter is text first, and `blocks` escapes when it writes the HTML.
    return _environment(language, zone, autoescape=False, finalize=protect)


@cache
def _documents(language: Language, zone: str) -> Environment:
    return _environment(language, zone, autoescape=True)


@cache
def _plain(language: Language, zone: str) -> Environment:
    return _environment(language, zone, autoescape=False)


def _environment(
    language: Language, zone: str, *, autoescape: bool, finalize: Callable[..., Any] | None = None
) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HOME),
        undefined=StrictUndefined,
        autoescape=autoescape,  # noqa: S701 — off for plain text and letters only
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters.update(_filters(language, ZoneInfo(zone)))
    return environment


def _filters(language: Language, zone: ZoneInfo) -> dict[str, Callable[..., str]]:
    locale = _LOCALES[language]

    def local(seconds: int) -> dt.datetime:
        return dt.datetime.fromtimestamp(seconds, zone)

    def day(seconds: int) -> str:
        return format_date(local(seconds).date(), "d. MMMM y" if language == "de" else "d MMMM y", locale)

    def moment(seconds: int) -> str:
        return format_datetime(local(seconds), _CLOCK[language], locale=locale)

    def iso(value: dt.date | str) -> str:
        date = dt.date.fromisoformat(value) if isinstance(value, str) else value
        return format_date(date, "d. MMMM y" if language == "de" else "d MMMM y", locale)

    def span(seconds: int) -> str:
        parts, rest = [], seconds
        for unit, length in _UNITS:
            amount, rest = divmod(rest, length)
            if amount:
                parts.append(format_unit(amount, f"duration-{unit}", "long", locale=locale))
        return format_list(parts or [format_unit(0, "duration-day", "long", locale=locale)], locale=locale)

    def after(seconds: int) -> str:
        # In the largest unit that says it exactly: "in 45 Tagen", not "in 2 Monaten" nor in minutes.
        unit = next(unit for unit, length in _UNITS if seconds % length == 0)
        return format_timedelta(
            seconds, granularity=unit, threshold=seconds + 1, add_direction=True, locale=locale
        )

    def plural(amount: int, one: str, many: str) -> str:
        noun = one if locale.plural_form(amount) == "one" else many
        return f"{format_decimal(amount, locale=locale)} {noun}"

    def size(amount: int) -> str:
        value, unit = float(amount), 0
        while value >= _KILO and unit < len(_SIZES) - 1:
            value, unit = value / _KILO, unit + 1
        shown = format_decimal(value, "#,##0.#" if unit else "#,##0", locale=locale)
        return f"{shown} {_SIZES[unit] or _BYTES[language]}"

    return {
        "day": day,
        "moment": moment,
        "iso": iso,
        "span": span,
        "after": after,
        "plural": plural,
        "number": lambda amount: format_decimal(amount, locale=locale),
        "listing": lambda items: format_list(
            [str(item) for item in cast("Iterable[object]", items)], locale=locale
        ),
        "size": size,
        "groups": lambda text: " ".join(text[at : at + 4] for at in range(0, len(text), 4)),
    }
