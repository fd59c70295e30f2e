"""A decision as a short text for an editor, and back.

1. Each field is ``name: text``. A line that begins with a space goes on with the field above it.
2. ``reason`` is the last field, and all that follows is its text: a story may have any lines.
3. Lines at the top that begin with ``#`` are for the person who writes, and are dropped.
4. A field whose text was left as it is keeps its value, also where a line cannot show it exactly.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from escrowd.errors import InputError

Values = dict[str, object]
FIELDS: Final[dict[str, str]] = {
    "topic": "topic",
    "choice": "choice",
    "asked by": "asked_by",
    "not chosen": "alternatives",
    "status": "status",
    "date": "date",
    "review": "review",
    "reason": "reason",
}
"""Names in the text -> fields of a decision."""
STATUS: Final = ("wish", "open", "decided", "revised")
_LAST: Final = "reason"
_HELP: Final = (
    "status: wish, open, decided or revised. date and review: 2027-03-01; review may stay empty.",
    "not chosen: one a line; a line that begins with a space goes on with the field above.",
    "reason: all that follows, as many lines as you like.",
)


def form(about: str, values: Mapping[str, object], problem: str = "") -> str:
    """The text to edit. ``about``: what the decision is about; ``problem``: what is wrong with it so far."""
    lines = [f"# A decision about {' '.join(about.split())}.", *(f"# {line}" for line in _HELP)]
    if problem:
        lines += ["#", f"# PROBLEM: {problem}"]
    lines.append("")
    for name, field in FIELDS.items():
        lines += _field(name, values.get(field))
    return "\n".join(lines) + "\n"


def again(text: str, problem: str) -> str:
    """The text as it was left, with ``problem`` on top in place of an earlier one."""
    lines = [line for line in text.split("\n") if not line.startswith("# PROBLEM: ")]
    return "\n".join([f"# PROBLEM: {problem}", *lines])


def read_form(text: str) -> Values:
    """The fields that the text gives, as JSON has them.

    Raises ``InputError``, each with the ``line``, from 1, and the ``field``: ``decision.line-unknown``
    (without ``field``), ``decision.field-gone`` (without ``line``), ``decision.field-twice``,
    ``decision.field-empty``, ``decision.status-unknown``, ``decision.not-a-day``.
    """
    found = _parts(text)
    for name in ("topic", "status", "date"):
        if name not in found:
            raise InputError("decision.field-gone", field=name)
        line, lines = found[name]
        if not "".join(lines).strip():
            raise InputError("decision.field-empty", line=line, field=name)
    values: Values = {}
    for name, (line, lines) in found.items():
        texts = [one.strip() for one in lines]
        one_line = " ".join(filter(None, texts))
        if name == "status" and one_line not in STATUS:
            raise InputError("decision.status-unknown", line=line, field=name)
        if name in {"date", "review"} and one_line and not _is_day(one_line):
            raise InputError("decision.not-a-day", line=line, field=name)
        match name:
            case "not chosen":
                values["alternatives"] = [one for one in texts if one]
            case "review":
                values["review"] = one_line or None
            case "reason":
                values["reason"] = "\n".join(one.rstrip() for one in lines).strip()
            case "topic" | "status" | "date":
                values[name] = one_line
            case _:
                values[FIELDS[name]] = "\n".join(texts).strip()
    return values


def changes(before: Mapping[str, object], text: str) -> Values:
    """What ``text`` changes in the values ``before`` (rule 4). Raises as ``read_form``."""
    # A decision without a topic cannot be written so; then every field counts as changed.
    shown = read_form(form("", {**before, "topic": before.get("topic") or "-"}))
    return {name: value for name, value in read_form(text).items() if value != shown.get(name)}


def _field(name: str, value: object) -> list[str]:
    texts = [str(one) for one in value] if isinstance(value, list | tuple) else str(value or "").split("\n")
    texts = [line for one in texts for line in one.split("\n")]
    if name == _LAST:
        return [f"{name}: {texts[0]}".rstrip(), *texts[1:]]
    return [f"{name}: {texts[0] if texts else ''}".rstrip(), *(f"  {line}" for line in texts[1:])]


def _parts(text: str) -> dict[str, tuple[int, Sequence[str]]]:
    """The lines of each field, and the number of its first."""
    found: dict[str, tuple[int, list[str]]] = {}
    name = ""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if name == _LAST:
            found[name][1].append(line)
        elif not name and (not line.strip() or line.startswith("#")):
            continue
        elif name and (line.startswith((" ", "\t")) or not line.strip()):
            found[name][1].append(line)
        else:
            key, colon, rest = line.partition(":")
            key = " ".join(key.casefold().split())
            if not colon or key not in FIELDS:
                raise InputError("decision.line-unknown", line=number)
            if key in found:
                raise InputError("decision.field-twice", line=number, field=key)
            name = key
            found[name] = (number, [rest.removeprefix(" ")])
    return {name: (number, lines) for name, (number, lines) in found.items()}


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
