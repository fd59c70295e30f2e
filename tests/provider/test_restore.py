"""A lost workspace comes back from two provider's cards and one node."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from provider.a_node import ANode
from provider.provider_world import NOW, Tray, furnish, make_workspace, stored, typed

from escrowd.errors import CardError, ConflictError, EscrowdError, InputError, NotFoundError, RefusedError
from escrowd.provider.actions.checkin import check_in
from escrowd.provider.actions.clients import add_client
from escrowd.provider.actions.contents import add_document, add_entry, list_documents, show_entry
from escrowd.provider.actions.deposit import deposit
from escrowd.provider.actions.nodes import add_node
from escrowd.provider.actions.reading import open_to_folder
from escrowd.provider.actions.restore import restore
from escrowd.provider.actions.status import ask_status
from escrowd.provider.agreement import agreed_sha256
from escrowd.provider.memory import recall
from escrowd.provider.workspace import Workspace

PASSWORD = "Ofenklappe#1987"
NEW = "Ofenrohr Kiesel Anker"


@dataclass
class Lost:
    """What is left after the fire: a node, cards, and what was in the workspace."""

    node: ANode
    provider: list[str]
    client: list[str]
    root: str
    daily: bytes
    terms: str


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lost]:
    home = tmp_path_factory.mktemp("lost")
    node = ANode(home / "node").found().start()
    provider, client = Tray(), Tray()
    folder = make_workspace(home / "workspace", provider)
    file = home / "Vertrag (unterschrieben).pdf"
    file.write_bytes(b"%PDF contract")
    with Workspace(folder) as held:
        session = held.unlock(typed())
        add_node(session, url=node.url, invitation=node.invite(), now=NOW)
        furnish(session, client, password=PASSWORD)
        add_document(session, "bakery", file, now=NOW, entry="Webshop")
        add_client(session, "praxis", name="Praxis Dr. Ruf", language="de", profile="guided", now=NOW)
        deposit(session, now=NOW)
        root, daily = session.provider, session.daily.seed
        terms = agreed_sha256(session.vault, session.client("bakery"))
    shutil.rmtree(folder)
    yield Lost(
        node,
        [provider.words(paper) for paper in provider.papers],
        [client.words(paper) for paper in client.papers],
        root,
        daily,
        terms,
    )
    node.stop()


def test_everything_deposited_comes_back(lost: Lost, tmp_path: Path):
    """Clients, entries, people, sets, the very terms are there again, under a new passphrase and a new daily key."""
    folder = tmp_path / "workspace"
    done = restore(
        folder, node_url=lost.node.url, cards=lost.provider[:2], passphrase=typed(NEW), now=NOW + 60
    )
    assert (done.root_fingerprint, done.clients, done.without_bundle) == (
        lost.root,
        ("bakery", "praxis"),
        ("praxis",),
    )
    assert done.checked_in
    with Workspace(folder) as held:
        session = held.unlock(typed(NEW))
        assert session.daily.seed != lost.daily
        assert agreed_sha256(session.vault, session.client("bakery")) == lost.terms
        assert show_entry(session, "bakery", "webshop").password == PASSWORD
        assert [document.name for document in list_documents(session, "bakery")] == [
            "Vertrag (unterschrieben).pdf"
        ]
        names = open_to_folder(session, "bakery", tmp_path / "opened")
        assert (tmp_path / "opened").joinpath(*names[-1].split("/")).read_bytes() == b"%PDF contract"
        assert [person.name for person in session.client("bakery").people] == [
            "Karla Krume",
            "Nora Nachfolge",
        ]
        assert session.client("bakery").sets[0].number == 1


def test_the_restored_workspace_carries_on_at_once(lost: Lost, tmp_path: Path):
    """After a restore the next check-in counts at once, and the next deposit is one revision on (P8)."""
    folder = tmp_path / "workspace"
    restore(folder, node_url=lost.node.url, cards=lost.provider[1:], passphrase=typed(NEW), now=NOW + 60)
    with Workspace(folder) as held:
        session = held.unlock(typed(NEW))
        (node,) = session.vault.nodes
        before = recall(folder, node.fingerprint)
        assert before.standing is not None
        (report,) = check_in(session, now=NOW + 120)
        assert report.error is None
        assert report.notes == ()
        assert report.standing is not None
        assert report.standing.epoch > before.standing.epoch
        assert report.standing.daily_from is None
        assert report.standing.phase == "current"
        add_entry(session, "bakery", {"title": "Kasse", "kind": "other"}, now=NOW + 120)
        (done,) = deposit(session, now=NOW + 120)
        assert done.nodes[0].accepted
        assert {row.code for row in ask_status(session, now=NOW).rows} >= {"deposit.held"}


def test_stored_words_restore_but_check_nobody_in(lost: Lost, tmp_path: Path):
    """A restore whose passphrase no person typed appoints the new key, and is no sign of life."""
    done = restore(
        tmp_path / "workspace",
        node_url=lost.node.url,
        cards=lost.provider,
        passphrase=stored(NEW),
        now=NOW + 60,
    )
    assert done.nodes[0].accepted
    assert not done.checked_in


def test_a_node_that_missed_the_new_key_takes_the_roots_word(lost: Lost, tmp_path: Path):
    """Where the appointment did not arrive, the daily key is not tried, and two cards at check-in mend it."""
    folder = tmp_path / "workspace"
    restore(folder, node_url=lost.node.url, cards=lost.provider, passphrase=typed(NEW), now=NOW + 60)
    with Workspace(folder) as held:
        session = held.unlock(typed(NEW))
        (node,) = session.vault.nodes
        (folder / "nodes" / f"{node.fingerprint}.json").unlink()
        (report,) = check_in(session, now=NOW + 120)
        assert report.error is not None
        assert report.error.code == "node.daily-unknown"
        (report,) = check_in(session, now=NOW + 120, cards=lost.provider[:2])
        assert report.accepted
        (report,) = check_in(session, now=NOW + 120)
        assert report.accepted


@pytest.mark.parametrize(
    ("choose", "family", "code"),
    [
        (lambda lost: lost.provider[:1], CardError, "card.two-needed"),
        (lambda lost: [lost.provider[0], lost.provider[0].upper()], CardError, "card.two-needed"),
        (lambda lost: [lost.provider[0], lost.client[0]], CardError, "card.not-provider"),
        (lambda lost: [lost.provider[0], "academic " + lost.provider[1][9:]], CardError, "card."),
        (
            lambda lost: [lost.provider[0], " ".join(lost.provider[1].split()[:19])],
            CardError,
            "card.word-count",
        ),
    ],
)
def test_wrong_cards_are_named_and_nothing_is_made(lost: Lost, tmp_path: Path, choose, family, code):
    """One card, the same twice, a client's, a wrong word, 19 words: one clear error, no workspace (P9)."""
    with pytest.raises(family) as caught:
        restore(
            tmp_path / "workspace",
            node_url=lost.node.url,
            cards=choose(lost),
            passphrase=typed(NEW),
            now=NOW,
        )
    assert caught.value.code.startswith(code)
    assert not list(tmp_path.iterdir())


def test_cards_of_another_provider_open_nothing(lost: Lost, tmp_path: Path):
    """Cards that the node does not know get nothing from it (P1)."""
    other = Tray()
    make_workspace(tmp_path / "other", other)
    with pytest.raises(RefusedError, match=r"restore\.cards-unknown"):
        restore(
            tmp_path / "workspace",
            node_url=lost.node.url,
            cards=[other.words(paper) for paper in other.papers[:2]],
            passphrase=typed(NEW),
            now=NOW,
        )
    mixed = [lost.provider[0], other.words(other.papers[1])]
    with pytest.raises(EscrowdError):
        restore(tmp_path / "workspace", node_url=lost.node.url, cards=mixed, passphrase=typed(NEW), now=NOW)
    assert not (tmp_path / "workspace").exists()


def test_a_workspace_is_never_overwritten(lost: Lost, tmp_path: Path):
    """A restore into a folder that holds anything, or with a short passphrase, does not begin (P9)."""
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "notes.txt").write_text("mine")
    with pytest.raises(ConflictError, match=r"workspace\.exists"):
        restore(
            tmp_path / "workspace",
            node_url=lost.node.url,
            cards=lost.provider,
            passphrase=typed(NEW),
            now=NOW,
        )
    with pytest.raises(InputError, match=r"passphrase\.too-short"):
        restore(tmp_path / "new", node_url=lost.node.url, cards=lost.provider, passphrase=typed("x"), now=NOW)


def test_before_the_first_deposit_there_is_nothing_to_restore(lost: Lost, tmp_path: Path):
    """A node that holds no deposit of the provider says so."""
    tray = Tray()
    folder = make_workspace(tmp_path / "fresh", tray)
    with Workspace(folder) as held:
        session = held.unlock(typed())
        add_node(session, url=lost.node.url, invitation=lost.node.invite(), now=NOW)
    with pytest.raises(NotFoundError, match=r"restore\.nothing-here"):
        restore(
            tmp_path / "workspace",
            node_url=lost.node.url,
            cards=[tray.words(paper) for paper in tray.papers],
            passphrase=typed(NEW),
            now=NOW,
        )
