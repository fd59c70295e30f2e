"""What a node answers is what its OpenAPI document says: no 5xx, no status, body or type that it does not name."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from node.face_world import Node, Provider, digest, running
from node.rights_world import card, do, files_of, prove, visit

from escrowd.core.keys import SigningKey, new_id, share_proof_key
from escrowd.core.statements import (
    PROOF,
    STATEMENT,
    Appoint,
    Approve,
    Arm,
    Body,
    Checkin,
    Code,
    Delay,
    Drill,
    End,
    NewTimings,
    Query,
    Unseal,
    peek,
    sign,
    sign_card,
    sign_restore,
)
from escrowd.core.terms import Timings
from escrowd.errors import EscrowdError
from escrowd.node.intake import acts

WALL = 1_801_440_000
#: A document can be as its schema says and its signature still be nobody's: that such a one is refused is right.
NOT_ASKED: Final = "positive_data_acceptance"
#: How a wrong request may be refused; schemathesis does not think of what is too large.
CONFIG: Final = """\
[checks.negative_data_rejection]
expected-statuses = [401, 403, 404, 405, 409, 413, 422, 431]
"""


@dataclass(frozen=True)
class World:
    """A node with an enrolled provider and a client whose request is open, and the node's own document."""

    node: Node
    provider: Provider
    document: Any
    files: dict[str, bytes]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("openapi") / "node") as node:
        one = Provider(node)
        assert one.enrol().status == 200
        assert one.agree(delay_max=86_400).status == 200
        assert one.deposit().status == 200
        do(acts.confirm_address, node, visit(node, "confirm-address", "clientaa", "address"))
        assert prove(node, card("client")).status == 200
        document = schemathesis.openapi.from_url(f"{node.url}/v1/openapi.json")
        yield World(node, one, document, files_of(one, 2, {1: 501}))


@pytest.mark.parametrize("examples", [3, pytest.param(400, marks=pytest.mark.long)])
def test_what_strangers_send(world: World, tmp_path: Path, examples: int) -> None:
    """Whatever schemathesis makes of the document, right or wrong, gets an answer that the document names."""
    program = Path(sys.executable).parent / "schemathesis"
    (tmp_path / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
    run = [program, "run", f"{world.node.url}/v1/openapi.json", "--max-examples", str(examples), "--no-color"]
    checks = ["--checks", "all", "--exclude-checks", NOT_ASKED, "--warnings", "off"]
    done = subprocess.run(
        [*run, *checks, "--seed", "1"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert "9 selected / 9 total" in done.stdout


# What a provider and a card sign -----------------------------------------------------------------------------


def bodies(world: World) -> list[Body]:
    """One of each type of statement that counts at this node."""
    one, people = world.provider, world.provider.people()
    request = json.loads(world.node.rows("select requests_json from rights")[0][0])[-1]["id"]
    return [
        one.enrol_body(people),
        one.terms_body(people),
        one.deposit_body(world.files),
        Appoint(appointment=one.appointment),
        NewTimings(timings=Timings(), people_sha256=digest(people)),
        Checkin(),
        Approve(client="bakery", request=request),
        Delay(client="bakery", request=request, seconds=60, reason="Urlaub"),
        Arm(client="bakery"),
        Unseal(client="bakery", set=1),
        Drill(client="bakery"),
        End(client="bakery"),
        Query(what="standing"),
        Query(what="ledger", since=1),
        Query(what="file", sha256=digest(world.files["bundle.age"])),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value inside a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*path, name)
        yield from places(one, (*path, name))


def mutated(data: DataObject, claims: Any) -> Any:
    """The claims with one or two of their values gone, replaced, or with a name that nobody knows."""
    for _ in range(data.draw(st.integers(0, 2), label="changes")):
        *way, last = data.draw(st.sampled_from(list(places(claims)) or [("x",)]), label="where")
        holder = claims
        for step in way:
            holder = holder[step]
        act = data.draw(st.sampled_from(["replace", "drop", "add"]), label="act")
        if act == "replace" or last == "x":
            holder[last] = data.draw(JSON, label="value")
        elif act == "drop":
            del holder[last]
        elif isinstance(holder, dict):
            holder[data.draw(st.text(max_size=10), label="name")] = data.draw(JSON, label="value")
    return claims


def signed_again(data: DataObject, compact: str, typ: str, key: SigningKey) -> str:
    """A document of ours, changed and then signed by whose it is."""
    claims = mutated(data, json.loads(peek(compact).payload))
    try:
        return sign(typ, claims, key)
    except EscrowdError:  # what canonical JSON does not have cannot be sent either
        return compact


def send(world: World, data: DataObject) -> None:
    """One statement, file or proof, changed or not; the answer is held against the document."""
    node, one = world.node, world.provider
    what = data.draw(st.sampled_from(["statements", "statements", "query", "files", "proofs", "restore"]))
    code = partial(Code, node.fingerprint)
    if what == "proofs":
        key = card(data.draw(st.sampled_from(["client", "successor"])))
        purpose = data.draw(st.sampled_from(["request", "card-proof", "retire"]))
        proof = sign_card(key, purpose, codes=[code(node.nonce())], jti=new_id() * 2, iat=WALL)
        body = {"proof": signed_again(data, proof, PROOF, key)}
        ask(world, what, body=mutated(data, body) if data.draw(st.booleans()) else body)
        return
    if what == "restore":
        keys = [share_proof_key(words.split()) for words in one.cards.mnemonics[:2]]
        nonces = {node.fingerprint: node.nonce()}
        proofs = sign_restore(keys, nonces=nonces, jti=new_id() * 2, iat=WALL)
        ask(
            world,
            what,
            body={"proofs": [signed_again(data, p, PROOF, k) for p, k in zip(proofs, keys, strict=True)]},
        )
        return
    statement = data.draw(st.sampled_from(bodies(world)), label="body")
    presence = data.draw(st.sampled_from(["typed", "stored"]))
    compact = signed_again(data, one.sign(statement, presence=presence), STATEMENT, one.daily)
    if what == "files":
        name, content = data.draw(st.sampled_from(sorted(world.files.items())))
        content = data.draw(st.sampled_from([content, content[:-1], b"x"]))
        ask(
            world,
            what,
            body=content,
            headers={"Authorization": f"Statement {compact}"},
            path_parameters={"sha256": digest(world.files[name])},
        )
    else:
        ask(world, what, body=compact)


TYPES: Final = {"statements": "text/plain", "query": "text/plain", "files": "application/octet-stream"}


def ask(world: World, what: str, **case: Any) -> None:
    """Call an operation as schemathesis would, and check the answer as it would."""
    path, method = ("/v1/files/{sha256}", "PUT") if what == "files" else (f"/v1/{what}", "POST")
    operation = world.document[path][method]
    asked = operation.Case(media_type=TYPES.get(what, "application/json"), **case)
    asked.call_and_validate()


MUTATIONS: Final = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(data=st.data())
@settings(MUTATIONS, max_examples=60)
def test_what_a_provider_and_a_card_sign(world: World, data: DataObject) -> None:
    """Statements, files and proofs of those who may, changed anywhere, get an answer that the document names."""
    send(world, data)


@pytest.mark.long
@given(data=st.data())
@settings(MUTATIONS, max_examples=1_000)
def test_much_that_a_provider_and_a_card_sign(world: World, data: DataObject) -> None:
    """The same, at length."""
    send(world, data)
