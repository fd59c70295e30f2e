"""The client's own provider, against the client: P7."""

import json
from email import message_from_bytes, policy

import pytest
from node.face_world import WALL, Node, Provider, card_set, digest, running

from escrowd.core.manifest import ManifestGroup, ManifestSet, RetiredSet, make_manifest, sign_manifest
from escrowd.core.seal import seal_bytes
from escrowd.core.statements import Checkin, End
from escrowd.core.statements._jws import MANIFEST, peek, sign
from escrowd.core.terms import DAY, Beneficiary
from escrowd.node.letters import Letter
from escrowd.node.message import Envelope, finish


@pytest.fixture
def node(tmp_path):
    with running(tmp_path / "node") as one:
        yield one


@pytest.fixture
def provider(node: Node) -> Provider:
    one = Provider(node)
    assert one.enrol().status == 200
    assert one.agree().status == 200
    assert one.deposit().status == 200
    return one


def without_the_first_set(node: Node, provider: Provider) -> dict[str, bytes]:
    """A well-signed deposit of a second set, whose cards nobody has, that declares the first one retired."""
    two = card_set(502)
    bundle = b"empty"
    names = ("nodes", "client", "successor", "reserve")
    manifest = make_manifest(
        root=provider.root.signing.public,
        client="bakery",
        revision=2,
        created=WALL + 2,
        bundle_sha256=digest(bundle),
        chain=[provider.appointment],
        sets=[
            ManifestSet(
                set=2,
                slip39_id=two.identifier,
                recipient=two.recipient,
                key_sha256=digest(two.key_file),
                groups=tuple(
                    ManifestGroup(name=n, k=1, n=1, proof_keys=(two.proof_keys[n][0].hex(),)) for n in names
                ),
            )
        ],
        retired=[RetiredSet(set=1, slip39_id=501, date=WALL + 2)],
    )
    return {
        "bundle.age": bundle,
        "key-2.age": two.key_file,
        "share-2.age": seal_bytes(two.shares["nodes"][0].encode(), [node.key.identity.recipient]),
        "provider-key.age": provider.cards.key_file,
        "workspace.age": b"sealed to nobody",
        "manifest.jws": sign_manifest(manifest, provider.daily).encode(),
    }


def test_the_provider_alone_cannot_retire_the_set_whose_cards_people_hold(node: Node, provider: Provider):
    """P7: a deposit that drops the client's set is refused: its share and key would leave the next release."""
    assert provider.deposit(without_the_first_set(node, provider)).status >= 400


def test_terms_without_the_client_do_not_begin_while_the_provider_is_silent(node: Node, provider: Provider):
    """P7: the provider takes the client's person out of the terms and falls silent: the client gets it all the same."""
    other = (Beneficiary(person="successa", role="client", after=30 * DAY),)
    assert provider.agree(beneficiaries=other).status == 200
    node.pass_days(31)
    node.accept(provider.id)
    node.pass_days(14)
    node.accept(provider.id)
    node.pass_days(8)
    assert {key.split("/")[4] for key in node.release(provider.id)} == {"clientaa", "successa"}


def test_a_notice_is_a_letter(node: Node, provider: Provider):
    """P7: what counts only after 30 d of notice is told to the client's people at once: worse terms, an end."""
    told = len(node.rows("select id from outbox where person='clientaa'"))
    other = (Beneficiary(person="clientaa", role="client", after=30 * DAY),)
    assert provider.agree(beneficiaries=other).status == 200
    assert len(node.rows("select id from outbox where person='clientaa'")) > told
    assert provider.tell(End(client="bakery")).status == 200
    assert len(node.rows("select id from outbox where person='clientaa'")) > told + 1


def test_worse_terms_do_not_count_before_their_notice(node: Node, provider: Provider):
    """P7: terms in which the client's person is missing leave the release as it was agreed for 30 d."""
    node.pass_days(25)
    other = (Beneficiary(person="successa", role="client", after=30 * DAY),)
    assert provider.agree(beneficiaries=other).status == 200
    node.pass_days(6)
    node.accept(provider.id)
    node.pass_days(14)
    node.accept(provider.id)
    node.pass_days(8)
    assert {key.split("/")[4] for key in node.release(provider.id)} == {"clientaa", "successa"}


def test_an_end_does_not_outrun_the_silence(node: Node, provider: Provider):
    """P7: a deposit withdrawn just before its provider falls silent is released all the same."""
    node.pass_days(2)
    assert provider.tell(End(client="bakery")).status == 200
    node.pass_days(29)
    node.accept(provider.id)
    node.pass_days(14)
    node.accept(provider.id)
    node.pass_days(8)
    assert len(node.release(provider.id)) == 2


def test_a_revision_that_jumps_leaves_the_bundle_before_it_on_offer(node: Node, provider: Provider):
    """P7: a last deposit with the highest number there is, and rubbish in it, does not hide the good one."""
    node.pass_days(3)
    assert provider.deposit(provider.deposit_files(revision=2**37)).status == 200
    assert [row[0] for row in node.rows("select revision from deposits order by revision")] == [1, 2**37]


def test_no_date_in_a_manifest_keeps_a_kit_from_being_fetched(provider: Provider):
    """P7: a manifest that was sealed in the year 142 million, and so could not be shown, is refused."""
    files = provider.deposit_files(revision=2)
    claims = json.loads(peek(files["manifest.jws"].decode()).payload)
    claims |= {"created": 2**52, "next_revision_by": 2**52 + 400 * DAY}
    answer = provider.deposit({**files, "manifest.jws": sign(MANIFEST, claims, provider.daily).encode()})
    assert (answer.code, answer.fields["claim"]) == ("manifest.invalid", "created")


def test_pauses_are_bounded_whoever_asks(provider: Provider):
    """P7: a pause beyond its bounds, or one that was not typed, is refused and moves no deadline."""
    deadline = provider.ask("standing").json["deadline"]
    for seconds in (61 * DAY, 2**53 - 1, DAY - 1):
        answer = provider.tell(Checkin(pause=seconds, reason="holiday"), presence="typed")
        assert answer.status == 422, answer.text
    answer = provider.tell(Checkin(pause=DAY, reason="holiday"), presence="stored")
    assert answer.code == "checkin.not-typed"
    assert provider.ask("standing").json["deadline"] == deadline


def test_no_name_makes_a_letter_that_servers_refuse():
    """P7: a beneficiary's name, chosen by the provider, cannot make every letter to them break RFC 5322, 2.1.1."""
    envelope = Envelope(
        sender_name="Node",
        sender="node@node.test",
        name="Ä" * 500,
        address="marta@korn.test",
        message_id="id@node.test",
        date=WALL,
        zone="Europe/Berlin",
        language="de",
    )
    message = finish(Letter("Subject", "text", "<p>text</p>"), envelope, {}, parts=False)
    assert max(len(line) for line in message.split(b"\r\n")) <= 998


def test_no_name_makes_a_second_header():
    """P10: what a provider calls people ends no header and begins none, whatever it holds."""
    for name in (
        "A\r\nBcc: evil@evil.test",
        "A\nBcc: e@e.test",
        "A\u2028Bcc: e@e.test",
        '"<evil@evil.test>, B',
    ):
        envelope = Envelope(
            sender_name="Node",
            sender="node@node.test",
            name=name,
            address="marta@korn.test",
            message_id="id@node.test",
            date=WALL,
            zone="Europe/Berlin",
            language="de",
        )
        message = finish(Letter(name, "text", "<p>text</p>"), envelope, {}, parts=False)
        read = message_from_bytes(message, policy=policy.default)
        assert "Bcc" not in read
        assert [address.addr_spec for address in read["To"].addresses] == ["marta@korn.test"]
