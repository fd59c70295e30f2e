"""The same page in Firefox ESR: a whole recovery from the stick, and one from a Mappe."""

import base64
import shutil
from pathlib import Path

import pytest
from page.firefox import Firefox, firefox
from page.page_world import OUTPUT, PAGE, Kit, make_kit, say
from paper.bundle_samples import bakery

PROGRAM = shutil.which("firefox-esr")


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit(bakery())


@pytest.fixture(scope="module")
def fox(tmp_path_factory):
    if PROGRAM is None:
        pytest.skip("no firefox-esr: apt install firefox-esr")
    with firefox(PROGRAM, tmp_path_factory.mktemp("firefox") / "profile", "de-DE, de, en") as own:
        yield own


def type_card(fox: Firefox, words: str) -> None:
    fox.run("document.querySelector('[data-word=\"1\"]').focus()")
    fox.type("".join(f"{word[:4]} " for word in words.split()))


def shot(fox: Firefox, name: str) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / f"{name}.png").write_bytes(base64.b64decode(fox.shot()))


def test_a_recovery_from_the_stick(fox: Firefox, kit: Kit, tmp_path: Path):
    """Files chosen, two cards typed, the bundle opened, a password shown and a code running; nothing logged."""
    fox.size(1280, 900)
    fox.go(PAGE)
    assert fox.run("document.documentElement.lang") == "de"
    fox.give(*kit.put(tmp_path / "stick"))
    assert fox.run("document.querySelector('.whose .fingerprint').textContent").replace(" ", "") == kit.root
    type_card(fox, kit.cards["client"])
    assert say("de", "need.client") in fox.run("document.querySelector('.need').innerText")
    type_card(fox, kit.cards["successor"])
    fox.wait("document.querySelector('button.big')")
    shot(fox, "firefox-bereit")
    fox.click("button.big")
    fox.wait("document.querySelector('.list')")
    assert fox.run("document.querySelector('h1').textContent") == say(
        "de", "view.title", name=kit.bundle.name
    )
    assert say("de", "view.verified") in fox.run("document.querySelector('.proved').innerText")
    fox.click("#e-aaaaaaaa .small-act[aria-expanded]")
    assert "Sauerteig1lI0O-§7" in fox.run("document.querySelector('#e-aaaaaaaa').innerText")
    assert fox.run("document.querySelector('[data-totp]').textContent.length") == 6
    shot(fox, "firefox-liste")
    assert fox.logged == []


def test_a_mappe_and_what_is_wrong_with_a_card(fox: Firefox, kit: Kit, tmp_path: Path):
    """In a Mappe two swapped words are named; put right, the one card opens it."""
    path = tmp_path / "Mappe-korn.html"
    path.write_bytes(kit.mappe(released=True))
    fox.size(390, 844)
    fox.go(path)
    words = kit.cards["client"].split()
    words[2], words[3] = words[3], words[2]
    type_card(fox, " ".join(words))
    fox.wait("document.querySelector('.fault')")
    assert fox.run("document.querySelector('.fault').dataset.code") == "card.words-swapped"
    shot(fox, "firefox-vertauscht")
    for number, word in ((3, words[3]), (4, words[2])):
        fox.run(f"document.querySelector('[data-word=\"{number}\"]').select()")
        fox.type(f"{word[:4]} ")
    fox.wait("document.querySelector('button.big')")
    fox.click("button.big")
    fox.wait("document.querySelector('.list')")
    assert fox.run("document.documentElement.scrollWidth") <= 390
    assert fox.logged == []
