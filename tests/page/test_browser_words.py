"""The twenty fields: completion, each word checked as typed, the checksum at the end, what is wrong by its place."""

import pytest
from page.page_world import ROOT, Kit, make_kit
from paper.bundle_samples import bakery
from playwright.sync_api import expect

from escrowd.core.shares import parse_card


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit(bakery())


@pytest.fixture
def own(visit):
    return visit().go()


def test_completion_by_keyboard(own, kit):
    """Two letters offer words; arrow and Enter take one and go on to the next field."""
    first = kit.cards["client"].split()[0]
    own.word(1).focus()
    own.page.keyboard.type(first[:2])
    expect(own.word(1)).to_have_attribute("aria-expanded", "true")
    options = own.page.get_by_role("option")
    offered = options.all_inner_texts()
    assert all(word.startswith(first[:2]) for word in offered)
    own.page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    own.page.keyboard.press("Enter")
    expect(own.word(1)).to_have_value(offered[0])
    expect(own.word(2)).to_be_focused()
    own.page.keyboard.press("Backspace")
    expect(own.word(1)).to_be_focused()


def test_a_click_takes_a_suggestion(own, kit):
    """The list works with a pointer as well."""
    first = kit.cards["client"].split()[0]
    own.word(1).focus()
    own.page.keyboard.type(first[:3])
    own.page.get_by_role("option").first.click()
    expect(own.word(2)).to_be_focused()


def test_four_letters_become_the_word(own, kit):
    """A field that is left holds the full word, and is marked as right."""
    first = kit.cards["client"].split()[0]
    own.word(1).fill(first[:4].upper())
    own.word(2).focus()
    expect(own.word(1)).to_have_value(first)
    expect(own.word(1)).to_have_attribute("data-state", "ok")


def test_a_word_that_is_none_is_named_at_once(own):
    """The place is told while it is typed, for eyes and for screen readers."""
    own.word(3).focus()
    own.page.keyboard.type("xq")
    expect(own.page.locator(".note")).to_have_text(own.t("card.unknown", number=3))
    expect(own.word(3)).to_have_attribute("aria-invalid", "true")


def test_a_beginning_is_no_mistake_until_it_is_left(own):
    """Three letters are on their way; only a field that was left short of four is marked."""
    own.word(1).focus()
    own.page.keyboard.type("aca")
    expect(own.word(1)).not_to_have_attribute("aria-invalid", "true")
    own.word(5).focus()
    expect(own.page.locator(".note")).to_have_text(own.t("card.short", number=1))


def test_swapped_words_are_named(own, kit):
    """The checksum tells which two neighbours changed places, and both are marked."""
    words = kit.cards["client"].split()
    words[4], words[5] = words[5], words[4]
    own.type_card(" ".join(words))
    assert own.codes() == ["card.words-swapped"]
    expect(own.page.locator(".fault")).to_contain_text(
        own.t("error.card.words-swapped.says", position=5, next=6)
    )
    own.word(1).focus()
    expect(own.page.locator(".note")).to_have_text("")
    for number in (5, 6):
        expect(own.word(number)).to_have_attribute("data-state", "wrong")
    own.word(5).fill(words[5])
    own.word(6).fill(words[4])
    expect(own.page.locator(".parts").get_by_text(own.t("group.client"))).to_be_visible()


def test_one_wrong_word_is_named(own, kit):
    """A word of the list in the wrong place is told by its number; the word itself is in no error (P10)."""
    words = kit.cards["client"].split()
    words[9] = "zero" if words[9] != "zero" else "academic"
    own.paste_card(" ".join(words))
    assert own.codes() == ["card.word-wrong"]
    text = own.page.locator(".fault").inner_text()
    assert own.t("error.card.word-wrong.says", position=10) in text
    assert not set(words) & set(text.lower().split())


def test_the_same_card_twice_is_one(own, kit):
    """Typing a card again changes nothing."""
    own.paste_card(kit.cards["client"])
    own.paste_card(kit.cards["client"].upper())
    expect(own.page.locator("section:nth-of-type(2) .parts > li")).to_have_count(1)


def test_a_foreign_card_is_kept_apart(own, kit, tmp_path):
    """A card of another client is told as such and removed by a click."""
    own.give(*kit.put(tmp_path))
    material = kit_card("praxis-client")
    own.paste_card(material)
    assert own.codes() == ["card.other-client"]
    own.page.get_by_role("button", name=f"{own.t('files.remove')}: {own.t('group.client')}").click()
    assert own.codes() == []


def kit_card(name: str) -> str:
    return (ROOT / f"tests/vectors/recovery/material/cards/{name}.txt").read_text()


def test_a_change_of_language_loses_nothing(own, kit):
    """Half a card typed stays typed in the other language."""
    words = kit.cards["client"].split()
    own.word(1).focus()
    own.page.keyboard.type(" ".join(words[:7]) + " ")
    own.page.get_by_role("button", name="English").click()
    expect(own.page.locator("html")).to_have_attribute("lang", "en")
    for number, word in enumerate(words[:7], 1):
        expect(own.word(number)).to_have_value(word)
    own.word(8).focus()
    own.page.keyboard.type(" ".join(words[7:]) + " ")
    expect(own.page.locator(".parts").get_by_text("client's card")).to_be_visible()
    assert parse_card(kit.cards["client"]).group == "client"


def test_words_can_be_veiled(own, kit):
    """Whoever sits where others look can hide what is typed."""
    own.word(1).fill(kit.cards["client"].split()[0])
    own.page.get_by_role("button", name=own.t("card.hide")).click()
    own.word(2).focus()
    assert own.word(1).evaluate("one => getComputedStyle(one).webkitTextSecurity") == "disc"


def test_the_last_key_opens_nothing_by_itself(own, kit, tmp_path):
    """The space bar that ends the last word does not press the button: first somebody compares."""
    own.give(*kit.put(tmp_path))
    own.paste_card(kit.cards["client"])
    own.type_card(kit.cards["successor"])
    expect(own.page.get_by_role("button", name=own.t("check.open"), exact=True)).to_be_visible()
    own.page.wait_for_timeout(200)
    expect(own.page.locator(".list")).to_have_count(0)
    expect(own.page.get_by_role("heading", name=own.t("check.title"))).to_be_focused()
