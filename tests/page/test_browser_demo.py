"""What the demonstration leaves behind opens in the page: the released mail, the kit, the Mappe."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from page.page_world import shown, texts
from playwright.sync_api import expect

from escrowd.paper.mappe import make_mappe, recover_page
from escrowd.recovery import read_release

pytestmark = pytest.mark.long
ESCROW = Path(sys.executable).parent / "escrow"
PATIENCE = 400
"""Seconds: a silence of fifty days is played, and the machine may be busy."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "played"
    subprocess.run([ESCROW, "demo", "--keep", folder], check=True, capture_output=True, timeout=PATIENCE)
    return folder


def complete(own, bundle: dict) -> None:
    """Each text of the bundle stands on the page."""
    own.show_all()
    expect(own.page.locator("h1")).to_contain_text(bundle["name"])
    values = set(own.page.locator(".value").evaluate_all("all => all.map(one => one.textContent)"))
    whole = own.page.locator(".list").text_content()
    # What was done is told in the reader's words ("Zugang geändert" for "entry edit").
    wanted = set(texts(bundle)) - {revision["reason"] for revision in bundle["history"]}
    assert len(wanted) > 20
    assert {text for text in wanted if shown(text) not in values and shown(text) not in whole} == set()


def released_mappe(mail: Path, bundle: dict) -> bytes:
    """The Mappe of a release: the page with all that the mail holds inside, the node's words too."""
    found = read_release(mail)
    assert isinstance(found.bundle, bytes)
    return make_mappe(
        recover_page(),
        client=bundle["client"],
        name=bundle["name"],
        language=bundle["language"],
        files={
            "bundle.age": found.bundle,
            "manifest.jws": found.manifest,
            **{key.source: key.data for key in found.keys},
        },
        shares=[given.card.mnemonic for given in found.cards],
    )


def test_the_demo_opens_in_the_page(visit, demo, tmp_path):
    """Mail or released Mappe and one card, kit or its Mappe and two: the same list, complete (P5, P6)."""
    bundle = json.loads((demo / "opened-1-baeckerei/bundle.json").read_text(encoding="utf-8"))
    card, other = ((demo / f"typed-baeckerei-{role}.txt").read_text() for role in ("client", "successor"))
    mail = next(
        path for path in sorted(demo.glob("mails/*krume*.eml")) if b"Escrow-Share" in path.read_bytes()
    )
    own = visit(bundle["language"]).go()
    own.give(mail)
    own.type_card(card)
    own.open()
    complete(own, bundle)
    own.shot("demo-freigabe")
    own.go()
    own.give(*sorted(path for path in (demo / "kit-baeckerei").iterdir() if path.suffix != ".pdf"))
    own.paste_card(card)
    own.paste_card(other)
    own.open()
    complete(own, bundle)
    released = tmp_path / "Mappe-baeckerei.html"
    released.write_bytes(released_mappe(mail, bundle))
    own.go(released)
    own.paste_card(card)
    own.open()
    complete(own, bundle)
    own.go(demo / "kit-baeckerei/Mappe-baeckerei.html")
    own.paste_card(other)
    own.paste_card(card)
    own.open()
    complete(own, bundle)
