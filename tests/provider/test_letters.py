"""The family's sheet, out of a real workspace."""

import io
from pathlib import Path

import pytest
from provider.provider_world import NOW, Tray, furnish
from pypdf import PdfReader

from escrowd.errors import InputError
from escrowd.provider.actions.beneficiaries import add_beneficiary
from escrowd.provider.actions.clients import add_client
from escrowd.provider.actions.letters import family_letter
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
