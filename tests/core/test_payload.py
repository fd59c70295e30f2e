import hashlib
import io
import shutil
import struct
import subprocess
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from escrowd.core.bundle import Bundle, Document, Entry, bundle_to_bytes, changed
from escrowd.core.bundle.imported import new_document
from escrowd.core.payload import (
    BUNDLE,
    LIMITS,
    README,
    Limits,
    document_path,
    documents_in_memory,
    read_payload,
    write_payload,
)
from escrowd.errors import EscrowdError, InputError, IntegrityError, NotFoundError

PAGE = "<!doctype html><p>Größe</p>".encode()
PLAN = new_document("aaaaaaab", "../../Plän.pdf", b"%PDF", "aaaaaaaa")
EMPTY_FILE = new_document("aaaaaaac", "CON", b"")
CONTENTS = {PLAN.id: b"%PDF", EMPTY_FILE.id: b""}
WHOLE = Bundle(
    client="x",
    name="Bäckerei",
    language="de",
    profile="guided",
    revision=0,
    entries=(Entry(id="aaaaaaaa", title="Shop", kind="other", password="geheim"),),
    documents=(PLAN, EMPTY_FILE),
)
PLAN_PATH = "documents/aaaaaaab/_.._Plän.pdf"


def packed(bundle: Bundle = WHOLE, page: bytes = PAGE, contents: dict[str, bytes] = CONTENTS) -> bytes:
    target = io.BytesIO()
    write_payload(target, bundle, page, documents_in_memory(contents))
    return target.getvalue()


Member = tuple[str | zipfile.ZipInfo, bytes]


def foreign(*members: Member, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP by another writer: the members of ``WHOLE`` in the named order and contents."""
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w", method) as archive:
        warnings.simplefilter("ignore")  # duplicates are what some of these are about
        for name, data in members:
            archive.writestr(name, data)
    return target.getvalue()


def parts(**changes: Member | None) -> list[Member]:
    members: dict[str, Member | None] = {
        "page": (README, PAGE),
        "bundle": (BUNDLE, bundle_to_bytes(WHOLE)),
        "plan": (PLAN_PATH, b"%PDF"),
        "empty": ("documents/aaaaaaac/_CON", b""),
        **changes,
    }
    return [member for member in members.values() if member is not None]


def code_of(data: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(EscrowdError) as caught:
        read_payload(io.BytesIO(data), limits)
    return caught.value.code


def test_a_payload_is_read_back():
    """Bundle, page and documents come back as they were packed, under harmless names."""
    payload = read_payload(io.BytesIO(packed()))
    assert (payload.bundle, payload.readme()) == (WHOLE, PAGE)
    assert [file.name for file in payload.files] == [README, BUNDLE, PLAN_PATH, "documents/aaaaaaac/_CON"]
    assert payload.open_document(PLAN).read() == b"%PDF"
    assert payload.open_document(EMPTY_FILE).read() == b""
    with pytest.raises(NotFoundError) as caught:
        payload.open_file("other")
    assert caught.value.code == "payload.no-such-file"
    assert "geheim" not in repr(payload)


def test_the_same_input_gives_the_same_bytes():
    """Packing is deterministic: dates are 1980-01-01, modes 0600, the order is the bundle's (design 3)."""
    assert packed() == packed()
    with zipfile.ZipFile(io.BytesIO(packed())) as archive:
        for info in archive.infolist():
            assert (info.date_time, info.external_attr >> 16) == ((1980, 1, 1, 0, 0, 0), 0o100600)
            assert (info.compress_type, info.extra, info.comment) == (zipfile.ZIP_DEFLATED, b"", b"")
        assert archive.getinfo(PLAN_PATH).flag_bits & 0x800


def test_a_payload_is_repacked_from_itself():
    """The next payload takes its unchanged documents straight from the former one."""
    former = read_payload(io.BytesIO(packed()))
    other = changed(WHOLE, documents=(*WHOLE.documents, new_document("aaaaaaad", "neu", b"1")))
    target = io.BytesIO()
    write_payload(target, other, PAGE, documents_in_memory({"aaaaaaad": b"1"}, former.open_document))
    assert read_payload(target).open_document(PLAN).read() == b"%PDF"


@pytest.mark.skipif(shutil.which("unzip") is None, reason="needs unzip")
def test_unzip_reads_it(tmp_path: Path):
    """The public tool that the card names unpacks a payload without a complaint (P5)."""
    (tmp_path / "bundle.zip").write_bytes(packed())
    subprocess.run(
        ["unzip", "-q", "bundle.zip", "-d", "out"], cwd=tmp_path, check=True, env={"LANG": "C.UTF-8"}
    )
    assert (tmp_path / "out" / PLAN_PATH).read_bytes() == b"%PDF"
    assert (tmp_path / "out" / README).read_bytes() == PAGE


def test_another_writers_zip_is_read():
    """A payload packed again by another program, in another order or without compression, is still one."""
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        assert read_payload(io.BytesIO(foreign(*reversed(parts()), method=method))).bundle == WHOLE


def entry_of(name: str, mode: int = 0o100600) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ([], "payload.missing-file"),
        (parts(page=None), "payload.missing-file"),
        (parts(bundle=None), "payload.missing-file"),
        (parts(plan=None), "payload.missing-file"),
        (parts(more=("documents/aaaaaaad/x", b"")), "payload.unexpected-file"),
        (parts(more=("autorun.inf", b"")), "payload.unexpected-file"),
        (parts(more=("../x", b"")), "payload.unsafe-name"),
        (parts(more=("/etc/passwd", b"")), "payload.unsafe-name"),
        (parts(more=("documents/../../x", b"")), "payload.unsafe-name"),
        (parts(more=("documents\\x", b"")), "payload.unsafe-name"),
        (parts(more=("C:x", b"")), "payload.unsafe-name"),
        (parts(more=("x\x1b[31m", b"")), "payload.unsafe-name"),
        (parts(more=("documents/", b"")), "payload.not-a-file"),
        (parts(more=(entry_of("link", 0o120777), b"/etc/passwd")), "payload.not-a-file"),
        (parts(more=(entry_of("pipe", 0o010600), b"")), "payload.not-a-file"),
        (parts(more=(README, b"other")), "payload.duplicate-name"),
        (parts(plan=(PLAN_PATH, b"%PDX")), "payload.document-changed"),
        (parts(plan=(PLAN_PATH, b"%PDF1")), "payload.document-changed"),
        (parts(bundle=(BUNDLE, b"[" * 100_000 + b"]" * 100_000)), "json.too-deep"),
        (parts(bundle=(BUNDLE, b'{"schema": NaN}')), "json.not-finite"),
        (parts(bundle=(BUNDLE, b"{}")), "bundle.schema-unknown"),
    ],
)
def test_other_members_are_refused(members: list[Member], code: str):
    """Missing, additional, unsafe, doubled or changed members are refused by name before anything is handed out."""
    assert code_of(foreign(*members)) == code


def test_other_methods_are_refused():
    """A member that neither is stored nor deflated is refused, whatever this Python could unpack."""
    assert code_of(foreign(*parts(), method=zipfile.ZIP_BZIP2)) == "payload.method"


def directory_of(data: bytes) -> int:
    return struct.unpack("<L", data[-6:-2])[0]


def patched(data: bytes, local: dict[int, bytes], central: dict[int, bytes]) -> bytes:
    """``data`` with bytes replaced in the first member's local header and in its central record."""
    changed_data = bytearray(data)
    for base, changes in ((0, local), (directory_of(data), central)):
        for offset, value in changes.items():
            changed_data[base + offset : base + offset + len(value)] = value
    return bytes(changed_data)


def flagged(data: bytes) -> bytes:
    return patched(data, {6: b"\x01\x00"}, {8: b"\x01\x00"})


def smaller(data: bytes) -> bytes:
    """The first member states one byte less, with the checksum of that beginning."""
    size, crc = struct.pack("<L", len(PAGE) - 1), struct.pack("<L", __import__("zlib").crc32(PAGE[:-1]))
    return patched(data, {14: crc, 22: size}, {16: crc, 24: size})


def larger(data: bytes) -> bytes:
    size = struct.pack("<L", len(PAGE) + 1)
    return patched(data, {22: size}, {24: size})


def trailing(data: bytes) -> bytes:
    """The first member's packed size includes one byte of the next header."""
    size = struct.unpack("<L", data[18:22])[0] + 1
    return patched(data, {}, {20: struct.pack("<L", size)})


def overlapping(data: bytes) -> bytes:
    """The second record points to the first member."""
    start = directory_of(data)
    second = start + 46 + struct.unpack("<H", data[start + 28 : start + 30])[0]
    return data[: second + 42] + bytes(4) + data[second + 46 :]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda _: b"", "payload.not-zip"),
        (lambda _: b"PK", "payload.not-zip"),
        (lambda _: PAGE * 10, "payload.not-zip"),
        (lambda data: data[:-1], "payload.not-zip"),
        (lambda data: data[:-30], "payload.not-zip"),
        (lambda data: data[: len(data) // 2], "payload.not-zip"),
        (lambda data: b"MZ" + data, "payload.not-zip"),
        (lambda data: data + b"x", "payload.not-zip"),
        (lambda data: data[:-2] + b"\x01\x00x", "payload.not-zip"),
        (lambda data: data[:-22] + b"PK\x06\x07" + bytes(16) + data[-22:], "payload.not-zip"),
        (flagged, "payload.encrypted"),
        (smaller, "payload.size-lie"),
        (larger, "payload.size-lie"),
        (trailing, "payload.overlap"),
        (overlapping, "payload.overlap"),
        (lambda data: patched(data, {0: b"XX"}, {}), "payload.damaged"),
        (lambda data: patched(data, {30: b"X"}, {}), "payload.damaged"),
        (lambda data: patched(data, {8: b"\x00\x00"}, {}), "payload.damaged"),
        (lambda data: patched(data, {46: b"\xff\xff"}, {}), "payload.damaged"),
        (lambda data: patched(data, {14: b"\0\0\0\0"}, {16: b"\0\0\0\0"}), "payload.damaged"),
    ],
)
def test_damaged_archives_are_refused(damage: Callable[[bytes], bytes], code: str):
    """Cut, prefixed, encrypted, overlapping or lying archives are refused with one error (P9)."""
    assert code_of(damage(packed())) == code


def test_every_flipped_byte_is_noticed_or_harmless():
    """A flipped byte anywhere is refused, or leaves every content as it was: never another value (P9)."""
    data = packed()
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 0x41
        try:
            payload = read_payload(io.BytesIO(bytes(flipped)))
        except EscrowdError:
            continue
        assert (payload.bundle, payload.readme()) == (WHOLE, PAGE)
        assert payload.open_document(PLAN).read() == b"%PDF"


def test_limits_hold_before_anything_is_unpacked():
    """A bomb is refused by its stated sizes; one that lies about them when the first byte too many appears."""
    bomb = foreign(*parts(page=(README, bytes(70 * 2**20))))
    tracemalloc.start()
    assert code_of(bomb) == "payload.over-limit"
    assert code_of(foreign(*parts()), Limits(archive=500)) == "payload.over-limit"
    assert code_of(foreign(*parts()), Limits(members=3)) == "payload.over-limit"
    assert code_of(foreign(*parts()), Limits(bundle=100)) == "payload.over-limit"
    assert code_of(foreign(*parts()), Limits(unpacked=300)) == "payload.over-limit"
    lying = patched(bomb, {22: b"\x0a\0\0\0"}, {24: b"\x0a\0\0\0"})
    assert code_of(lying) == "payload.size-lie"
    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("bundle", "page", "contents", "code"),
    [
        (WHOLE, PAGE, {**CONTENTS, PLAN.id: b"%PDX"}, "payload.document-changed"),
        (WHOLE, PAGE, {**CONTENTS, PLAN.id: b"%PD"}, "payload.document-changed"),
        (WHOLE, PAGE, {**CONTENTS, PLAN.id: b"%PDF" + bytes(2**20)}, "payload.document-changed"),
        (WHOLE, PAGE, {EMPTY_FILE.id: b""}, "payload.no-such-file"),
        (WHOLE, bytes(65 * 2**20), CONTENTS, "payload.too-large"),
    ],
)
def test_what_could_not_be_opened_is_not_packed(
    bundle: Bundle, page: bytes, contents: dict[str, bytes], code: str
):
    """A payload that its reader would refuse is refused while it is written, not when it is needed."""
    with pytest.raises(EscrowdError) as caught:
        packed(bundle, page, contents)
    assert caught.value.code == code


def test_more_documents_than_are_read_are_not_packed():
    """The number of members is bounded on both sides."""
    many = tuple(
        Document(id=f"aaaa{a}{b}{c}{d}", name="x", file="x", size=0, sha256=hashlib.sha256().hexdigest())
        for a in "bcdefghi" for b in "abcdefgh" for c in "abcdefgh" for d in "abcdefghijklmno"
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        packed(changed(WHOLE, documents=many), contents={item.id: b"" for item in many})
    assert caught.value.code == "payload.too-many"


def test_an_error_carries_no_control_characters():
    """The name of a hostile member is escaped before it reaches a terminal."""
    with pytest.raises(IntegrityError) as caught:
        read_payload(io.BytesIO(foreign(*parts(more=("x\x1b[31m", b"")))))
    assert caught.value.fields == {"name": "x\\x1b[31m"}


def test_paths_are_built_from_id_and_harmless_name():
    """A document lies below its id, so that no two names meet on any file system."""
    assert document_path(PLAN) == PLAN_PATH
