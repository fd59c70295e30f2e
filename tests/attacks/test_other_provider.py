"""Another provider on the same node: enrolled, signing, and after what is not theirs."""

from urllib.parse import urlencode

import pytest
from node.face_world import WALL, Node, Provider, card_set, digest, running

from escrowd.core.keys import link_token
from escrowd.core.manifest import ManifestGroup, ManifestSet, make_manifest, sign_manifest
from escrowd.core.shares import parse_card
from escrowd.core.statements import Deposit, ProviderSet, Receipt, sign_receipt, sign_restore
from escrowd.core.wire import FileOf, RestoreRequest, SeenHead, Standing
from escrowd.node.store.switches import load_node


@pytest.fixture
def node(tmp_path):
    with running(tmp_path / "node") as one:
        yield one


def enrolled(node: Node, *, deposits: bool = True) -> Provider:
    one = Provider(node)
    assert one.enrol().status == 200
    assert one.agree().status == 200
    if deposits:
        assert one.deposit().status == 200
    return one


def borrowed(thief: Provider, share: FileOf) -> tuple[Deposit, tuple[bytes, ...]]:
    """A deposit of the thief's own in which one file, the share, is another's, named by hash and size alone."""
    victim, own = card_set(501), card_set(503)
    bundle = b"nothing worth keeping"
    keys = {name: own.proof_keys[name][0].hex() for name in ("client", "successor", "reserve")}
    keys = {"nodes": victim.proof_keys["nodes"][0].hex(), **keys}  # any kit shows it, in manifest.jws
    manifest = make_manifest(
        root=thief.root.signing.public,
        client="bakery",
        revision=1,
        created=WALL,
        bundle_sha256=digest(bundle),
        chain=[thief.appointment],
        sets=[
            ManifestSet(
                set=1,
                slip39_id=victim.identifier,
                recipient=own.recipient,
                key_sha256=digest(own.key_file),
                groups=tuple(ManifestGroup(name=n, k=1, n=1, proof_keys=(key,)) for n, key in keys.items()),
            )
        ],
    )
    files = {
        "bundle.age": bundle,
        "key-1.age": own.key_file,
        "manifest.jws": sign_manifest(manifest, thief.daily).encode(),
        "provider-key.age": thief.cards.key_file,
        "workspace.age": b"sealed to nobody",
    }
    named = {name: FileOf(sha256=digest(data), size=len(data)) for name, data in files.items()}
    return Deposit(client="bakery", files={**named, "share-1.age": share}), tuple(files.values())


def test_a_share_is_not_opened_for_a_provider_who_only_knows_its_hash(node: Node):
    """P1: whoever reads a ledger (the hash) and a kit (the proof key) cannot have the node's share released."""
    victim = enrolled(node)
    entry = next(e for e in victim.ledger() if e.type == "deposit")
    assert entry.body is not None
    sealed = node.rows(
        f"select sha256, size from deposit_files where provider='{victim.id}' and name='share-1.age'"  # noqa: S608
    )[0]
    thief = enrolled(node, deposits=False)
    body, files = borrowed(thief, FileOf(sha256=sealed[0], size=sealed[1]))
    assert thief.tell(body, files).status >= 400


def test_a_share_that_another_holds_is_refused_though_its_bytes_are_there(node: Node):
    """P1: even who got hold of the very bytes of another's sealed share has it opened by no deposit of theirs."""
    victim = enrolled(node)
    sealed, size = node.rows(
        f"select sha256, size from deposit_files where provider='{victim.id}' and name='share-1.age'"  # noqa: S608
    )[0]
    thief = enrolled(node, deposits=False)
    body, files = borrowed(thief, FileOf(sha256=sealed, size=size))
    answer = thief.tell(body, (*files, (node.folder / "files" / sealed).read_bytes()))
    assert (answer.status, answer.code) == (403, "deposit.share-foreign")


def test_a_people_file_of_another_is_not_read(node: Node):
    """P10: who knows the hash of another's people file cannot make it their own: it must be sent."""
    victim, thief = enrolled(node), Provider(node)
    people = victim.people()
    answer = thief.tell(thief.enrol_body(people), presence="typed")
    assert (answer.status, answer.code) == (404, "file.missing")


def test_what_would_have_been_read_is_not_on_a_page_of_the_thief(node: Node):
    """P1: the page of a release shows only the share of its own deposit's set."""
    victim = enrolled(node)
    node.pass_days(31)
    node.accept(victim.id)
    node.pass_days(14)
    node.accept(victim.id)
    node.pass_days(8)
    key = node.release(victim.id)[0]
    thief = enrolled(node, deposits=False)
    for order in (key, key.replace(victim.id, thief.id)):
        forged = link_token(b"\0" * 32, order)
        page = node.ask("POST", "/p/release?" + urlencode({"o": order, "t": forged}), b"do=show")
        assert page.status == 404
        assert card_set(501).shares["nodes"][0].split()[5] not in page.text


def test_files_and_ledger_of_others_cannot_be_asked_for(node: Node):
    """P1, P8: a query gives out the files and the ledger of whoever signed it, whatever hash it names."""
    victim, thief = enrolled(node), enrolled(node, deposits=False)
    hashes = [row[0] for row in node.rows(f"select sha256 from deposit_files where provider='{victim.id}'")]  # noqa: S608
    assert len(hashes) == 4
    for sha256 in hashes:
        answer = thief.ask("file", sha256=sha256)
        assert (answer.status, answer.code) == (404, "file.unknown")
    assert all(entry.body is None or victim.id not in str(entry.body) for entry in thief.ledger())


def test_a_jti_of_another_provider_is_free(node: Node):
    """P9: a statement's ``jti`` is the provider's own: nobody can use up another's by saying it first."""
    one, other = enrolled(node), enrolled(node, deposits=False)
    assert one.checkin(jti="a" * 26).status == 200
    assert other.checkin(jti="a" * 26).status == 200
    reused = one.checkin(jti="a" * 26)
    assert (reused.status, reused.code) == (409, "statement.jti-reused")


def test_cards_of_a_provider_lead_to_no_other_provider(node: Node):
    """P8: nobody enrols with the public proof keys of another's cards, so those cards lead to their owner."""
    victim = enrolled(node)
    thief = Provider(node)
    people = thief.people()
    stolen = ProviderSet(
        slip39_id=9,
        proof_keys=tuple(key.hex() for key in (*victim.cards.proof_keys[:1], *thief.cards.proof_keys[:2])),
        key_sha256=digest(thief.cards.key_file),
    )
    refused = thief.tell(thief.enrol_body(people, provider_set=stolen), (people,), presence="typed")
    assert (refused.status, refused.code) == (409, "provider.cards-known")
    cards = [parse_card(words).signing_key for words in victim.cards.mnemonics[:2]]
    proofs = sign_restore(cards, nonces={node.fingerprint: node.nonce()}, jti="b" * 26, iat=WALL)
    answer = node.ask("POST", "/v1/restore", RestoreRequest(proofs=proofs).model_dump_json().encode())
    assert answer.json["provider"] == victim.id


def lost_head(node: Node, provider: Provider, seq: int) -> SeenHead:
    """A head that the node's own key signed, of a history that was lost when its database was put back."""
    receipt = Receipt(
        node=node.fingerprint,
        provider=provider.id,
        jti="c" * 26,
        statement_sha256="00" * 32,
        seq=seq,
        head=digest(str(seq).encode()),
        node_time=0,
        wall=WALL,
        standing=Standing(
            phase="current",
            epoch=1,
            node_time=0,
            wall=WALL,
            time_scale=1,
            deadline=WALL,
            announced_from=WALL,
            released_from=None,
            paused_until=None,
            mail_checkins=0,
            hearing="hearing",
            blind=False,
        ),
    )
    compact = sign_receipt(receipt, node.key.signing)
    return SeenHead(seq=seq, hash=receipt.head, receipt=compact)


def test_a_head_without_a_receipt_moves_nobody(node: Node):
    """P7: a provider who claims to have seen a later ledger cannot make the others' waits begin anew."""
    liar = enrolled(node)
    before = node.store.read_now(load_node).generation
    for seq in range(1_000, 1_003):
        liar.seen = {node.fingerprint: SeenHead(seq=seq, hash=digest(str(seq).encode()))}
        assert liar.checkin().status == 200
    assert node.store.read_now(load_node).generation == before


def test_one_restored_database_begins_everything_anew_once(node: Node):
    """P7: a provider who kept several receipts of a lost history cannot put off the others' releases at will."""
    hoarder = enrolled(node)
    began = node.store.read_now(load_node).generation
    for seq in (1_000, 1_001, 1_002):
        hoarder.seen = {node.fingerprint: lost_head(node, hoarder, seq)}
        assert hoarder.checkin().status == 200
        node.stop()
        node.start()
    assert node.store.read_now(load_node).generation == began + 1
