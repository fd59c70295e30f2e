"""A node's disk that lost or changed what it held: found, told, and mended by whoever still has the file."""

import pytest
from node.face_world import Node, Provider, digest, running


@pytest.fixture
def node(tmp_path):
    with running(tmp_path / "node") as one:
        yield one


@pytest.fixture
def provider(node: Node) -> Provider:
    one = Provider(node)
    assert one.enrol().status == 200
    assert one.agree().status == 200
    return one


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_file_that_is_sent_again_mends_the_one_on_the_disk(node: Node, provider: Provider, damage: str):
    """P4: after a deposit's receipt its bundle lies on the disk byte for byte, whatever had become of it before."""
    files = provider.deposit_files()
    path = node.folder / "files" / digest(files["bundle.age"])
    assert provider.deposit(files).status == 200
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"x" * len(files["bundle.age"]))
    assert provider.deposit(files).status == 200
    assert path.read_bytes() == files["bundle.age"]


def test_other_bytes_under_a_known_name_change_nothing(node: Node, provider: Provider):
    """P9: whoever sends other bytes under the hash of a file that is here leaves the file as it was."""
    files = provider.deposit_files()
    assert provider.deposit(files).status == 200
    compact = provider.sign(provider.deposit_body(files))
    bundle = files["bundle.age"]
    node.put(b"x" * len(bundle), compact, digest(bundle))
    assert node.put(bundle + b"x", compact, digest(bundle)).status == 413
    assert (node.folder / "files" / digest(bundle)).read_bytes() == bundle
