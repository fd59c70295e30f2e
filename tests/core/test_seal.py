"""age files: ours, damaged, and across with Debian's ``age``."""

import errno
import io
import os
import subprocess
from pathlib import Path

import pexpect
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escrowd.core import seal
from escrowd.core.keys import Identity, new_identity
from escrowd.errors import EscrowdError, InputError, IntegrityError

ONE, TWO = new_identity(), new_identity()
SIZES = (0, 1, 65_535, 65_536, 65_537, 200_000)


def code(call, *args) -> str:
    with pytest.raises(EscrowdError) as caught:
        call(*args)
    return caught.value.code


@pytest.mark.parametrize("size", SIZES)
def test_sealed_opens_for_each_recipient(size: int):
    """What is sealed to two recipients opens with either identity, and with no third."""
    data = os.urandom(size)
    sealed = seal.seal_bytes(data, [ONE.recipient, TWO.recipient])
    assert seal.unseal_bytes(sealed, [ONE.text]) == data
    assert seal.unseal_bytes(sealed, [new_identity().text, TWO.text]) == data
    assert code(seal.unseal_bytes, sealed, [new_identity().text]) == "age.wrong-key"


def test_damage_is_named():
    """A file cut anywhere, or changed in its body, is damaged; something else is no age file (P9)."""
    sealed = seal.seal_bytes(os.urandom(150_000), [ONE.recipient])
    for cut in (30, 100, 190, 250, 70_000, len(sealed) - 1):
        assert code(seal.unseal_bytes, sealed[:cut], [ONE.text]) == "age.damaged"
    changed = bytearray(sealed)
    changed[100_000] ^= 1
    assert code(seal.unseal_bytes, bytes(changed), [ONE.text]) == "age.damaged"
    assert code(seal.unseal_bytes, sealed + b"x", [ONE.text]) == "age.damaged"
    assert code(seal.unseal_bytes, b"PK\3\4", [ONE.text]) == "age.not-age"
    assert code(seal.unseal_bytes, b"", [ONE.text]) == "age.not-age"


def test_wrong_recipients_and_identities_are_refused():
    """No recipient at all, or a string that is none, seals nothing."""
    assert code(seal.seal_bytes, b"x", []) == "seal.no-recipient"
    assert code(seal.seal_bytes, b"x", ["age1foo"]) == "key.recipient-malformed"
    assert code(seal.unseal_bytes, seal.seal_bytes(b"x", [ONE.recipient]), ["AGE-SECRET-KEY-1X"]) == (
        "key.identity-malformed"
    )


class Full(io.BytesIO):
    def write(self, _data) -> int:
        raise OSError(errno.ENOSPC, "full")


class Unreadable(io.BytesIO):
    def read(self, _size=-1) -> bytes:
        raise OSError(errno.EIO, "unreadable")


def test_a_stream_s_own_error_comes_through():
    """A full disk while sealing or opening is seen as such, not as a damaged file."""
    sealed = seal.seal_bytes(b"x" * 100_000, [ONE.recipient])
    with pytest.raises(OSError, match="full"):
        seal.seal(io.BytesIO(b"x" * 100_000), Full(), [ONE.recipient])
    with pytest.raises(OSError, match="full"):
        seal.unseal(io.BytesIO(sealed), Full(), [ONE.text])
    with pytest.raises(OSError, match="unreadable"):
        seal.seal(Unreadable(), io.BytesIO(), [ONE.recipient])


@pytest.mark.parametrize("size", SIZES)
def test_passphrase_file_opens_again(size: int):
    """Our scrypt writer's files open with pyrage at every size around a chunk."""
    data = os.urandom(size)
    sealed = seal.seal_passphrase(data, "pass wörd", 2)
    assert sealed.startswith(b"age-encryption.org/v1\n-> scrypt ")
    assert seal.unseal_passphrase(sealed, "pass wörd") == data
    assert code(seal.unseal_passphrase, sealed, "pass word") == "age.wrong-passphrase"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_flipped_bit_never_gives_other_content(data):
    """Whatever single bit of a passphrase file flips, opening fails with an error of ours (P9)."""
    sealed = bytearray(seal.seal_passphrase(b"content", "passphrase", 1))
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[at // 8] ^= 1 << at % 8
    with pytest.raises(IntegrityError):
        seal.unseal_passphrase(bytes(sealed), "passphrase", 10)


def test_work_factors_are_bounded():
    """A work factor out of range is neither written nor, from a foreign file, computed."""
    assert code(seal.seal_passphrase, b"x", "p", 0) == "seal.work-factor"
    assert code(seal.seal_passphrase, b"x", "p", 21) == "seal.work-factor"
    assert code(seal.seal_passphrase, b"x", "", 2) == "seal.no-passphrase"
    sealed = seal.seal_passphrase(b"x", "p", 9)
    assert code(seal.unseal_passphrase, sealed, "p", 8) == "age.work-factor"
    huge = sealed.replace(b" 9\n", b" 30\n", 1)
    assert code(seal.unseal_passphrase, huge, "p") == "age.work-factor"


def test_kinds_of_age_files_are_told_apart():
    """A file sealed to a key is no passphrase file, and the other way round."""
    sealed = seal.seal_bytes(b"x", [ONE.recipient])
    assert code(seal.unseal_passphrase, sealed, "p") == "age.not-passphrase"
    assert code(seal.unseal_passphrase, b"no", "p") == "age.not-age"
    assert code(seal.unseal_bytes, seal.seal_passphrase(b"x", "p", 1), [ONE.text]) == "age.wrong-key"


def test_debian_age_opens_ours(tmp_path: Path):
    """Debian's ``age`` opens what we seal to a recipient (P5)."""
    data = os.urandom(100_000)
    (tmp_path / "id").write_bytes(ONE.to_file())
    (tmp_path / "ours.age").write_bytes(seal.seal_bytes(data, [ONE.recipient, TWO.recipient]))
    done = subprocess.run(
        ["age", "-d", "-i", tmp_path / "id", tmp_path / "ours.age"], capture_output=True, check=True
    )
    assert done.stdout == data


def test_ours_opens_debian_age():
    """We open what Debian's ``age`` seals to a recipient, and identities that ``age-keygen`` makes are read."""
    made = subprocess.run(["age-keygen"], capture_output=True, check=True, text=True).stdout.splitlines()
    identity = Identity.from_text(made[-1])
    assert made[1] == f"# public key: {identity.recipient}"
    data = os.urandom(100_000)
    sealed = subprocess.run(
        ["age", "-r", identity.recipient], input=data, capture_output=True, check=True
    ).stdout
    assert seal.unseal_bytes(sealed, [identity.text]) == data


def test_debian_age_opens_our_passphrase_file(tmp_path: Path):
    """Debian's ``age`` opens what our scrypt writer writes, asked for the passphrase at a terminal (P5)."""
    (tmp_path / "ours.age").write_bytes(seal.seal_passphrase(b"inside\n" * 20_000, "correct horse", 10))
    child = pexpect.spawn("age", ["-d", "-o", str(tmp_path / "out"), str(tmp_path / "ours.age")], timeout=30)
    child.expect("assphrase")
    child.sendline("correct horse")
    child.expect(pexpect.EOF)
    assert (tmp_path / "out").read_bytes() == b"inside\n" * 20_000


def test_ours_opens_debian_age_passphrase_file(tmp_path: Path):
    """We open what Debian's ``age -p`` writes, with its own work factor of 18 (P5)."""
    (tmp_path / "in").write_bytes(b"from age")
    child = pexpect.spawn("age", ["-p", "-o", str(tmp_path / "p.age"), str(tmp_path / "in")], timeout=60)
    child.expect("assphrase")
    child.sendline("correct horse")
    child.expect("onfirm")
    child.sendline("correct horse")
    child.expect(pexpect.EOF)
    assert seal.unseal_passphrase((tmp_path / "p.age").read_bytes(), "correct horse") == b"from age"


def test_sealing_streams_in_bounded_memory():
    """A stream is read in pieces; nothing asks for the whole of it."""

    class Pieces(io.RawIOBase):
        left = 3_000_000
        largest = 0

        def readable(self) -> bool:
            return True

        def read(self, size=-1) -> bytes:
            assert size > 0
            self.largest = max(self.largest, size)
            piece = b"x" * min(size, self.left)
            self.left -= len(piece)
            return piece

    source, target = Pieces(), io.BytesIO()
    seal.seal(source, target, [ONE.recipient])
    assert source.largest <= 1_048_576
    assert len(seal.unseal_bytes(target.getvalue(), [ONE.text])) == 3_000_000


def test_seal_refuses_bad_arguments_before_reading():
    """A refused recipient leaves the source unread."""
    source = io.BytesIO(b"data")
    with pytest.raises(InputError):
        seal.seal(source, io.BytesIO(), ["age1foo"])
    assert source.tell() == 0
