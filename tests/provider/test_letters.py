"""The family's sheet and the agreement, out of a real workspace."""

import io
from hashlib import sha256
from pathlib import Path

import pytest
from provider.provider_world import NOW, Tray, furnish
from pypdf import PdfReader

from escrowd.core.terms import DAY
from escrowd.errors import InputError, RefusedError
from escrowd.provider.actions.beneficiaries import add_beneficiary
from escrowd.provider.actions.clients import add_client
from escrowd.provider.actions.letters import family_letter, write_agreement
from escrowd.provider.actions.terms import set_terms
from escrowd.provider.workspace import Session

SECRET = "Sauerteig-77-geheim"


def text_of(file: Path) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(file.read_bytes())).pages)


def test_the_family_reads_who_takes_over_how_many(session: Session, tmp_path: Path) -> None:
    """A successor of several clients stands there once, with their number; nothing of a bundle does."""
    furnish(session, Tray(), password=SECRET)
    add_client(session, "garage", name="Autohaus", language="de", profile="guided", now=NOW)
    add_beneficiary(
        session, "garage", name="Nora Nachfolge", role="successor", addresses=["nora@next.example"]
    )
    file = tmp_path / "familie.pdf"
    family_letter(session, file=file, now=NOW)
    text = text_of(file)
    assert text.count("Nora Nachfolge") == 1
    assert "Nachfolge für 2 Kunden" in text
    assert "successor@krume.example" in text
    assert "Noch ist nichts bei einer Verwahrstelle hinterlegt" in text
    assert SECRET not in text
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError, match=r"paper\.ending"):
        family_letter(session, file=tmp_path / "familie.txt", now=NOW)


def test_the_wording_is_the_file_that_the_hash_is_of(session: Session, tmp_path: Path) -> None:
    """P8: the .txt hashes to what the PDF quotes and the command shows; other terms, another hash."""
    furnish(session, Tray(), password=SECRET)
    paper = write_agreement(session, "bakery", tmp_path / "a.pdf", now=NOW)
    text = write_agreement(session, "bakery", tmp_path / "a.txt", now=NOW + 400 * DAY)
    assert paper.sha256 == text.sha256 == sha256((tmp_path / "a.txt").read_bytes()).hexdigest()
    assert paper.sha256 in text_of(tmp_path / "a.pdf")
    wording = (tmp_path / "a.txt").read_text(encoding="utf-8")
    assert "Karla Krume | Kundin oder Kunde | ja | mit der ersten" in wording
    assert SECRET not in wording
    set_terms(session, "bakery", request_wait=3 * DAY)
    assert write_agreement(session, "bakery", tmp_path / "b.txt", now=NOW).sha256 != paper.sha256


def test_what_cannot_be_agreed_is_not_written(session: Session, tmp_path: Path) -> None:
    """P7, P9: without a person for the client there is nothing to sign; a wrong ending is refused first."""
    add_client(session, "garage", name="Autohaus", language="en", profile="guided", now=NOW)
    with pytest.raises(RefusedError, match=r"terms\.client-missing"):
        write_agreement(session, "garage", tmp_path / "a.pdf", now=NOW)
    with pytest.raises(InputError, match=r"agreement\.ending"):
        write_agreement(session, "garage", tmp_path / "a.docx", now=NOW)
    assert list(tmp_path.glob("a.*")) == []
