"""The yearly talk: the sheet names what came since the last one, and the talk is a decision."""

import io
import re

import pypdf
import pytest
from provider.provider_world import NOW

from escrowd.errors import EscrowdError
from escrowd.provider.actions.clients import add_client
from escrowd.provider.actions.contents import (
    add_decision,
    add_entry,
    edit_decision,
    edit_entry,
    look_back,
    restore_entry,
)
from escrowd.provider.actions.reading import open_bundle, why
from escrowd.provider.actions.review import HELD, hold_review, write_review
from escrowd.provider.reasons import Said

DAY = 86_400


@pytest.fixture
def shop(session):
    """A client with one entry, two decisions and a wish."""
    add_client(session, "shop", name="Laden", language="de", profile="full-service", now=NOW)
    add_entry(session, "shop", {"title": "Webshop", "kind": "other", "password": "geheim-1"}, now=NOW)
    for topic, status in (("Hoster", "decided"), ("Kasse", "decided"), ("Newsletter", "wish")):
        values = {"topic": topic, "status": status, "date": "2020-01-01", "reason": f"Grund {topic}"}
        add_decision(session, "shop", values, now=NOW, entry="Webshop" if topic == "Hoster" else None)
    return session


def sheet(session, tmp_path):
    written = write_review(session, "shop", tmp_path / "talk.pdf", now=NOW + 400 * DAY)
    assert (tmp_path / "talk.pdf").stat().st_mode & 0o777 == 0o600
    data = (tmp_path / "talk.pdf").read_bytes()
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    return written, re.sub(r"\s+", "", text)


def test_the_next_talk_begins_where_the_last_one_ended(shop, tmp_path):
    """Before a talk all is new; after it only what was recorded or changed since, with the reason of a change."""
    written, text = sheet(shop, tmp_path)
    assert written.since is None
    assert "GrundHoster" in text
    assert "GrundKasse" in text
    talk = hold_review(
        shop, "shop", held="2020-02-29", note="Karten erklärt", present="Ada", next_=None, now=NOW
    )
    assert talk.review == "2021-03-01"
    assert open_bundle(shop, "shop").history[-1].reason == HELD
    edit_decision(shop, "shop", "Kasse", {"choice": "bleibt"}, now=NOW)
    edit_entry(
        shop, "shop", "Webshop", {"user": "ada"}, now=NOW, ask=lambda: Said("neue Inhaberin", "Ada Krume")
    )
    written, text = sheet(shop, tmp_path)
    assert written.since == "2020-02-29"
    assert "GrundHoster" not in text
    for wanted in ("GrundKasse", "neueInhaberin", "AdaKrume", "Jahresgespräch:Kartenerklärt", "Newsletter"):
        assert wanted in text, wanted
    assert "geheim-1" not in text


def test_a_talk_to_come_was_not_held(shop):
    """A day after today, or no day, is refused, and nothing changes."""
    before = open_bundle(shop, "shop")
    for held in ("2999-01-01", "soon"):
        with pytest.raises(EscrowdError):
            hold_review(shop, "shop", held=held, note="", present="", next_=None, now=NOW)
    assert open_bundle(shop, "shop") == before


def test_a_mistake_is_shown_before_it_is_taken_back(shop):
    """What a restore would change is told; the restored entry is complete, and the reason is kept."""
    edit_entry(shop, "shop", "Webshop", {"password": "falsch", "notes": ""}, now=NOW)
    before = open_bundle(shop, "shop")
    number = before.revision - 1
    assert look_back(shop, "shop", "Webshop", number).fields == ("password",)
    assert open_bundle(shop, "shop") == before
    back = restore_entry(shop, "shop", "Webshop", now=NOW, revision=number, ask=lambda: Said("Irrtum"))
    assert back.password == "geheim-1"
    assert len(back.decisions) == 1
    assert why(shop, "shop", "Webshop").history[-1].why == "Irrtum"
