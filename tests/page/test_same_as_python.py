"""The page's core and Python read the same things the same way: random ones, broken ones, crafted ones."""

import base64
import io
import json
import random
import re
import zipfile
import zlib
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page.core_world import ROOT, Page, Refused, b64, here

from escrowd.core.encoding import loads
from escrowd.core.manifest import verify_manifest
from escrowd.core.payload import read_payload
from escrowd.core.shares import parse_card, parse_cards
from escrowd.core.shares.words import WORDLIST, tokens
from escrowd.core.statements import read_code, verify_card
from escrowd.paper.mappe import make_mappe, recover_page
from escrowd.recovery import read_release

VECTORS = ROOT / "tests/vectors"
MATERIAL = VECTORS / "recovery/material"
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    server = Page()
    yield server
    server.close()


def code_of(found: Any) -> str:
    return found.code if isinstance(found, Refused) else "ok"


CARD = (MATERIAL / "cards/meier-client.txt").read_text(encoding="utf-8").strip()
WORDS = CARD.split()


@QUICK
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=60))
def test_words_of_any_text(page: Page, text: str):
    """Both find the same words in any text, whatever its letters, marks and numbers."""
    assert page.ask("tokens", text) == tokens(text)


@st.composite
def typed_cards(draw: st.DrawFn) -> str:
    words = list(WORDS)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(words) - 1))
        match draw(st.sampled_from(["cut", "other", "swap", "drop", "twice", "upper", "misspell"])):
            case "cut":
                words[at] = words[at][: draw(st.integers(3, 6))]
            case "other":
                words[at] = draw(st.sampled_from(WORDLIST))
            case "swap":
                to = (at + 1) % len(words)
                words[at], words[to] = words[to], words[at]
            case "drop":
                words = words[:at] + words[at + 1 :] if len(words) > 1 else words
            case "twice":
                words.insert(at, words[at])
            case "upper":
                words[at] = words[at].upper()
            case "misspell":
                words[at] += draw(st.sampled_from(["s", "e", "1", "-", "ä"]))
    joiner = draw(st.sampled_from([" ", "\n", "\r\n", ", ", "\t", "\u00a0", ". 3. "]))
    return joiner.join(words)


@QUICK
@given(text=typed_cards())
def test_a_mistyped_card(page: Page, text: str):
    """Both say the same of a card that was mistyped: the same error at the same position, or the same card."""
    ours = here(lambda: [card.mnemonic for card in parse_cards(text)])
    assert page.ask("cards", text) == ours
    card = here(lambda: parse_card(text))
    found = page.ask("card", text)
    if isinstance(card, Refused):
        assert found == card
    else:
        assert (found["proofKey"], found["group"]) == (card.proof_key.hex(), card.group)


JSON_PARTS = re.findall(
    r"\S+",
    r"""
    { } [ ] , : " \ null true false tru NaN Infinity -Infinity - 0 1 01 -0 1.5 1e3 2E-2 9007199254740991
    9007199254740992 -9007199254740992 123456789012345678901234567890 "a" "b" "\u0041" "\ud800" "\ud83d\ude00"
    "\x" "__proto__" "constructor" ä {"a":1} [1,2] {"a":1,"a":2}
    """,
)
JSON_SPACE = [" ", "\t", "\n", "\r", "\x0b", "\x00", '"\n"', "\ufeff", "\u2028"]
JSON_BITS = st.lists(st.sampled_from(JSON_PARTS + JSON_SPACE), max_size=14).map("".join)


@QUICK
@given(text=JSON_BITS)
def test_json(page: Page, text: str):
    """Both take and refuse the same JSON texts, with the same value or for the same reason."""
    data = text.encode()
    ours = here(lambda: loads(data, max_bytes=10_000))
    found = page.ask("json", b64(data), 10_000)
    assert code_of(found) == code_of(ours), text
    if not isinstance(ours, Refused):
        assert found == ours


def test_json_limits(page: Page):
    """Depth, size and bytes that are no UTF-8 are refused alike."""
    for data in [
        b"[" * 64 + b"]" * 64,
        b"[" * 65 + b"]" * 65,
        b'"\xff"',
        b"\xed\xa0\x80",
        b'"' + b"[" * 100 + b'"',
    ]:
        assert code_of(page.ask("json", b64(data), 200)) == code_of(
            here(lambda d=data: loads(d, max_bytes=200))
        )
    assert page.ask("json", b64(b"[1, 2]"), 5) == here(lambda: loads(b"[1, 2]", max_bytes=5))


def test_a_changed_manifest(page: Page):
    """Whatever single byte of a manifest changes, both say the same."""
    data = (MATERIAL / "kit/manifest.jws").read_bytes()
    draw = random.Random(4)  # noqa: S311 — positions to break, no secret
    for _ in range(150):
        broken = bytearray(data)
        broken[draw.randrange(len(data))] = draw.choice(b"Aa0_-.+ \n\xff")
        ours = here(lambda data=bytes(broken): verify_manifest(data).revision)
        found = page.ask("manifest", b64(bytes(broken)), None)
        assert (found if isinstance(found, Refused) else found["revision"]) == ours


def payloads() -> list[bytes]:
    return [
        base64.b64decode(path.read_text(encoding="utf-8").partition("\n\n")[2])
        for path in sorted((VECTORS / "payloads").glob("*.txt"))
        if path.stem.startswith("ok")
    ]


def test_a_changed_payload(page: Page):
    """Whatever byte of an archive changes, both refuse it under the same code, or neither does."""
    draw = random.Random(5)  # noqa: S311 — as above
    for data in payloads():
        directory = data.rindex(b"PK\x05\x06")
        start = int.from_bytes(data[directory + 16 : directory + 20], "little")
        places = [draw.randrange(len(data)) for _ in range(120)] + list(range(start, len(data)))
        for at in places:
            broken = bytearray(data)
            broken[at] ^= draw.choice([1, 2, 4, 8, 16, 32, 64, 128, 255])
            found = page.ask("payload", b64(bytes(broken)))
            ours = here(lambda broken=broken: read_payload(io.BytesIO(bytes(broken))))
            assert code_of(found) == code_of(ours), at


@QUICK
@given(
    data=st.binary(max_size=3000) | st.text("ab\n", max_size=3000).map(str.encode),
    level=st.integers(0, 9),
    strategy=st.sampled_from([zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE]),
    behind=st.binary(max_size=3),
)
def test_inflate(page: Page, data: bytes, level: int, strategy: int, behind: bytes):
    """The page inflates what zlib deflates, in each of its ways, and tells what lies behind it."""
    deflater = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
    packed = deflater.compress(data) + deflater.flush()
    assert page.ask("inflate", b64(packed + behind), len(data)) == [b64(data), len(behind)]
    if data:
        assert page.ask("inflate", b64(packed), len(data) - 1) == "overflow"
    assert page.ask("inflate", b64(packed[:-1]), len(data)) == "cut"


@QUICK
@given(data=st.binary(min_size=1, max_size=120))
def test_inflate_rubbish(page: Page, data: bytes):
    """Rubbish is refused by the page where zlib refuses it, and gives the same bytes where it does not."""
    limit = 2**16
    inflater = zlib.decompressobj(-15)
    try:
        ours: object = [b64(inflater.decompress(data, limit)), len(inflater.unused_data)]
    except zlib.error:
        ours = "corrupt"
    if ours != "corrupt" and not inflater.eof:
        ours = "cut"
    assert page.ask("inflate", b64(data), limit) == ours


def attach(mail: EmailMessage, draw: random.Random) -> None:
    kit = MATERIAL / "kit"
    for name in draw.sample(["bundle.age", "key-2.age", "manifest.jws"], draw.randint(0, 3)):
        mail.add_attachment(
            (kit / name).read_bytes(),
            maintype="application",
            subtype="octet-stream",
            filename=name,
            cte=draw.choice(["base64", "quoted-printable"]) if name == "manifest.jws" else "base64",
        )
    if draw.random() < 0.3:
        mail.add_attachment("Grüße", filename="Anhänge für später und noch viel länger und länger.txt")


def random_mail(draw: random.Random, depth: int = 0) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Knoten Größe <node@example.org>"
    mail["Subject"] = "Ihre Zugänge: " + "x" * draw.randint(0, 90)
    share = (MATERIAL / "cards/meier-nodes.txt").read_text(encoding="utf-8").strip()
    words = share if draw.random() < 0.7 else "nothing"
    quote = draw.choice(["", "> ", "    "])
    lines = re.findall(r"(?:\S+ ?){1,5}", words)
    text = "Guten Tag, schöne Grüße\n\n" + "\n".join(quote + line for line in lines) + "\n\n-- \nKnoten\n"
    mail.set_content(text, cte=draw.choice(["8bit", "quoted-printable", "base64"]))
    if draw.random() < 0.5:
        html = (
            "<p>Grüße</p><p>" + words.replace(" ", draw.choice([" ", "&nbsp; ", "<br>", "</b> <b>"])) + "</p>"
        )
        mail.add_alternative(html, subtype="html", cte=draw.choice(["quoted-printable", "base64"]))
    attach(mail, draw)
    if depth < 2 and draw.random() < 0.4:
        inner = random_mail(draw, depth + 1)
        if draw.random() < 0.5:
            mail.add_attachment(inner)
        else:
            mail.add_attachment(
                inner.as_bytes(), maintype="application", subtype="octet-stream", filename="Weiter.eml"
            )
    return mail


def test_random_mails(page: Page, tmp_path: Path):
    """Both find the same in mails of many shapes: nested, quoted, in every coding, with either line end."""
    path = tmp_path / "mail.eml"
    for seed in range(60):
        draw = random.Random(seed)  # noqa: S311 — as above
        data = random_mail(draw).as_bytes()
        if draw.random() < 0.5:
            data = data.replace(b"\r\n", b"\n")
        path.write_bytes(data)
        found = page.ask("release", b64(data))
        ours = here(lambda: read_release(path))
        if isinstance(ours, Refused):
            assert code_of(found) == ours.code
            continue
        assert found["cards"] == [own.card.mnemonic for own in ours.cards], seed
        assert found["bundle"] == (None if ours.bundle is None else b64(ours.bundle)), seed
        assert found["keys"] == [[key.number, b64(key.data)] for key in ours.keys], seed
        assert found["manifest"] == (None if ours.manifest is None else b64(ours.manifest)), seed


def test_broken_mails(page: Page, tmp_path: Path):
    """A mail that was cut or changed is read by both to the same end."""
    data = (MATERIAL / "release.eml").read_bytes()
    path = tmp_path / "mail.eml"
    draw = random.Random(6)  # noqa: S311 — as above
    for number in range(60):
        broken = bytearray(data[: draw.randrange(len(data))] if number % 2 else data)
        for _ in range(draw.randint(0, 3)):
            broken[draw.randrange(len(broken))] = draw.choice(b'A=;:"\n- \xff')
        path.write_bytes(broken)
        found = page.ask("release", b64(bytes(broken)))
        ours = here(lambda: read_release(path))
        assert code_of(found) == code_of(ours), number
        if not isinstance(ours, Refused):
            assert found["cards"] == [own.card.mnemonic for own in ours.cards], number
            assert [number for number, _ in found["keys"]] == [key.number for key in ours.keys], number


def test_a_proof_of_the_page(page: Page):
    """What the page signs for a node's code, a node accepts: each purpose, for the card's own key."""
    node, nonce = "a" * 32, "0f" * 16
    code = f" Escrow-Code/1.{node}.\n{nonce}"
    assert read_code(code).nonce == nonce
    for purpose in ("request", "card-proof", "retire"):
        proof = verify_card(page.ask("proof", CARD, purpose, [code], 1_800_000_000.9), node=node)
        assert (proof.purpose, proof.nonces, proof.iat) == (purpose, {node: nonce}, 1_800_000_000)
        assert proof.proof_key == parse_card(CARD).proof_key.hex()


@pytest.mark.parametrize("code", ["", "escrow-code/1", "escrow-code/2." + "a" * 32 + "." + "0" * 32, "x" * 9])
def test_no_code(page: Page, code: str):
    """What is no code is refused by both."""
    assert page.ask("proof", CARD, "request", [code], 0) == here(lambda: read_code(code))


@pytest.mark.parametrize(
    ("seconds", "algorithm", "code"),
    [
        (59, "SHA1", "94287082"),
        (1111111109, "SHA1", "07081804"),
        (20000000000, "SHA1", "65353130"),
        (59, "SHA256", "46119246"),
        (1234567890, "SHA256", "91819424"),
        (59, "SHA512", "90693936"),
        (2000000000, "SHA512", "38618901"),
    ],
)
def test_one_time_passwords(page: Page, seconds: int, algorithm: str, code: str):
    """The codes are those of RFC 6238, appendix B, and last to the end of their period."""
    size = {"SHA1": 20, "SHA256": 32, "SHA512": 64}[algorithm]
    secret = base64.b32encode((b"1234567890" * 7)[:size]).decode().rstrip("=")
    own = {"secret": secret, "algorithm": algorithm, "digits": 8, "period": 30, "encoder": ""}
    assert page.ask("totp", own, seconds) == {"code": code, "left": 30 - seconds % 30}


def test_a_kit_as_zip(page: Page):
    """A kit that a node offers as ZIP is taken as the files in it; copies that a browser renamed count too."""
    kit = MATERIAL / "kit"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in kit.iterdir():
            archive.write(path, path.name)
    found = page.ask("files", [["kit-meier-2.zip", b64(packed.getvalue())]])
    renamed = {"bundle.age": "bundle (1).age", "key-2.age": "key-2(3).age", "manifest.jws": "m.txt"}
    single = page.ask(
        "files", [[renamed.get(path.name, path.name), b64(path.read_bytes())] for path in kit.iterdir()]
    )
    for own in (found, single):
        assert own["errors"] == []
        assert own["bundle"] == b64((kit / "bundle.age").read_bytes())
        assert own["keys"] == [[2, b64((kit / "key-2.age").read_bytes())]]
        assert own["manifest"] == b64((kit / "manifest.jws").read_bytes())


def mappe_block(name: str = "Bäckerei </script><!-- Größe", **changes: object) -> str:
    kit = {path.name: path.read_bytes() for path in sorted((MATERIAL / "kit").glob("*.[aj]*"))}
    share = (MATERIAL / "cards/meier-nodes.txt").read_text(encoding="utf-8").strip()
    page = b"<main></main><!-- escrow-mappe --><script>1</script>"
    made = make_mappe(page, client="meier", name=name, language="de", files=kit, shares=[share])
    (block,) = re.findall(rb'<script type="application/json" id="escrow-mappe">([^<]*)</script>', made)
    return json.dumps(json.loads(block) | changes) if changes else block.decode("ascii")


def test_a_mappe(page: Page):
    """What goes into a Mappe comes out of it: the files, the share, the name as it is."""
    found = page.ask("mappe", mappe_block())
    kit = MATERIAL / "kit"
    assert (found["client"], found["name"], found["language"]) == (
        "meier",
        "Bäckerei </script><!-- Größe",
        "de",
    )
    assert found["bundle"] == b64((kit / "bundle.age").read_bytes())
    assert found["keys"] == [[2, b64((kit / "key-2.age").read_bytes())]]
    assert found["manifest"] == b64((kit / "manifest.jws").read_bytes())
    assert found["cards"] == [(MATERIAL / "cards/meier-nodes.txt").read_text(encoding="utf-8").strip()]


@pytest.mark.parametrize(
    "block",
    [
        "",
        "[]",
        mappe_block()[:-1],
        mappe_block(schema="escrow-mappe/2"),
        mappe_block(extra=1),
        mappe_block(files={"bundle.age": "%"}),
        mappe_block(files=["bundle.age"]),
        mappe_block(shares=["academic acid"]),
        mappe_block(client="</script>"),
    ],
)
def test_a_damaged_mappe(page: Page, block: str):
    """A block that is cut, of another version, or not of its form is refused as damaged."""
    assert code_of(page.ask("mappe", block)) == "mappe.damaged"


def test_a_dropped_page(page: Page):
    """A Mappe that is dropped on another page is read; the page without a kit is no help, and no error."""
    plain = recover_page()
    kit = {"bundle.age": (MATERIAL / "kit/bundle.age").read_bytes()}
    made = make_mappe(plain, client="meier", name="Meier", language="de", files=kit)
    found = page.ask("files", [["Mappe-meier.html", b64(made)], ["recover.html", b64(plain)]])
    assert found["errors"] == []
    assert [own["kind"] for own in found["found"]] == ["mappe", "surplus"]
    assert found["bundle"] == b64(kit["bundle.age"])
