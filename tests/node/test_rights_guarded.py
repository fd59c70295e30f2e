"""What whoever has the provider's key, a stolen card or an old link cannot do at a real node."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from node.face_world import Answer, Node, Provider, digest, running
from node.rights_world import card, do, files_of, prove, visit

from escrowd.core.statements import NewTimings
from escrowd.errors import EscrowdError
from escrowd.node.intake import acts


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with running(tmp_path / "node") as found:
        yield found


@pytest.fixture
def provider(node: Node) -> Provider:
    """With one client and a deposit."""
    found = Provider(node)
    assert found.enrol().status == 200
    assert found.agree(delay_max=3 * 86_400).status == 200
    assert found.deposit().status == 200
    return found


def confirm(node: Node, person: str = "clientaa") -> None:
    do(acts.confirm_address, node, visit(node, "confirm-address", person, "address"))


def confirm_set(node: Node, person: str = "clientaa") -> None:
    do(acts.confirm_set, node, visit(node, "set-confirm", person, "set"))


def deposit(provider: Provider, files: dict[str, bytes], *domains: str) -> Answer:
    """A deposit that names these domains."""
    body = provider.deposit_body(files).model_copy(update={"domains": domains})
    return provider.tell(body, tuple(files.values()))


def people_of(provider_: Provider, **addresses: list[tuple[str, str]]) -> bytes:
    """The people file with these addresses (id, address) of persons."""
    found = json.loads(provider_.people())
    for person in found["people"]:
        if person["id"] in addresses:
            person["addresses"] = [{"id": id_, "address": at} for id_, at in addresses[person["id"]]]
    return json.dumps(found).encode()


def hangs(provider: Provider) -> dict[str, Any]:
    (found,) = provider.ask("standing").json["deposits"]
    return {one["id"]: one["hangs"] for one in found["addresses"]}


def test_a_deposit_that_names_fewer_domains_takes_none_away(node: Node, provider: Provider) -> None:
    """What a deposit ever named, hangs: a thief of the daily key makes no mailbox at the client's domain act (P7)."""
    confirm(node)
    assert deposit(provider, provider.deposit_files(2), "korn.test").status == 200
    assert deposit(provider, files_of(provider, 3, {1: 501, 2: 502})).status == 200
    assert hangs(provider) == {"addrclie": True, "addrsucc": False}
    for group in ("client", "successor"):
        prove(node, card(group, 502), "card-proof")
    with pytest.raises(EscrowdError, match=r"address\.hangs"):
        confirm_set(node)


def test_a_provider_who_moves_frees_no_mailbox(provider: Provider) -> None:
    """The domains of the provider's addresses at an earlier deposit go on counting as theirs (P7)."""
    people = people_of(provider, provider=[("addrprov", "jana@peters.test")])
    moved = NewTimings(timings=provider.timings, people_sha256=digest(people))
    assert provider.tell(moved, (people,), presence="typed").status == 200
    assert provider.deposit(provider.deposit_files(2)).status == 200
    assert hangs(provider)["addrsucc"]
    back = provider.people()
    moved = NewTimings(timings=provider.timings, people_sha256=digest(back))
    assert provider.tell(moved, (back,), presence="typed").status == 200
    assert hangs(provider)["addrsucc"]
