"""A provider, a client's kit and cards to open in the page, and a driver of the page in Chromium."""

import hashlib
import io
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from playwright.sync_api import BrowserContext, Locator, Page, expect

from escrowd.core.bundle import Bundle
from escrowd.core.keys import SigningKey, fingerprint
from escrowd.core.manifest import ManifestGroup, ManifestSet, make_manifest, sign_manifest
from escrowd.core.payload import documents_in_memory, write_payload
from escrowd.core.seal import seal_bytes
from escrowd.core.shares import CLIENT_LAYOUT, make_set
from escrowd.core.statements import sign_appointment
from escrowd.node.letters import Part, Release, compose
from escrowd.node.message import Envelope, complete, finish
from escrowd.paper.mappe import make_mappe, recover_page
from escrowd.paper.readme import readme
from escrowd.provider.exports import exports_for

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "escrowd/recovery/recover.html"
OUTPUT = ROOT / "tests/output/page"
"""Screenshots, for people to look at."""
WALL = 1_798_761_600  # 2027-01-01
NOW = WALL + 30 * 86_400
LOCALES = {"de": "de-DE", "en": "en-GB"}
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
Language = Literal["de", "en"]


@cache
def sentences(language: Language) -> dict[str, str]:
    """What the page says, by dotted key; the printed list's words under ``list.``."""
    folder = ROOT / "escrowd/texts"
    page = tomllib.loads((folder / f"page/{language}.toml").read_text(encoding="utf-8"))
    page["list"] = tomllib.loads((folder / language / "list.toml").read_text(encoding="utf-8"))
    return dict(_flat(page, ""))


def _flat(table, above):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, value.strip()


def say(language: Language, key: str, /, **values: object) -> str:
    """One sentence, with its values."""
    text = sentences(language)[key]
    for name, value in values.items():
        text = text.replace(f"{{{{ {name} }}}}", str(value))
    return text


@dataclass(frozen=True)
class Kit:
    """A client's kit: its files by name, the words of each card by group, the root's fingerprint."""

    bundle: Bundle
    files: dict[str, bytes]
    cards: dict[str, str]
    root: str
    documents: dict[str, bytes]

    def put(self, folder: Path) -> list[Path]:
        """Write the files; returns their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.files.items():
            (folder / name).write_bytes(data)
        return [folder / name for name in self.files]

    def mappe(self, *, released: bool = False) -> bytes:
        """The page with this kit inside; with the node's share if it is a release."""
        return make_mappe(
            recover_page(),
            client=self.bundle.client,
            name=self.bundle.name,
            language=self.bundle.language,
            files=self.files,
            shares=(self.cards["nodes"],) if released else (),
        )

    def mail(self, language: Language) -> bytes:
        """The release as it leaves the node."""
        letter = compose(
            "release-client",
            language,
            Release(
                name="Petra Meier",
                phrase="blauer Topf",
                provider="Jana Winter",
                node="Verwahrstelle Nord",
                client=self.bundle.name,
                role="client",
                silent_since=WALL,
                set_number=1,
                revision=self.bundle.revision,
                revision_on=WALL,
                parts=tuple(Part(name=name, size=len(data)) for name, data in self.files.items()),
                page="https://node.example.org/p/release?t=x",
            ),
        )
        envelope = Envelope(
            sender_name="Verwahrstelle Nord",
            sender="node@example.org",
            name="Petra Meier",
            address="petra@example.com",
            message_id="1@example.org",
            date=WALL,
            zone="Europe/Berlin",
            language=language,
        )
        share = self.cards["nodes"].split()
        message = finish(letter, envelope, {}, parts=True)
        return complete(message, "1@example.org", shares=[share], parts=self.files.items())


@cache
def share_set():
    """One share set for all kits of a run: making one takes a while."""
    return make_set(777)


def make_kit(
    bundle: Bundle, *, created: int = WALL, root: SigningKey | None = None, payload: bytes | None = None
) -> Kit:
    """Seal ``bundle``, with made-up bytes for its documents, signed by a daily key of ``root``, or of a new one.

    ``payload``: what is sealed in its place.
    """
    made, root, daily = share_set(), root or SigningKey.generate(), SigningKey.generate()
    contents = {one.id: f"Inhalt von {one.id}".encode() * 40 for one in bundle.documents}
    documents = tuple(
        one.model_copy(
            update={"size": len(contents[one.id]), "sha256": hashlib.sha256(contents[one.id]).hexdigest()}
        )
        for one in bundle.documents
    )
    bundle = bundle.model_copy(update={"documents": documents})
    target = io.BytesIO()
    exports = exports_for(bundle)
    page = readme(bundle, exports.files, [(one.entry, one.field) for one in exports.inexact])
    write_payload(target, bundle, page, documents_in_memory(contents), exports.files)
    sealed = seal_bytes(payload or target.getvalue(), [made.recipient])
    groups = tuple(
        ManifestGroup(
            name=layout.name,
            k=layout.threshold,
            n=layout.count,
            proof_keys=tuple(key.hex() for key in made.proof_keys[layout.name]),
        )
        for layout in CLIENT_LAYOUT
    )
    own = ManifestSet(
        set=1,
        slip39_id=made.identifier,
        recipient=made.recipient,
        key_sha256=hashlib.sha256(made.key_file).hexdigest(),
        groups=groups,
    )
    manifest = make_manifest(
        root=root.public,
        client=bundle.client,
        revision=bundle.revision,
        created=created,
        bundle_sha256=hashlib.sha256(sealed).hexdigest(),
        chain=[sign_appointment(root, daily=daily.public, created=created)],
        sets=[own],
    )
    files = {
        "bundle.age": sealed,
        "key-1.age": made.key_file,
        "manifest.jws": sign_manifest(manifest, daily).encode(),
    }
    cards = {group: shares[0] for group, shares in made.shares.items()}
    return Kit(bundle, files, cards, fingerprint(root.public), contents)


def without(kit: Kit, *names: str) -> Kit:
    """The same kit with some files missing."""
    return replace(kit, files={name: data for name, data in kit.files.items() if name not in names})


PASTE = """(text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


class Visit:
    """A visit to the page, by what a person does on it."""

    def __init__(self, context: BrowserContext, language: Language):
        self.language = language
        self.page: Page = context.new_page()
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("request", self._request)

    def _console(self, message):
        if message.type in {"error", "warning"}:
            self.troubles.append(message.text)

    def _request(self, request):
        if not request.url.startswith(("file:", "blob:", "data:")):
            self.troubles.append(f"asked the network for {request.url}")

    def t(self, key: str, /, **values: object) -> str:
        return say(self.language, key, **values)

    def go(self, path: Path = PAGE) -> "Visit":
        self.page.goto(path.as_uri())
        expect(self.page.locator("h1")).to_be_visible()
        return self

    def give(self, *paths: Path) -> None:
        """Choose files."""
        self.page.set_input_files("input[type=file]", [str(path) for path in paths])
        self.read()

    def read(self) -> None:
        """Wait until what was given has been read."""
        expect(self.page.locator("[aria-busy]")).to_have_count(0)

    def drop(self, files: dict[str, bytes]) -> None:
        """Drop files on the page."""
        transfer = self.page.evaluate_handle(
            """(files) => {
              const data = new DataTransfer();
              for (const [name, bytes] of files) data.items.add(new File([new Uint8Array(bytes)], name));
              return data;
            }""",
            [[name, list(data)] for name, data in files.items()],
        )
        self.page.dispatch_event(".drop", "drop", {"dataTransfer": transfer})
        self.read()

    def paste_mail(self, text: str) -> None:
        self.page.get_by_text(self.t("files.paste"), exact=True).click()
        self.page.get_by_label(self.t("files.paste-label")).fill(text)
        self.page.get_by_role("button", name=self.t("files.paste-button")).click()

    def word(self, number: int) -> Locator:
        return self.page.locator(f'[data-word="{number}"]')

    def type_card(self, words: str, letters: int = 4) -> None:
        """Type each word's beginning, and go on with the space bar."""
        self.word(1).focus()
        self.page.keyboard.type("".join(f"{word[:letters]} " for word in words.split()))

    def paste_card(self, text: str) -> None:
        self.word(1).focus()
        self.page.evaluate(PASTE, text)

    def open(self) -> None:
        self.page.get_by_role("button", name=self.t("check.open"), exact=True).click()
        expect(self.page.locator(".list")).to_be_visible()

    def open_unverified(self) -> None:
        button = self.page.get_by_role("button", name=self.t("unverified.button"))
        expect(button).to_be_disabled()
        self.page.get_by_label(self.t("unverified.confirm")).check()
        button.click()

    def show_all(self) -> None:
        self.page.get_by_role("button", name=self.t("view.show-all")).click()

    def codes(self) -> list[str]:
        """The codes of all errors that are shown."""
        return self.page.locator(".fault:visible").evaluate_all("all => all.map(one => one.dataset.code)")

    def shot(self, name: str) -> None:
        OUTPUT.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=OUTPUT / f"{name}.png", full_page=True)


FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
NO_TEXT = {
    "id", "schema", "kind", "status", "profile", "language", "subject", "action", "origin", "sha256", "file",
    "date", "review", "renewal", "entry", "depends_on", "own", "every", "encoder", "algorithm", "amount",
}  # fmt: skip
"""Fields that are shown as a sentence, a label, a date or a link, or (`origin`) not at all."""


def shown(text: str) -> str:
    return FORBIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def texts(value: object, key: str = "") -> Iterator[str]:
    """Every text of a bundle that somebody wrote."""
    if key == "fields" and isinstance(value, str):
        return  # names of fields, in the history
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in NO_TEXT:
                yield from texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, key)
    elif isinstance(value, str) and value:
        yield value
