"""Write ``payloads/``: ZIPs as they lie in a bundle, sound and hostile, by Python's own ZIP writer and by hand."""

import base64
import hashlib
import json
import struct
import textwrap
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

FOLDER = Path(__file__).parent / "payloads"
PAGE = "<!doctype html><meta charset=utf-8><title>Bäckerei</title><p>Größe".encode()
PLAN = b"%PDF-1.7\n"
BUNDLE = {
    "schema": "escrow-bundle/1",
    "client": "baeckerei",
    "name": "Bäckerei Größe",
    "language": "de",
    "profile": "full-service",
    "revision": 1,
    "entries": [{"id": "aaaaaaaa", "title": "Webshop", "kind": "website-login", "password": "pä$$"}],
    "documents": [
        {
            "id": "aaaaaaab",
            "name": "../../Plän.pdf",
            "file": "_.._Plän.pdf",
            "size": len(PLAN),
            "sha256": hashlib.sha256(PLAN).hexdigest(),
            "entry": "aaaaaaaa",
        }
    ],
    "history": [{"number": 1, "when": 1_795_000_000, "changes": []}],
}
PLAN_PATH = "documents/aaaaaaab/_.._Plän.pdf"

Member = tuple[str | zipfile.ZipInfo, bytes]


def archive(*members: Member, method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    target = BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w", method) as made:
        warnings.simplefilter("ignore")  # some of these are about duplicates
        for name, data in members:
            info = zipfile.ZipInfo(name) if isinstance(name, str) else name
            info.compress_type = method
            info.external_attr = info.external_attr or 0o100600 << 16
            made.writestr(info, data)
        made.comment = comment
    return target.getvalue()


def special(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def members(**changes: Member | None) -> list[Member]:
    """The members of a sound payload, with ``changes``: another, one more, or (``None``) one less."""
    sound: dict[str, Member | None] = {
        "page": ("READ-ME-FIRST.html", PAGE),
        "bundle": ("bundle.json", text(BUNDLE)),
        "plan": (PLAN_PATH, PLAN),
        **changes,
    }
    return [member for member in sound.values() if member is not None]


def text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def patched(local: dict[int, bytes], central: dict[int, bytes]) -> bytes:
    """The sound payload with bytes replaced in its first member's local header and central record."""
    data = bytearray(archive(*members()))
    directory = struct.unpack("<L", data[-6:-2])[0]
    for base, changes in ((0, local), (directory, central)):
        for offset, value in changes.items():
            data[base + offset : base + offset + len(value)] = value
    return bytes(data)


def overlapping() -> bytes:
    """The second member's record points to the first member's bytes."""
    data = archive(*members())
    start = struct.unpack("<L", data[-6:-2])[0]
    second = start + 46 + struct.unpack("<H", data[start + 28 : start + 30])[0]
    return data[: second + 42] + bytes(4) + data[second + 46 :]


def cases() -> Iterator[tuple[str, str, bytes]]:
    """Name, expectation, bytes."""
    sound = archive(*members())
    yield "ok", "ok", sound
    yield "ok-stored", "ok", archive(*members(), method=zipfile.ZIP_STORED)
    yield "ok-other-order", "ok", archive(*reversed(members()))
    yield "empty-file", "payload.not-zip", b""
    yield "empty-archive", "payload.missing-file", archive()
    yield "cut-last-byte", "payload.not-zip", sound[:-1]
    yield "cut-half", "payload.not-zip", sound[: len(sound) // 2]
    yield "bytes-before", "payload.not-zip", b"MZ" + sound
    yield "bytes-behind", "payload.not-zip", sound + b"\n"
    yield "comment", "payload.not-zip", archive(*members(), comment=b"hello")
    yield "zip64-locator", "payload.not-zip", sound[:-22] + b"PK\x06\x07" + bytes(16) + sound[-22:]
    yield "page-missing", "payload.missing-file", archive(*members(page=None))
    yield "bundle-missing", "payload.missing-file", archive(*members(bundle=None))
    yield "document-missing", "payload.missing-file", archive(*members(plan=None))
    yield (
        "document-other-bytes",
        "payload.document-changed",
        archive(*members(plan=(PLAN_PATH, b"%PDF-1.8\n"))),
    )
    yield "document-longer", "payload.document-changed", archive(*members(plan=(PLAN_PATH, PLAN + b"x")))
    yield (
        "member-unannounced",
        "payload.unexpected-file",
        archive(*members(more=("documents/aaaaaaac/x", b""))),
    )
    yield "member-beside", "payload.unexpected-file", archive(*members(more=("autorun.inf", b"")))
    yield "member-twice", "payload.duplicate-name", archive(*members(more=("bundle.json", b"{}")))
    for name, path in (
        ("parent", "../x"),
        ("parent-inside", "documents/../../x"),
        ("absolute", "/etc/cron.d/x"),
        ("backslash", "documents\\..\\x"),
        ("drive", "C:x"),
        ("control", "x\x1b[2J"),
        ("hidden", "documents/aaaaaaab/.bashrc"),
        ("double-slash", "documents//x"),
    ):
        yield f"name-{name}", "payload.unsafe-name", archive(*members(more=(path, b"")))
    table, database, password = (
        ("exports/credentials.csv", b"\xef\xbb\xbfTitel\r\nWebshop\r\n"),
        ("exports/credentials.kdbx", b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5 and so on"),
        ("exports/password.txt", b"mzxw6ytboi4tgnbqgizdgmrrge"),
    )
    yield "ok-exports", "ok", archive(*members(table=table, database=database, password=password))
    yield "ok-export-table", "ok", archive(*members(table=table))
    missing = "payload.missing-file"
    yield "export-without-password", missing, archive(*members(table=table, database=database))
    yield "export-password-for-nothing", missing, archive(*members(table=table, password=password))
    for name, path in (
        ("other-name", "exports/baeckerei.kdbx"),
        ("other-case", "Exports/credentials.csv"),
        ("other-folder", "exports/old/credentials.csv"),
        ("beside", "credentials.csv"),
    ):
        yield f"export-{name}", "payload.unexpected-file", archive(*members(more=(path, b"x")))
    yield "export-twice", "payload.duplicate-name", archive(*members(table=table, more=table))
    long = (password[0], b"a" * 129)
    yield "export-password-long", "payload.over-limit", archive(*members(database=database, password=long))
    yield "folder", "payload.not-a-file", archive(*members(more=(special("documents/", 0o040700), b"")))
    yield "link", "payload.not-a-file", archive(*members(more=(special("link", 0o120777), b"/etc/passwd")))
    yield "device", "payload.not-a-file", archive(*members(more=(special("null", 0o020666), b"")))
    yield "method-bzip2", "payload.method", archive(*members(), method=zipfile.ZIP_BZIP2)
    yield "encrypted-flag", "payload.encrypted", patched({6: b"\x01\0"}, {8: b"\x01\0"})
    yield "overlap", "payload.overlap", overlapping()
    short = struct.pack("<L", len(PAGE) - 1)
    crc = struct.pack("<L", zlib.crc32(PAGE[:-1]))
    yield "size-smaller-with-its-crc", "payload.size-lie", patched({14: crc, 22: short}, {16: crc, 24: short})
    longer = struct.pack("<L", len(PAGE) + 1)
    yield "size-larger", "payload.size-lie", patched({22: longer}, {24: longer})
    yield "crc-wrong", "payload.damaged", patched({14: bytes(4)}, {16: bytes(4)})
    yield "local-name-differs", "payload.damaged", patched({30: b"X"}, {})
    yield "bomb-page", "payload.over-limit", archive(*members(page=("READ-ME-FIRST.html", bytes(65 * 2**20))))
    for name, code, data in (
        ("nan", "json.not-finite", b'{"schema": NaN}'),
        ("brackets", "json.too-deep", b"[" * 100_000 + b"]" * 100_000),
        (
            "duplicate-key",
            "json.duplicate-key",
            b'{"schema": "escrow-bundle/1", "schema": "escrow-bundle/1"}',
        ),
        ("other-version", "bundle.schema-unknown", text({**BUNDLE, "schema": "escrow-bundle/2"})),
        ("unknown-field", "document.invalid", text({**BUNDLE, "hidden": "x"})),
        ("float", "json.float", text({**BUNDLE, "revision": 1.0})),
        ("unsafe-file", "document.invalid", text(BUNDLE).replace(b'"_.._Pl', b'"../Pl')),
        ("dead-reference", "document.invalid", text({**BUNDLE, "entries": []})),
        ("id-twice", "document.invalid", text({**BUNDLE, "entries": BUNDLE["entries"] * 2})),
    ):
        yield f"bundle-{name}", code, archive(*members(bundle=("bundle.json", data)))


if __name__ == "__main__":
    for case, expectation, content in cases():
        body = "\n".join(textwrap.wrap(base64.b64encode(content).decode(), 100))
        (FOLDER / f"{case}.txt").write_text(f"expect: {expectation}\n\n{body}\n", encoding="utf-8")
