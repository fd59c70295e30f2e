"""A second set of cards in the workspace: beside the first, until a node says that the first is over."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from provider.provider_world import NOW, Tray, furnish, make_workspace, typed
from pypdf import PdfReader

from escrowd.core.bundle import Bundle, Entry
from escrowd.core.keys import new_id
from escrowd.core.seal import unseal_bytes
from escrowd.core.shares import open_key_with, parse_card
from escrowd.core.standing import CardStanding, SetsStanding
from escrowd.core.wire import DepositStanding, Standing
from escrowd.errors import CardError, ConflictError, IntegrityError, NotFoundError, RefusedError
from escrowd.provider import estate
from escrowd.provider.actions.beneficiaries import add_beneficiary
from escrowd.provider.actions.card_papers import print_kept, reprint
from escrowd.provider.actions.cards import make_cards, replace_lost
from escrowd.provider.agreement import domains_of
from escrowd.provider.memory import NodeMemory, remember
from escrowd.provider.records import NodeRecord
from escrowd.provider.retiring import Dropped, take_over
from escrowd.provider.workspace import Session, Workspace

NODE = NodeRecord(
    fingerprint="a" * 32,
    public="0" * 64,
    recipient="age1" + "q" * 58,
    url="http://127.0.0.1:1",
    name="Nord",
    operator="abcdefgh",
    enrolled=NOW,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tray]:
    folder = make_workspace(tmp_path_factory.mktemp("sets") / "workspace")
    tray = Tray()
    with Workspace(folder) as held:
        furnish(held.unlock(typed()), tray, password="Brezel")
    return folder, tray


@pytest.fixture
def mine(made: tuple[Path, Tray], tmp_path: Path) -> Iterator[Session]:
    """A workspace with a client of one set."""
    with Workspace(Path(shutil.copytree(made[0], tmp_path / "mine"))) as held:
        yield held.unlock(typed())


def says(session: Session, *, node: NodeRecord = NODE, **of_deposit: object) -> None:
    """A node's last word about the client's deposit; the provider is enrolled there then."""
    there = tuple(one for one in session.vault.nodes if one.fingerprint != node.fingerprint)
    session.save(session.vault.model_copy(update={"nodes": (*there, node)}))
    values = {
        "client": "bakery",
        "revision": 1,
        "sets": (1, 2),
        "received": NOW,
        "exposed": False,
        "ends": None,
        "beneficiaries": (),
    }
    standing = Standing(
        phase="current",
        epoch=1,
        node_time=1,
        wall=NOW,
        time_scale=1,
        deadline=None,
        announced_from=None,
        released_from=None,
        paused_until=None,
        mail_checkins=0,
        hearing="hearing",
        blind=False,
        deposits=(DepositStanding(**(values | of_deposit)),),
    )
    remember(session.folder, NodeMemory(node=node.fingerprint, standing=standing))


def opens(session: Session, tray: Tray, papers: range) -> bool:
    """Whether two cards open what was published last."""
    record = session.client("bakery")
    cards = [parse_card(tray.words(tray.papers[at])) for at in papers]
    one = next(one for one in record.sets if one.slip39_id == cards[0].identifier)
    identity = open_key_with(cards, (session.estate("bakery") / f"key-{one.number}.age").read_bytes())
    published = estate.published(session, record)
    assert published is not None
    try:
        unseal_bytes(published.bundle.read_bytes(), [identity.text])
    except IntegrityError:
        return False
    return True


def test_a_new_set_stands_beside_the_old_one(mine: Session, made: tuple[Path, Tray]) -> None:
    """While the old set lives, a bundle opens with the cards of either, and both are in the manifest (P7)."""
    estate.publish(mine, mine.client("bakery"), now=NOW)
    tray = Tray()
    done = replace_lost(mine, "bakery", deliver=tray, now=NOW + 10)
    assert (done.set_number, done.beside, done.replaced) == (2, 1, None)
    published, new = estate.publish(mine, mine.client("bakery"), now=NOW + 20)
    assert new
    assert [one.set for one in published.manifest.sets] == [1, 2]
    assert opens(mine, made[1], range(2))
    assert opens(mine, tray, range(2))


def test_what_a_node_retired_is_dropped(mine: Session) -> None:
    """Once a node says that a set is over, bundles are sealed to the other alone, and the old card is named."""
    tray = Tray()
    old, files = mine.client("bakery").sets[0], mine.estate("bakery")
    replace_lost(mine, "bakery", deliver=tray, now=NOW + 10)
    estate.publish(mine, mine.client("bakery"), now=NOW + 20)
    says(mine, share_sets=SetsStanding(sealed=(1, 2)))
    assert take_over(mine, now=NOW + 30) == ()
    says(mine, share_sets=SetsStanding(sealed=(2,), retired=(1,)))
    assert take_over(mine, now=NOW + 30) == (Dropped("bakery", 1),)
    assert not (files / "key-1.age").exists()
    published, new = estate.publish(mine, mine.client("bakery"), now=NOW + 40)
    assert new
    assert [one.set for one in published.manifest.sets] == [2]
    assert [(one.set, one.slip39_id) for one in published.manifest.retired] == [(1, old.slip39_id)]
    assert opens(mine, tray, range(2))
    assert take_over(mine, now=NOW + 50) == ()
    assert not estate.publish(mine, mine.client("bakery"), now=NOW + 50)[1]


def test_one_node_alone_ends_no_set(mine: Session) -> None:
    """What one node calls over and another still holds stays sealed to: no key is lost to one node's word (P7)."""
    other = NODE.model_copy(update={"fingerprint": "b" * 32})
    replace_lost(mine, "bakery", deliver=Tray(), now=NOW)
    says(mine, share_sets=SetsStanding(sealed=(2,), retired=(1,)))
    says(mine, node=other, share_sets=SetsStanding(sealed=(1, 2)))
    assert take_over(mine, now=NOW) == ()
    says(mine, node=other, share_sets=SetsStanding(sealed=(2,), kept=(1,)))
    assert take_over(mine, now=NOW) == (Dropped("bakery", 1),)


def test_no_node_can_take_the_newest_set(mine: Session) -> None:
    """A node that says that all sets are over is not believed: something must stay to seal to (P7)."""
    says(mine, sets=(1,), share_sets=SetsStanding(sealed=(1,), retired=(1,)))
    assert take_over(mine, now=NOW) == ()


def test_a_third_set_takes_the_place_of_one_that_nobody_relies_on(mine: Session) -> None:
    """A set that was never proved makes room; one that a holder proved does not, and nothing is printed (P7)."""
    replace_lost(mine, "bakery", deliver=Tray(), now=NOW)
    says(
        mine, share_sets=SetsStanding(sealed=(1, 2)), cards=(CardStanding(set=2, group="client", proved=NOW),)
    )
    tray = Tray()
    with pytest.raises(RefusedError, match=r"sets\.two-live set=2"):
        replace_lost(mine, "bakery", deliver=tray, now=NOW)
    assert not tray.papers
    says(mine, share_sets=SetsStanding(sealed=(1, 2)))
    assert replace_lost(mine, "bakery", deliver=tray, now=NOW).replaced == 2
    record = mine.client("bakery")
    assert [one.number for one in record.sets] == [1, 3]
    assert [one.number for one in record.retired] == [2]
    estate.publish(mine, record, now=NOW + 1)
    with pytest.raises(ConflictError, match=r"cards\.set-exists"):
        make_cards(mine, "bakery", deliver=Tray(), now=NOW)


def test_a_share_waits_for_its_holder(mine: Session) -> None:
    """A card kept for nobody is printed once somebody has the role, and then is kept no more; the set stays."""
    with pytest.raises(NotFoundError, match=r"cards\.none-kept"):
        print_kept(mine, "bakery", deliver=Tray(), now=NOW)
    add_beneficiary(mine, "bakery", name="Rita", role="reserve", addresses=["rita@safe.example"])
    before = mine.client("bakery").sets[0]
    tray = Tray()
    done = print_kept(mine, "bakery", deliver=tray, now=NOW)
    assert done.files == ("bakery-set-1-reserve.pdf",)
    after = mine.client("bakery").sets[0]
    assert (after.slip39_id, after.handed_out) == (before.slip39_id, ("client", "successor", "reserve"))
    assert [share.group for share in after.kept] == ["nodes"]
    assert parse_card(tray.words(tray.papers[0])).group == "reserve"


def test_a_fading_card_is_printed_again(mine: Session, made: tuple[Path, Tray]) -> None:
    """The same words come on one new sheet that names the other holder; what is not such a card is refused (P9)."""
    words = made[1].words(made[1].papers[0])
    tray = Tray()
    assert reprint(mine, words.upper(), deliver=tray, now=NOW).printed == ("client",)
    assert tray.words(tray.papers[0]) == words
    (sheet,) = PdfReader(io.BytesIO(tray.papers[0].pdf)).pages
    assert "Nachfolgekarte: Nora Nachfolge" in sheet.extract_text()
    first, *rest = words.split()
    with pytest.raises(CardError):
        reprint(mine, " ".join([*rest, first]), deliver=tray, now=NOW)
    replace_lost(mine, "bakery", deliver=Tray(), now=NOW)
    says(mine, share_sets=SetsStanding(sealed=(2,), retired=(1,)))
    take_over(mine, now=NOW)
    with pytest.raises(CardError, match=r"card\.retired"):
        reprint(mine, words, deliver=tray, now=NOW)
    assert len(tray.papers) == 1


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"urls": ("https://www.crumb.example/login",)}, ("crumb.example", "www.crumb.example")),
        ({"urls": ("shop.firm.co.uk",)}, ("shop.firm.co.uk",)),
        ({"urls": ("https://BÄCKER.example",)}, ("xn--bcker-gra.example",)),
        ({"urls": ("ftp://192.0.2.7", "https://router", "http://[broken", "otpauth:x")}, ()),
        ({"kind": "mail", "user": "info@crumb.example"}, ("crumb.example",)),
        ({"kind": "domain-registrar", "title": "crumb.example (Registrar)"}, ("crumb.example",)),
        ({"user": "karl@large.example"}, ()),
    ],
)
def test_the_domains_of_a_bundle(entry: dict[str, object], found: tuple[str, ...]) -> None:
    """Named is what an entry gives access to, and nothing that others share."""
    values = {"id": new_id(), "title": "x", "kind": "website-login", **entry}
    bundle = Bundle(
        client="c", name="c", language="de", profile="guided", revision=0, entries=(Entry(**values),)
    )
    assert domains_of(bundle) == found
