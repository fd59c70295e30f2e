"""An expert's payload holds the same credentials for other programs."""

import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from provider.a_node import ANode
from provider.provider_world import NOW, Tray, furnish, make_workspace, typed

from escrowd.core.payload import EXPORT_CSV, EXPORT_KEEPASS, EXPORT_PASSWORD, Payload, read_payload
from escrowd.core.seal import unseal_bytes
from escrowd.provider import estate
from escrowd.provider.actions.clients import edit_client
from escrowd.provider.actions.contents import edit_entry
from escrowd.provider.actions.deposit import deposit
from escrowd.provider.actions.nodes import add_node
from escrowd.provider.workspace import Session, Workspace

PASSWORD = "Ofenklappe#1987"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one client, an expert, who has cards."""
    folder = make_workspace(tmp_path_factory.mktemp("origin") / "workspace")
    with Workspace(folder) as held:
        own = held.unlock(typed())
        furnish(own, Tray(), password=PASSWORD)
        edit_client(own, "bakery", profile="expert", now=NOW)
    return folder


@pytest.fixture
def session(origin: Path, tmp_path: Path) -> Iterator[Session]:
    """A copy, unlocked."""
    with Workspace(Path(shutil.copytree(origin, tmp_path / "workspace"))) as held:
        yield held.unlock(typed())


@contextmanager
def published(session: Session) -> Iterator[Payload]:
    """What was published last, opened."""
    last = estate.published(session, session.client("bakery"))
    assert last is not None
    yield read_payload(io.BytesIO(unseal_bytes(last.bundle.read_bytes(), [session.identity.text])))


def content(payload: Payload, name: str) -> bytes:
    with payload.open_file(name) as stream:
        return stream.read()


@pytest.mark.skipif(shutil.which("keepassxc-cli") is None, reason="keepassxc-cli is not installed")
def test_keepassxc_opens_it_with_the_password_beside_it(session: Session, tmp_path: Path) -> None:
    """P5, P9: KeePassXC shows an expert's passwords with the one that READ-ME-FIRST prints, at the least cost."""
    estate.publish(session, session.client("bakery"), now=NOW)
    with published(session) as payload:
        database, key = tmp_path / "x.kdbx", content(payload, EXPORT_PASSWORD).decode()
        database.write_bytes(content(payload, EXPORT_KEEPASS))
        assert len(key) == 26
        page = payload.readme().decode()
        assert key in page.replace("<u>", "").replace("</u>", "")
        assert f'href="{EXPORT_KEEPASS}"' in page
        assert PASSWORD in content(payload, EXPORT_CSV).decode("utf-8-sig")

    def cli(*arguments: str) -> str:
        command = ["keepassxc-cli", *arguments]
        return subprocess.run(command, input=f"{key}\n", text=True, capture_output=True, check=True).stdout

    assert PASSWORD in cli("export", "-q", "-f", "csv", str(database))
    assert "(1 rounds, 8 KB)" in cli("db-info", "-q", str(database))


def test_only_an_expert_and_only_what_is_published_has_them(session: Session) -> None:
    """A working copy holds none, and neither does what others get; each publication has a password of its own."""
    with estate.opened(session, "bakery") as payload:
        assert not payload.has(EXPORT_KEEPASS)
    estate.publish(session, session.client("bakery"), now=NOW)
    with published(session) as payload:
        first = content(payload, EXPORT_PASSWORD)
        (entry, *_) = payload.bundle.entries
    assert not estate.publish(session, session.client("bakery"), now=NOW)[1]
    edit_entry(session, "bakery", entry.id, {"notes": "neu"}, now=NOW)
    assert estate.publish(session, session.client("bakery"), now=NOW)[1]
    with published(session) as payload:
        assert content(payload, EXPORT_PASSWORD) != first
    edit_client(session, "bakery", profile="guided", now=NOW)
    estate.publish(session, session.client("bakery"), now=NOW)
    with published(session) as payload:
        assert not any(payload.has(name) for name in (EXPORT_CSV, EXPORT_KEEPASS, EXPORT_PASSWORD))


def test_what_keepass_cannot_hold_is_named_beside_it(session: Session) -> None:
    """P9: a value that the KeePass file has to change is named, by entry and field; without one nothing is said."""
    estate.publish(session, session.client("bakery"), now=NOW)
    with published(session) as payload:
        assert "data-inexact" not in payload.readme().decode()
        (entry, *_) = payload.bundle.entries
    edit_entry(session, "bakery", entry.id, {"password": "Ofen\x07klappe"}, now=NOW)
    estate.publish(session, session.client("bakery"), now=NOW)
    with published(session) as payload:
        _, _, said = payload.readme().decode().partition("data-inexact>")
    assert f"{entry.title} (Kennwort). Dort steht [U+…]" in said.partition("</span>")[0]


def test_a_deposit_says_that_the_keepass_file_is_missing(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P9: without the extra the table alone is made, and the deposit says so; with it the next one heals it."""
    node = ANode(tmp_path / "node").found().start()
    try:
        add_node(session, url=node.url, invitation=node.invite(), now=NOW)
        with monkeypatch.context() as without:
            without.setitem(sys.modules, "pykeepass", None)
            (done,) = deposit(session, now=NOW)
            assert done.without_keepass
            with published(session) as payload:
                assert payload.has(EXPORT_CSV)
                assert not payload.has(EXPORT_PASSWORD)
            (again,) = deposit(session, now=NOW)
            assert (again.without_keepass, again.new_revision) == (True, False)
        (healed,) = deposit(session, now=NOW)
        assert (healed.without_keepass, healed.new_revision) == (False, True)
    finally:
        node.stop()
