"""One vault, many clients: what a sync brings, keeps, names and leaves alone."""

import json
import shutil
from pathlib import Path

import pytest
from provider.provider_world import NOW, PASSPHRASE

from escrowd.core.bundle import Bundle
from escrowd.core.seal import seal_passphrase, unseal_passphrase
from escrowd.errors import EscrowdError
from escrowd.machine.secret_input import Secret
from escrowd.provider import estate
from escrowd.provider.actions.contents import edit_entry, list_entries, remove_entry, show_entry
from escrowd.provider.actions.sync import (
    ClientSync,
    SyncReport,
    delete_export,
    read_source,
    source_of,
    spoken_for,
    sync,
)
from escrowd.provider.sources import Unspoken, forget_source
from escrowd.provider.workspace import Session

pytest.importorskip("pykeepass")
from provider.vault_world import SHARED, Vault, add_clients, make_vault, read, synced

CLIENTS, ENTRIES = 12, 60
NAMES = [f"client-{number}" for number in range(1, CLIENTS + 1)]
HOSTILE = [
    "=HYPERLINK(1)",
    "../../etc/passwd",
    "\x1b[2J\u202etxt",
    "a\nb\tc",
    "<script>alert(1)</script>",
    "🔑 \U0001d518\U0001d52b",
    "{REF:P@I:nonsense}",
    "'; DROP TABLE --",
    "x" * 2000,
    "/",
    "A/B=C",
    "-",
    "+",
]


@pytest.fixture(scope="module")
def founded(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace, its passphrase quick to try."""
    folder = Path(shutil.copytree(founded, tmp_path_factory.mktemp("quick") / "workspace"))
    daily = folder / "daily.age"
    daily.write_bytes(seal_passphrase(unseal_passphrase(daily.read_bytes(), PASSPHRASE), PASSPHRASE, 10))
    return folder


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return make_vault(tmp_path / "vault.kdbx", CLIENTS, ENTRIES)


@pytest.fixture
def few(session: Session, tmp_path: Path) -> Vault:
    """Two clients' groups and one that is nobody's, synced once."""
    add_clients(session, 2)
    vault = make_vault(tmp_path / "few.kdbx", 2, 6)
    assert problems(synced(session, vault.path, given=NAMES[:2], left_out=[SHARED])) == []
    return vault


def hashes(session: Session) -> dict[str, str]:
    return {
        one.id: estate.file_sha256(session.estate(one.id) / "bundle.age") for one in session.vault.clients
    }


def problems(report: SyncReport) -> list[str]:
    return [one.error.code for one in report.clients if one.error is not None]


def of(report: SyncReport, client: str) -> ClientSync:
    return next(one for one in report.clients if one.client == client)


def bundle(session: Session, client: str) -> Bundle:
    with estate.opened(session, client) as payload:
        return payload.bundle


def test_a_vault_reaches_the_bundles_of_all_its_clients(session: Session, vault: Vault):
    """Each client gets exactly the own group; the second sync opens nobody; ten changes reach their clients only."""
    add_clients(session, CLIENTS)
    report = synced(session, vault.path, given=NAMES)
    assert problems(report) == []
    for name in NAMES:
        theirs = {(entry.title, entry.password) for entry in vault.group(name).entries}
        assert {(entry.title, entry.password) for entry in list_entries(session, name)} == theirs
        assert all(entry.group == () for entry in list_entries(session, name))
        assert not [entry for entry in of(report, name).not_carried if entry.reason == "elsewhere"]
    assert [(one.group, one.entries) for one in report.sources[0].unspoken] == [
        ((SHARED,), len(vault.group(SHARED).entries))
    ]
    before = hashes(session)
    again = synced(session, vault.path)
    assert not any(one.looked or one.differs for one in again.clients)
    assert hashes(session) == before
    touched = set()
    for number in range(10):
        name = NAMES[number % 4]
        entry = vault.entry(name, number % 3)
        entry.password, touched = f"neu-{number}", {*touched, name}
    vault.save()
    changed = synced(session, vault.path)
    assert {one.client for one in changed.clients if one.looked} == touched
    assert {name for name, sha256 in hashes(session).items() if sha256 != before[name]} == touched
    assert sum(len(one.changed) for one in changed.clients) == 10
    assert not any(one.differs for one in synced(session, vault.path).clients)


def test_a_conflict_is_shown_and_kept_until_both_are_alike(session: Session, few: Vault):
    """What changed on both sides stays as it is here, and every sync names it until the two agree."""
    entry = few.entry("client-1")
    edit_entry(session, "client-1", entry.title, {"password": "hier"}, now=NOW)
    entry.password = "dort"
    few.entry("client-2").password = "neu"
    few.save()
    for _ in range(2):
        report = synced(session, few.path)
        assert of(report, "client-1").changed[0].conflicts == ("password",)
        assert show_entry(session, "client-1", entry.title).password == "hier"
        assert report.sources[0].arrived is False
    assert show_entry(session, "client-2", few.entry("client-2").title).password == "neu"
    entry.password = "hier"
    few.save()
    alike = synced(session, few.path)
    assert (of(alike, "client-1").conflicts, alike.sources[0].arrived) == (0, True)
    assert not of(synced(session, few.path), "client-1").looked


def test_an_edit_here_is_not_undone(session: Session, few: Vault):
    """What was edited or removed here stays so while the vault says what it said."""
    first, second = (entry.title for entry in few.group("client-1").entries)
    edit_entry(session, "client-1", first, {"password": "hier"}, now=NOW)
    remove_entry(session, "client-1", second, now=NOW)
    before = hashes(session)
    report = synced(session, few.path)
    assert (of(report, "client-1").looked, of(report, "client-1").removed_here) == (True, (second,))
    assert hashes(session) == before
    assert [entry.password for entry in list_entries(session, "client-1")] == ["hier"]


def test_a_dry_run_changes_nothing(session: Session, vault: Vault):
    """It says what would change for whom, and neither a bundle nor the table becomes another."""
    add_clients(session, 2)
    table, before = session.vault, hashes(session)
    disk = (session.folder / "workspace.age").read_bytes()
    report = synced(session, vault.path, given=NAMES[:2], dry_run=True)
    assert [(one.client, one.differs, len(one.added)) for one in report.clients] == [
        (name, True, len(vault.group(name).entries)) for name in NAMES[:2]
    ]
    assert (session.vault, hashes(session)) == (table, before)
    assert (session.folder / "workspace.age").read_bytes() == disk


def test_a_wrong_password_is_one_error(session: Session, vault: Vault):
    """Nothing of a vault that does not open is remembered or taken."""
    record = source_of(session, vault.path)
    with pytest.raises(EscrowdError) as caught:
        read_source(record, ask=lambda _path: Secret("falsch", "stored"))
    assert caught.value.code == "import.password-wrong"
    assert session.vault.sources == ()


def test_one_client_in_trouble_does_not_stop_the_others(session: Session, few: Vault):
    """A damaged bundle is that client's trouble; it is tried again by the next sync."""
    copy = session.estate("client-1") / "bundle.age"
    whole = copy.read_bytes()
    copy.write_bytes(whole[:-20])
    for name in ("client-1", "client-2"):
        few.entry(name).password = "neu"
    few.save()
    report = synced(session, few.path)
    assert problems(report) == ["age.damaged"]
    assert (of(report, "client-2").differs, report.sources[0].arrived) == (True, False)
    copy.write_bytes(whole)
    mended = synced(session, few.path)
    assert [(one.client, one.differs) for one in mended.clients] == [("client-1", True), ("client-2", False)]


def test_an_older_bundle_is_synced_again(session: Session, few: Vault):
    """A bundle that came back from a node may lack what the table says was synced: it is compared."""
    copy = session.estate("client-1") / "bundle.age"
    former = copy.read_bytes()
    few.entry("client-1").password = "neu"
    few.save()
    synced(session, few.path)
    copy.write_bytes(former)
    assert of(synced(session, few.path), "client-1").differs
    assert show_entry(session, "client-1", few.entry("client-1").title).password == "neu"


def test_a_group_that_is_gone_takes_nothing_along(session: Session, few: Vault):
    """A renamed group is an error of its client and a question, and no entry is marked as missing."""
    few.group("client-1").name = "Neuer Name"
    few.save()
    before = hashes(session)
    report = synced(session, few.path)
    assert problems(report) == ["sync.group-gone"]
    assert [one.group for one in report.sources[0].unspoken] == [("Neuer Name",)]
    assert hashes(session) == before
    sources = spoken_for(session, read(session, few.path), {"Neuer Name": "client-1", "client-1": None})
    moved = sync(session, sources, dry_run=False, now=NOW)
    assert (problems(moved), of(moved, "client-1").missing, moved.sources[0].arrived) == ([], (), True)


def test_a_new_group_is_nobodys(session: Session, few: Vault):
    """A group that appears beside others goes to none of their clients, also where the top is given to one."""
    top = few.database.add_entry(few.database.root_group, "Ganz oben", "u", "p")
    few.database.add_entry(few.database.add_group(few.database.root_group, "firma CLIENT-2 "), "x", "u", "p")
    few.save()
    sources = spoken_for(session, read(session, few.path), {"/": "client-1"})
    report = sync(session, sources, dry_run=False, now=NOW)
    assert [entry.title for entry in of(report, "client-1").added] == [top.title]
    assert report.sources[0].unspoken == (Unspoken(("firma CLIENT-2 ",), 1, (), "client-2"),)


def test_groups_in_a_group(session: Session, few: Vault):
    """Where groups in a group are given to clients, what lies directly in it and beside them is named."""
    above = few.database.add_group(few.database.root_group, "Kunden")
    for name in ("Eins", "Zwei", "Drei"):
        group = few.database.add_group(above, name)
        few.database.add_entry(few.database.add_group(group, "Web"), f"Shop {name}", "u", "p")
    few.database.add_entry(above, "Direkt", "u", "p")
    few.save()
    (source,) = read(session, few.path)
    assert [(one.group, one.entries, one.below) for one in source.open_questions(session)] == [
        (("Kunden",), 4, (("Kunden", "Eins"), ("Kunden", "Zwei"), ("Kunden", "Drei")))
    ]
    said = {"Kunden/Eins": "client-1", "Kunden/Zwei": "client-2"}
    report = sync(session, spoken_for(session, (source,), said), dry_run=False, now=NOW)
    assert {one.group: one.entries for one in report.sources[0].unspoken} == {
        ("Kunden",): 1,
        ("Kunden", "Drei"): 1,
    }
    assert of(report, "client-1").groups == ("client-1", "Kunden/Eins")
    added = show_entry(session, "client-1", "Shop Eins")
    assert added.group == ("Web",)
    assert "Zwei" not in str(bundle(session, "client-1").groups)


def test_hostile_strings_arrive_as_they_are(session: Session, tmp_path: Path):
    """Names of groups, entries and fields that mean something elsewhere mean nothing here."""
    add_clients(session, 1)
    groups = [{"id": f"f{n}", "name": text.replace("/", "|")} for n, text in enumerate(HOSTILE)]
    items = [
        {
            "id": f"{n:08}-0000-4000-8000-000000000000",
            "folderId": f"f{n}",
            "type": 1,
            "name": text,
            "notes": text,
            "login": {"username": text, "password": text, "uris": [{"uri": text}]},
        }
        for n, text in enumerate(HOSTILE)
    ]
    path = tmp_path / "=export .json"
    path.write_text(json.dumps({"encrypted": False, "folders": groups, "items": items}), encoding="utf-8")
    (source,) = read(session, path)
    open_questions = source.open_questions(session)
    assert [one.group for one in open_questions] == [(group["name"],) for group in groups]
    for one in open_questions:
        source = source.speak_for(one.group, "client-1")
    report = sync(session, (source,), dry_run=False, now=NOW)
    assert (problems(report), report.sources[0].unspoken) == ([], ())
    arrived = [(e.title, e.user, e.password, e.notes, e.urls) for e in list_entries(session, "client-1")]
    assert sorted(arrived) == sorted((text, text, text, text, (text,)) for text in HOSTILE)
    again = sync(session, read(session, path), dry_run=False, now=NOW)
    assert not any(one.looked for one in again.clients)


def test_two_tables_of_one_client_do_not_disturb_each_other(session: Session, tmp_path: Path):
    """What one remembered file lacks is not missing because it is in another; both settle after one sync."""
    add_clients(session, 1)
    files = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for number, file in enumerate(files):
        file.write_text(f"Name,Kennwort\nZugang {number},geheim\n", encoding="utf-8")
    columns = {"title": "Name", "password": "Kennwort"}
    sources = spoken_for(session, read(session, *files, columns=columns), {"/": "client-1"})
    report = sync(session, sources, dry_run=False, now=NOW)
    assert [entry.title for entry in of(report, "client-1").added] == ["Zugang 0", "Zugang 1"]
    for _ in range(2):
        again = synced(session, *files)
        assert [(one.looked, one.missing) for one in again.clients] == [(False, ())]
    assert [(one.plain, one.format, one.columns) for one in session.vault.sources] == [
        (True, "csv", columns)
    ] * 2


def test_a_readable_export_is_deleted_and_another_takes_its_place(session: Session, tmp_path: Path):
    """The file is unlinked, its groups stay remembered, and the next export to that place needs no answers."""
    add_clients(session, 1)
    file = tmp_path / "export.csv"
    text = "title,url,username,password,notes,otpauth\nA,https://a.example,u,p,,\n"
    file.write_text(text, encoding="utf-8")
    report = sync(
        session, spoken_for(session, read(session, file), {"/": "client-1"}), dry_run=False, now=NOW
    )
    assert (report.sources[0].plain, report.sources[0].arrived) == (True, True)
    assert report.sources[0].not_carried != ()
    delete_export(report.sources[0])
    assert not file.exists()
    file.write_text(text + "B,https://b.example,u,p,,\n", encoding="utf-8")
    again = synced(session, file)
    assert [entry.title for entry in of(again, "client-1").added] == ["B"]
    forget_source(session, file)
    assert session.vault.sources == ()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"Nirgends": "client-1"}, "import.group-unknown"),
        ({"client-1": "fremd"}, "client.unknown"),
    ],
)
def test_a_slip_in_what_is_said_changes_nothing(session: Session, few: Vault, said, code):
    """A group or client that is not there is refused before anything is sealed or remembered."""
    table = session.vault
    with pytest.raises(EscrowdError) as caught:
        spoken_for(session, read(session, few.path), said)
    assert (caught.value.code, session.vault) == (code, table)


def test_a_group_of_two_files_is_not_given_away_by_the_way(session: Session, few: Vault, tmp_path: Path):
    """What is said of a group changes no other file's group of that name, unless it agrees."""
    other = make_vault(tmp_path / "other.kdbx", 1, 2)
    both = read(session, few.path, other.path)
    with pytest.raises(EscrowdError) as caught:
        spoken_for(session, both, {"client-1": "client-2"})
    assert caught.value.code == "sync.group-ambiguous"
    agreed = spoken_for(session, both, {"client-1": "client-1"})
    assert [one.client for one in agreed[1].record.groups] == ["client-1"]


def test_a_key_file_is_for_what_is_sealed(session: Session, few: Vault, tmp_path: Path):
    """A table beside a database is readable, whatever key file was named for both; the key's place is remembered."""
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    table = tmp_path / "table.csv"
    table.write_text(
        "title,url,username,password,notes,otpauth\nA,https://a.example,u,p,,\n", encoding="utf-8"
    )
    few.database.keyfile = str(key)
    few.save()
    sealed, plain = read(session, few.path, table, key_file=key)
    assert (sealed.record.plain, plain.record.plain) == (False, True)
    synced(session, few.path, key_file=key)
    assert problems(synced(session, few.path)) == []
    few.database.password = None
    few.save()
    record = source_of(session, few.path, password=False)
    alone = read_source(record, ask=lambda path: pytest.fail(f"asked for {path}"))
    assert len(alone.imported.entries) == 6
