"""The code of a Notfallvereinbarung: of facts, fixed for ever, and of each of them."""

from base64 import b32encode
from hashlib import sha256

import pytest
from pydantic import ValidationError

from escrowd.core.agreement import AgreedFacts, AgreedNode, AgreedPerson, agreed_bytes, code_of
from escrowd.core.strict import read
from escrowd.core.terms import DAY, Timings

FACTS = AgreedFacts(
    salt="11" * 16,
    client="bakery",
    client_name="Bäckerei Krume",
    provider="Jana Winter IT",
    root="mnopqrst" * 4,
    profile="guided",
    people=(AgreedPerson(name="Karla Krume", role="client", after=0),),
    witnesses=("Willi Zeuner",),
    timings=Timings(),
    request_wait=DAY,
    delay_max=0,
    deliver_by=30 * DAY,
    nodes=(AgreedNode(fingerprint="abcdefgh" * 4, operator="Verein Netz"),),
)


def test_the_same_facts_have_the_same_code_for_ever() -> None:
    """P8: the code was written down; it is the first 20 bytes of SHA-256 of the canonical facts, and can be read back."""
    data = agreed_bytes(FACTS)
    assert code_of(data) == "355bunefx2kdq7uw3hdti6aofyj2gbal"
    assert code_of(data) == b32encode(sha256(data).digest()[:20]).decode().lower()
    assert agreed_bytes(read(AgreedFacts, data, max_bytes=10_000)) == data


@pytest.mark.parametrize(
    "change",
    [
        {"salt": "12" * 16},
        {"edition": 2},
        {"client": "bakery2"},
        {"client_name": "Bäckerei Korn"},
        {"provider": "Jana Winter"},
        {"root": "abcdefgh" * 4},
        {"profile": "expert"},
        {"people": (AgreedPerson(name="Karla Krume", role="client", after=1),)},
        {"people": (AgreedPerson(name="Karla Krümel", role="client", after=0),)},
        {"witnesses": ()},
        {"timings": Timings(interval=31 * DAY)},
        {"request_wait": 2 * DAY},
        {"delay_max": DAY},
        {"deliver_by": 14 * DAY},
        {"nodes": (AgreedNode(fingerprint="abcdefgh" * 4, operator="Jana Winter IT"),)},
        {"nodes": (AgreedNode(fingerprint="abcdefgh" * 4, operator="Verein Netz", works_for="Karla Krume"),)},
    ],
)
def test_each_fact_counts(change: dict[str, object]) -> None:
    """Whatever is agreed otherwise has another code."""
    assert code_of(agreed_bytes(FACTS.model_copy(update=change))) != code_of(agreed_bytes(FACTS))


def test_facts_are_strict() -> None:
    """P9: a fact that nobody knows is refused, and so is a name that is none."""
    for wrong in ({"colour": "red"}, {"provider": ""}, {"client_name": "two\nlines"}):
        with pytest.raises(ValidationError):
            AgreedFacts(**{**dict(FACTS), **wrong})
