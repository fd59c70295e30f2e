"""Signing a node's code with a card: the text and the square hold, and the words stay on the page."""

import re

import pytest
import zxingcpp
from page.page_world import NOW, OUTPUT, Kit, make_kit
from paper.bundle_samples import bakery
from PIL import Image
from playwright.sync_api import expect

from escrowd.core.shares import parse_card
from escrowd.core.statements import make_code, verify_card

NODE, NONCE = "abcdefghijklmnopqrstuvwxyz234567", "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit(bakery())


@pytest.mark.parametrize("purpose", ["card-proof", "request", "retire"])
def test_a_signed_code_is_what_a_node_takes(visit, kit, purpose):
    """The text verifies in Python with the card's proof key, says the purpose chosen, and is the square's."""
    own = visit().go()
    own.paste_card(kit.cards["client"])
    own.page.get_by_text(own.t("tool.title")).click()
    code = make_code(NODE, NONCE)
    own.page.get_by_label(own.t("tool.code"), exact=True).fill(f"  {code[:30]}\n{code[30:]} ")
    own.page.get_by_label(own.t(f"tool.{purpose}")).check()
    own.page.get_by_role("button", name=own.t("tool.sign"), exact=True).click()
    signed = own.page.get_by_label(own.t("tool.done")).input_value()
    proof = verify_card(signed, node=NODE)
    card = parse_card(kit.cards["client"])
    assert (proof.purpose, proof.nonces, proof.iat) == (purpose, {NODE: NONCE}, NOW)
    assert proof.proof_key == card.proof_key.hex()
    assert not set(re.findall("[a-z]+", signed.lower())) & set(card.words)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    own.page.locator(".square").screenshot(path=OUTPUT / f"unterschrift-{purpose}.png")
    with Image.open(OUTPUT / f"unterschrift-{purpose}.png") as drawing:
        assert zxingcpp.read_barcodes(drawing)[0].text == signed
    if purpose == "request":
        own.shot("unterschrift")


def test_a_wrong_code_is_told(visit, kit):
    """What is no code of a node is said, and nothing is signed."""
    own = visit("en").go()
    own.paste_card(kit.cards["client"])
    own.page.get_by_text(own.t("tool.title")).click()
    own.page.get_by_label(own.t("tool.code"), exact=True).fill("escrow-code/2.abc.def")
    own.page.get_by_role("button", name=own.t("tool.sign"), exact=True).click()
    assert own.codes() == ["code.malformed"]
    expect(own.page.get_by_text(own.t("error.code.malformed.do"))).to_be_visible()


def test_without_a_card_there_is_nothing_to_sign_with(visit, kit, tmp_path):
    """A node's share out of a mail is no card: the tool asks for one."""
    (tmp_path / "Freigabe.eml").write_bytes(kit.mail("de"))
    own = visit().go()
    own.give(tmp_path / "Freigabe.eml")
    own.page.get_by_text(own.t("tool.title")).click()
    expect(own.page.get_by_text(own.t("tool.card-none"))).to_be_visible()
    expect(own.page.get_by_role("button", name=own.t("tool.sign"), exact=True)).to_have_count(0)


def test_one_of_two_cards_is_chosen(visit, kit):
    """With two cards on the table, the one that is meant signs."""
    own = visit().go()
    own.paste_card(kit.cards["client"])
    own.paste_card(kit.cards["successor"])
    own.page.get_by_text(own.t("tool.title")).click()
    own.page.get_by_label(own.t("tool.code"), exact=True).fill(make_code(NODE, NONCE))
    own.page.get_by_label(own.t("group.successor"), exact=True).check()
    own.page.get_by_role("button", name=own.t("tool.sign"), exact=True).click()
    signed = own.page.get_by_label(own.t("tool.done")).input_value()
    assert verify_card(signed, node=NODE).proof_key == parse_card(kit.cards["successor"]).proof_key.hex()
