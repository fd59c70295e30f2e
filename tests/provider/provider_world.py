"""A workspace on disk, made by the real ``init``, and the secrets that must never be found in it."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pypdf import PdfReader

from escrowd.core.terms import Role
from escrowd.machine.secret_input import Secret
from escrowd.provider.actions.beneficiaries import add_beneficiary
from escrowd.provider.actions.cards import make_cards
from escrowd.provider.actions.clients import add_client
from escrowd.provider.actions.contents import add_entry
from escrowd.provider.actions.init import init
from escrowd.provider.delivery import Paper
from escrowd.provider.workspace import Session

NOW = 1_800_000_000
PASSPHRASE = "Birnbaum Laterne Zinnober"


@dataclass
class Tray:
    """A delivery that keeps the papers in memory, as a person would hold them."""

    papers: list[Paper] = field(default_factory=list)

    def __call__(self, papers: Sequence[Paper]) -> None:
        self.papers.extend(papers)

    def words(self, paper: Paper) -> str:
        """The words on a card, read from its text as a person would: twenty numbers, each before a word."""
        text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.pdf)).pages)
        found = dict(re.findall(r"\b(\d{1,2})\. ([a-z]{4,8})\b", text))
        return " ".join(found[str(number)] for number in range(1, 21))


def typed(value: str = PASSPHRASE) -> Secret:
    return Secret(value, "typed")


def stored(value: str = PASSPHRASE) -> Secret:
    return Secret(value, "stored")


def make_workspace(folder: Path, tray: Tray | None = None) -> Path:
    init(
        folder,
        name="Jana Winter IT",
        language="de",
        addresses=["jana@winter.example", "jana@elsewhere.example"],
        passphrase=typed(),
        deliver=tray or Tray(),
        now=NOW,
    )
    return folder


def furnish(session: Session, tray: Tray, *, password: str) -> None:
    """One client who has an entry, two people and cards."""
    add_client(session, "bakery", name="Bäckerei Krume", language="de", profile="full-service", now=NOW)
    add_entry(session, "bakery", {"title": "Webshop", "kind": "website-login", "password": password}, now=NOW)
    people: dict[Role, str] = {"client": "Karla Krume", "successor": "Nora Nachfolge"}
    for role, name in people.items():
        add_beneficiary(session, "bakery", name=name, role=role, addresses=[f"{role}@krume.example"])
    make_cards(session, "bakery", deliver=tray, now=NOW)
