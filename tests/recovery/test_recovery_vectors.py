"""The vectors under tests/vectors/recovery: releases, kits and single files, opened from the real files."""

import hashlib
import json
import stat
from pathlib import Path

import pytest

from escrowd.errors import EscrowdError
from escrowd.recovery import (
    Written,
    gather,
    open_materials,
    read_cards,
    read_files,
    read_kit,
    read_release,
    write_out,
)

VECTORS = Path(__file__).resolve().parents[1] / "vectors/recovery"
MATERIAL = VECTORS / "material"
FILES = sorted(VECTORS.glob("*.txt"))


def load(path: Path) -> tuple[dict[str, str], str]:
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    return dict(line.split(": ", 1) for line in head.splitlines()), body


def play(header: dict[str, str], folder: Path) -> tuple[Written, int | None]:
    def paths(name: str) -> list[Path]:
        return [MATERIAL / part for part in header.get(name, "").split()]

    parts = [read_release(path) for path in paths("release")] + [read_kit(path) for path in paths("kit")]
    bundle, manifest = paths("bundle"), paths("manifest")
    parts.append(
        read_files(
            bundle=bundle[0] if bundle else None,
            keys=paths("keys"),
            manifest=manifest[0] if manifest else None,
        )
    )
    parts.append(read_cards(files=paths("cards")))
    unverified = header.get("unverified") == "yes"
    asked = int(header["revision"]) if "revision" in header else None
    table = gather(parts, revision=asked)
    with open_materials(table, root=header.get("root"), unverified=unverified) as opened:
        return write_out(opened, folder), opened.set


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_vector(path: Path, tmp_path: Path):
    """Each case writes exactly the files it lists, or ends in its error with nothing written (P5, P6, P9)."""
    header, body = load(path)
    folder = tmp_path / "out"
    if header["expect"] != "ok":
        with pytest.raises(EscrowdError) as caught:
            play(header, folder)
        assert caught.value.code == header["expect"]
        assert json.loads(header.get("fields", "{}")).items() <= caught.value.fields.items()
        assert not folder.exists()
        return
    written, number = play(header, folder)
    found = {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }
    assert found == {name: digest for digest, name in (line.split("  ", 1) for line in body.splitlines())}
    assert [file.name for file in written.files] == list(found) or {f.name for f in written.files} == set(
        found
    )
    assert number == int(header["set"])
    aside = " ".join(f"{other.revision or '-'} {other.why}" for other in written.aside)
    assert aside == header.get("aside", "")
    problem = written.verification.problem
    assert (problem.code if problem else None) == header.get("problem")
    assert written.verification.verified is ("problem" not in header)
    for entry in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(entry.stat().st_mode) == (0o700 if entry.is_dir() else 0o600)


def test_most_vectors_are_failures():
    """There are more cases that must fail than such that must open."""
    expected = [load(path)[0]["expect"] for path in FILES]
    assert expected.count("ok") < len(expected) / 2
