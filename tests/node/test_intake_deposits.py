"""Terms and deposits: nothing wrong is found only on the day of a release, and nothing locks a client out."""

import pytest
from node.face_world import DAY_MS, WALL, Node, Provider, card_set, digest, running

from escrowd.core.keys import new_identity, share_proof_key
from escrowd.core.seal import seal_bytes
from escrowd.core.shares import parse_card
from escrowd.core.statements import End, sign_restore
from escrowd.core.terms import DAY, Beneficiary, NodeRun
from escrowd.core.wire import MAX_SMALL_FILE, RestoreRequest


@pytest.fixture
def node(tmp_path):
    with running(tmp_path / "node") as one:
        yield one


@pytest.fixture
def provider(node: Node) -> Provider:
    one = Provider(node)
    assert one.enrol().status == 200
    assert one.agree().status == 200
    return one


def test_a_deposit_is_held_and_its_people_are_told(node: Node, provider: Provider):
    """A good deposit is receipted with its revision, and each beneficiary gets the link to the kit (P6)."""
    answer = provider.deposit()
    assert answer.status == 200, answer.text
    (deposit,) = answer.json["standing"]["deposits"]
    assert (deposit["client"], deposit["revision"], deposit["sets"]) == ("bakery", 1, [1])
    assert {b["person"] for b in deposit["beneficiaries"]} == {"clientaa", "successa"}
    assert sorted(row[1] for row in node.letters("deposit-receipt")) == ["clientaa", "successa"]


def sealed_to(node: Node, group: str, identifier: int = 501) -> bytes:
    words = card_set(identifier).shares[group][0]
    return seal_bytes(words.encode(), [node.key.identity.recipient])


def wrong_deposits(node: Node, provider: Provider):
    """(what is wrong, files, client, code)."""
    good = provider.deposit_files()
    stranger = Provider(node)
    words = card_set(501).shares["nodes"][0]

    def but(**other: bytes) -> dict[str, bytes]:
        return provider.deposit_files(**other)

    foreign = stranger.deposit_files()
    yield "bundle of another manifest", {**good, "bundle.age": b"other"}, "bakery", "manifest.bundle-differs"
    yield (
        "key of another set",
        {**good, "key-1.age": card_set(502).key_file},
        "bakery",
        "manifest.key-differs",
    )
    yield (
        "manifest of another provider",
        {**good, "manifest.jws": foreign["manifest.jws"]},
        "bakery",
        ("manifest.foreign-provider"),
    )
    flipped = good["manifest.jws"]
    flipped = flipped[:-30] + (b"A" if flipped[-30:-29] != b"A" else b"B") + flipped[-29:]
    yield "flipped manifest", {**good, "manifest.jws": flipped}, "bakery", "manifest.bad-signature"
    yield "manifest that is none", {**good, "manifest.jws": b"{}"}, "bakery", "manifest.damaged"
    yield "client", good, "practice", "manifest.foreign-client"
    other_node = seal_bytes(words.encode(), [new_identity().recipient])
    yield "share for another node", but(share_1_age=other_node), "bakery", "file.share-not-ours"
    yield "share of another group", but(share_1_age=sealed_to(node, "client")), "bakery", "file.share-differs"
    yield (
        "share of another set",
        but(share_1_age=sealed_to(node, "nodes", 502)),
        "bakery",
        ("file.share-differs"),
    )
    wrong = words.split()
    wrong[6] = "academic" if wrong[6] != "academic" else "acid"
    sealed = seal_bytes(" ".join(wrong).encode(), [node.key.identity.recipient])
    yield "share with a wrong word", but(share_1_age=sealed), "bakery", "file.share-damaged"
    yield (
        "provider's key",
        but(provider_key_age=stranger.cards.key_file),
        "bakery",
        ("file.provider-key-differs"),
    )
    large = {**good, "key-1.age": b"x" * (MAX_SMALL_FILE + 1)}
    yield "large key", large, "bakery", "deposit.file-too-large"


def test_a_wrong_deposit_is_one_error_and_changes_nothing(node: Node, provider: Provider):
    """Every wrong file is named when it comes, in words that hold no secret; nothing is held after it (P9)."""
    for what, files, client, code in wrong_deposits(node, provider):
        answer = provider.tell(provider.deposit_body(files, client), tuple(files.values()))
        assert (what, answer.code) == (what, code)
        told = " ".join(str(value) for value in answer.fields.values())
        assert not set(card_set(501).shares["nodes"][0].split()) & set(told.split())
    assert node.rows("select * from deposits") == []
    assert [e.type for e in provider.ledger()] == ["enrol", "terms"]
    assert node.letters("deposit-receipt") == []


def test_a_deposit_without_its_files_is_refused(node: Node, provider: Provider):
    """A receipt means that every file is on disk (P4)."""
    files = provider.deposit_files()
    answer = node.state(provider.sign(provider.deposit_body(files)))
    assert (answer.status, answer.code) == (404, "file.missing")
    assert answer.fields["sha256"] in {digest(data) for data in files.values()}


def test_a_deposit_without_terms_is_refused(node: Node):
    """Without terms nobody would get it."""
    one = Provider(node)
    one.enrol()
    assert one.deposit().code == "deposit.no-terms"


def test_no_older_revision_and_no_other_bytes(provider: Provider):
    """A revision is one bundle, and revisions only rise; the same again is no error."""
    two = provider.deposit_files(revision=2)
    assert provider.deposit(two).status == 200
    assert provider.deposit(two).status == 200
    assert provider.deposit(provider.deposit_files(revision=1)).code == "manifest.older"
    other = provider.deposit_files(revision=2)
    assert provider.deposit(other).code == "manifest.same-revision"


def test_the_letter_about_a_deposit_comes_once_in_thirty_days(node: Node, provider: Provider):
    """A provider who deposits daily does not flood a client; after 30 d awake there is a letter again."""
    for revision in range(1, 4):
        assert provider.deposit(provider.deposit_files(revision)).status == 200
    assert len(node.letters("deposit-receipt")) == 2
    node.pass_days(30)
    assert provider.deposit(provider.deposit_files(4)).status == 200
    assert len(node.letters("deposit-receipt")) == 4


def test_older_bundles_stay_beside_the_newest(node: Node, provider: Provider):
    """A spoilt last deposit locks nobody out: what was newest a week ago is there, with its files (P7)."""
    for revision in range(1, 12):
        assert provider.deposit(provider.deposit_files(revision)).status == 200
        node.pass_days(1)
    kept = [row[0] for row in node.rows("select revision from deposits order by revision")]
    assert kept == list(range(1, 12))
    ((bundles,),) = node.rows("select count(*) from deposit_files where name='bundle.age'")
    assert bundles == len(kept)


def test_an_ended_deposit_stays_thirty_days(node: Node, provider: Provider):
    """Withdrawing takes nothing at once: the deposit says when it ends, and a new one revives it (P7)."""
    provider.deposit()
    answer = provider.tell(End(client="bakery"))
    (deposit,) = answer.json["standing"]["deposits"]
    assert deposit["ends"] == WALL + 30 * DAY
    (ending,) = node.facts(provider.id).deposits
    assert ending.ends_awake == 30 * DAY_MS + node.clock.now().awake
    assert provider.deposit(provider.deposit_files(2)).status == 200
    (revived,) = node.facts(provider.id).deposits
    assert revived.ends_awake is None


def wrong_terms(node: Node, provider: Provider, people: bytes):
    """(what is wrong, the body, the code)."""
    mine = {"fingerprint": node.fingerprint}
    client = Beneficiary(person="clientaa", role="client", after=0)
    runs = (NodeRun(operator="clientaa", **mine),)
    yield "P1", provider.terms_body(people, nodes=runs), "terms.beneficiary-runs-nodes"
    works = (NodeRun(operator="stranger", works_for="clientaa", **mine),)
    yield "P1 employed", provider.terms_body(people, nodes=works), "terms.beneficiary-runs-nodes"
    elsewhere = (NodeRun(operator="provider", fingerprint="b" * 32),)
    yield "other node", provider.terms_body(people, nodes=elsewhere), "terms.node-missing"
    yield "wait", provider.terms_body(people, request_wait=15 * DAY), "terms.out-of-bounds"
    quoted = provider.timings.model_copy(update={"interval": 20 * DAY})
    yield "timings", provider.terms_body(people, timings=quoted), "terms.timings-differ"
    nobody = (client, Beneficiary(person="nobodyaa", role="successor", after=0))
    yield "person", provider.terms_body(people, beneficiaries=nobody), "people.missing"
    successor = (Beneficiary(person="successa", role="successor", after=0),)
    yield "no client", provider.terms_body(people, beneficiaries=successor), "terms.client-missing"


def test_wrong_terms_are_one_error_and_change_nothing(node: Node, provider: Provider):
    """Terms out of bounds, without the client, or in which a beneficiary runs the node are refused (P1, P7)."""
    people = provider.people()
    entries = len(provider.ledger())
    before = node.rows("select * from terms")
    for what, body, code in wrong_terms(node, provider, people):
        answer = provider.tell(body, (people,))
        assert (what, answer.code) == (what, code)
    assert node.rows("select * from terms") == before
    assert len(provider.ledger()) == entries


def test_terms_that_are_worse_for_the_client_wait_thirty_days(node: Node, provider: Provider):
    """A client cannot be put off at once: a longer wait counts 30 d later, a shorter one at once (P7)."""
    provider.deposit()
    later = (
        Beneficiary(person="clientaa", role="client", after=20 * DAY),
        Beneficiary(person="successa", role="successor", after=0),
    )
    assert provider.agree(beneficiaries=later).status == 200
    waits = {b.person: b.after for b in node.facts(provider.id).deposits[0].beneficiaries}
    assert waits["clientaa"] == 0
    node.pass_days(29)
    provider.checkin()
    assert {b.after for b in node.facts(provider.id).deposits[0].beneficiaries} == {0}
    node.pass_days(1)
    provider.checkin()
    waits = {b.person: b.after for b in node.facts(provider.id).deposits[0].beneficiaries}
    assert waits["clientaa"] == 20 * DAY
    assert provider.agree().status == 200
    assert {b.after for b in node.facts(provider.id).deposits[0].beneficiaries} == {0}


def test_names_and_addresses_are_in_no_ledger(node: Node, provider: Provider):
    """People appear in the ledger as ids; their names and addresses stand in the one deletable table."""
    provider.deposit()
    text = provider.ask("ledger").text + "".join(str(e.body) for e in provider.ledger())
    assert "Korn" not in text
    assert "marta@" not in text
    assert any("Marta Korn" in row for row in node.rows("select * from people"))


def test_a_file_is_fetched_by_who_deposited_it(node: Node, provider: Provider):
    """A provider gets the files of their deposits back, and nobody else's."""
    files = provider.deposit_files()
    provider.deposit(files)
    assert provider.ask("file", sha256=digest(files["bundle.age"])).data == files["bundle.age"]
    other = Provider(node)
    other.enrol()
    assert other.ask("file", sha256=digest(files["bundle.age"])).code == "file.unknown"


def restore(node: Node, provider: Provider, cards: tuple[int, int]):
    keys = [parse_card(provider.cards.mnemonics[at]).signing_key for at in cards]
    proofs = sign_restore(keys, nonces={node.fingerprint: node.nonce()}, jti="a" * 20, iat=WALL)
    body = RestoreRequest(proofs=proofs).model_dump_json()
    return node.ask("POST", "/v1/restore", body.encode())


def test_two_provider_cards_bring_a_workspace_back(node: Node, provider: Provider):
    """Whoever proves two of the three cards gets both sealed files and the head; the ledger says so."""
    assert restore(node, provider, (0, 1)).code == "restore.nothing-here"
    files = provider.deposit_files()
    provider.deposit(files)
    answer = restore(node, provider, (2, 0))
    assert answer.status == 200, answer.text
    assert bytes.fromhex(answer.json["workspace"]) == files["workspace.age"]
    assert bytes.fromhex(answer.json["provider_key"]) == provider.cards.key_file
    assert answer.json["head"]["seq"] == len(provider.ledger())
    assert provider.ledger()[-1].type == "restore"


def test_cards_of_a_client_restore_nothing(node: Node, provider: Provider):
    """The cards of a client's set are no provider's cards."""
    provider.deposit()
    keys = [share_proof_key(card_set(501).shares[name][0].split()) for name in ("client", "successor")]
    proofs = sign_restore(keys, nonces={node.fingerprint: node.nonce()}, jti="b" * 20, iat=WALL)
    body = RestoreRequest(proofs=proofs).model_dump_json()
    answer = node.ask("POST", "/v1/restore", body.encode())
    assert (answer.status, answer.code) == (403, "restore.cards-unknown")
