"""Cards of a real set, read back from nothing but the pictures of their pages."""

import subprocess
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from provider.provider_world import NOW, Tray, furnish, make_workspace, typed

from escrowd.provider.actions.kit import write_kit
from escrowd.provider.actions.practice import practise
from escrowd.provider.workspace import Workspace
from escrowd.recovery import gather, open_materials, read_cards, read_kit


def squares(pdf: bytes, folder: Path) -> list[str]:
    """What a telephone would read from the printed pages, one text a page."""
    subprocess.run(["pdftoppm", "-r", "120", "-gray", "-", folder / "page"], check=True, input=pdf)
    found = []
    for page in sorted(folder.glob("page-*.pgm")):
        with Image.open(page) as picture:
            (code,) = zxingcpp.read_barcodes(picture)
        found.append(code.text)
        page.unlink()
    return found


def test_a_card_read_from_its_picture_opens_the_bundle_with_another(tmp_path: Path) -> None:
    """P5, P6: two cards of a set, known from nothing but their rasterised pages, open what is sealed to it."""
    kit = practise(tmp_path / "kit", language="de", now=NOW).folder
    texts = []
    for role in ("client", "successor"):
        (code,) = squares((kit / f"practice-card-{role}.pdf").read_bytes(), tmp_path)
        texts.append((role, code))
    with open_materials(gather([read_kit(kit), read_cards(texts=texts)])) as opened:
        assert opened.verification.verified
        assert opened.payload.bundle.entries


@pytest.mark.long
def test_each_copy_of_a_clients_card_opens_what_the_provider_sealed(tmp_path: Path) -> None:
    """P5, P6: as above for a provider's own workspace and kit, with the second copy of the client's card."""
    tray = Tray()
    with Workspace(make_workspace(tmp_path / "workspace")) as held:
        session = held.unlock(typed())
        furnish(session, tray, password="Brezel-0O1lI")
        write_kit(session, "bakery", tmp_path / "kit", now=NOW)
    client, successor = (squares(paper.pdf, tmp_path) for paper in tray.papers[-2:])
    assert len(set(client)) == 1
    assert (len(client), len(successor)) == (2, 1)
    for paper, codes in zip(tray.papers[-2:], (client, successor), strict=True):
        assert codes[0] == tray.words(paper).upper()
    cards = read_cards(texts=[("client", client[1]), ("successor", successor[0])])
    with open_materials(gather([read_kit(tmp_path / "kit"), cards])) as opened:
        assert opened.verification.verified
        (entry,) = opened.payload.bundle.entries
        assert entry.password == "Brezel-0O1lI"
