"""The release as the node really writes it, read by the beneficiary's side."""

import contextlib
import shutil
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escrowd.core.shares import parse_card
from escrowd.errors import EscrowdError, InputError
from escrowd.node.letters import Part, Release, compose
from escrowd.node.message import Envelope, complete, finish
from escrowd.recovery import Materials, gather, open_materials, read_cards, read_kit, read_release

MATERIAL = Path(__file__).resolve().parents[1] / "vectors/recovery/material"
KIT = {name: (MATERIAL / "kit" / name).read_bytes() for name in ("bundle.age", "key-2.age", "manifest.jws")}
SHARE = (MATERIAL / "cards/meier-nodes.txt").read_text().split()
CLIENT = read_cards(files=[MATERIAL / "cards/meier-client.txt"])


def mail(kind: str, language: str, provider: str = "Jana Winter") -> bytes:
    """A release as it leaves the node."""
    letter = compose(
        kind,
        language,
        Release(
            name="Petra Meier",
            phrase="blauer Topf",
            provider=provider,
            node="Verwahrstelle Nord",
            client="Bäckerei Meier",
            role="client" if kind == "release-client" else "successor",
            silent_since=1_798_761_600,
            set_number=2,
            revision=3,
            revision_on=1_798_761_600,
            parts=tuple(Part(name=name, size=len(data)) for name, data in KIT.items()),
            page="https://node.example.org/p/release?t=x",
        ),
    )
    envelope = Envelope(
        sender_name="Verwahrstelle Nord",
        sender="node@example.org",
        name="Petra Meier",
        address="petra@example.com",
        message_id="1@example.org",
        date=1_798_761_600,
        zone="Europe/Berlin",
        language=language,
    )
    return complete(
        finish(letter, envelope, {}, parts=True), "1@example.org", shares=[SHARE], parts=KIT.items()
    )


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", ["release-client", "release-successor"])
@pytest.mark.parametrize("provider", ["Jana Winter", "J" * 2000], ids=["8bit", "quoted-printable"])
def test_the_node_s_own_mail_opens(tmp_path: Path, kind: str, language: str, provider: str):
    """Each release that the node writes, saved as it is, opens with the client's card (P5)."""
    path = tmp_path / "release.eml"
    path.write_bytes(mail(kind, language, provider))
    found = read_release(path)
    assert [given.card for given in found.cards] == [parse_card(" ".join(SHARE))]
    with open_materials(gather([found, CLIENT])) as opened:
        assert opened.verification.verified
        assert opened.payload.bundle.client == "meier"


@pytest.mark.parametrize("keep", ["plain", "html"])
def test_one_of_both_texts_is_enough(tmp_path: Path, keep: str):
    """A mail program that keeps only the text, or only the HTML, keeps the share."""
    message = message_from_bytes(mail("release-client", "de"), policy=policy.default)
    assert isinstance(message, EmailMessage)
    alternative = next(part for part in message.walk() if part.get_content_type() == "multipart/alternative")
    alternative.set_payload([p for p in alternative.iter_parts() if p.get_content_subtype() == keep])
    path = tmp_path / "release.eml"
    path.write_bytes(message.as_bytes())
    assert len(read_release(path).cards) == 1


def test_a_share_in_a_text_file_is_found(tmp_path: Path):
    """An attached text file of any type may hold the share."""
    message = EmailMessage()
    message.set_content("Guten Tag")
    words = " ".join(SHARE).encode()
    message.add_attachment(words, maintype="application", subtype="octet-stream", filename="share-nodes.txt")
    path = tmp_path / "release.eml"
    path.write_bytes(message.as_bytes())
    assert len(read_release(path).cards) == 1


@pytest.mark.parametrize("how", ["file", "rfc822", "base64", "twice"])
def test_a_forwarded_release_opens(tmp_path: Path, how: str):
    """Attached to another mail as a message, as a file, in base64 or within a second mail: it is found."""
    inner = mail("release-client", "de")
    outer = EmailMessage()
    outer["Subject"] = "Fwd:"
    outer.set_content("Sehen Sie bitte in den Anhang.")
    if how == "rfc822":
        outer.add_attachment(message_from_bytes(inner, policy=policy.default))
    elif how == "base64":
        outer.add_attachment(inner, maintype="application", subtype="octet-stream", filename="x.bin")
        outer = outer.as_bytes().replace(b"application/octet-stream", b"message/rfc822")
    else:
        outer.add_attachment(inner, maintype="application", subtype="octet-stream", filename="Freigabe.EML")
        if how == "twice":
            again = EmailMessage()
            again.set_content("")
            again.add_attachment(outer)
            outer = again
    path = tmp_path / "release.eml"
    path.write_bytes(outer if isinstance(outer, bytes) else outer.as_bytes())
    with open_materials(gather([read_release(path), CLIENT])) as opened:
        assert opened.verification.verified


def test_a_whole_page_given_as_a_card_holds_the_card(tmp_path: Path):
    """The mail's own text, saved from a browser as UTF-16, serves as a card; one wrong word is still named."""
    message = message_from_bytes(mail("release-client", "de"), policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    path = tmp_path / "seite.txt"
    path.write_text(body.get_content(), encoding="utf-16")
    (given,) = read_cards(files=[path]).cards
    assert given.card == parse_card(" ".join(SHARE))
    path.write_text(" ".join(["wrongword", *SHARE[1:], *CLIENT.cards[0].card.words]))
    with pytest.raises(EscrowdError) as caught:
        read_cards(files=[path])
    assert (caught.value.code, caught.value.fields["position"]) == ("card.word-unknown", 1)


def content(materials: Materials) -> list[bytes]:
    """Everything inside, opened with the manifest's proof."""
    with open_materials(materials) as opened:
        inside = []
        for file in opened.payload.files:
            with opened.payload.open_file(file.name) as stream:
                inside.append(stream.read())
        return inside


GOOD = content(gather([read_release(MATERIAL / "release.eml"), CLIENT]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_changed_mail_never_gives_other_content(tmp_path: Path, data: st.DataObject):
    """Whatever byte of a saved release changes, it opens to the very same content or to an error of ours (P9)."""
    raw = bytearray((MATERIAL / "release.eml").read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] = data.draw(st.integers(0, 255))
    path = tmp_path / "release.eml"
    path.write_bytes(raw)
    with contextlib.suppress(EscrowdError):
        assert content(gather([read_release(path), CLIENT])) == GOOD


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(KIT)), st.data())
def test_a_changed_kit_never_gives_other_content(tmp_path: Path, name: str, data: st.DataObject):
    """Whatever bit of a kit's file flips, and wherever it is cut, nothing opens as if it were whole (P9)."""
    folder = tmp_path / "kit"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(MATERIAL / "kit", folder)
    raw = bytearray(KIT[name])
    at = data.draw(st.integers(0, len(raw) - 1))
    if data.draw(st.booleans()):
        raw[at] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del raw[at:]
    (folder / name).write_bytes(raw)
    successor = read_cards(files=[MATERIAL / "cards/meier-successor.txt"])
    with pytest.raises(EscrowdError):
        content(gather([read_kit(folder), CLIENT, successor]))


@pytest.mark.parametrize("nasty", ["a;", '"', "a*0*=b;", "=?utf-8?q?a?= ", "("], ids=repr)
@pytest.mark.parametrize(
    "header", ["Content-Type: text/plain; name=", "Content-Disposition: attachment; filename="]
)
def test_a_crafted_header_costs_no_time(tmp_path: Path, header: str, nasty: str):
    """A header of 64 KiB that a parser of all its parts needs minutes for is read at once, and opens nothing."""
    path = tmp_path / "release.eml"
    path.write_bytes(header.encode() + (nasty * 65536)[:65536].encode() + b"\r\n\r\nx\r\n")
    began = time.process_time()
    with pytest.raises(InputError) as refused:
        read_release(path)
    assert refused.value.code == "release.not-a-release"
    assert time.process_time() - began < 1


def test_a_mail_of_too_many_parts_is_no_release(tmp_path: Path):
    """A mail of twenty thousand parts is one error, and soon."""
    path = tmp_path / "release.eml"
    path.write_bytes(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 20_000)
    with pytest.raises(InputError) as refused:
        read_release(path)
    assert refused.value.code == "release.not-a-release"
