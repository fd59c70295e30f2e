"""The Notfallvereinbarung: its code on paper and in terms, and whether a paper is what holds."""

import io
import json
from base64 import b32encode
from hashlib import sha256
from pathlib import Path

import pytest
from provider.provider_world import NOW, Tray, furnish
from pypdf import PdfReader

from escrowd.core.keys import show_fingerprint
from escrowd.core.terms import DAY
from escrowd.errors import InputError, IntegrityError, RefusedError
from escrowd.provider.actions.agreements import check_agreement, write_agreement
from escrowd.provider.actions.beneficiaries import add_beneficiary
from escrowd.provider.actions.clients import add_client
from escrowd.provider.actions.people import add_address
from escrowd.provider.actions.terms import set_terms, set_timings, show_terms
from escrowd.provider.agreement import agreed_sha256, agreement_code, terms_of
from escrowd.provider.records import NodeRecord
from escrowd.provider.workspace import Session

SECRET = "Sauerteig-77-geheim"
NODE = NodeRecord(
    fingerprint="abcdefgh" * 4,
    public="ab" * 32,
    recipient="age1x",
    url="https://n1.example",
    name="n1.example",
    operator="provider",
    enrolled=NOW,
)


@pytest.fixture
def shop(session: Session) -> Session:
    """One client, and a node that was enrolled at; nobody listens there."""
    furnish(session, Tray(), password=SECRET)
    session.save(session.vault.model_copy(update={"nodes": (NODE,)}))
    return session


def code(session: Session) -> str:
    return agreement_code(session.vault, session.client("bakery"))


def test_the_code_is_on_each_page_in_the_terms_and_in_what_is_hashed(shop: Session, tmp_path: Path) -> None:
    """P8: one code at the foot of each page, in `terms show` and in the terms; it is of the .json, byte for byte."""
    written = write_agreement(shop, "bakery", tmp_path / "a.pdf", now=NOW)
    assert written.code == code(shop) == show_terms(shop, "bakery").agreement
    pages = [page.extract_text() for page in PdfReader(io.BytesIO((tmp_path / "a.pdf").read_bytes())).pages]
    assert all(f"Kennung dieser Vereinbarung: {show_fingerprint(written.code)}" in page for page in pages)
    terms, _ = terms_of(shop.vault, shop.client("bakery"))
    assert terms.agreement == written.code
    write_agreement(shop, "bakery", tmp_path / "a.json", now=NOW)
    facts = (tmp_path / "a.json").read_bytes()
    assert b32encode(sha256(facts).digest()[:20]).decode().lower() == written.code
    assert json.loads(facts)["people"][0] == {"after": 0, "name": "Karla Krume", "role": "client"}
    write_agreement(shop, "bakery", tmp_path / "a.txt", now=NOW)
    wording = (tmp_path / "a.txt").read_text(encoding="utf-8")
    assert "Karla Krume | Kundin oder Kunde | Kundenkarte | mit der ersten" in wording
    assert SECRET not in wording + facts.decode()


def test_a_paper_is_what_holds_until_something_else_is_agreed(shop: Session, tmp_path: Path) -> None:
    """P8: PDF, wording, facts and the typed code are known again later; other terms, and each is refused."""
    papers = [tmp_path / f"a{ending}" for ending in (".pdf", ".txt", ".json")]
    for paper in papers:
        write_agreement(shop, "bakery", paper, now=NOW)
    typed = f" {show_fingerprint(code(shop)).upper()} "
    for paper in (*map(str, papers), typed):
        checked = check_agreement(shop, "bakery", paper)
        assert (checked.code, checked.nodes, checked.untold) == (code(shop), (), (NODE.url,))
    set_terms(shop, "bakery", deliver_by=14 * DAY)
    for paper in (*map(str, papers), typed):
        with pytest.raises(IntegrityError, match=r"agreement\.differs"):
            check_agreement(shop, "bakery", paper)


def test_a_paper_with_other_words_is_not_passed(shop: Session, tmp_path: Path) -> None:
    """P9: a changed word is seen though the code stands; what has no code at all is an error of its own."""
    for ending in (".pdf", ".txt"):
        paper = tmp_path / f"a{ending}"
        write_agreement(shop, "bakery", paper, now=NOW)
        data = paper.read_bytes()
        changed = (
            data.replace(b"Typst", b"Tipst") if ending == ".pdf" else data.replace(b"30 Tage", b"90 Tage")
        )
        assert changed != data
        paper.write_bytes(changed)
        with pytest.raises(IntegrityError, match=r"agreement\.words-differ"):
            check_agreement(shop, "bakery", str(paper))
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7 nothing of ours")
    for nothing in (str(tmp_path / "b.pdf"), str(tmp_path / "missing.pdf"), "abcd efgh", ""):
        with pytest.raises(InputError, match=r"agreement\.no-code"):
            check_agreement(shop, "bakery", nothing)


def test_what_is_agreed_changes_the_code_and_nothing_else_does(shop: Session, tmp_path: Path) -> None:
    """Timings, waits and people change it; an address, a later day and a further client do not."""
    before, hashed = code(shop), agreed_sha256(shop.vault, shop.client("bakery"))
    write_agreement(shop, "bakery", tmp_path / "later.txt", now=NOW + 400 * DAY)
    karla = shop.client("bakery").people[0].id
    add_address(shop, "bakery", karla, "karla@elsewhere.example")
    add_client(shop, "garage", name="Autohaus", language="de", profile="guided", now=NOW)
    assert code(shop) == before
    assert agreed_sha256(shop.vault, shop.client("bakery")) == hashed
    seen = {before}
    set_terms(shop, "bakery", request_wait=3 * DAY)
    seen.add(code(shop))
    set_timings(shop, interval=60 * DAY)
    seen.add(code(shop))
    add_beneficiary(shop, "bakery", name="Notar Nessel", role="reserve", addresses=["n@nessel.example"])
    seen.add(code(shop))
    assert len(seen) == 4
    assert agreed_sha256(shop.vault, shop.client("bakery")) != hashed


def test_what_cannot_be_agreed_is_not_written(session: Session, tmp_path: Path) -> None:
    """P7, P9: without a person for the client there is nothing to sign; a wrong ending is refused first."""
    add_client(session, "garage", name="Autohaus", language="en", profile="guided", now=NOW)
    with pytest.raises(RefusedError, match=r"terms\.client-missing"):
        write_agreement(session, "garage", tmp_path / "a.pdf", now=NOW)
    with pytest.raises(InputError, match=r"agreement\.ending"):
        write_agreement(session, "garage", tmp_path / "a.docx", now=NOW)
    assert list(tmp_path.glob("a.*")) == []
    for wrong in (DAY, 91 * DAY):
        with pytest.raises(InputError, match=r"terms\.out-of-bounds"):
            set_terms(session, "garage", deliver_by=wrong)
