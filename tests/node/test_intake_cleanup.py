"""What is swept and what is kept: files without a reference go, and whatever a receipt speaks of stays."""

import asyncio
import secrets

import pytest
from node.face_world import Node, Provider, digest, running

from escrowd.node.housekeeping import Housekeeper
from escrowd.node.intake.uploads import Upload, record_upload
from escrowd.node.parcels import parcel
from escrowd.node.store.deposits import stored_bytes
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


def test_what_is_older_goes_without_a_further_deposit(node: Node):
    """P7: older revisions go in time, so a full store empties itself; what a release offers stays."""
    one = Provider(node)
    one.enrol()
    one.agree()
    for revision in range(1, 4):
        assert one.deposit(one.deposit_files(revision)).status == 200
        node.pass_days(0.01)

    def revisions() -> list[int]:
        return [row[0] for row in node.rows("select revision from deposits order by revision")]

    def release() -> list[int]:
        found = node.store.read_now(lambda tx: parcel(tx, one.id, "bakery"))
        assert found is not None
        return [found.main.revision, *(older.revision for older in found.older)]

    before = release()
    clean(node)
    assert revisions() == [1, 2, 3]
    held = len(stored(node))
    node.pass_days(9)
    clean(node)
    assert revisions() == [1, 3]
    assert len(stored(node)) < held
    assert release() == before


def test_a_full_store_takes_what_replaces_a_deposit(node: Node):
    """Above the quota an eighth is there for what replaces a deposit, one for new cards, one for small files (P7)."""
    provider = Provider(node)
    provider.enrol()
    provider.agree()
    provider.deposit()
    limits = node.context.config.limits
    full = node.store.read_now(lambda tx: stored_bytes(tx, provider.id, but=""))
    object.__setattr__(limits, "provider_bytes", 8 * (full // 8))
    eighth = full // 8

    def put(size: int, *, client: str = "bakery", cards: bool = False, name: str = "bundle.age") -> int:
        data = secrets.token_bytes(size)
        files = {**provider.deposit_files(), name: data}
        files |= {"key-2.age": b"key", "share-2.age": b"share"} if cards else {}
        return node.put(data, provider.sign(provider.deposit_body(files, client))).status

    assert put(100, client="dentist") == 403
    assert put(100) == 204
    assert put(eighth) == 403
    assert put(eighth, cards=True) == 204
    assert put(eighth, cards=True) == 403
    assert put(100) == 403
    assert put(eighth // 2, name="key-1.age") == 204
    assert put(2 * eighth, name="key-1.age") == 403
