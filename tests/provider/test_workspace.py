"""The workspace: what is in it, who may open it, and what a crash or a full disk leaves behind."""

import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from provider.killed import ACTIONS, NEW_PASSPHRASE, new_entry, new_timings
from provider.provider_world import NOW, PASSPHRASE, Tray, furnish, make_workspace, stored, typed

from escrowd.core.keys import fingerprint
from escrowd.core.shares import open_provider_key, parse_card
from escrowd.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from escrowd.provider.actions.beneficiaries import add_beneficiary
from escrowd.provider.actions.cards import make_cards
from escrowd.provider.actions.clients import add_client, list_clients
from escrowd.provider.actions.contents import list_entries
from escrowd.provider.actions.init import init
from escrowd.provider.actions.kit import write_kit
from escrowd.provider.actions.passphrase import change_passphrase
from escrowd.provider.workspace import Session, Workspace, open_table, read_view

PASSWORD = "Ofenklappe#1987"


@pytest.fixture(scope="module")
def furnished(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one client who has an entry, a person and cards."""
    folder = Path(shutil.copytree(founded, tmp_path_factory.mktemp("furnished") / "workspace"))
    with Workspace(folder) as held:
        furnish(held.unlock(typed()), Tray(), password=PASSWORD)
    return folder


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def files(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_file())


def test_everything_in_it_is_private(furnished: Path):
    """Each folder of a workspace is 0700 and each file 0600, whatever the umask."""
    for path in [furnished, *furnished.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_init_prints_cards_that_open_the_root(tmp_path: Path):
    """Two of the three provider's cards open provider-key.age, and it holds the root that the workspace names."""
    tray = Tray()
    folder = make_workspace(tmp_path / "deep" / "workspace", tray)
    words = [tray.words(paper) for paper in tray.papers]
    key_file = (folder / "provider-key.age").read_bytes()
    for first, second in ((0, 1), (0, 2), (1, 2)):
        key = open_provider_key([parse_card(words[first]), parse_card(words[second])], key_file)
        assert fingerprint(key.signing.public) == read_view(folder).root_fingerprint


def test_the_root_stays_out_of_the_workspace(tmp_path: Path):
    """After init the root seed is nowhere in the workspace, not even under the passphrase (P1)."""
    tray = Tray()
    folder = make_workspace(tmp_path / "workspace", tray)
    cards = [parse_card(tray.words(paper)) for paper in tray.papers[:2]]
    root = open_provider_key(cards, (folder / "provider-key.age").read_bytes())
    with Workspace(folder) as held:
        session = held.unlock(typed())
    assert session.daily.seed != root.seed
    assert root.seed.hex() not in session.vault.model_dump_json()
    assert not [path for path in files(folder) if root.seed in path.read_bytes()]


def test_a_failed_delivery_leaves_no_workspace(tmp_path: Path):
    """When the provider's cards cannot be written, no workspace is made, and nothing is left beside it."""

    def jammed(_: object) -> None:
        raise ConflictError("paper.exists", path="x")

    with pytest.raises(ConflictError, match=r"paper\.exists"):
        init(
            tmp_path / "workspace",
            name="Jana",
            language="de",
            addresses=["jana@winter.example"],
            passphrase=typed(),
            deliver=jammed,
            now=NOW,
        )
    assert not list(tmp_path.iterdir())


def test_init_never_touches_what_is_there(workspace: Path):
    """Init refuses a folder with anything in it and changes none of it."""
    before = snapshot(workspace)
    with pytest.raises(ConflictError, match=r"workspace\.exists"):
        make_workspace(workspace)
    assert snapshot(workspace) == before


def test_the_second_command_is_refused(workspace: Path):
    """While one process holds the workspace, another is refused at once, before any passphrase is asked."""
    with Workspace(workspace):
        program = f"from pathlib import Path\nfrom escrowd.provider.workspace import Workspace\nWorkspace(Path({str(workspace)!r})).__enter__()"
        other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert "ConflictError: workspace.locked" in other.stderr
    with Workspace(workspace):
        pass


def test_a_wrong_passphrase_is_named(workspace: Path):
    """A wrong passphrase is one clear error, and nothing changes (P9)."""
    before = snapshot(workspace)
    with Workspace(workspace) as held, pytest.raises(InputError, match=r"passphrase\.wrong"):
        held.unlock(typed(PASSPHRASE + " "))
    assert snapshot(workspace) == {**before, "lock": b""}


def test_no_workspace_is_no_riddle(tmp_path: Path):
    """A folder that is no workspace is named as such."""
    with pytest.raises(NotFoundError, match=r"workspace\.missing"), Workspace(tmp_path / "nowhere"):
        pass


def test_a_readable_workspace_is_refused(workspace: Path):
    """A workspace that others on the machine may enter is refused."""
    workspace.chmod(0o755)
    with pytest.raises(RefusedError, match=r"workspace\.not-private"), Workspace(workspace):
        pass


@pytest.mark.parametrize("name", ["daily.age", "workspace.age", "workspace.json"])
def test_damage_is_named(workspace: Path, name: str):
    """A cut file of the workspace is named, never guessed around (P9)."""
    path = workspace / name
    path.write_bytes(path.read_bytes()[:-20])
    with (
        pytest.raises(IntegrityError, match=rf"workspace\.damaged file={name}"),
        Workspace(workspace) as held,
    ):
        held.unlock(typed())


def test_a_passphrase_changes_nothing_else(workspace: Path):
    """After a change the new passphrase opens the same keys, the old one nothing; a short one is refused."""
    before = snapshot(workspace)
    with Workspace(workspace) as held:
        session = held.unlock(typed())
        with pytest.raises(InputError, match=r"passphrase\.too-short"):
            change_passphrase(session, typed("short"))
        change_passphrase(session, typed(NEW_PASSPHRASE))
        assert held.unlock(stored(NEW_PASSPHRASE)).daily.seed == session.daily.seed
        with pytest.raises(InputError, match=r"passphrase\.wrong"):
            held.unlock(typed())
    after = snapshot(workspace)
    assert {name for name in after if after[name] != before.get(name)} == {"daily.age", "lock"}


def test_nothing_readable_is_on_disk(furnished: Path, tmp_path: Path):
    """No passphrase, password, card word, name or address stands in any file of a workspace (P10)."""
    folder = Path(shutil.copytree(furnished, tmp_path / "workspace"))
    tray = Tray()
    with Workspace(folder) as held:
        session = held.unlock(typed())
        add_client(session, "praxis", name="Praxis Dr. Ruf", language="de", profile="guided", now=NOW)
        add_beneficiary(
            session, "praxis", name="Ruth Ruf", role="client", addresses=["ruth@praxis-ruf.example"]
        )
        make_cards(session, "praxis", deliver=tray, now=NOW)
        write_kit(session, "praxis", tmp_path / "kit", now=NOW)
        kept = [share.words for client in session.vault.clients for one in client.sets for share in one.kept]
    words = [*kept, *(tray.words(paper) for paper in tray.papers)]
    assert len(words) == 6
    secrets = [
        PASSPHRASE,
        PASSWORD,
        "Krume",
        "Praxis Dr. Ruf",
        "krume.example",
        "winter.example",
        "AGE-SECRET-KEY",
    ]
    # Three in a row: two may be neighbours in the list of words that the recovery page holds.
    secrets += [" ".join(text.split()[at : at + 3]) for text in words for at in range(18)]
    for path in [*files(folder), *files(tmp_path / "kit")]:
        if path.name == "INSTRUCTIONS.html":
            continue
        # The page says whose it is, and its program knows how an identity begins.
        said = {"Praxis Dr. Ruf", "AGE-SECRET-KEY"} if path.suffix == ".html" else set()
        data = path.read_bytes().lower()
        assert not [text for text in secrets if text not in said and text.lower().encode() in data], path


def test_a_damaged_bundle_leaves_the_other_clients_listed(furnished: Path, tmp_path: Path):
    """One client's damaged file is named in the list, and hides nobody else."""
    folder = Path(shutil.copytree(furnished, tmp_path / "workspace"))
    with Workspace(folder) as held:
        session = held.unlock(typed())
        add_client(session, "praxis", name="Praxis Dr. Ruf", language="de", profile="guided", now=NOW)
        bundle = folder / "clients/praxis/bundle.age"
        bundle.write_bytes(bundle.read_bytes()[:-20])
        bakery, praxis = list_clients(session)
    assert (bakery.problem, praxis.revision) == (None, None)
    assert isinstance(praxis.problem, IntegrityError)


SLOW = {"new_cards", "new_client", "new_kit", "new_passphrase"}
"""They derive a key or split a secret in each of their many runs."""


@pytest.mark.parametrize(
    "action",
    [pytest.param(action, marks=[pytest.mark.long] if action in SLOW else []) for action in sorted(ACTIONS)],
)
def test_a_kill_at_any_step_loses_nothing(action: str, furnished: Path, workspace: Path, tmp_path: Path):
    """Killed before any of its steps, a command leaves the state before or after it, and doing it again ends it (P4)."""
    template = furnished
    if action in {"new_cards", "new_person"}:
        template = workspace
        with Workspace(workspace) as held:
            session = held.unlock(typed())
            add_client(session, "bakery", name="Krume", language="de", profile="guided", now=NOW)
            if action == "new_cards":
                add_beneficiary(session, "bakery", name="Karl", role="client", addresses=["k@krume.example"])
    copies = tmp_path / "copies"
    copies.mkdir()
    helper = Path(__file__).with_name("killed.py")
    done = subprocess.run(
        [sys.executable, helper, action, template, copies], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    killed = int(done.stdout)
    assert killed >= 1
    with Workspace(template) as held:
        opened = held.unlock(typed())
    for step in range(1, killed + 1):
        folder = copies / f"{step:02}"
        with Workspace(folder) as held:
            if action == "new_passphrase":
                unlocked(held)
            table = open_table((folder / "workspace.age").read_bytes(), opened.identity)
            session = replace(opened, folder=folder, vault=table)
            assert all(row.problem is None for row in list_clients(session))
            list_entries(session, "bakery")
            # The slow ones are done again after every third kill only.
            if step % 3 == 0 or action not in {"new_cards", "new_passphrase"}:
                again(action, session)
            assert all(row.problem is None for row in list_clients(session))
        assert not [path for path in folder.rglob("*") if "tmp" in path.name]


def unlocked(held: Workspace) -> Session:
    """With the old passphrase or the new one: one of them opens it."""
    try:
        return held.unlock(typed())
    except InputError:
        return held.unlock(typed(NEW_PASSPHRASE))


def again(action: str, session: Session) -> None:
    """Do it again: it works, or it says that it is done already."""
    with suppress(ConflictError):
        ACTIONS[action](session)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for a workspace."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can mount a file system that is small enough to be filled")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_changes_nothing(founded: Path, small_disk: Path):
    """On a full disk one error says so, and the workspace is what it was (P9)."""
    folder = Path(shutil.copytree(founded, small_disk / "workspace"))
    with Workspace(folder) as held:
        session = held.unlock(typed())
        add_client(session, "bakery", name="Krume", language="de", profile="guided", now=NOW)
        before = snapshot(folder)
        fill(small_disk / "filler")
        for attempt in (new_entry, new_timings):
            with pytest.raises(UnavailableError, match=r"disk\.full"):
                attempt(session)
        with pytest.raises(UnavailableError, match=r"disk\.full"):
            add_client(session, "praxis", name="Praxis", language="de", profile="guided", now=NOW)
        assert snapshot(folder) == before
        assert list_entries(session, "bakery") == ()
        assert [row.record.id for row in list_clients(session)] == ["bakery"]
        (small_disk / "filler").unlink()
        new_entry(session)
        add_client(session, "praxis", name="Praxis", language="de", profile="guided", now=NOW)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as stream, suppress(OSError):
        while True:
            stream.write(bytes(512))


def test_a_write_that_fails_half_way_changes_nothing(workspace: Path):
    """A file that cannot be written to its end leaves the former one, and one error (P9)."""
    with Workspace(workspace) as held:
        session = held.unlock(typed())
        before = snapshot(workspace)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (512, limits[1]))
        try:
            with pytest.raises(UnavailableError, match=r"^disk\."):
                new_timings(session)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert snapshot(workspace) == before
        assert session.vault.timings.interval == 30 * 86_400
