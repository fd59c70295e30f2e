"""Kits: whole or not, current or not, told without opening them."""

import shutil
from pathlib import Path

import pytest

from escrowd.core.keys import SigningKey
from escrowd.core.manifest import NEXT_REVISION, sign_manifest, verify_manifest
from escrowd.errors import NotFoundError
from escrowd.recovery import check_kit, read_kit

MATERIAL = Path(__file__).resolve().parents[1] / "vectors/recovery/material"
CREATED = verify_manifest((MATERIAL / "kit/manifest.jws").read_bytes()).created


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MATERIAL / "kit", tmp_path / "kit"))


DAILY = SigningKey.from_seed(bytes([2]) * 32)
"""The daily key of the vectors' generator."""


def signed(**claims: object) -> str:
    """The kit's manifest with other claims."""
    manifest = verify_manifest((MATERIAL / "kit/manifest.jws").read_bytes())
    return sign_manifest(manifest.model_copy(update=claims), DAILY)


def codes(errors) -> list[tuple[str, object]]:
    return [(error.code, error.fields.get("file")) for error in errors]


def test_a_whole_and_current_kit(kit: Path):
    """A kit with every file that its manifest names is whole and, until its date, current."""
    report = check_kit(kit, now=CREATED)
    assert (report.whole, report.current, report.surplus) == (True, True, ())
    assert report.manifest is not None
    assert report.manifest.client == "meier"
    assert check_kit(kit, now=CREATED, root=report.manifest.iss).whole
    assert check_kit(kit, now=CREATED, latest=(kit / "manifest.jws").read_text()).current


def test_missing_files_are_named(kit: Path):
    """Each file that is not there is named, all of them at once."""
    (kit / "bundle.age").unlink()
    (kit / "key-2.age").unlink()
    (kit / "INSTRUCTIONS.html").unlink()
    report = check_kit(kit, now=CREATED)
    assert not report.whole
    assert codes(report.problems) == [
        ("kit.file-missing", "INSTRUCTIONS.html"),
        ("kit.file-missing", "bundle.age"),
        ("kit.file-missing", "key-2.age"),
    ]


def test_an_empty_stick(tmp_path: Path):
    """An empty folder lacks everything; a folder that is not there is an error."""
    report = check_kit(tmp_path, now=CREATED)
    assert ("kit.file-missing", "manifest.jws") in codes(report.problems)
    assert len(report.problems) == 4
    with pytest.raises(NotFoundError) as caught:
        check_kit(tmp_path / "none", now=CREATED)
    assert caught.value.code == "kit.no-folder"


@pytest.mark.parametrize("name", ["bundle.age", "key-2.age"])
def test_a_file_that_aged_badly_is_named(kit: Path, name: str):
    """A flipped bit, a cut, or another file under the name: the file differs from what was signed."""
    good = (kit / name).read_bytes()
    for bad in (good[:-1], good[:-1] + bytes([good[-1] ^ 1]), b""):
        (kit / name).write_bytes(bad)
        assert codes(check_kit(kit, now=CREATED).problems) == [("kit.file-differs", name)]


def test_a_folder_where_a_file_belongs(kit: Path):
    """A folder named like the bundle is told, not read."""
    (kit / "bundle.age").unlink()
    (kit / "bundle.age").mkdir()
    assert codes(check_kit(kit, now=CREATED).problems) == [("file.not-regular", None)]


def test_a_spoilt_or_foreign_manifest(kit: Path):
    """A manifest that does not verify, or of another provider than the card names, is a problem of its own."""
    shutil.copy(MATERIAL / "manifest-flipped.jws", kit / "manifest.jws")
    assert codes(check_kit(kit, now=CREATED).problems) == [("manifest.bad-signature", None)]
    shutil.copy(MATERIAL / "manifest-foreign.jws", kit / "manifest.jws")
    root = verify_manifest((MATERIAL / "kit/manifest.jws").read_bytes()).iss
    assert codes(check_kit(kit, now=CREATED, root=root).problems) == [("manifest.foreign-provider", None)]


def test_an_old_kit_says_so(kit: Path):
    """When the promised next revision is overdue, the kit is whole and not current."""
    report = check_kit(kit, now=CREATED + NEXT_REVISION)
    assert report.whole
    assert [(e.code, e.fields) for e in report.outdated] == [
        ("kit.overdue", {"revision": 3, "due": "2028-02-05"})
    ]
    assert check_kit(kit, now=CREATED + NEXT_REVISION - 1).current


def test_surplus_files_are_listed(kit: Path):
    """What belongs to no kit is named, so that nobody keeps a card's words beside it unnoticed."""
    (kit / "card.txt").write_text("x")
    (kit / "key-9.age").write_text("x")
    report = check_kit(kit, now=CREATED)
    assert report.whole
    assert report.surplus == ("card.txt", "key-9.age")


def test_a_newer_revision_is_known(kit: Path):
    """Who knows a newer manifest learns that the kit is older, and by which revisions; a newer kit is fine."""
    report = check_kit(kit, now=CREATED, latest=signed(revision=5))
    assert report.whole
    assert [(e.code, e.fields) for e in report.outdated] == [("kit.older", {"revision": 3, "latest": 5})]
    assert check_kit(kit, now=CREATED, latest=signed(revision=2)).current


def test_two_manifests_of_one_revision(kit: Path):
    """The same revision in other bytes, or of another client, is a problem: one of the two is not what it says."""
    report = check_kit(kit, now=CREATED, latest=signed(created=CREATED + 1, next_revision_by=CREATED + 9))
    assert codes(report.problems) == [("manifest.same-revision", None)]
    report = check_kit(kit, now=CREATED, latest=signed(client="praxis", revision=4))
    assert codes(report.problems) == [("manifest.foreign-client", None)]


def test_what_a_browser_downloaded_twice(kit: Path):
    """A file that a browser saved under a second name counts where no other has the plain one."""
    whole = read_kit(kit)
    shutil.copy(kit / "bundle.age", kit / "bundle (1).age")
    (kit / "bundle (2).age").write_bytes(b"another")
    assert read_kit(kit).bundle == whole.bundle
    (kit / "bundle.age").unlink()
    found = read_kit(kit)
    assert (found.bundle, found.unproved) == (kit / "bundle (1).age", (kit / "bundle (2).age",))
    (kit / "bundle (2).age").unlink()
    (kit / "key-2.age").rename(kit / "key-2(3).age")
    (kit / "manifest.jws").rename(kit / "manifest (12).jws")
    found = read_kit(kit)
    assert found.bundle == kit / "bundle (1).age"
    assert [(key.number, key.data) for key in found.keys] == [(key.number, key.data) for key in whole.keys]
    assert found.manifest == whole.manifest
