import base64
import io
from pathlib import Path

import pytest

from escrowd.core.payload import (
    BUNDLE,
    EXPORT_CSV,
    EXPORT_KEEPASS,
    EXPORT_PASSWORD,
    EXPORTS,
    README,
    read_payload,
)
from escrowd.errors import EscrowdError

FOLDER = Path(__file__).resolve().parents[1] / "vectors" / "payloads"


def load(path: Path) -> tuple[str, bytes]:
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    return head.removeprefix("expect: "), base64.b64decode(body)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_payload_vector(path: Path):
    """Each published payload is read, or refused under the code that its header names (P9)."""
    expected, data = load(path)
    if expected != "ok":
        with pytest.raises(EscrowdError) as caught:
            read_payload(io.BytesIO(data))
        assert caught.value.code == expected
        return
    payload = read_payload(io.BytesIO(data))
    (document,) = payload.bundle.documents
    names = {file.name for file in payload.files} - set(EXPORTS)
    assert names == {README, BUNDLE, "documents/aaaaaaab/_.._Plän.pdf"}
    assert payload.has(EXPORT_CSV) == ("export" in path.stem)
    assert payload.has(EXPORT_KEEPASS) == payload.has(EXPORT_PASSWORD) == (path.stem == "ok-exports")
    assert (payload.bundle.name, payload.bundle.entries[0].password) == ("Bäckerei Größe", "pä$$")
    assert payload.open_document(document).read() == b"%PDF-1.7\n"


def test_most_payload_vectors_are_failures():
    """A stranger who runs the vectors meets each way to be wrong, not only the right one."""
    expectations = [load(path)[0] for path in FOLDER.glob("*.txt")]
    assert expectations.count("ok") == 5
    assert len(set(expectations)) > 18
