"""Whole recoveries in Chromium, from the files to the list, with the network cut."""

import pytest
from page.page_world import DESKTOP, PHONE, Kit, make_kit
from paper.bundle_samples import bakery
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit(bakery())


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
