"""What a node says when something is wrong: damaged files, lagging time, addresses that refuse, a digest at the start."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest
from node.face_world import Node, Provider, running
from node.rights_world import answers, kinds, send, waiting

from escrowd.core.hearing import Mark
from escrowd.core.switch import Gate
from escrowd.node.answers import Answered
from escrowd.node.channels.smtp import Result
from escrowd.node.housekeeping import Housekeeper
from escrowd.node.store.hearing import load_silence, save_silence
from escrowd.node.store.switches import load_node, save_marks, save_node
from escrowd.node.telling import Teller


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with running(tmp_path / "node") as found:
        yield found


@pytest.fixture
def provider(node: Node) -> Provider:
    found = Provider(node)
    assert found.enrol().status == 200
    assert found.agree().status == 200
    assert found.deposit().status == 200
    return found


def keeper(node: Node) -> Housekeeper:
    teller = Teller(node.store, node.clock, node.desk)
    return Housekeeper(
        node.store,
        node.clock,
        node.desk,
        teller,
        config=node.config,
        wake=lambda: None,
        notify=lambda _: None,
    )


def silent(node: Node, provider: Provider) -> None:
    """The provider falls silent until releases are ordered; all mail is taken up to then."""
    assert provider.id
    for _ in range(60):
        node.pass_days(1)
        if any(letter.kind.startswith("release") for letter in waiting(node)):
            return
        send(node)
    raise AssertionError


def test_damage_is_told_daily(node: Node, provider: Provider) -> None:
    """A damaged file is told to operator and provider once a day while it is damaged, and again after it was mended."""
    (sha256,) = node.rows("select sha256 from deposit_files where name = 'bundle.age'")[0]
    path = node.store.files / sha256
    good = path.read_bytes()
    housekeeper = keeper(node)

    def scrubbed() -> int:
        asyncio.run(housekeeper.scrub())
        return len(node.letters("alarm-damaged"))

    assert scrubbed() == 0
    path.write_bytes(good[:-1] + b"!")
    assert scrubbed() == 2
    assert scrubbed() == 2
    node.pass_days(1)
    assert scrubbed() == 4
    path.write_bytes(good)
    node.pass_days(1)
    assert scrubbed() == 4
    path.unlink()
    assert scrubbed() == 6
    assert {row[1] for row in node.letters("alarm-damaged")} == {"operator", "provider"}
    assert provider.ask("file", sha256=sha256).code == "file.lost"
    assert provider.ask("file", sha256="0" * 64).code == "file.unknown"


def test_lag_is_told(node: Node, provider: Provider) -> None:
    """Node time more than 3 d behind the wall clock within 30 d is told to operator, provider and client, once."""
    assert provider.id
    now = node.clock.now()
    marks = (Mark(now.node, node.wall - 5 * 86_400),)
    node.store.write_now(lambda tx: save_marks(tx, marks))
    housekeeper = keeper(node)
    asyncio.run(housekeeper.lag())
    asyncio.run(housekeeper.lag())
    assert sorted(row[1] for row in node.letters("alarm-lags")) == ["clientaa", "operator", "provider"]


def test_a_refused_release_alarms_the_others(node: Node, provider: Provider) -> None:
    """A 5xx to a beneficiary's release is told to provider and other beneficiaries, once an epoch (P3)."""
    silent(node, provider)
    send(node, refuse={"marta@korn.test": 550})
    told = [letter for letter in waiting(node) if letter.kind == "alarm-refused"]
    assert {letter.person for letter in told} == {"provider", "successa"}


def test_the_digest_says_nothing_before_the_first_answer(node: Node) -> None:
    """A digest at a start does not call a node deaf that has not yet asked; later it does."""
    node.store.write_now(lambda tx: save_node(tx, replace(load_node(tx), state="deaf")))
    housekeeper = keeper(node)

    def subject() -> str:
        asyncio.run(housekeeper.digest())
        return str(message_from_bytes(node.letters("digest")[-1][3], policy=SMTP)["Subject"])

    assert "does not hear itself yet" in subject()
    node.pass_days(1)
    node.store.write_now(
        lambda tx: save_silence(tx, replace(load_silence(tx), since_awake=1, cause="network"))
    )
    assert "deaf" in subject()


def test_all_clear_after_a_refused_release(node: Node, provider: Provider) -> None:
    """Whose release was under way at the check-in, and was then refused, is told that it is off."""
    silent(node, provider)
    recorder = answers(node)
    (letter,) = [one for one in waiting(node) if one.kind == "release-client"]
    assert node.store.write_now(lambda tx: recorder.begin(tx, letter)) is Gate.GO
    assert provider.checkin().status == 200
    assert ("all-clear", "clientaa") not in kinds(waiting(node))
    assert ("all-clear", "successa") in kinds(waiting(node))
    refused = Answered(letter, Result("refused", 451), Gate.GO, begun=True)
    node.store.write_now(lambda tx: recorder.record_all(tx, [refused]))
    assert ("all-clear", "clientaa") in kinds(waiting(node))


def test_a_repeated_release_names_who_has_it(node: Node, provider: Provider) -> None:
    """A repeat says who has been released already."""
    silent(node, provider)
    send(node)
    node.pass_days(1.1)
    (repeat,) = [one for one in waiting(node) if one.kind == "release-client"]
    text = message_from_bytes(repeat.message, policy=SMTP).get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert "Wer die Mappe schon hat" in text
    assert "Nils Peters" in text


def test_a_provider_who_moves_is_told_where_they_were(node: Node, provider: Provider) -> None:
    """When the provider's addresses change, the former ones are told: a thief of the key redirects nothing unseen."""
    people = (
        provider.people()
        .replace(b"jana@winter.test", b"jana@elsewhere.test")
        .replace(b"addrprov", b"addrprow")
    )
    assert provider.tell(provider.terms_body(people), (people,)).status == 200
    (letter,) = node.letters("address-changed")
    assert letter[2] == "jana@winter.test"
    assert "jana@elsewhere.test" in letter[3].decode()
