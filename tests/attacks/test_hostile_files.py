"""Files from somebody who means harm, given to ``escrow recover``: one error, soon, and nothing written."""

import os
import stat
from pathlib import Path

import pytest

from escrowd.core.seal import MAX_WORK_FACTOR, unseal_passphrase
from escrowd.errors import ConflictError, EscrowdError, InputError, IntegrityError
from escrowd.recovery import gather, open_materials, read_cards, read_kit, read_release, write_out

MATERIAL = Path(__file__).resolve().parents[1] / "vectors/recovery/material"
CARDS = [MATERIAL / "cards/meier-client.txt", MATERIAL / "cards/meier-nodes.txt"]


def nested(depth: int) -> bytes:
    layers = (
        f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n'.encode() for n in range(depth)
    )
    return b"From: a@b.test\r\nMIME-Version: 1.0\r\n" + b"".join(layers) + b"\r\nhello\r\n"


MAILS = {
    "a thousand parts in each other": nested(1_000),
    "three thousand mails in each other": b"Content-Type: message/rfc822\r\n\r\n" * 3_000,
    "a comment in a comment": b"Content-Type: " + b"(" * 3_000 + b"\r\n\r\nx",
}


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_without_a_bottom_is_one_error(name: str, tmp_path: Path):
    """P9: a saved mail that is nested without end is no release, and says so."""
    path = tmp_path / "release.eml"
    path.write_bytes(MAILS[name])
    with pytest.raises(InputError):
        read_release(path)


def test_a_costly_key_is_refused_before_it_costs():
    """P9: a sealed key that asks for more memory than any of ours is refused unread."""
    for factor in (MAX_WORK_FACTOR + 1, 30, 63, 10**9):
        header = (
            f"age-encryption.org/v1\n-> scrypt {'A' * 22} {factor}\n{'A' * 43}\n--- {'A' * 43}\n".encode()
        )
        with pytest.raises(IntegrityError) as caught:
            unseal_passphrase(header + b"\0" * 48, "passphrase")
        assert caught.value.code in {"age.work-factor", "age.damaged", "age.not-passphrase"}


@pytest.mark.parametrize("what", ["pipe", "device", "folder", "socket-like"])
def test_what_is_no_file_is_refused_at_once(what: str, tmp_path: Path):
    """P9: a pipe, a device or a folder in a kit's place is refused and not waited for."""
    kit = tmp_path / "kit"
    kit.mkdir()
    target = kit / "key-1.age"
    match what:
        case "pipe":
            os.mkfifo(target)
        case "device":
            target.symlink_to("/dev/zero")
        case "folder":
            target.mkdir()
        case _:
            os.mkfifo(tmp_path / "elsewhere")
            target.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError) as caught:
        read_kit(kit)
    assert caught.value.code == "file.not-regular"


@pytest.fixture(scope="module")
def opened():
    with open_materials(_material()) as found:
        yield found


def _material():
    return gather([read_kit(MATERIAL / "kit"), read_cards(files=CARDS)])


def test_a_link_in_the_place_of_the_output_is_refused(opened, tmp_path: Path):
    """P9, P10: an output folder that is a link, or is not empty, is refused: nothing is written elsewhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "link").symlink_to(elsewhere)
    with pytest.raises(InputError):
        write_out(opened, tmp_path / "link")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "READ-ME-FIRST.html").symlink_to(elsewhere / "planted")
    with pytest.raises(ConflictError):
        write_out(opened, tmp_path / "full")
    assert list(elsewhere.iterdir()) == []


def test_what_is_written_is_for_its_owner_only(opened, tmp_path: Path):
    """P10: whatever the umask, the folder is 0700 and each file 0600, and an open folder becomes private."""
    out = tmp_path / "out"
    out.mkdir(mode=0o777)
    out.chmod(0o777)
    old = os.umask(0)
    try:
        write_out(opened, out)
    finally:
        os.umask(old)
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    for path in out.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_cards_of_many_sets_end_soon():
    """P9: a file full of cards, each its own set, is one error and no search without end."""
    words = " ".join((MATERIAL / "cards/meier-client.txt").read_text().split())
    cards = read_cards(texts=[(f"card {n}", words) for n in range(200)])
    with pytest.raises(EscrowdError), open_materials(gather([read_kit(MATERIAL / "kit"), cards])):
        pass
