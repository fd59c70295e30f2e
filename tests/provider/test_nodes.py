"""The provider and real nodes: enrolling, depositing, checking in, and what goes wrong on the way."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from provider.a_node import ANode, free_port
from provider.provider_world import NOW, PASSPHRASE, Tray, furnish, make_workspace, stored, typed

from escrowd.core.keys import random_bytes
from escrowd.core.ledger import export_line
from escrowd.core.shares import parse_card
from escrowd.core.statements import peek
from escrowd.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from escrowd.provider import estate
from escrowd.provider.actions.beneficiaries import add_beneficiary
from escrowd.provider.actions.checkin import check_in, pause, resume
from escrowd.provider.actions.clients import add_client, end_client, list_clients
from escrowd.provider.actions.contents import add_document, add_entry
from escrowd.provider.actions.deliver import deliver_file
from escrowd.provider.actions.deposit import deposit
from escrowd.provider.actions.ledger_verify import verify_ledger_file, verify_ledger_of_node
from escrowd.provider.actions.nodes import add_node
from escrowd.provider.actions.status import ask_status, status
from escrowd.provider.actions.terms import set_terms, set_timings
from escrowd.provider.memory import recall
from escrowd.provider.progress import Step
from escrowd.provider.sending import fetch_ledger
from escrowd.provider.workspace import Session, Workspace

PASSWORD = "Ofenklappe#1987"
DAY = 86_400


@pytest.fixture(scope="module")
def tray() -> Tray:
    """The client's cards of ``settled``."""
    return Tray()


@pytest.fixture(scope="module")
def origin(tray: Tray, tmp_path_factory: pytest.TempPathFactory) -> tuple[ANode, Path]:
    """A node at rest, and a workspace with one client, enrolled there, its first deposit made; both to be copied."""
    home = tmp_path_factory.mktemp("origin")
    node = ANode(home / "node").found().start()
    folder = make_workspace(home / "workspace")
    with Workspace(folder) as held:
        session = held.unlock(typed())
        furnish(session, tray, password=PASSWORD)
        add_node(session, url=node.url, invitation=node.invite(), now=NOW)
        assert all(report.accepted for done in deposit(session, now=NOW) for report in done.nodes)
    node.stop()
    shutil.copytree(node.folder, home / "at-rest")
    return node, folder


@pytest.fixture(scope="module")
def node(origin: tuple[ANode, Path]) -> Iterator[ANode]:
    """The node, shared by the tests that publish nothing new."""
    running = origin[0].start()
    yield running
    running.stop()


@pytest.fixture
def settled(origin: tuple[ANode, Path], node: ANode, tmp_path: Path) -> Path:
    """A copy of the workspace, its node running."""
    assert node.process is not None
    return Path(shutil.copytree(origin[1], tmp_path / "workspace"))


@pytest.fixture
def mine(settled: Path) -> Iterator[Session]:
    """The copy, unlocked."""
    with Workspace(settled) as held:
        yield held.unlock(typed())


@pytest.fixture(scope="module")
def apart(
    origin: tuple[ANode, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ANode, Session]]:
    """Another copy of both, for the tests that publish: each goes on where the one before it stopped."""
    home = tmp_path_factory.mktemp("apart")
    at_rest = origin[0].folder.with_name("at-rest")
    node = ANode(Path(shutil.copytree(at_rest, home / "node"))).moved(origin[0].port).start()
    with Workspace(Path(shutil.copytree(origin[1], home / "workspace"))) as held:
        session = held.unlock(typed())
        (record,) = session.vault.nodes
        moved = record.model_copy(update={"url": node.url})
        session.save(session.vault.model_copy(update={"nodes": (moved,)}))
        yield node, session
    node.stop()


def kinds(session: Session) -> list[str]:
    """The types of the entries in the node's ledger."""
    (node,) = session.vault.nodes
    return [entry.type for entry in fetch_ledger(session, node, now=NOW)]


def test_a_deposit_is_receipted(mine: Session):
    """A deposit ends with a verified receipt, its head is kept, and the ledger up to it verifies (P8)."""
    (node,) = mine.vault.nodes
    before = recall(mine.folder, node.fingerprint).head.seq
    (done,) = deposit(mine, now=NOW)
    (report,) = done.nodes
    assert report.accepted
    assert not done.new_revision
    memory = recall(mine.folder, node.fingerprint)
    assert memory.head.seq == report.seq > before
    assert memory.told["deposit/bakery"].revision == done.revision
    assert verify_ledger_of_node(mine, node.url, now=NOW).matches_last_seen
    assert not list((mine.folder / "pending").iterdir())


def test_only_what_changed_is_told(apart: tuple[ANode, Session]):
    """Terms and timings are told when they changed, and not again when they did not."""
    _, mine = apart
    before = kinds(mine)
    deposit(mine, now=NOW)
    assert kinds(mine)[len(before) :] == ["deposit"]
    set_terms(mine, "bakery", request_wait=2 * DAY)
    set_timings(mine, grace=10 * DAY)
    untold = [row for row in ask_status(mine, now=int(time.time())).rows if row.code == "terms.untold"]
    assert [(row.client, row.command) for row in untold] == [
        (None, ("checkin",)),
        ("bakery", ("deposit", "bakery")),
    ]
    (done,) = deposit(mine, now=NOW)
    assert all(report.accepted for report in done.nodes)
    assert kinds(mine)[len(before) + 1 :] == ["timings", "terms", "deposit"]


def printed(node: ANode) -> tuple[dict[str, object], list[str]]:
    """What the node knows of the client's list, and the names of entries that it holds."""
    with closing(sqlite3.connect(node.folder / "escrowd.sqlite3")) as database:
        ((facts,),) = database.execute("select facts_json from papers").fetchall()
        names = database.execute("select name from people where kind = 'entry' order by id").fetchall()
    return json.loads(facts), [name for (name,) in names]


def test_a_handover_is_told_at_once_and_changes_after_it_by_name(
    apart: tuple[ANode, Session], tmp_path: Path
):
    """A deposit tells how the client's list stands; what was handed over is told before the command returns."""
    node, session = apart
    add_entry(session, "bakery", {"title": "Kasse", "kind": "other", "notes": "x"}, now=NOW)
    deposit(session, now=NOW)
    known, names = printed(node)
    assert (known["delivered"], known["since"], names) == (None, NOW, [])
    done = deliver_file(session, "bakery", tmp_path / "list.pdf", now=NOW)
    assert [report.accepted for report in done.nodes] == [True]
    known, names = printed(node)
    assert (known["delivered"], known["first"], names) == (done.record.revision, None, [])
    add_entry(session, "bakery", {"title": "Post\nfach", "kind": "mail", "notes": "x"}, now=NOW + DAY)
    deposit(session, now=NOW + DAY)
    known, names = printed(node)
    assert (known["first"], known["since"], names) == (done.record.revision + 1, NOW + DAY, ["Post fach"])
    deliver_file(session, "bakery", tmp_path / "again.pdf", now=NOW + DAY)
    assert printed(node)[1] == []


def test_a_document_is_streamed(apart: tuple[ANode, Session], tmp_path: Path):
    """A larger deposit reports its progress up to the last byte."""
    _, mine = apart
    file = tmp_path / "contract.pdf"
    file.write_bytes(random_bytes(2_000_000))
    add_document(mine, "bakery", file, now=NOW)
    steps: list[Step] = []
    (done,) = deposit(mine, now=NOW, progress=steps.append)
    assert done.nodes[0].accepted
    uploads = [step for step in steps if step.name == "upload"]
    assert max(step.total for step in uploads) == max(step.done for step in uploads) > file.stat().st_size
    steps.clear()
    (done,) = deposit(mine, now=NOW, progress=steps.append)
    assert done.nodes[0].accepted
    assert not [step for step in steps if step.name == "upload"]


def test_a_file_that_the_node_lost_is_sent_again(apart: tuple[ANode, Session]):
    """A node that misses a file which it once confirmed gets it with the next deposit."""
    node, mine = apart
    (bundle,) = (mine.folder / "clients" / "bakery" / "revisions").glob("*/bundle.age")
    lost = estate.file_sha256(bundle)
    with closing(sqlite3.connect(node.folder / "escrowd.sqlite3", isolation_level=None)) as database:
        database.execute("delete from files where sha256 = ?", (lost,))
        (done,) = deposit(mine, now=NOW)
        assert done.nodes[0].error is None
        assert database.execute("select size from files where sha256 = ?", (lost,)).fetchall()


def test_checkin_pause_and_resume(mine: Session):
    """A typed check-in moves the deadline, a pause moves it further, and resume moves it back."""
    deadlines = []
    for reports in (
        check_in(mine, now=NOW),
        pause(mine, seconds=10 * DAY, reason="Urlaub", now=NOW),
        resume(mine, now=NOW),
    ):
        (report,) = reports
        assert report.error is None
        assert report.standing is not None
        deadlines.append(report.standing.deadline or 0)
    assert abs(deadlines[1] - deadlines[0] - 10 * DAY) < 120
    assert abs(deadlines[2] - deadlines[0]) < 120


def test_a_stored_passphrase_is_no_sign_of_life(settled: Path):
    """A passphrase that no person typed deposits, but checks nobody in, and nothing is sent."""
    with Workspace(settled) as held:
        session = held.unlock(stored())
        before = kinds(session)
        with pytest.raises(RefusedError, match=r"checkin\.not-typed"):
            check_in(session, now=NOW)
        assert kinds(session) == before
        assert deposit(session, now=NOW)[0].nodes[0].accepted


def test_a_pause_has_bounds(mine: Session):
    """A pause of more than 60 days, or without a reason, is refused before anything is sent."""
    before = kinds(mine)
    with pytest.raises(InputError, match=r"terms\.out-of-bounds name=pause"):
        pause(mine, seconds=61 * DAY, reason="Urlaub", now=NOW)
    with pytest.raises(InputError, match=r"pause\.reason-malformed"):
        pause(mine, seconds=DAY, reason="  ", now=NOW)
    assert kinds(mine) == before


def test_an_invitation_serves_once(mine: Session, node: ANode, tmp_path: Path):
    """A used invitation is refused, one with a changed character too, and the workspace keeps no such node (P9)."""
    used = peek_invitation(mine)
    folder = make_workspace(tmp_path / "other")
    with Workspace(folder) as held:
        session = held.unlock(typed())
        with pytest.raises(ConflictError, match=r"invitation\.used"):
            add_node(session, url=node.url, invitation=used, now=NOW)
        fresh = node.invite()
        flipped = fresh[:-9] + ("A" if fresh[-9] != "A" else "B") + fresh[-8:]
        with pytest.raises(IntegrityError, match=r"jws\.bad-signature"):
            add_node(session, url=node.url, invitation=flipped, now=NOW)
        assert session.vault.nodes == ()
        with pytest.raises(RefusedError, match=r"deposit\.no-nodes"):
            deposit(session, now=NOW)


def peek_invitation(session: Session) -> str:
    (node,) = session.vault.nodes
    (first, *_) = fetch_ledger(session, node, now=NOW)
    assert first.body is not None
    body = peek(str(first.body["statement"])).claims()["body"]
    assert isinstance(body, dict)
    return str(body["invitation"])


def test_a_node_that_comes_late_is_waited_for(apart: tuple[ANode, Session]):
    """What fails on the way is tried again: a node whose proxy comes back meanwhile gets the check-in."""
    node, mine = apart
    (record,) = mine.vault.nodes
    port = free_port()
    behind = record.model_copy(update={"url": f"http://127.0.0.1:{port}"})
    mine.save(mine.vault.model_copy(update={"nodes": (behind,)}))
    proxy = subprocess.Popen([sys.executable, "-c", PROXY, str(port), str(node.port)])
    try:
        (report,) = check_in(mine, now=NOW)
    finally:
        proxy.kill()
        proxy.wait()
    mine.save(mine.vault.model_copy(update={"nodes": (record,)}))
    assert report.accepted


PROXY = """
import asyncio, sys
port, to = map(int, sys.argv[1:])
async def pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()
async def forward(reader, writer):
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", to)
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
async def main():
    await asyncio.sleep(1)
    async with await asyncio.start_server(forward, "127.0.0.1", port) as server:
        await server.serve_forever()
asyncio.run(main())
"""


def test_a_restored_node_is_named_and_told_again(apart: tuple[ANode, Session], tmp_path: Path):
    """A node that went back is named, its check-in counts, and what it had lost it is told again (P8)."""
    node, mine = apart
    (record,) = mine.vault.nodes
    node.stop()
    backup = Path(shutil.copytree(node.folder, tmp_path / "backup"))
    node.start()
    add_entry(mine, "bakery", {"title": "Kasse", "kind": "other"}, now=NOW)
    (done,) = deposit(mine, now=NOW)
    seen = recall(mine.folder, record.fingerprint).shown.hash
    node.stop()
    shutil.rmtree(node.folder)
    shutil.move(backup, node.folder)
    node.start()
    (report,) = check_in(mine, now=NOW)
    assert report.error is None
    assert report.notes == ("went-back", "sent-again")
    entries = fetch_ledger(mine, record, now=NOW)
    (noted,) = [entry.body for entry in entries if entry.type == "restored"]
    assert seen in json.dumps(noted)
    assert seen not in {entry.hash for entry in entries}
    held = {
        row.client: row.fields.get("revision")
        for row in ask_status(mine, now=int(time.time())).rows
        if row.client
    }
    assert held == {"bakery": done.revision}
    (report,) = check_in(mine, now=NOW)
    assert report.notes == ()


def test_two_nodes_and_one_is_mute(apart: tuple[ANode, Session], tmp_path: Path):
    """A node that does not answer is named, stops nothing at the others, and is told everything later.

    It is told of an ended client, too: until then nothing is over (P7).
    """
    node, mine = apart
    second = ANode(tmp_path / "second").found().start()
    try:
        with pytest.raises(IntegrityError, match=r"node\.other-node"):
            add_node(mine, url=node.url, invitation=second.invite(), now=NOW)
        add_node(mine, url=second.url, invitation=second.invite(), now=NOW)
        second.stop(signal.SIGKILL)
        (done,) = deposit(mine, now=NOW)
        first, mute = done.nodes
        assert first.accepted
        assert isinstance(mute.error, UnavailableError)
        assert mute.error.code == "node.unreachable"
        rows = ask_status(mine, now=int(time.time())).rows
        assert (rows[0].severity, rows[0].code, rows[0].fields["url"]) == (
            "alarm",
            "node.unreachable",
            second.url,
        )
        second.start()
        (done,) = deposit(mine, now=NOW)
        assert all(report.accepted for report in done.nodes)
        rows = ask_status(mine, now=int(time.time())).rows
        assert {row.code for row in rows if row.node} == {"switch.current", "deposit.trial", "deposit.held"}
    finally:
        second.stop()
    _an_ended_client_is_told_to_each_node(mine)


def _an_ended_client_is_told_to_each_node(mine: Session):
    """Ending a client needs a receipt of every node that holds a deposit; only then is it over here (P7)."""
    mute = mine.vault.nodes[-1]
    reports = end_client(mine, "bakery", now=NOW)
    assert [report.accepted for report in reports] == [True, False]
    assert list_clients(mine)
    reached = tuple(one for one in mine.vault.nodes if one != mute)
    mine.save(mine.vault.model_copy(update={"nodes": reached}))
    before = kinds(mine)
    assert [report.accepted for report in end_client(mine, "bakery", now=NOW)] == [True]
    assert kinds(mine) == before
    assert list_clients(mine) == ()


def test_a_kill_while_sending_sends_the_same_bytes_again(settled: Path, tmp_path: Path):
    """Killed at any step of a deposit, the next one ends it, and the node recorded that statement once (P4)."""
    copies = tmp_path / "copies"
    copies.mkdir()
    helper = Path(__file__).with_name("killed.py")
    with Workspace(settled) as held:
        before = kinds(held.unlock(typed()))
    done = subprocess.run(
        [sys.executable, helper, "new_deposit", settled, copies], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    killed = int(done.stdout)
    assert killed >= 3
    for step in range(1, killed + 1):
        with Workspace(copies / f"{step:02}") as held:
            session = held.unlock(typed())
            (again,) = deposit(session, now=NOW)
            assert again.nodes[0].accepted
            assert not list((session.folder / "pending").iterdir())
    with Workspace(copies / "01") as held:
        after = kinds(held.unlock(typed()))
    assert after[len(before) :] == ["deposit"] * (killed + 1)


def test_an_ended_client_takes_no_more(mine: Session):
    """Nothing can be deposited for a client that ended, has no cards, or is none."""
    add_client(mine, "praxis", name="Praxis Dr. Ruf", language="de", profile="guided", now=NOW)
    with pytest.raises(RefusedError, match=r"client\.no-cards"):
        deposit(mine, ["praxis"], now=NOW)
    assert end_client(mine, "praxis", now=NOW) == ()
    assert [row.record.id for row in list_clients(mine)] == ["bakery"]
    with pytest.raises(RefusedError, match=r"client\.ended"):
        deposit(mine, ["praxis"], now=NOW)
    with pytest.raises(NotFoundError, match=r"client\.unknown"):
        deposit(mine, ["nobody"], now=NOW)


def test_a_beneficiary_who_runs_the_node_is_refused(mine: Session):
    """Terms in which a beneficiary runs a node are refused before anything is sent (P1)."""
    person, _ = add_beneficiary(mine, "bakery", name="Olaf", role="reserve", addresses=["olaf@nord.example"])
    (node,) = mine.vault.nodes
    mine.save(mine.vault.model_copy(update={"nodes": (node.model_copy(update={"operator": person.id}),)}))
    before = kinds(mine)
    with pytest.raises(RefusedError, match=r"terms\.beneficiary-runs-nodes"):
        deposit(mine, now=NOW)
    assert kinds(mine) == before


def test_a_ledger_on_disk_verifies_and_a_changed_one_does_not(mine: Session, tmp_path: Path):
    """An exported ledger verifies offline; a changed character is named with its line (P8)."""
    (node,) = mine.vault.nodes
    file = tmp_path / "ledger.jsonl"
    lines = [export_line(entry) for entry in fetch_ledger(mine, node, now=NOW)]
    file.write_bytes(b"".join(lines))
    assert verify_ledger_file(file, node=node.fingerprint).entries == len(lines)
    file.write_bytes(b"".join(lines).replace(b'"type":"deposit"', b'"type":"deposiT"', 1))
    with pytest.raises(IntegrityError, match=r"ledger\."):
        verify_ledger_file(file)
    file.write_bytes(b"")
    with pytest.raises(InputError, match=r"ledger\.empty"):
        verify_ledger_file(file)


def test_status_needs_no_passphrase(settled: Path):
    """Without a passphrase the status tells the last receipt and whether the node is there now."""
    codes = [row.code for row in status(settled, now=int(time.time())).rows]
    assert codes == ["switch.current", "deposit.trial", "deposit.held"]


def test_silence_is_the_first_thing_status_says(tmp_path: Path):
    """When the provider is overdue, that is the first row, and the next command is the check-in."""
    fast = ANode(tmp_path / "fast", scale=10_000_000).found().start()
    try:
        with Workspace(make_workspace(tmp_path / "workspace")) as held:
            session = held.unlock(typed())
            add_node(session, url=fast.url, invitation=fast.invite(), now=NOW)
            deadline = time.monotonic() + 30
            while (found := ask_status(session, now=NOW)).rows[0].code != "switch.overdue":
                assert time.monotonic() < deadline
                time.sleep(0.2)
            assert found.next_command == ("checkin",)
            assert found.rows[0].severity == "alarm"
    finally:
        fast.stop()


def test_no_secret_reaches_the_node(mine: Session, node: ANode, tray: Tray):
    """No password, card word or key of a client stands in the node's folder or log (P1, P10)."""
    deposit(mine, now=NOW)
    shares = [share.words for client in mine.vault.clients for one in client.sets for share in one.kept]
    words = [*shares, *(tray.words(paper) for paper in tray.papers)]
    assert [parse_card(text).group for text in words]
    secrets = [PASSWORD, PASSPHRASE, mine.daily.seed.hex(), "AGE-SECRET-KEY"]
    secrets += [" ".join(text.split()[at : at + 2]) for text in words for at in range(0, 20, 2)]
    log = node.folder.parent / f"{node.folder.name}.log"
    for path in [
        log,
        *(path for path in node.folder.rglob("*") if path.is_file() and path.name != "node.key"),
    ]:
        data = path.read_bytes()
        assert not [text for text in secrets if text.encode() in data], path
