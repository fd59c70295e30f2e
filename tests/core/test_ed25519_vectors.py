"""Crafted Ed25519 signatures: Python's outcome is the one in the file, which the recovery page must have too."""

import importlib.util
import json
from pathlib import Path

from escrowd.core.keys import verify

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
CRAFTED = VECTORS / "ed25519/crafted.json"


def test_each_crafted_signature():
    """Every crafted signature is accepted or refused as the file says."""
    for case in json.loads(CRAFTED.read_text(encoding="utf-8")):
        found = verify(*(bytes.fromhex(case[part]) for part in ("public", "signature", "message")))
        assert found is case["ok"], case["name"]


def test_they_are_generated(tmp_path: Path):
    """The file is what its generator writes."""
    spec = importlib.util.spec_from_file_location("generate_ed25519", VECTORS / "generate_ed25519.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.TARGET = tmp_path / "ed25519/crafted.json"
    module.main()
    assert module.TARGET.read_bytes() == CRAFTED.read_bytes()
