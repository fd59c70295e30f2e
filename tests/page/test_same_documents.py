"""Documents with a schema: whatever is changed in one, page and Python say the same, and name the same claim."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from page.core_world import Page, Refused, b64, here

from escrowd.core.bundle import bundle_from_bytes
from escrowd.core.keys import SigningKey, fingerprint
from escrowd.core.manifest import verify_manifest
from escrowd.core.statements import sign_appointment
from escrowd.core.statements._jws import MANIFEST, sign

ROUNDS = 500
ORIGIN = {"source": "keepass", "scope": "a", "key": "k", "seen": {"user": "d"}, "missing_since": "2026-02-28"}
DECISION = {
    "id": "decision",
    "date": "2024-02-29",
    "status": "decided",
    "topic": "Wo?",
    "choice": "hier",
    "alternatives": ["dort"],
    "reason": "näher",
    "asked_by": "Frau Meier",
    "review": "2027-01-01",
}
ENTRY = {
    "id": "aaaaaaaa",
    "title": "Domain",
    "kind": "domain-registrar",
    "urls": ["https://example.org"],
    "user": "meier",
    "password": "pä$$ \U0001f511",
    "totp": {"secret": "GEZDGNBV", "algorithm": "SHA1", "digits": 6, "period": 30, "encoder": "steam"},
    "second_factor": {"kind": "totp", "device": "Telefon", "codes_where": "Ordner", "codes": ["1", "2"]},
    "recovery_mailbox": "a@example.org",
    "contract_holder": "Meier",
    "renewal": "2027-03-01",
    "cost": {"amount": "12.50", "currency": "EUR", "every": "year"},
    "purpose": "Adresse",
    "depends_on": ["aaaaaaab"],
    "shared": [{"own": "zzzzzzzz", "what": "Paket", "away": "Umzug"}],
    "notes": "zwei\nZeilen",
    "tags": ["a"],
    "fields": [{"name": "PIN", "value": "1", "protected": True}],
    "group": ["Web", "Domains"],
    "decisions": [DECISION],
    "origin": ORIGIN,
}
BUNDLE = {
    "schema": "escrow-bundle/1",
    "client": "meier",
    "name": "Bäckerei Meier",
    "language": "de",
    "profile": "guided",
    "revision": 3,
    "entries": [ENTRY, {"id": "aaaaaaab", "title": "", "kind": "note"}],
    "documents": [
        {
            "id": "aaaaaaac",
            "name": "Plan.pdf",
            "file": "Plan.pdf",
            "size": 1,
            "sha256": "0" * 64,
            "entry": "aaaaaaaa",
            "note": "n",
            "origin": ORIGIN,
        }
    ],
    "contacts": [{"id": "aaaaaaad", "name": "Anna", "kind": "successor", "phone": "1", "mail": "a@b.c"}],
    "decisions": [{"id": "aaaaaaae", "date": "2026-01-01", "status": "open"}],
    "groups": [["Web"], ["Web", "Domains"]],
    "history": [
        {
            "number": 3,
            "when": 1_800_000_000,
            "reason": "r",
            "why": "w",
            "asked_by": "b",
            "changes": [
                {
                    "subject": "entry",
                    "action": "changed",
                    "id": "aaaaaaaa",
                    "fields": ["user"],
                    "entry": ENTRY,
                },
                {"subject": "bundle", "action": "changed", "values": {"name": "alt", "groups": [["Web"]]}},
            ],
        }
    ],
}
ODD = [None, True, 0, 1, -1, 2**53 - 1, "", "0", "aaaaaaab", "2026-02-30", "0000-01-01", "..", "a/b", [], {}]
ODD += [["x"], [["x"]], {"x": "y"}, "A" * 33, "a\n", "é", " ", "12.5", "EUR", "x" * 161, "\u0661\u0662"]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    server = Page()
    yield server
    server.close()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def changed(document: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """The document with one or two things in it removed, replaced, doubled or added."""
    result = copy.deepcopy(document)
    for _ in range(draw.choice([1, 1, 1, 2])):
        path = draw.choice([path for path in places(result) if path])
        parent: Any = result
        for key in path[:-1]:
            parent = parent[key]
        match draw.choice(["remove", "replace", "replace", "extra", "double"]):
            case "remove":
                del parent[path[-1]]
            case "replace":
                parent[path[-1]] = copy.deepcopy(draw.choice(ODD))
            case "extra" if isinstance(parent, dict):
                parent["zz-extra"] = copy.deepcopy(draw.choice(ODD))
            case "double" if isinstance(parent, list):
                parent.append(copy.deepcopy(parent[path[-1]]))
    return result


def compare(found: Any, ours: Callable[[], Any], seed: int) -> bool:
    """Both refuse, under one code and for the same claim, or both take it as the same. True if refused."""
    mine = here(ours)
    if isinstance(mine, Refused):
        assert isinstance(found, Refused), (seed, mine)
        assert found.code == mine.code, seed
        assert found.fields.get("claim") == mine.fields.get("claim"), (seed, found, mine)
        return True
    assert found == mine, seed
    return False


def test_bundles(page: Page):
    """Every field comes out of the page as out of Python, and each broken rule is named alike."""
    whole = json.dumps(BUNDLE).encode()
    assert page.ask("bundle", b64(whole)) == bundle_from_bytes(whole).model_dump(mode="json", by_alias=True)
    refused = 0
    for seed in range(ROUNDS):
        data = json.dumps(changed(BUNDLE, random.Random(seed))).encode()  # noqa: S311 — what to break
        refused += compare(
            page.ask("bundle", b64(data)),
            lambda data=data: bundle_from_bytes(data).model_dump(mode="json", by_alias=True),
            seed,
        )
    assert ROUNDS / 3 < refused < ROUNDS


def manifest_claims() -> tuple[dict[str, Any], SigningKey]:
    root, daily = SigningKey.from_seed(bytes([1]) * 32), SigningKey.from_seed(bytes([2]) * 32)
    sets = [
        {
            "set": number,
            "slip39_id": 1000 + number,
            "recipient": "age1" + "q" * 58,
            "key_sha256": f"{number:064x}",
            "groups": [
                {"name": name, "k": 1, "n": 1, "proof_keys": [f"{16 * number + at:064x}"]}
                for at, name in enumerate(("nodes", "client", "successor", "reserve"))
            ],
        }
        for number in (2, 3)
    ]
    claims = {
        "iss": fingerprint(root.public),
        "client": "meier",
        "revision": 7,
        "created": 1_800_000_000,
        "next_revision_by": 1_834_560_000,
        "bundle_sha256": "b" * 64,
        "root": root.public.hex(),
        "chain": [sign_appointment(root, daily=daily.public, created=1)],
        "sets": sets,
        "retired": [{"set": 1, "slip39_id": 1001, "date": 1_700_000_000}],
    }
    return claims, daily


def test_manifests(page: Page):
    """A manifest that was properly signed and breaks a rule is refused by both for the same claim."""
    claims, daily = manifest_claims()
    refused = 0
    for seed in range(ROUNDS // 2):
        own = changed(claims, random.Random(seed)) if seed else claims  # noqa: S311 — as above
        compact = sign(MANIFEST, own, daily).encode()
        refused += compare(
            page.ask("manifest", b64(compact), None),
            lambda compact=compact: verify_manifest(compact).model_dump(mode="json"),
            seed,
        )
    assert refused > ROUNDS / 6
