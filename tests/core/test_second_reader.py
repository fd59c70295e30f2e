"""A second reader of the vectors, written from docs/formats.md with the standard library and plain Ed25519.

It shares no line with the project. It judges ledgers in full (section 15), and of signed documents what section 6
says: shape, header, one reading of the payload, signature.
"""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
FIRST = (0, "0" * 64)


class Refused(Exception):  # noqa: N818 — a verdict, no fault
    pass


def no(reason: str) -> Any:
    raise Refused(reason)


def strict_json(data: bytes) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(items) if len(dict(items)) == len(items) else no("key twice")

    def integer(text: str) -> int:
        return int(text) if abs(int(text)) < 2**53 else no("large")

    if len(data) > 65_536 * 2 or re.search(rb"[\[{]{65}", data):
        no("nested")
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=pairs,
            parse_int=integer,
            parse_float=no,
            parse_constant=no,
        )
    except ValueError:
        return no("json")


def canonical(value: Any) -> bytes:
    """RFC 8785 for JSON without floats and with keys in the basic plane."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def ledger(header: dict[str, str], document: bytes) -> None:
    def head(name: str) -> tuple[int, str]:
        seq, digest = header[name].split(" ")
        return int(seq), digest

    seq, prev = head("after") if "after" in header else FIRST
    reached = {(seq, prev)}
    node = header.get("node")
    for line in document.split(b"\n")[:-1] if document.endswith(b"\n") else document.split(b"\n"):
        if not document:
            break
        entry = strict_json(line)
        names = {"node", "seq", "node_time", "wall", "type", "body", "body_sha256", "prev", "hash"}
        if not isinstance(entry, dict) or entry.keys() != names or canonical(entry) != line:
            no("form")
        array = [entry[name] for name in ("node", "seq", "node_time", "wall", "type", "body_sha256", "prev")]
        if hashlib.sha256(canonical(["escrow-ledger/1", *array])).hexdigest() != entry["hash"]:
            no("hash")
        if entry["body"] is not None:
            digest = hashlib.sha256(canonical(entry["body"])).hexdigest()
            if digest != entry["body_sha256"]:
                no("body")
        node = node or entry["node"]
        if (entry["node"], entry["seq"], entry["prev"]) != (node, seq + 1, prev):
            no("order")
        seq, prev = entry["seq"], entry["hash"]
        reached.add((seq, prev))
    if "expected" in header and head("expected") not in reached:
        no("head")
    if "head" in header:
        assert (seq, prev) == head("head")


def decode(part: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return no("base64")
    return data if base64.urlsafe_b64encode(data).rstrip(b"=").decode() == part else no("spare bits")


def signed(compact: str, typ: str, *keys: str) -> dict[str, Any]:
    if not re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", compact, re.ASCII):
        no("shape")
    header, payload, signature = (decode(part) for part in compact.split("."))
    if strict_json(header) != {"alg": "Ed25519", "typ": typ}:
        no("header")
    claims = strict_json(payload)
    if not isinstance(claims, dict):
        no("claims")
    for key in keys or [claims["public"]]:
        try:
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
            public.verify(signature, compact.rpartition(".")[0].encode())
        except (InvalidSignature, ValueError):
            continue
        return claims
    return no("signature")


def manifest(_header: dict[str, str], document: bytes) -> None:
    text = document.decode().strip()
    claims = strict_json(decode(text.split(".")[1])) if text.count(".") == 2 else no("shape")
    key = claims["root"] if isinstance(claims, dict) and "root" in claims else no("claims")
    for link in claims["chain"]:
        key = signed(link, "escrow-appointment+jwt", claims["root"])["daily"]
    signed(text, "escrow-manifest+jwt", key)


def statement(header: dict[str, str], document: bytes) -> None:
    text = document.decode().strip()
    match header["kind"]:
        case "statement":
            signed(text, "escrow-statement+jwt", header["root"], header["daily"])
        case "receipt":
            signed(text, "escrow-receipt+jwt", header["node-key"])
        case "invitation":
            signed("".join(text.split()), "escrow-invitation+jwt")
        case "appointment":
            signed(text, "escrow-appointment+jwt", header["root"])
        case "restore":
            keys = strict_json(decode(text.split(".")[1]))["proof_keys"]
            for proof, key in zip(text.split("\n"), keys, strict=True):
                signed(proof, "escrow-proof+jwt", key)


READERS = {"ledgers": ledger, "manifests": manifest, "statements": statement}
SECTION_6 = re.compile(r"(jws|manifest)\.(damaged|wrong-kind)|ledger\..*")


def verdict(path: Path) -> tuple[str, bool]:
    head, _, document = path.read_bytes().partition(b"\n\n")
    header = dict(line.split(": ", 1) for line in head.decode().splitlines())
    try:
        READERS[path.parent.name](header, document)
    except Refused:
        return header["expect"], False
    return header["expect"], True


@pytest.mark.parametrize("folder", READERS)
def test_a_stranger_comes_to_the_same_verdict(folder: str) -> None:
    """P8: a reader that was written from the formats alone accepts and refuses what escrowd does."""
    judged = {path.stem: verdict(path) for path in sorted((VECTORS / folder).glob("*.txt"))}
    assert [name for name, (expect, accepted) in judged.items() if expect == "ok" and not accepted] == []
    must = {name: accepted for name, (expect, accepted) in judged.items() if SECTION_6.fullmatch(expect)}
    assert len(must) > 15
    assert [name for name, accepted in must.items() if accepted] == []
