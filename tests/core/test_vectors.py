"""The vectors under tests/vectors: what a stranger's implementation must accept and refuse, ours must too."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from escrowd.core.keys import SigningKey, fingerprint
from escrowd.core.ledger import EMPTY, Head, verify_chain
from escrowd.core.manifest import check_successor, verify_manifest
from escrowd.core.statements import (
    ProviderKeys,
    read_code,
    read_invitation,
    sign_card,
    verify_appointment,
    verify_card,
    verify_receipt,
    verify_restore,
    verify_statement,
)
from escrowd.errors import EscrowdError

VECTORS = Path(__file__).resolve().parents[1] / "vectors"


@dataclass(frozen=True)
class Vector:
    expect: str
    header: dict[str, str]
    payload: bytes

    @property
    def text(self) -> str:
        return self.payload.decode().strip()


def load(path: Path) -> Vector:
    head, _, payload = path.read_bytes().partition(b"\n\n")
    header = dict(line.split(": ", 1) for line in head.decode().splitlines())
    return Vector(header.pop("expect"), header, payload)


def manifest(vector: Vector) -> None:
    root, before = vector.header.get("root"), vector.header.get("before")
    if before is None:
        verify_manifest(vector.text, root=root)
    else:
        verify_manifest(before, root=root)  # the one that was seen is right
        check_successor(before, vector.text, root=root)


def statement(vector: Vector) -> None:
    header = vector.header
    match header["kind"]:
        case "statement":
            root, daily = bytes.fromhex(header["root"]), bytes.fromhex(header["daily"])
            waiting = bytes.fromhex(header.get("waiting", ""))
            known = ProviderKeys(root, (daily,), (waiting,) if waiting else ())
            verify_statement(
                vector.text,
                keys=lambda provider: known if provider == fingerprint(root) else None,
                node=header["node"],
            )
        case "receipt":
            verify_receipt(vector.text, bytes.fromhex(header["node-key"]), statement=header["statement"])
        case "invitation":
            read_invitation(vector.text)
        case "restore":
            verify_restore(vector.text.split("\n"), node=header["node"])
        case "appointment":
            verify_appointment(vector.text, bytes.fromhex(header["root"]))
        case kind:
            pytest.fail(kind)


def proof(vector: Vector) -> None:
    header = vector.header
    if header["kind"] == "code":
        code = read_code(vector.text)
        assert (code.node, code.nonce) == (header["node"], header["nonce"])
        return
    proved = verify_card(vector.text, node=header["node"])
    if "purpose" in header:
        assert (proved.purpose, proved.proof_key) == (header["purpose"], header["proof-key"])
        card = SigningKey.from_seed(bytes.fromhex(header["seed"]))
        codes = [read_code(header["codes"])]
        again = sign_card(card, proved.purpose, codes=codes, jti=proved.jti, iat=proved.iat)
        assert again == vector.text


def head(text: str) -> Head:
    seq, digest = text.split(" ")
    return Head(int(seq), digest)


def ledger(vector: Vector) -> None:
    header = vector.header
    end = verify_chain(
        vector.payload.splitlines(keepends=True),
        after=head(header["after"]) if "after" in header else EMPTY,
        node=header.get("node"),
        expected=head(header["expected"]) if "expected" in header else None,
    )
    assert end == head(header["head"])


RUN: dict[str, Callable[[Vector], None]] = {
    "manifests": manifest,
    "statements": statement,
    "proofs": proof,
    "ledgers": ledger,
}
FILES = [path for folder in RUN for path in sorted((VECTORS / folder).glob("*.txt"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_vector(path: Path) -> None:
    """Each vector ends as its header says: accepted, or refused with that very code (P8)."""
    vector = load(path)
    if vector.expect == "ok":
        RUN[path.parent.name](vector)
    else:
        with pytest.raises(EscrowdError) as caught:
            RUN[path.parent.name](vector)
        assert caught.value.code == vector.expect


def test_most_vectors_are_failures() -> None:
    """Each folder holds more documents that must be refused than such that must be accepted."""
    for folder in RUN:
        expected = [load(path).expect for path in (VECTORS / folder).glob("*.txt")]
        assert len(expected) > 25
        assert expected.count("ok") < len(expected) / 2


@pytest.mark.parametrize("folder", RUN)
def test_vectors_are_what_the_generator_writes(folder: str) -> None:
    """The committed files are those that the committed program makes: nobody edited one by hand."""
    spec = importlib.util.spec_from_file_location("vector_generator", VECTORS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    made = dict(generator.files(folder))
    assert made == {path.name: path.read_bytes() for path in (VECTORS / folder).glob("*.txt")}
