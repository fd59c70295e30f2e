"""What is swept and what is kept: files without a reference go, and whatever a receipt speaks of stays."""

import asyncio

import pytest
from node.face_world import Node, Provider, digest, running

from escrowd.node.housekeeping import Housekeeper
from escrowd.node.intake.uploads import Upload, record_upload
from escrowd.node.telling import Teller


@pytest.fixture
def node(tmp_path):
    with running(tmp_path / "node") as one:
        yield one


def clean(node: Node) -> None:
    keeper = Housekeeper(
        node.store,
        node.clock,
        node.desk,
        Teller(node.store, node.clock, node.desk),
        config=node.config,
        wake=lambda: None,
        notify=lambda _: None,
    )
    asyncio.run(keeper.clean_up())


def stored(node: Node) -> set[str]:
    return {path.name for path in (node.folder / "files").iterdir()}


def test_what_a_deposit_names_stays_and_what_nothing_names_goes(node: Node):
    """A day after it came, a people file that was read is gone; bundle, key, share and both own files stay (P4)."""
    one = Provider(node)
    one.enrol()
    one.agree()
    files = one.deposit_files()
    one.deposit(files)
    people = digest(one.people())
    clean(node)
    assert people in stored(node)  # its statement could still be under way
    node.pass_days(2)
    clean(node)
    assert stored(node) == {digest(data) for data in files.values()}
    assert one.ask("file", sha256=digest(files["workspace.age"])).data == files["workspace.age"]
    assert one.agree().status == 200


def test_a_file_that_vanished_is_asked_for_again(node: Node):
    """A file that was swept at the very moment at which it came again is not recorded as being there (P4)."""
    one = Provider(node)
    one.enrol()
    one.agree()
    upload = Upload(one.id, "ab" * 32, 5, 5)
    with pytest.raises(Exception, match=r"file\.vanished"):
        asyncio.run(record_upload(node.context, upload, 5))
    assert node.rows(f"select * from files where sha256='{'ab' * 32}'") == []  # noqa: S608
