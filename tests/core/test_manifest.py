"""The manifest: what the vectors do not show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrowd.core.keys import SigningKey, fingerprint
from escrowd.core.manifest import (
    NEXT_REVISION,
    Manifest,
    ManifestGroup,
    ManifestSet,
    RetiredSet,
    check_successor,
    make_manifest,
    sign_manifest,
    verify_manifest,
)
from escrowd.core.statements import sign_appointment
from escrowd.errors import ConflictError, EscrowdError, InputError, IntegrityError

ROOT, DAILY = (SigningKey.from_seed(bytes([number]) * 32) for number in (21, 22))
PROVIDER = fingerprint(ROOT.public)
CHAIN = (sign_appointment(ROOT, daily=DAILY.public, created=1),)


def digest(number: int) -> str:
    return format(number, "02x") * 32


def share_set(number: int, slip39_id: int) -> ManifestSet:
    groups = tuple(
        ManifestGroup(name=name, k=1, n=1, proof_keys=(digest(10 * number + index),))
        for index, name in enumerate(("nodes", "client", "successor", "reserve"))
    )
    return ManifestSet(
        set=number,
        slip39_id=slip39_id,
        recipient="age1" + "q" * 58,
        key_sha256=digest(200 + number),
        groups=groups,
    )


def make(revision: int = 1, **other: object) -> Manifest:
    arguments: dict[str, object] = {
        "root": ROOT.public,
        "client": "meier",
        "revision": revision,
        "created": 1_000,
        "bundle_sha256": digest(99),
        "chain": CHAIN,
        "sets": (share_set(1, 5),),
    }
    return make_manifest(**(arguments | other))


SIGNED = sign_manifest(make(), DAILY)


@given(st.integers(0, 8 * len(SIGNED) - 1))
def test_any_flipped_bit_is_refused(bit: int) -> None:
    """No bit of a manifest can change without its refusal (P8, P9)."""
    data = bytearray(SIGNED.encode())
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(IntegrityError):
        verify_manifest(bytes(data), root=PROVIDER)


@given(st.binary(max_size=200))
def test_noise_is_one_of_our_errors(data: bytes) -> None:
    """Whatever lies in the file, the answer is an error of ours (P9)."""
    with pytest.raises(EscrowdError):
        verify_manifest(data)


def test_bytes_of_a_file_and_text_read_the_same() -> None:
    """A file with a line feed at its end, as text editors leave one, holds the same manifest."""
    assert verify_manifest(SIGNED.encode() + b"\n") == verify_manifest(SIGNED, root=PROVIDER) == make()


def test_next_revision_is_promised_within_400_days() -> None:
    """The manifest itself says by when a newer one must exist."""
    assert make().next_revision_by == 1_000 + NEXT_REVISION == 1_000 + 400 * 86_400


def test_signing_with_a_key_that_the_chain_does_not_lead_to() -> None:
    """A manifest that nobody could verify is not handed out."""
    with pytest.raises(IntegrityError, match=r"manifest\.bad-signature"):
        sign_manifest(make(), ROOT)


def test_building_a_broken_manifest_names_the_claim() -> None:
    """A rule that is broken while a manifest is made is named, without the value (P9, P10)."""
    with pytest.raises(InputError) as caught:
        make(sets=(share_set(1, 5), share_set(2, 5)))
    assert caught.value.fields == {"document": "Manifest", "claim": "", "problem": "identifier_twice"}


def test_cards_find_their_set() -> None:
    """The identifier on a card leads to a live set, or to the date on which its set ended."""
    ended = RetiredSet(set=1, slip39_id=5, date=7)
    manifest = make(sets=(share_set(2, 6), share_set(3, 8)), retired=(ended,))
    assert manifest.live(6) == manifest.sets[0]
    assert manifest.newest.set == 3
    assert manifest.ended(5) == ended
    assert manifest.live(5) is None
    assert manifest.ended(6) is None


def test_files_are_compared_with_the_manifest() -> None:
    """A bundle or key other than the one signed for is named as such (P9)."""
    manifest = make()
    manifest.check_bundle(digest(99))
    manifest.check_key(1, digest(201))
    for check, code in (
        (lambda: manifest.check_bundle(digest(1)), "manifest.bundle-differs"),
        (lambda: manifest.check_key(1, digest(1)), "manifest.key-differs"),
        (lambda: manifest.check_key(2, digest(201)), "manifest.set-unknown"),
    ):
        with pytest.raises(IntegrityError) as caught:
            check()
        assert caught.value.code == code


@given(st.lists(st.integers(1, 50), min_size=2, max_size=5))
def test_revisions_only_rise(revisions: list[int]) -> None:
    """Of any sequence of revisions a reader ends at the highest and never goes back."""
    newest = SIGNED
    highest = 1
    for revision in revisions:
        text = sign_manifest(make(revision, created=revision * 1_000), DAILY)
        if revision > highest:
            newest, highest = text, check_successor(newest, text, root=PROVIDER).revision
        elif text != newest:
            with pytest.raises(ConflictError, match=r"manifest\.(older|same-revision)"):
                check_successor(newest, text, root=PROVIDER)
    assert verify_manifest(newest).revision == max([1, *revisions])


def test_new_set_and_new_daily_key_do_not_break_the_line() -> None:
    """A re-sealed bundle, a new daily key and a signature by the root follow what was seen (P7)."""
    other = SigningKey.from_seed(bytes([23]) * 32)
    chain = (*CHAIN, sign_appointment(ROOT, daily=other.public, created=2))
    second = sign_manifest(make(2, chain=chain), other)
    third = sign_manifest(make(3, chain=()), ROOT)
    check_successor(SIGNED, second, root=PROVIDER)
    assert check_successor(second, third, root=PROVIDER).revision == 3
