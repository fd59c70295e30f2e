"""Completeness: a client that lacks nothing has no gap, each planted one is found, and closing it removes it."""

import random

import pytest
from core.check_world import (
    FACTS,
    PLANTED,
    Plant,
    codes,
    complete,
    decided,
    entry_of,
    put,
)

from escrowd.core.bundle import (
    Bundle,
    FreeField,
    SecondFactor,
)
from escrowd.core.bundle.check import Gap, gaps


def test_a_complete_client_has_no_gap() -> None:
    """What is on record, or stated as none with its reason, is not missing."""
    assert gaps(complete(), FACTS) == ()
    assert gaps(complete()) == ()


@pytest.mark.parametrize("name", PLANTED)
def test_each_planted_gap_is_found(name: str) -> None:
    """It is found at its entry, and nothing else is."""
    act, found = PLANTED[name]
    assert codes(act(complete())) == found


def test_all_planted_gaps_are_found_together() -> None:
    """One gap hides no other, as long as both can be there at once."""
    together = [name for name in PLANTED if name[:2] not in {"05", "06", "07", "08", "13", "14", "18", "27"}]
    together = [name for name in together if name[:2] not in {"04", "12", "15", "22", "26"}]
    bundle = complete()
    wanted: set[tuple[str, str]] = set()
    for name in together:
        bundle, wanted = PLANTED[name][0](bundle), wanted | PLANTED[name][1]
    assert codes(bundle) == wanted


CLOSES: dict[str, dict[str, object]] = {
    "entry.user": {"user": "u"},
    "entry.password": {"password": "p"},
    "entry.url": {"urls": ("https://anywhere.example",)},
    "entry.second-factor": {"second_factor": SecondFactor(kind="none")},
    "entry.device": {"second_factor": SecondFactor(kind="none")},
    "entry.codes": {"second_factor": SecondFactor(kind="none")},
    "finding.device": {"second_factor": SecondFactor(kind="none")},
    "finding.codes": {"second_factor": SecondFactor(kind="none")},
    "entry.mailbox": {"recovery_mailbox": "m@posteo.de"},
    "finding.mailbox-provider": {"recovery_mailbox": "m@posteo.de"},
    "finding.mailbox-own": {"recovery_mailbox": "m@posteo.de"},
    "finding.user-own": {"recovery_mailbox": "m@posteo.de"},
    "finding.user-provider": {"user": "u"},
    "entry.contract": {"contract_holder": "Bäckerei Korn"},
    "finding.contract": {"contract_holder": "Bäckerei Korn"},
    "domain.holder": {"contract_holder": "Bäckerei Korn"},
    "entry.purpose": {"purpose": "x"},
}
ANSWERS = {
    "entry.verified": "Geprüft=2027-05-01",
    "finding.verified-old": "Geprüft=2027-05-01",
    "entry.domains": "Domain=korn.example",
    "domain.registrar": "Registrar=none, because the landlord has it",
    "domain.holder": "Inhaber=Bäckerei Korn",
    "domain.transfer": "Transfer=Hafenstr. 1",
    "domain.dns": "DNS=at the registrar",
    "domain.mail": "E-Mail=none, because nobody writes",
    "domain.web": "Website=keine, weil es einen Laden gibt",
    "domain.backup": "Sicherung=none, because there is nothing",
}


def closed(bundle: Bundle, gap: Gap) -> Bundle:
    """The bundle after somebody did about one gap what it asks for."""
    if gap.code in ANSWERS:
        name, _, value = ANSWERS[gap.code].partition("=")
        kept = tuple(one for one in entry_of(bundle, gap.entry).fields if one.name != name)
        return put(bundle, gap.entry, fields=(*kept, FreeField(name=name, value=value)))
    if gap.code == "entry.reason":
        return put(bundle, gap.entry, decisions=decided("z" + gap.entry[1:]))
    return put(bundle, gap.entry, **CLOSES[gap.code])


@pytest.mark.parametrize("seed", range(30))
def test_adding_what_is_missing_removes_the_gap(seed: int) -> None:
    """Whatever of everything is missing at once: each gap goes when it is closed, and in the end there is none."""
    draw = random.Random(seed)  # noqa: S311 — which gaps come together, nothing secret
    bundle = complete()
    for name in draw.sample(sorted(PLANTED), 8):
        if name[:2] not in {"06", "07", "08"} or draw.random() < 0.2:
            bundle = _if_there(PLANTED[name][0], bundle)
    for _ in range(60):
        left = gaps(bundle, FACTS)
        if not left:
            break
        gap = draw.choice(left)
        bundle = closed(bundle, gap)
        assert (gap.code, gap.entry, gap.domain) not in {
            (one.code, one.entry, one.domain) for one in gaps(bundle, FACTS)
        }
    assert gaps(bundle, FACTS) == ()


def _if_there(act: Plant, bundle: Bundle) -> Bundle:
    try:
        return act(bundle)
    except (StopIteration, AssertionError):  # another gap took away what this one needs
        return bundle


def test_a_gap_holds_no_secret() -> None:
    """P10: what a gap says of an entry is never its password, a code or a protected field."""
    bundle = complete()
    for act, _ in PLANTED.values():
        for gap in gaps(act(bundle), FACTS):
            assert gap.value not in {"a", "b", "c", "d", "1234"}
