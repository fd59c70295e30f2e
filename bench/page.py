"""The recovery page's core under Node.js: cards combined and a bundle opened, checked and unpacked."""

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from escrowd.core.bundle import Bundle, Document
from escrowd.core.keys import SigningKey
from escrowd.core.manifest import ManifestGroup, ManifestSet, make_manifest, sign_manifest
from escrowd.core.payload import documents_in_memory, write_payload
from escrowd.core.seal import seal_bytes
from escrowd.core.shares import CLIENT_LAYOUT, GROUPS, NewSet, make_set

GOALS = {1: 0.5, 50: 3.0}
"""MiB of documents, and the seconds that opening may take."""
_PAGE = Path(__file__).resolve().parents[1] / "tools/page.py"
_ROUNDS = 3


def figures() -> Iterator[Figure]:
    """Seconds from the press of the button to the bundle, the best of some rounds."""
    command = [sys.executable, str(_PAGE), "test", "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as page:
        assert page.stdin is not None
        assert page.stdout is not None
        own = make_set(1, CLIENT_LAYOUT)
        for size, goal in GOALS.items():
            question = json.dumps(["open", _kit(own, size), {}])
            taken = []
            for _ in range(_ROUNDS):
                page.stdin.write(f"{question}\n")
                page.stdin.flush()
                answer = json.loads(page.stdout.readline())
                taken.append(float(answer["value"]["seconds"]))
            best = min(taken)
            yield Figure(
                f"page: combine and open {size} MiB", f"{best:.2f} s", f"{goal} s", best / goal, at_most=1
            )
        page.stdin.close()


def _kit(own: NewSet, size: int) -> list[tuple[str, str]]:
    """The files of a kit, and the cards of client and reserve, as the page takes them."""
    content = os.urandom(size * 2**20)
    digest = hashlib.sha256(content).hexdigest()
    document = Document(id="aaaaaaaa", name="plan.pdf", file="plan.pdf", size=len(content), sha256=digest)
    bundle = Bundle(
        client="bench", name="Bench", language="en", profile="expert", revision=1, documents=(document,)
    )
    payload = io.BytesIO()
    write_payload(payload, bundle, b"<!doctype html>", documents_in_memory({"aaaaaaaa": content}))
    sealed = seal_bytes(payload.getvalue(), [own.recipient])
    root = SigningKey.from_seed(bytes(32))
    groups = tuple(
        ManifestGroup(name=name, k=1, n=1, proof_keys=tuple(key.hex() for key in own.proof_keys[name]))
        for name in GROUPS
    )
    key_sha256 = hashlib.sha256(own.key_file).hexdigest()
    manifest = make_manifest(
        root=root.public,
        client="bench",
        revision=1,
        created=0,
        bundle_sha256=hashlib.sha256(sealed).hexdigest(),
        chain=(),
        sets=[
            ManifestSet(
                set=1, slip39_id=own.identifier, recipient=own.recipient, key_sha256=key_sha256, groups=groups
            )
        ],
    )
    files = {
        "bundle.age": sealed,
        "key-1.age": own.key_file,
        "manifest.jws": sign_manifest(manifest, root).encode(),
        "client.txt": own.shares["client"][0].encode(),
        "reserve.txt": own.shares["reserve"][0].encode(),
    }
    return [(name, base64.b64encode(data).decode()) for name, data in files.items()]
