"""Enrolment, keys, nonces, replay: who may speak to a node, and what a second delivery does."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from node.face_world import WALL, Node, Provider, running

from escrowd.core.keys import SigningKey, new_id
from escrowd.core.statements import (
    Appoint,
    Checkin,
    End,
    NewTimings,
    Query,
    sign_appointment,
    verify_receipt,
)
from escrowd.core.terms import DAY, Timings
from escrowd.core.wire import HeadOf, SeenHead
from escrowd.node.invitations import make_invitation

FOREIGN = "a" * 32


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
    """An invited provider enrols with one statement; the receipt is the node's word for these bytes (P4)."""
    one = Provider(node)
    people = one.people()
    compact = one.sign(one.enrol_body(people), presence="typed")
    assert node.put(people, compact).status == 204
    answer = node.state(compact)
    receipt = verify_receipt(answer.json["receipt"], node.key.signing.public, statement=compact)
    assert (receipt.provider, receipt.seq) == (one.id, 1)
    assert receipt.standing.phase == "current"
    assert receipt.standing.deadline == WALL + 30 * DAY
    assert [entry.type for entry in one.ledger()] == ["enrol"]


def test_two_providers_have_two_ledgers_and_two_switches(node: Node, provider: Provider):
    """Providers share a node and nothing else: each chain begins at 1, a check-in of one is none of the other."""
    other = Provider(node)
    assert other.enrol().status == 200
    node.pass_days(10)
    assert provider.checkin().status == 200
    assert [e.type for e in other.ledger()] == ["enrol"]
    assert provider.ask("standing").json["epoch"] == 2
    assert other.ask("standing").json["epoch"] == 1


def refused_enrolments(node: Node, tmp_path):
    """(what is wrong, how the statement is made, the code of the refusal)."""
    one = Provider(node)
    people = one.people()
    wrong_timings = Timings(interval=6 * DAY)
    other_key = Provider(node)
    late = make_invitation(node.key, url=node.url, wall=node.wall - 8 * DAY)
    with running(tmp_path / "other") as other:
        of_other = make_invitation(other.key, url=other.url, wall=other.wall)
    body = one.enrol_body(people)
    yield "timings", one.sign(one.enrol_body(people, timings=wrong_timings)), "terms.out-of-bounds"
    yield "late", one.sign(one.enrol_body(people, invitation=late)), "invitation.expired"
    yield "foreign", one.sign(one.enrol_body(people, invitation=of_other)), "invitation.of-other-node"
    yield "cut", one.sign(one.enrol_body(people, invitation=late[:-9])), "jws.damaged"
    yield (
        "root",
        one.sign(one.enrol_body(people, root=other_key.root.signing.public.hex())),
        ("statement.root-mismatch"),
    )
    yield "signer", one.sign(body, signer=SigningKey.generate()), "jws.bad-signature"
    yield "no people", one.sign(body), "file.missing"


def test_a_wrong_enrolment_changes_nothing(node: Node, tmp_path):
    """Each way in which an enrolment can be wrong is one documented error, and the node knows nobody after it."""
    before = node.dump()
    for what, compact, code in refused_enrolments(node, tmp_path):
        answer = node.state(compact)
        assert (what, answer.code) == (what, code)
    assert node.dump() == before


def test_an_invitation_enrols_once(node: Node, provider: Provider):
    """A used invitation is refused, for its files already; and so is a provider who is enrolled."""
    people = provider.people()
    again = provider.sign(provider.enrol_body(people), presence="typed")
    assert node.put(people, again).status == 204
    assert node.state(again).code == "provider.enrolled"
    used = make_invitation(node.key, url=node.url, wall=node.wall)
    first, second = Provider(node), Provider(node)
    assert first.tell(first.enrol_body(people, invitation=used), (people,)).status == 200
    compact = second.sign(second.enrol_body(people, invitation=used))
    assert node.put(people, compact).code == "invitation.used"
    assert node.state(compact).code == "invitation.used"


def test_people_without_the_provider_are_refused(node: Node):
    """Nobody enrols without an address at which to be warned."""
    one = Provider(node)
    people = one.people(without="provider")
    assert one.tell(one.enrol_body(people), (people,)).code == "people.no-provider"


def wrong_statements(node: Node, provider: Provider):
    """(what is wrong, the statement, the code of the refusal)."""
    stranger = Provider(node)
    yield "stranger", stranger.sign(Checkin(), presence="typed"), "provider.unknown"
    yield "forged", provider.sign(Checkin(), presence="typed", signer=stranger.daily), "jws.bad-signature"
    yield "as root", provider.sign(Checkin(), presence="typed", key="root"), "jws.bad-signature"
    yield (
        "aud",
        provider.sign(Checkin(), presence="typed", nonces={FOREIGN: "0" * 32}),
        "statement.other-node",
    )
    yield "nonce", provider.sign(Checkin(), presence="typed", nonce="0" * 32), "nonce.unknown"
    yield "stored", provider.sign(Checkin(), presence="stored"), "checkin.not-typed"
    good = provider.sign(Checkin(), presence="typed")
    yield "cut", good[:-7], "jws.damaged"
    yield "flipped", good[:-20] + ("A" if good[-20] != "A" else "B") + good[-19:], "jws.bad-signature"
    yield "empty", "", "jws.damaged"
    yield "noise", "\xff\x00 no statement", "jws.damaged"
    yield "kind", provider.appointment, "jws.wrong-kind"
    yield "question", provider.sign(Query(what="standing")), "statement.is-question"
    yield "client", provider.sign(End(client="nobody")), "deposit.unknown"


def test_a_wrong_statement_is_one_error_and_changes_nothing(node: Node, provider: Provider):
    """Forged, foreign, stale, damaged or untyped statements leave facts, ledger and outbox as they were (P9)."""
    before = node.dump()
    for what, compact, code in wrong_statements(node, provider):
        answer = node.ask("POST", "/v1/statements", compact.encode("latin-1"))
        assert (what, answer.code) == (what, code)
    assert node.dump() == before


def test_the_same_bytes_get_the_same_receipt(node: Node, provider: Provider):
    """A reply that was lost costs nothing: the statement comes again and nothing happens twice (P4)."""
    compact = provider.sign(Checkin(), presence="typed")
    first = node.state(compact)
    before = node.dump()
    node.real += 2 * 3_600_000  # its nonce is used, and has expired
    again = node.state(compact)
    assert again.json == first.json
    assert node.dump() == before


def test_the_same_bytes_get_the_same_receipt_after_a_start(node: Node, provider: Provider):
    """What was taken is remembered on disk, and not in the process that gave the nonce out (P4)."""
    compact = provider.sign(Checkin(), presence="typed")
    first = node.state(compact)
    node.stop()
    node.start()
    assert node.state(compact).json == first.json


def test_the_same_bytes_at_once_are_one_statement(node: Node, provider: Provider):
    """Sent eight times at the same moment, a statement is recorded once, and all get the one receipt (P4)."""
    compact = provider.sign(Checkin(), presence="typed")
    with ThreadPoolExecutor(8) as pool:
        receipts = {answer.json["receipt"] for answer in pool.map(node.state, [compact] * 8)}
    assert len(receipts) == 1
    assert [entry.type for entry in provider.ledger()] == ["enrol", "checkin"]


def test_many_at_once_keep_the_chain(node: Node, provider: Provider):
    """Check-ins that come together are committed together, each with an entry and a receipt of its own (P8)."""
    compacts = [provider.sign(Checkin(), presence="typed") for _ in range(40)]
    with ThreadPoolExecutor(8) as pool:
        receipts = {answer.json["receipt"] for answer in pool.map(node.state, compacts)}
    assert len(receipts) == 40
    assert len(provider.ledger()) == 41


def test_other_bytes_under_a_used_jti_are_refused(node: Node, provider: Provider):
    """An identifier stands for one statement."""
    jti = new_id() + new_id()
    assert node.state(provider.sign(Checkin(), presence="typed", jti=jti)).status == 200
    before = node.dump()
    answer = node.state(provider.sign(Checkin(pause=DAY, reason="away"), presence="typed", jti=jti))
    assert (answer.status, answer.code) == (409, "statement.jti-reused")
    assert node.dump() == before


def test_a_nonce_serves_one_statement_for_one_hour(node: Node, provider: Provider):
    """A used nonce, one that is an hour old, and one of an earlier start are refused, each by its own code."""
    nonce = node.nonce()
    assert provider.checkin(nonce=nonce).status == 200
    assert provider.checkin(nonce=nonce).code == "nonce.used"
    old = node.nonce()
    node.real += 3_600_000
    assert provider.checkin(nonce=old).code == "nonce.expired"
    earlier = node.nonce()
    node.stop()
    node.start()
    assert provider.checkin(nonce=earlier).code == "nonce.unknown"


def test_a_statement_that_was_refused_may_come_again_under_its_nonce(node: Node, provider: Provider):
    """A refusal uses no nonce up for the very same bytes: what was missing can be brought."""
    people = provider.people()
    compact = provider.sign(NewTimings(timings=Timings(interval=14 * DAY), people_sha256="ab" * 32))
    assert node.state(compact).code == "file.missing"
    compact = provider.sign(provider.terms_body(people))
    node.put(people, compact)
    assert node.state(compact).status == 200


def test_whatever_was_typed_checks_in(node: Node, provider: Provider):
    """A typed statement of any kind is a sign of life, a stored one is none; new timings hold from then on."""
    node.pass_days(20)
    people = provider.people()
    shorter = NewTimings(
        timings=Timings(interval=14 * DAY, grace=7 * DAY, announce=7 * DAY),
        people_sha256=provider.terms_body(people).people_sha256,
    )
    stored = provider.tell(shorter, (people,)).json["standing"]
    assert (stored["epoch"], stored["deadline"]) == (1, WALL + 30 * DAY)
    typed = provider.tell(shorter, (people,), presence="typed").json["standing"]
    assert (typed["epoch"], typed["deadline"]) == (2, WALL + (20 + 14) * DAY)


def test_a_pause_moves_the_deadline(provider: Provider):
    """A pause is a check-in with a later deadline; 120 d in a year are the most."""
    answer = provider.tell(Checkin(pause=14 * DAY, reason="holidays"), presence="typed")
    assert answer.json["standing"]["deadline"] == WALL + 44 * DAY
    assert answer.json["standing"]["paused_until"] == WALL + 14 * DAY
    assert (
        provider.tell(Checkin(pause=61 * DAY, reason="too long"), presence="typed").code
        == "terms.out-of-bounds"
    )


def test_a_new_daily_key_counts_after_a_week_and_is_told(node: Node, provider: Provider):
    """For a week the old key signs, the new one is named as waiting, and every address was told; then it ends."""
    new = SigningKey.generate()
    appointment = sign_appointment(provider.root.signing, daily=new.public, created=WALL)
    answer = provider.tell(Appoint(appointment=appointment))
    assert answer.json["standing"]["daily_from"] == WALL + 7 * DAY
    assert len(node.letters("alarm-key")) == 1
    assert provider.checkin(signer=new).code == "statement.daily-waits"
    assert provider.checkin().status == 200
    node.pass_days(7)
    assert provider.checkin(signer=new).status == 200
    assert provider.checkin().code == "jws.bad-signature"


def test_what_the_root_signs_counts_at_once(provider: Provider):
    """The root checks in itself, and a daily key that the root states counts from that moment on."""
    root = {"signer": provider.root.signing, "key": "root"}
    assert provider.checkin(**root).status == 200
    new = SigningKey.generate()
    appointment = sign_appointment(provider.root.signing, daily=new.public, created=WALL)
    assert provider.tell(Appoint(appointment=appointment), **root).status == 200
    assert provider.checkin(signer=new).status == 200
    assert provider.checkin().code == "jws.bad-signature"


def test_a_replaced_daily_key_does_not_appoint_itself_again(node: Node, provider: Provider):
    """Every manifest shows the old appointment; sent again it must not undo the new one. The root's word may."""
    old, new = provider.appointment, SigningKey.generate()
    appointment = sign_appointment(provider.root.signing, daily=new.public, created=WALL)
    assert provider.tell(Appoint(appointment=appointment)).status == 200
    assert provider.tell(Appoint(appointment=old)).code == "appoint.superseded"
    node.pass_days(7)
    assert provider.checkin(signer=new).status == 200
    root = {"signer": provider.root.signing, "key": "root"}
    answer = provider.tell(Appoint(appointment=old), **root)
    assert answer.json["standing"]["daily_from"] is None
    assert provider.checkin().status == 200


def test_an_appointment_by_another_key_is_refused(provider: Provider):
    """Only the root appoints: a stolen daily key makes no second one."""
    forged = sign_appointment(provider.daily, daily=SigningKey.generate().public, created=WALL)
    assert provider.tell(Appoint(appointment=forged)).code == "jws.bad-signature"


def test_a_node_that_went_back_says_so_and_takes_the_check_in(node: Node, provider: Provider, tmp_path):
    """A database put back is found by the receipt that a provider has: noted once, and every epoch begins anew."""
    other = Provider(node)
    assert other.enrol().status == 200
    node.stop()
    shutil.copytree(node.folder, tmp_path / "copy")
    node.start()
    compact = provider.checkin().json["receipt"]
    receipt = verify_receipt(compact, node.key.signing.public)
    node.stop()
    shutil.rmtree(node.folder)
    shutil.copytree(tmp_path / "copy", node.folder)
    node.start()
    seen = SeenHead(seq=receipt.seq, hash=receipt.head, receipt=compact)
    provider.seen = {node.fingerprint: seen}
    answer = provider.checkin()
    assert answer.status == 200
    assert [entry.type for entry in provider.ledger()][:3] == ["enrol", "restored", "checkin"]
    assert provider.checkin().status == 200
    assert [entry.type for entry in provider.ledger()].count("restored") == 1
    node.pass_days(1)
    assert node.facts(other.id).generation == 1


def test_a_head_without_its_receipt_moves_nobody_else(node: Node, provider: Provider):
    """What a provider only says it saw is noted; no other provider's epoch begins anew for it (P3)."""
    other = Provider(node)
    assert other.enrol().status == 200
    provider.seen = {node.fingerprint: HeadOf(seq=99, hash="ab" * 32)}
    assert provider.checkin().status == 200
    assert "restored" in {entry.type for entry in provider.ledger()}
    node.pass_days(1)
    assert node.facts(other.id).generation == 0


def test_a_true_head_is_no_alarm(node: Node, provider: Provider):
    """A provider who saw what the node has finds nothing restored."""
    receipt = verify_receipt(provider.checkin().json["receipt"], node.key.signing.public)
    provider.seen = {node.fingerprint: HeadOf(seq=receipt.seq, hash=receipt.head)}
    provider.checkin()
    assert "restored" not in {entry.type for entry in provider.ledger()}


def test_a_ledger_is_read_in_pages_and_from_anywhere(node: Node, provider: Provider):
    """The chain verifies as a whole and from any head on, and holds the statements themselves (P8)."""
    compacts = []
    for _ in range(3):
        compacts.append(provider.sign(Checkin(), presence="typed"))
        node.state(compacts[-1])
    entries = provider.ledger()
    said = [e.body["statement"] for e in entries if e.type == "checkin" and e.body]
    assert said == compacts
    tail = provider.ask("ledger", since=2).data.splitlines()
    assert len(tail) == len(entries) - 2


def test_a_question_of_another_kind_is_refused(node: Node, provider: Provider):
    """Only a query may be asked, and a file only if a deposit of the same provider has it."""
    compact = provider.sign(Checkin(), presence="typed")
    assert node.ask("POST", "/v1/query", compact.encode()).code == "statement.no-question"
    assert provider.ask("file", sha256="ab" * 32).code == "file.unknown"
