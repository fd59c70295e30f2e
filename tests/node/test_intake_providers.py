"""Enrolment, keys, replay: who may speak, and what a second delivery does."""

import pytest
from node.face_world import WALL, Node, Provider, running

from escrowd.core.keys import SigningKey
from escrowd.core.statements import Appoint, Checkin, NewTimings, sign_appointment, verify_receipt
from escrowd.core.terms import Timings
from escrowd.core.wire import HeadOf


@pytest.fixture
def node(tmp_path):
    with running(tmp_path / "node") as one:
        yield one


@pytest.fixture
def provider(node: Node) -> Provider:
    one = Provider(node)
    answer = one.enrol()
    assert answer.status == 200, answer.text
    return one


def test_enrolment_begins_the_first_epoch_and_is_receipted(node: Node):
    """An invited provider enrols with one statement, and the receipt is the node's word for these bytes."""
    one = Provider(node)
    people = one.people()
    compact = one.sign(one.enrol_body(people), presence="typed")
    assert node.put(people, compact).status == 204
    answer = node.state(compact)
    receipt = verify_receipt(answer.json["receipt"], node.key.signing.public, statement=compact)
    assert (receipt.provider, receipt.seq) == (one.id, 1)
    assert receipt.standing.phase == "current"
    assert receipt.standing.deadline == WALL + 30 * 86_400
