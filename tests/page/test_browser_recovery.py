"""Whole recoveries in Chromium, from the files to the list, with the network cut."""

import pytest
from page.page_world import DESKTOP, NOW, PHONE, ROOT, Kit, make_kit
from paper.bundle_samples import bakery
from playwright.sync_api import expect

from escrowd.core.shares import parse_card


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit(bakery())


def test_one_of_several_cards_of_a_kind_is_not_enough(visit):
    """Where a holder has several cards, the page says that one more of them is needed, and another holder's."""
    vector = ROOT / "tests/vectors/cards/ok-open-2-of-3-members.txt"
    lines = vector.read_text(encoding="utf-8").partition("\n\n")[2].splitlines()
    card = next(line for line in lines if line and parse_card(line).member_threshold > 1)
    own = visit().go()
    own.paste_card(card)
    name = own.t(f"group.{parse_card(card).group}")
    expect(own.page.locator(".need")).to_contain_text(own.t("need.members", card=name))
    expect(own.page.locator(".need")).to_contain_text(own.t(f"need.{parse_card(card).group}"))


def test_a_bundle_whose_next_revision_is_due_says_so(visit, tmp_path):
    """After the promised day the page tells that a newer one may exist, and opens all the same."""
    old = make_kit(bakery(), created=NOW - 401 * 86_400)
    own = visit("en").go()
    own.give(*old.put(tmp_path))
    expect(own.page.locator(".whose .notice")).to_have_text(own.t("check.overdue"))
    own.paste_card(old.cards["client"])
    own.paste_card(old.cards["successor"])
    own.open()


def test_another_fingerprint_on_the_card_is_loud(visit, kit, tmp_path):
    """Whoever says that the card shows another fingerprint is warned, may turn back, and opens only unverified."""
    own = visit().go()
    own.give(*kit.put(tmp_path))
    own.paste_card(kit.cards["client"])
    own.paste_card(kit.cards["successor"])
    own.page.get_by_role("button", name=own.t("check.root-no")).click()
    assert own.codes() == ["manifest.foreign-provider"]
    expect(own.page.locator("#main .loud")).to_contain_text(own.t("check.root-card"))
    own.page.get_by_role("button", name=own.t("check.root-yes")).click()
    expect(own.page.get_by_role("button", name=own.t("check.open"), exact=True)).to_be_visible()
    own.page.get_by_role("button", name=own.t("check.root-no")).click()
    own.open_unverified()
    expect(own.page.locator(".list .loud")).to_contain_text(own.t("unverified.banner"))


PAIRS = [("client", "nodes"), ("client", "successor"), ("client", "reserve"), ("successor", "reserve")]
PLACES = [("de", DESKTOP), ("en", PHONE), ("de", PHONE), ("en", DESKTOP)]


@pytest.mark.parametrize(("pair", "place"), list(zip(PAIRS, PLACES, strict=True)))
def test_each_two_cards_and_a_kit_open(visit, kit, tmp_path, pair, place):
    """The files of a stick and any two cards of different holders open the bundle, without a node (P6)."""
    language, viewport = place
    own = visit(language, viewport=viewport).go()
    own.give(*kit.put(tmp_path))
    first, second = pair
    own.type_card(kit.cards[first])
    expect(own.page.get_by_text(own.t(f"need.{first}")).first).to_be_visible()
    own.type_card(kit.cards[second])
    root = own.page.locator(".whose .fingerprint")
    assert root.inner_text().replace(" ", "") == kit.root
    own.open()
    expect(own.page.locator("h1")).to_have_text(own.t("view.title", name=kit.bundle.name))
    expect(own.page.locator(".proved")).to_contain_text(own.t("view.verified"))
    if viewport is PHONE:
        assert own.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
