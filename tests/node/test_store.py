"""The store: what is committed together, what a failure leaves behind, whose database it is."""

import asyncio
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, insert, select, text, update

from escrowd.core.encoding import canonical
from escrowd.core.keys import SigningKey, fingerprint
from escrowd.core.ledger import verify_chain
from escrowd.core.sets import ripe_from
from escrowd.core.switch import Due, Moment, NodeFacts, enrol
from escrowd.core.terms import Beneficiary, NodeRun, Terms, Timings, terms_sha256
from escrowd.errors import ConflictError, IntegrityError, UnavailableError
from escrowd.node.store import Store
from escrowd.node.store.engine import DATABASE, open_write_engine
from escrowd.node.store.holders import confirmed_terms
from escrowd.node.store.ledger import append_ledger, read_ledger
from escrowd.node.store.rights import load_addresses, load_requests, load_sets
from escrowd.node.store.schema import SCHEMA_VERSION, ledger, meta, metadata, providers
from escrowd.node.store.switches import due_switches, save_switch
from escrowd.node.store.upgrade import upgrade
from escrowd.node.store.writer import Writer

NODE = fingerprint(SigningKey.from_seed(bytes(32)).public)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path, node=NODE, wall=1) as opened:
        yield opened


def put(key: str) -> "callable":  # type: ignore[valid-type]
    return lambda tx: tx.execute(insert(meta), {"key": key, "value": "x"}) and key


def keys(store: Store) -> set[str]:
    found = store.read_now(lambda tx: set(tx.execute(select(meta.c.key)).scalars()))
    return found - {"schema", "node", "created_wall"}


def test_what_waits_is_committed_together(store: Store) -> None:
    """Jobs that wait while one runs share one transaction; one that fails takes no other with it (P4)."""
    gate = threading.Event()
    commits: list[Connection] = []
    event.listen(store._write_engine, "commit", commits.append)

    def slow(_tx: Connection) -> None:
        gate.wait(5)

    def fails(tx: Connection) -> None:
        put("lost")(tx)
        raise ArithmeticError

    def works(tx: Connection) -> str:
        return put("kept")(tx)  # type: ignore[no-any-return]

    async def all_at_once() -> list[object]:
        first = asyncio.create_task(store.write(slow))
        await asyncio.sleep(0.05)
        rest = [asyncio.create_task(store.write(job)) for job in (works, fails, put("more"))]
        await asyncio.sleep(0.05)
        gate.set()
        return await asyncio.gather(first, *rest, return_exceptions=True)

    first, kept, failed, more = asyncio.run(all_at_once())
    assert (first, kept, more) == (None, "kept", "more")
    assert isinstance(failed, ArithmeticError)
    assert keys(store) == {"kept", "more"}
    assert len(commits) == 2


def test_single_failure_leaves_nothing(store: Store) -> None:
    """A job alone that fails half way is undone."""

    def fails(tx: Connection) -> None:
        put("lost")(tx)
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        store.write_now(fails)
    assert keys(store) == set()
    assert store.write_now(put("after")) == "after"


def test_full_disk(store: Store) -> None:
    """A full disk refuses the whole batch with one error, changes nothing, and the store works when there is room."""

    def limit(tx: Connection, pages: int) -> None:
        tx.execute(text(f"pragma max_page_count = {pages}"))

    pages = store.read_now(lambda tx: tx.execute(text("pragma page_count")).scalar_one())
    store.write_now(lambda tx: limit(tx, pages))
    big = {"key": "big", "value": "x" * 200_000}
    with pytest.raises(UnavailableError) as caught:
        store.write_now(lambda tx: tx.execute(insert(meta), big))
    assert caught.value.code == "store.full"
    assert keys(store) == set()
    store.write_now(lambda tx: limit(tx, pages + 1000))
    store.write_now(lambda tx: tx.execute(insert(meta), big) and None)
    assert keys(store) == {"big"}


def test_failed_commit_ends_the_process(tmp_path: Path) -> None:
    """After a commit that failed nobody gets a result, and it is not tried again (P4)."""
    engine = open_write_engine(tmp_path / "x.sqlite3")
    fatal: list[BaseException] = []
    writer = Writer(engine, fatal=fatal.append)
    writer.submit(lambda tx: tx.execute(text("create table t (a)")) and None).result()

    def disk_dies(tx: Connection) -> str:
        tx.execute(text("insert into t values (1)"))
        raise _io_error()

    with pytest.raises(UnavailableError) as caught:
        writer.submit(disk_dies).result()
    assert caught.value.code == "store.failed"
    assert len(fatal) == 1
    writer.close()
    engine.dispose()


def _io_error() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR | (4 << 8)  # SQLITE_IOERR_FSYNC
    return error


def test_one_process(store: Store) -> None:
    """A folder that is open is not opened again."""
    with pytest.raises(ConflictError) as caught:
        Store(store.folder, node=NODE, wall=1)
    assert caught.value.code == "node.running"


def test_other_node(tmp_path: Path) -> None:
    """A database is not opened under another node's key."""
    Store(tmp_path, node=NODE, wall=1).close()
    with pytest.raises(IntegrityError) as caught:
        Store(tmp_path, node=fingerprint(SigningKey.from_seed(b"1" * 32).public), wall=1)
    assert caught.value.code == "store.other-node"
    Store(tmp_path, node=NODE, wall=1).close()


def test_newer_and_damaged(tmp_path: Path) -> None:
    """A database of a later version, and a file that is none, are refused by name."""
    with Store(tmp_path, node=NODE, wall=1) as store:
        store.write_now(
            lambda tx: tx.execute(update(meta).where(meta.c.key == "schema").values(value="9")) and None
        )
    with pytest.raises(IntegrityError) as caught:
        Store(tmp_path, node=NODE, wall=1)
    assert (caught.value.code, caught.value.fields) == ("store.newer", {"found": 9, "known": SCHEMA_VERSION})
    for path in tmp_path.glob(f"{DATABASE}*"):
        path.unlink()
    (tmp_path / DATABASE).write_bytes(b"no database at all, " * 400)
    with pytest.raises(IntegrityError) as caught:
        Store(tmp_path, node=NODE, wall=1)
    assert caught.value.code == "store.damaged"


def test_upgrade_copies_first(tmp_path: Path) -> None:
    """An upgrade copies the database before it changes it, and a step that fails changes nothing."""
    Store(tmp_path, node=NODE, wall=1).close()
    path = tmp_path / DATABASE
    engine = open_write_engine(path)

    def widen(op: object) -> None:
        op.execute("alter table providers add column note text")  # type: ignore[attr-defined]

    def fails(op: object) -> None:
        op.execute("alter table providers add column other text")  # type: ignore[attr-defined]
        raise ArithmeticError

    first = SCHEMA_VERSION
    copy = upgrade(path, engine, found=first, wanted=first + 1, wall=7, steps={first + 1: widen})
    with pytest.raises(ArithmeticError):
        upgrade(path, engine, found=first + 1, wanted=first + 2, wall=8, steps={first + 2: fails})
    with engine.begin() as tx:
        columns = {row.name for row in tx.execute(text("pragma table_info(providers)"))}
        assert tx.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar_one() == str(first + 1)
    assert "note" in columns
    assert "other" not in columns
    old = sqlite3.connect(copy)
    assert "note" not in {row[1] for row in old.execute("pragma table_info(providers)")}
    assert (copy.stat().st_mode & 0o777) == 0o600
    old.close()
    engine.dispose()


def shape(path: Path) -> dict[str, set[tuple[object, ...]]]:
    """Every table with its columns, and every index."""
    with closing(sqlite3.connect(path)) as database:
        names = [
            row[0]
            for row in database.execute("select name from sqlite_master where name not like 'sqlite_%'")
        ]
        return {
            name: {tuple(row[1:]) for row in database.execute(f"pragma table_info({name})")}
            | {tuple(row[1:3]) for row in database.execute(f"pragma index_info({name})")}
            for name in names
        }


OLD = """
alter table clients add column ends_node integer;
alter table clients add column ends_wall integer;
insert into clients (provider, client, terms_jti) values ('p', 'bakery', 't');
insert into terms (provider, client, jti, request_wait, delay_max, nodes_json, body_json, since_node)
    values ('p', 'bakery', 't', 1, 1, '[]', '{"beneficiaries": [{"person": "annaanna"}]}', 0);
insert into people values ('p', 'person', 'annaanna', 'Anna', 'de', '',
    '[{"id": "addressa", "address": "anna@bakery.example"}]');
update meta set value = '1' where key = 'schema';
"""


def test_schema_1_becomes_2(tmp_path: Path) -> None:
    """A database of schema 1 gets the shape of a new one; addresses that stood are founding, unconfirmed."""
    new, old = tmp_path / "new", tmp_path / "old"
    for folder in (new, old):
        folder.mkdir()
        Store(folder, node=NODE, wall=1).close()
    with closing(sqlite3.connect(old / DATABASE)) as database:
        for name in ("rights", "addresses", "holders", "proofs", "confirmations", "papers"):
            database.execute(f"drop table {name}")
        database.executescript(OLD)
    with Store(old, node=NODE, wall=2) as store:
        (address,) = store.read_now(lambda tx: load_addresses(tx, "p", "bakery")) or ()
        assert store.read_now(lambda tx: load_requests(tx, "p", "bakery")) == ()
    assert (address.person, address.id, address.founding) == ("annaanna", "addressa", True)
    assert address.clicked is None
    assert shape(old / DATABASE) == shape(new / DATABASE)
    assert set(metadata.tables) <= set(shape(new / DATABASE))


def test_schema_2_becomes_3(tmp_path: Path) -> None:
    """What was confirmed by its statement is confirmed by its content; a confirmation of older terms stays as it is."""
    Store(tmp_path, node=NODE, wall=1).close()
    terms = Terms(
        client="bakery",
        timings=Timings(),
        beneficiaries=(Beneficiary(person="annaanna", role="client", after=0),),
        nodes=(NodeRun(fingerprint="a" * 32, operator="provider"),),
        people_sha256="0" * 64,
    )
    before = json.loads(terms.model_dump_json())
    del before["deliver_by"], before["agreement"]  # as a node of schema 2 wrote it
    with closing(sqlite3.connect(tmp_path / DATABASE)) as database:
        database.execute("drop table papers")
        database.execute("update meta set value = '2' where key = 'schema'")
        statement = ("p", "j", "terms", "stored", "5a" * 32, None, "r", 1, 0, 0, 0)
        database.execute("insert into statements values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", statement)
        database.execute("insert into people values ('p', 'person', 'annaanna', 'Anna', 'de', '', '[]')")
        row = ("p", "bakery", "j", "guided", 86_400, 0, "[]", json.dumps(before), 0, None)
        database.execute("insert into terms values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        for person, sha256 in (("annaanna", "5a" * 32), ("successa", "6b" * 32)):
            confirmation = ("p", "bakery", person, "addressa", sha256, 7)
            database.execute("insert into confirmations values (?, ?, ?, ?, ?, ?)", confirmation)
        database.commit()
    with Store(tmp_path, node=NODE, wall=2) as store:
        found = store.read_now(lambda tx: confirmed_terms(tx, "p", "bakery"))
    assert {one.person: one.terms_sha256 for one in found} == {
        "annaanna": terms_sha256(terms, {"annaanna": "Anna"}),
        "successa": "6b" * 32,
    }


def test_schema_3_dates_the_sets(tmp_path: Path) -> None:
    """Sets of schema 2 learn since when the newest one has a past: no click ends the older one at once (P7)."""
    Store(tmp_path, node=NODE, wall=1).close()
    old = {"sealed": [1, 2], "kept": [], "over": [], "proofs": [], "confirmed": None}
    with closing(sqlite3.connect(tmp_path / DATABASE)) as database:
        database.execute("drop table papers")
        database.execute("update meta set value = '2' where key = 'schema'")
        database.execute("update clock set awake = 900")
        for client, facts in (("bakery", json.dumps(old)), ("dentist", ""), ("florist", json.dumps(old))):
            database.execute("insert into rights values ('p', ?, null, '[]', ?, '[]')", (client, facts))
        for client in ("bakery", "dentist"):
            for revision, sets in enumerate([(1,), (1, 2), (1, 2)], start=1):
                named = json.dumps([{"set": number, "slip39_id": number} for number in sets])
                newest_one = int(revision == 3)
                database.execute(
                    "insert into deposits (provider, client, revision, jti, newest, sets_json, files_json,"
                    " made_node, made_awake, made_wall) values ('p', ?, ?, ?, ?, ?, '{}', 0, ?, 0)",
                    (client, revision, f"{client}{revision}", newest_one, named, 100 * revision),
                )
        database.commit()
    with Store(tmp_path, node=NODE, wall=2) as store:
        found = {
            client: store.read_now(partial(load_sets, provider="p", client=client))
            for client in ("bakery", "dentist", "florist")
        }
    assert [found[client].sealed for client in found] == [(1, 2)] * 3
    assert {client: one.since for client, one in found.items()} == {
        "bakery": 200,
        "dentist": 200,
        "florist": 900,  # nothing tells: it waits from the upgrade on
    }
    assert all(ripe_from(one) > 900 for one in found.values())


def test_tick_reads_only_what_is_due(store: Store) -> None:
    """Which switches are due is answered by two indexes: no other row is read."""
    facts = enrol(NodeFacts(), Moment(0, 0), Timings())

    def seed(tx: Connection) -> None:
        for number in range(50):
            save_switch(tx, f"p{number:02}", facts, due=Due(node=number * 10, awake=None), watched=False)
        save_switch(tx, "by-awake", facts, due=Due(node=None, awake=5), watched=False)

    store.write_now(seed)
    due = store.read_now(lambda tx: due_switches(tx, Moment(awake=7, node=25), limit=10))
    assert sorted(due) == ["by-awake", "p00", "p01", "p02"]
    query = "explain query plan select provider from switches where {0} <= 5 order by {0} limit 9"
    plans = store.read_now(
        lambda tx: [
            row.detail
            for column in ("due_node", "due_awake")
            for row in tx.execute(text(query.format(column)))
        ]
    )
    assert len(plans) == 2
    assert all("USING INDEX switches_by_due" in plan for plan in plans)
    papers = query.replace("switches", "papers").format("due_awake")
    (plan,) = store.read_now(lambda tx: [row.detail for row in tx.execute(text(papers))])
    assert "USING INDEX papers_by_due" in plan


def test_durable_settings(store: Store) -> None:
    """The write connection syncs every commit, and readers cannot write."""
    assert store.write_now(lambda tx: tx.execute(text("pragma synchronous")).scalar_one()) == 2
    assert store.write_now(lambda tx: tx.execute(text("pragma journal_mode")).scalar_one()) == "wal"
    with pytest.raises(Exception, match="readonly"):
        store.read_now(put("never"))


def test_ledger_chain(store: Store) -> None:
    """Appended entries verify as a chain, and an erased body leaves it whole (P8)."""

    def seed(tx: Connection) -> None:
        row = dict.fromkeys(("root", "name", "invitation", "people_sha256", "provider_set_json"), "")
        times = dict.fromkeys(("enrolled_node", "enrolled_awake", "enrolled_wall"), 0)
        tx.execute(insert(providers), {"id": "p", **row, **times, "head": "0" * 64})
        for number in range(3):
            append_ledger(tx, "p", "ordered", {"number": number})
        tx.execute(update(ledger).where(ledger.c.seq == 2).values(body_json=None))

    store.write_now(seed)
    lines = store.read_now(lambda tx: [canonical(entry) + b"\n" for entry in read_ledger(tx, "p")])
    head = verify_chain(lines, node=NODE)
    assert head.seq == 3
    assert len(lines) == 3
