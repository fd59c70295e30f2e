"""What entries hold beyond title, user, password, address, notes and one-time password: named texts."""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field

from escrowd.core.bundle import Bundle, Decision, Entry
from escrowd.texts.render import Language, sentence


@dataclass(frozen=True, slots=True)
class Inexact:
    """A value that the format cannot hold as it is. ``entry``: its title; ``field``: the name in the list."""

    entry: str
    field: str


@dataclass(frozen=True, slots=True)
class Extra:
    """A named text. ``secret``: to be hidden where the format can."""

    name: str
    value: str = field(repr=False)
    secret: bool = False


def extras(bundle: Bundle, entry: Entry) -> Iterator[Extra]:
    """The entry's other fields, in the order of the list; names may come twice."""
    language = bundle.language

    def say(key: str) -> str:
        return sentence("list", key, language, {})

    yield Extra(say("entry.kind"), say(f"kind.{entry.kind}"))
    if entry.purpose:
        yield Extra(say("entry.purpose"), entry.purpose)
    for url in entry.urls[1:]:
        yield Extra(say("entry.urls"), url)
    if entry.second_factor is not None:
        factor = entry.second_factor
        yield Extra(say("entry.second_factor"), say(f"second.{factor.kind}"))
        for name in ("device", "codes_where"):
            if text := getattr(factor, name):
                yield Extra(f"{say('entry.second_factor')}: {say(f'second.{name}')}", text)
        for code in factor.codes:
            yield Extra(say("second.codes"), code, secret=True)
    for name in ("recovery_mailbox", "contract_holder", "renewal"):
        if text := getattr(entry, name):
            yield Extra(say(f"entry.{name}"), text)
    if entry.cost is not None:
        every = f" {say(f'every.{entry.cost.every}')}" if entry.cost.every else ""
        yield Extra(say("entry.cost"), f"{entry.cost.amount} {entry.cost.currency}{every}")
    yield from _needed(bundle, entry, say)
    for one in entry.fields:
        yield Extra(one.name or say("entry.fields"), one.value, secret=one.protected)
    for decision in entry.decisions:
        yield Extra(say("entry.decisions"), decision_text(decision, language))


def _needed(bundle: Bundle, entry: Entry, say: Callable[[str], str]) -> Iterator[Extra]:
    """What the entry needs: others of the bundle, and what is the provider's."""
    titles = {other.id: other.title for other in bundle.entries}
    for other in entry.depends_on:
        yield Extra(say("entry.depends_on"), titles.get(other, other))
    for shared in entry.shared:
        yield Extra(say("entry.shared"), shared.what)
        if shared.away:
            yield Extra(say("shared.away"), shared.away)


def decision_text(decision: Decision, language: Language) -> str:
    """A decision as lines of text."""

    def say(key: str) -> str:
        return sentence("list", key, language, {})

    lines = [f"{say('decision.date')}: {decision.date}, {say(f'status.{decision.status}')}"]
    named = ((name, getattr(decision, name)) for name in ("topic", "choice", "reason", "asked_by"))
    lines += [f"{say(f'decision.{name}')}: {text}" for name, text in named if text]
    lines += [f"{say('decision.alternatives')}: {text}" for text in decision.alternatives]
    if decision.review:
        lines.append(f"{say('decision.review')}: {decision.review}")
    return "\n".join(lines)


def numbered(found: Container[str], name: str) -> str:
    """``name``, or ``name (2)`` and so on where ``found`` has it already."""
    number, free = 2, name
    while free in found:
        free, number = f"{name} ({number})", number + 1
    return free
