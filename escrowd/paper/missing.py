"""What the list says of its own gaps: things that are missing, domain by domain, then what was found."""

from collections.abc import Collection, Iterable

from escrowd.core.bundle.check import Gap
from escrowd.texts.render import Language, sentence


def missing_title(language: Language) -> str:
    """What stands before the lines."""
    return sentence("check", "title", language, {})


def missing_count(gaps: Collection[Gap], language: Language) -> str:
    """How much it is, for a page on which nothing else of it stands; "" for a complete list."""
    return sentence("check", "count", language, {"count": len(gaps)}) if gaps else ""


def missing_closing(name: str, client: str, language: Language) -> str:
    """The last sentence of a list that is not complete."""
    return sentence("check", "made_by", language, {"name": name, "client": client})


def missing_lines(gaps: Iterable[Gap], language: Language) -> tuple[str, ...]:
    """A line for what is missing of the entry, one for each domain, one for each finding."""
    parts: dict[str, list[str]] = {"": []}
    found = []
    for gap in gaps:
        if gap.code.startswith("finding."):
            found.append(gap_words(gap, language))
        else:
            parts.setdefault(gap.domain, []).append(gap_words(gap, language))
    own, lines = parts.pop(""), []
    if own:
        listed = ", ".join(own)
        lines.append(listed[0].upper() + listed[1:])
    lines += [
        sentence("check", "of_domain", language, {"domain": domain, "parts": each})
        for domain, each in sorted(parts.items())
    ]
    return (*lines, *found)


def gap_words(gap: Gap, language: Language) -> str:
    """One gap alone: a noun phrase for what is missing, sentences for what was found."""
    return sentence("check", gap.code, language, {"value": gap.value, "domain": gap.domain})
