"""Statements, appointments, receipts, invitations, share proofs, hearing: what the vectors do not show."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from escrowd.core.keys import SigningKey, fingerprint
from escrowd.core.statements import (
    STATEMENT,
    Appoint,
    Checkin,
    End,
    Enrol,
    NewTimings,
    ProviderKeys,
    ProviderSet,
    Query,
    Receipt,
    Statement,
    answer_hearing,
    check_hearing,
    peek,
    peek_statement,
    proof_of_head,
    read_invitation,
    sign,
    sign_appointment,
    sign_invitation,
    sign_receipt,
    sign_restore,
    sign_statement,
    statement_hash,
    verify,
    verify_restore,
    verify_statement,
)
from escrowd.core.terms import Timings
from escrowd.core.wire import MAX_STATEMENT, Address, PeopleFile, SeenHead, Standing, key_file, share_file
from escrowd.errors import CardError, ConflictError, EscrowdError, InputError, IntegrityError, RefusedError

ROOT, DAILY, NODE, STRANGER = (SigningKey.from_seed(bytes([number]) * 32) for number in (11, 12, 13, 14))
PROVIDER, NODE_ID = fingerprint(ROOT.public), fingerprint(NODE.public)
JTI = "a" * 26
RECIPIENT = "age1" + "q" * 58


def known(_provider: str) -> ProviderKeys:
    return ProviderKeys(ROOT.public, (DAILY.public,))


def statement(body: object, **other: object) -> str:
    arguments: dict[str, object] = {
        "provider": PROVIDER,
        "signer": DAILY,
        "key": "daily",
        "presence": "typed",
        "nonces": {NODE_ID: "ab" * 16},
        "jti": JTI,
        "iat": 1_798_761_600,
    }
    return sign_statement(body, **(arguments | other))


CHECKIN = statement(Checkin())


def flip(compact: str, bit: int) -> str:
    data = bytearray(compact.encode("ascii"))
    data[bit // 8] ^= 1 << bit % 8
    return data.decode("latin-1")


def test_signature_is_plain_ed25519_over_the_two_segments() -> None:
    """A statement verifies with an Ed25519 implementation alone, as RFC 7515 section 5.2 says (P8)."""
    signed, _, signature = CHECKIN.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    Ed25519PublicKey.from_public_bytes(DAILY.public).verify(raw, signed.encode())
    header = json.loads(base64.urlsafe_b64decode(signed.split(".")[0] + "=="))
    assert header == {"alg": "Ed25519", "typ": STATEMENT}


@given(st.integers(0, 8 * len(CHECKIN) - 1))
def test_any_flipped_bit_in_a_statement_is_refused(bit: int) -> None:
    """No bit of a statement can change without its refusal (P8, P9)."""
    with pytest.raises(EscrowdError):
        verify_statement(flip(CHECKIN, bit), keys=known, node=NODE_ID)


@given(
    st.text(max_size=300)
    | st.from_regex(r"\A[A-Za-z0-9_-]{0,90}\.[A-Za-z0-9_-]{0,90}\.[A-Za-z0-9_-]{0,90}\Z")
)
def test_noise_is_one_of_our_errors(text: str) -> None:
    """Whatever is sent as a statement, the answer is an error of ours and never another exception (P9)."""
    with pytest.raises(EscrowdError):
        verify_statement(text, keys=known)


@given(
    st.dictionaries(
        st.sampled_from(["iss", "jti", "type", "key", "aud", "body", "nonces", "iat", "presence"]),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-9, 9)
            | st.sampled_from(["enrol", "checkin", "daily", PROVIDER]),
            lambda inner: (
                st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
            ),
            max_leaves=4,
        ),
    )
)
def test_signed_nonsense_is_one_of_our_errors(claims: dict[str, object]) -> None:
    """Claims of any shape, properly signed, are refused with an error of ours (P9)."""
    with pytest.raises(EscrowdError):
        verify_statement(sign(STATEMENT, claims, DAILY), keys=known)


def test_statement_carries_what_was_signed() -> None:
    """A statement comes back with its body, its signer and the heads that the provider saw."""
    seen = {NODE_ID: SeenHead(seq=3, hash="0f" * 32)}
    body = Checkin(pause=1_209_600, reason="Urlaub")
    result = verify_statement(statement(body, seen=seen), keys=known, node=NODE_ID)
    assert (result.body, result.type, result.signer) == (body, "checkin", DAILY.public)
    assert (result.seen, result.nonces, result.aud) == (seen, {NODE_ID: "ab" * 16}, (NODE_ID,))


def test_root_signed_statement_is_recognised() -> None:
    """A statement that claims the root verifies under the root alone, and says so (it counts at once)."""
    compact = statement(Checkin(), signer=ROOT, key="root")
    result = verify_statement(compact, keys=lambda _: ProviderKeys(ROOT.public), node=NODE_ID)
    assert (result.key, result.signer) == ("root", ROOT.public)


def test_several_daily_keys_may_count() -> None:
    """The statement names which of the daily keys signed it."""
    keys = ProviderKeys(ROOT.public, (STRANGER.public, DAILY.public))
    assert verify_statement(CHECKIN, keys=lambda _: keys).signer == DAILY.public


def test_daily_key_that_waits_is_named_as_such() -> None:
    """A key that the root appointed less than 7 d ago is refused for that reason, not as a forgery."""
    keys = ProviderKeys(ROOT.public, (), (DAILY.public,))
    with pytest.raises(RefusedError, match=r"statement\.daily-waits"):
        verify_statement(CHECKIN, keys=lambda _: keys)


@pytest.mark.parametrize(
    ("body", "presence", "counts"),
    [
        (Checkin(), "typed", True),
        (End(client="a"), "typed", True),
        (End(client="a"), "stored", False),
        (Query(what="standing"), "typed", False),
    ],
)
def test_what_counts_as_a_check_in(body: object, presence: str, counts: bool) -> None:  # noqa: FBT001 — a table
    """Everything typed counts as a check-in, but for a question; nothing stored does."""
    result = verify_statement(statement(body, presence=presence), keys=known)
    assert isinstance(result, Statement)
    assert result.checks_in is counts


def test_stored_check_in_is_refused() -> None:
    """A check-in whose passphrase came from a file or a pipe is refused: a job must not keep a dead man alive."""
    with pytest.raises(RefusedError, match=r"checkin\.not-typed"):
        verify_statement(statement(Checkin(), presence="stored"), keys=known)


def test_enrolment_needs_no_key_known_beforehand() -> None:
    """An enrolment proves itself by the root inside, whose fingerprint is the provider's id."""
    compact = statement(_enrol())
    result = verify_statement(compact, keys=lambda _: None, node=NODE_ID)
    assert isinstance(result.body, Enrol)
    assert result.signer == DAILY.public


def test_unverified_reading_is_its_own_type() -> None:
    """What is read before the signature holds comes as another type, and only what finds the key."""
    claimed = peek_statement(CHECKIN)
    assert (claimed.provider, claimed.jti, claimed.type, claimed.key) == (PROVIDER, JTI, "checkin", "daily")
    assert peek(CHECKIN).typ == STATEMENT


def test_the_same_claims_make_the_same_bytes() -> None:
    """Signing is deterministic, so a statement that is sent again is the same bytes (P4)."""
    assert statement(Checkin()) == CHECKIN
    assert len(statement_hash(CHECKIN)) == 64


def test_too_long_a_statement_is_refused_before_it_is_read() -> None:
    """The limit holds for what is signed and for what arrives (P9)."""
    with pytest.raises(InputError, match=r"jws\.too-large"):
        verify_statement("a" * (MAX_STATEMENT + 1), keys=known)
    with pytest.raises(InputError, match=r"jws\.too-large"):
        sign(STATEMENT, {"text": "a" * 70_000}, DAILY)
    with pytest.raises(InputError, match=r"jws\.too-large"):
        peek("a" * 70_000)


def test_what_we_would_not_read_is_not_signed() -> None:
    """A statement with a nonce of the wrong form is refused while it is made."""
    with pytest.raises(InputError, match=r"document\.invalid"):
        statement(Checkin(), nonces={NODE_ID: "short"})


def test_an_error_names_the_claim_and_never_its_value() -> None:
    """The error for a bad claim says where it is, and holds nothing of what stood there (P10)."""
    spoilt = sign(STATEMENT, json.loads(peek(CHECKIN).payload) | {"body": {"reason": "hunter2"}}, DAILY)
    with pytest.raises(InputError) as caught:
        verify_statement(spoilt, keys=known)
    assert caught.value.fields == {"document": "Statement", "claim": "body", "problem": "pause_needs_reason"}
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_float_is_not_signed() -> None:
    """Claims with a float have no canonical form here and are refused (P9)."""
    with pytest.raises(InputError, match=r"json\.not-canonical"):
        sign(STATEMENT, {"x": 1.5}, DAILY)


def test_verify_returns_the_claims() -> None:
    """The plain form of verification gives the claims of the very document that was signed."""
    assert verify(sign(STATEMENT, {"a": 1}, DAILY), STATEMENT, DAILY.public) == {"a": 1}
    with pytest.raises(IntegrityError, match=r"jws\.bad-signature"):
        verify(CHECKIN, STATEMENT, b"\xff" * 32)


def _enrol() -> Enrol:
    return Enrol(
        invitation=_invitation(),
        root=ROOT.public.hex(),
        name="Jana Winter",
        appointment=sign_appointment(ROOT, daily=DAILY.public, created=1),
        provider_set=ProviderSet(
            slip39_id=1, proof_keys=("1a" * 32, "2a" * 32, "3a" * 32), key_sha256="4a" * 32
        ),
        timings=Timings(),
        people_sha256="5a" * 32,
    )


def _invitation(url: str = "https://node.example/") -> str:
    return sign_invitation(NODE, recipient=RECIPIENT, url=url, id_=JTI, iat=1_000_000)


def test_invitation_brings_the_nodes_key_and_recipient() -> None:
    """An invitation carries all that a share is sealed with, and proves itself (P1)."""
    invitation = read_invitation(_invitation())
    assert (invitation.node, invitation.public) == (NODE_ID, NODE.public)
    assert (invitation.recipient, invitation.url, invitation.id) == (RECIPIENT, "https://node.example", JTI)


@pytest.mark.parametrize("wall", [1_000_000 - 86_400, 1_000_000, 1_000_000 + 7 * 86_400])
def test_invitation_is_good_for_a_week(wall: int) -> None:
    """From a day before to a week after its date the node's wall clock accepts an invitation."""
    read_invitation(_invitation()).check_date(wall)


@pytest.mark.parametrize(
    ("wall", "code"),
    [(1_000_000 - 86_401, "invitation.not-yet"), (1_000_001 + 7 * 86_400, "invitation.expired")],
)
def test_invitation_outside_its_week_is_refused(wall: int, code: str) -> None:
    """Outside that time the refusal says on which side."""
    with pytest.raises(ConflictError) as caught:
        read_invitation(_invitation()).check_date(wall)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "url", ["ftp://node.example", "https://user@node.example", "https://node.example/?q", ""]
)
def test_invitation_to_an_odd_url_is_not_made(url: str) -> None:
    """An invitation leads to a plain http(s) URL without user, query or fragment."""
    with pytest.raises(InputError, match=r"document\.invalid"):
        _invitation(url)


def test_invitation_with_a_key_that_is_none() -> None:
    """An invitation whose key is malformed is damaged, not a crash (P9)."""
    for public in ("", "zz", 3, None):
        text = sign("escrow-invitation+jwt", {"public": public}, NODE)
        with pytest.raises(IntegrityError, match=r"jws\.damaged"):
            read_invitation(text)


def test_restore_takes_two_different_cards() -> None:
    """One card twice, or three cards, prove nothing."""
    for cards in ([DAILY, DAILY], [DAILY], [DAILY, ROOT, NODE]):
        with pytest.raises(CardError, match=r"card\.two-needed"):
            sign_restore(cards, nonces={NODE_ID: "ab" * 16}, jti=JTI, iat=1)


@given(st.integers(0, 1), st.integers(0))
def test_any_flipped_bit_in_a_share_proof_is_refused(which: int, bit: int) -> None:
    """A restore with one bit of either proof changed gives out nothing (P9)."""
    pair = list(sign_restore((DAILY, STRANGER), nonces={NODE_ID: "ab" * 16}, jti=JTI, iat=1))
    pair[which] = flip(pair[which], bit % (8 * len(pair[which])))
    with pytest.raises(EscrowdError):
        verify_restore(pair, node=NODE_ID)


def test_hearing_answer_verifies_for_its_challenge_alone() -> None:
    """The number is accepted under the node's key and the challenge asked, and under no other."""
    challenge, number = "0a" * 32, "0b" * 16
    answer = answer_hearing(NODE, challenge=challenge, number=number)
    assert check_hearing(answer, NODE.public, challenge=challenge) == number
    for key, asked in ((NODE.public, "0c" * 32), (STRANGER.public, challenge)):
        with pytest.raises(IntegrityError, match=r"hearing\.bad-signature"):
            check_hearing(answer, key, challenge=asked)
    with pytest.raises(IntegrityError, match=r"hearing\.bad-signature"):
        check_hearing(answer.model_copy(update={"signature": "zz"}), NODE.public, challenge=challenge)
    with pytest.raises(InputError, match=r"hex\.malformed"):
        answer_hearing(NODE, challenge="zz", number=number)


def test_bodies_say_what_belongs_together() -> None:
    """A pause needs its reason, a file its hash, and an appointment a compact string."""
    for build in (
        lambda: Checkin(reason="x"),
        lambda: Query(what="file"),
        lambda: Query(what="ledger", sha256="0a" * 32),
        lambda: Appoint(appointment="x"),
        lambda: NewTimings(timings=Timings(), people_sha256="x"),
    ):
        with pytest.raises(ValidationError):
            build()


def test_names_of_files_carry_the_set() -> None:
    """Key and share of a set carry its number in their names."""
    assert (key_file(2), share_file(2)) == ("key-2.age", "share-2.age")


def test_people_file_uses_its_published_claims() -> None:
    """The people file is written with the claim ``schema`` and read back the same."""
    person = {
        "id": "provider",
        "name": "Jana Winter",
        "language": "de",
        "phrase": "blauer Kahn",
        "addresses": [{"id": "aaaaaaaa", "address": "jana@example.org"}],
    }
    text = json.dumps({"schema": "escrow-people/1", "salt": "0a" * 16, "people": [person]})
    people = PeopleFile.model_validate_json(text)
    assert json.loads(people.model_dump_json(by_alias=True)) == json.loads(text) | {"clients": []}


@pytest.mark.parametrize(
    "address", ["jana@example.org", "jörg.o'neil+x@bücher.example", "a@localhost", "a.b-c_d@x-y.example"]
)
def test_address_that_a_mail_can_carry(address: str) -> None:
    """Plain addresses are taken, those with letters beyond ASCII too."""
    assert Address(id="aaaaaaaa", address=address).address == address


@pytest.mark.parametrize(
    "address",
    [
        "jana",
        "@example.org",
        "jana@",
        "a@b\r\nBcc: x@y",
        "a b@c",
        "<a@b>",
        "a@b,c@d",
        "a..b@c",
        ".a@b",
        "a@b..c",
        "a@b\x00",
        '"a b"@c',
        "a(x)@b",
        "a@" + "b" * 64 + ".example",
        "a@xn--\u0000",
        "a@" + "ü" * 64,
    ],
)
def test_address_that_no_mail_can_carry(address: str) -> None:
    """An address that would break a mail's header is refused when it is told, not when it is needed (P3, P9)."""
    with pytest.raises(ValidationError):
        Address(id="aaaaaaaa", address=address)


@pytest.mark.parametrize("reason", ["", "a\nb", "a\rb", "\x1b[2J", "a\u2028b", "a" * 501])
def test_texts_are_one_line(reason: str) -> None:
    """A text that could end a header line or steer a terminal is refused (P9)."""
    with pytest.raises(ValidationError):
        Checkin(pause=86_400, reason=reason)


def test_only_the_nodes_own_receipt_proves_a_head() -> None:
    """A head that a provider shows counts as proved with the node's receipt for it, and in no other case (P8)."""
    standing = Standing(
        phase="current",
        epoch=1,
        node_time=1,
        wall=1,
        time_scale=1,
        deadline=None,
        announced_from=None,
        released_from=None,
        paused_until=None,
        mail_checkins=0,
        hearing="hearing",
        blind=False,
    )
    receipt = Receipt(
        node=NODE_ID,
        provider=PROVIDER,
        jti=JTI,
        statement_sha256="0a" * 32,
        seq=7,
        head="0b" * 32,
        node_time=1,
        wall=1,
        standing=standing,
    )
    seen = SeenHead(seq=7, hash="0b" * 32, receipt=sign_receipt(receipt, NODE))
    assert proof_of_head(seen, NODE.public, provider=PROVIDER)
    for other in (
        seen.model_copy(update={"receipt": None}),
        seen.model_copy(update={"seq": 8}),
        seen.model_copy(update={"hash": "0c" * 32}),
        seen.model_copy(update={"receipt": sign_receipt(receipt, STRANGER)}),
        seen.model_copy(update={"receipt": CHECKIN}),
    ):
        assert not proof_of_head(other, NODE.public, provider=PROVIDER)
    assert not proof_of_head(seen, NODE.public, provider=NODE_ID)
