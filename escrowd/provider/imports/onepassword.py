"""1Password's 1PUX export: a ZIP with ``export.data`` (JSON) and the files.

Carried: every category, all sections' fields by their titles, one-time passwords, files, tags; the vault's
name is the group, after the account's where there are several. Left and reported: former passwords,
favourites, archived and deleted items' state, files that are named but not in the export. Left without a
word: the times at which an item was made and changed, and how a password was generated.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from escrowd.core import encoding
from escrowd.core.bundle import Document, Entry, FreeField, Origin, SecondFactor
from escrowd.core.bundle.imported import Imported, NotCarried, new_document
from escrowd.core.bundle.model import Kind
from escrowd.core.keys import new_id
from escrowd.errors import InputError, IntegrityError
from escrowd.provider.imports._guess import guess_kind
from escrowd.provider.imports._json import as_object, leaves, list_member, number_member, text_member
from escrowd.provider.imports._totp import read_totp

SOURCE: Final = "1password"
SIGNATURE: Final = b"PK\x03\x04"
DATA: Final = "export.data"
_ATTRIBUTES: Final = "export.attributes"
_MAX_DATA: Final = 64 * 2**20
_MAX_FILES: Final = 256 * 2**20
"""Bytes of ``export.data``, and of everything together, unpacked."""
_CARRIES: Final = frozenset(["title", "user", "password", "urls", "notes", "totp", "fields", "tags", "group"])
_KINDS: Final[dict[str, Kind]] = {
    "002": "payment",
    "003": "note",
    "004": "identity",
    "100": "licence",
    "101": "payment",
    "102": "database",
    "103": "identity",
    "106": "identity",
    "109": "wifi",
    "110": "server",
    "111": "mail",
    "114": "server",
}
"""Categories that say what an entry is; the others are guessed as everywhere."""
_SECRET_KINDS: Final = frozenset(["concealed", "creditCardNumber", "sshKey"])
_USERS: Final = frozenset(["username", "pop_username"])
_PASSWORDS: Final = frozenset(["password", "pop_password", "wireless_password"])
"""Ids of section fields that are the user and the password where an item has no login fields."""


def is_onepassword(data: bytes) -> bool:
    """Whether a file is a 1PUX export: a ZIP that holds its two files."""
    if not data.startswith(SIGNATURE):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {DATA, _ATTRIBUTES} <= set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def read_onepassword(data: bytes) -> Imported:
    """Read a 1PUX export.

    Raises ``InputError``: ``json.*``, ``import.malformed`` (``at``), ``import.too-large`` (``size``,
    ``limit``: unpacked bytes); ``IntegrityError`` ``import.archive-damaged`` (``format``).
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = _Files(archive)
        value = as_object(encoding.loads(files.read(DATA, _MAX_DATA), max_bytes=_MAX_DATA), "")
        return _Reader(value, files).imported()


class _Files:
    """The archive's members, with a limit on all that is unpacked; what a header states is not believed."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = _MAX_FILES
        # files/<id>__<name>: the id finds a file, its name is said by the item.
        self._by_id = {
            name.removeprefix("files/").partition("__")[0]: name
            for name in archive.namelist()
            if name.startswith("files/") and not name.endswith("/")
        }

    def read(self, name: str, limit: int) -> bytes:
        limit = min(limit, self._left)
        try:
            with self._archive.open(name) as member:
                found = member.read(limit + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError):
            raise IntegrityError("import.archive-damaged", format=SOURCE) from None
        if len(found) > limit:
            raise InputError("import.too-large", size=len(found), limit=limit)
        self._left -= len(found)
        return found

    def document(self, id_: str) -> bytes | None:
        """The bytes of the file with this id; None where the export does not hold it."""
        name = self._by_id.get(id_)
        return None if name is None else self.read(name, self._left)


@dataclass
class _Item:
    """What is gathered of one item on the way to an entry."""

    id: str
    title: str
    user: str = ""
    password: str = ""
    totp: str = ""
    urls: list[str] = field(default_factory=list)
    fields: list[FreeField] = field(default_factory=list)


class _Reader:
    """Turns the accounts and vaults of one export into entries."""

    def __init__(self, value: Mapping[str, object], files: _Files) -> None:
        self._value = value
        self._files = files
        self._documents: list[Document] = []
        self._contents: dict[str, bytes] = {}
        self._groups: list[tuple[str, ...]] = []
        self._not_carried: list[NotCarried] = []

    def imported(self) -> Imported:
        """All of it."""
        entries = list(self._entries())
        return Imported(
            source=SOURCE,
            scope="",
            entries=tuple(entries),
            documents=tuple(self._documents),
            contents=self._contents,
            groups=tuple(dict.fromkeys(self._groups)),
            not_carried=tuple(self._not_carried),
            carries=_CARRIES,
        )

    def _entries(self) -> Iterator[Entry]:
        accounts = list_member(self._value, "accounts", "")
        for n, found in enumerate(accounts):
            at = f"accounts.{n}"
            account = as_object(found, at)
            top = _attribute(account, "accountName", at) if len(accounts) > 1 else ""
            for m, vault_found in enumerate(list_member(account, "vaults", at)):
                here = f"{at}.vaults.{m}"
                vault = as_object(vault_found, here)
                group = tuple(name for name in (top, _attribute(vault, "name", here)) if name)
                self._groups += [group] if group else []
                for k, item in enumerate(list_member(vault, "items", here)):
                    yield self._entry(as_object(item, f"{here}.items.{k}"), group, f"{here}.items.{k}")

    def _entry(self, item: Mapping[str, object], group: tuple[str, ...], at: str) -> Entry:
        overview = as_object(item.get("overview") or {}, f"{at}.overview")
        details = as_object(item.get("details") or {}, f"{at}.details")
        got = _Item(new_id(), text_member(overview, "title", f"{at}.overview"))
        got.urls = _urls(overview, f"{at}.overview")
        self._login_fields(details, got, f"{at}.details")
        self._sections(details, got, f"{at}.details")
        if not got.password:  # the category "password" keeps it here
            got.password = text_member(details, "password", f"{at}.details")
        if details.get("documentAttributes") is not None:
            self._file(details["documentAttributes"], got, f"{at}.details.documentAttributes")
        self._report(item, details, got.title, at)
        read = read_totp(got.totp) if got.totp.strip() else None
        if got.totp.strip() and read is None:
            got.fields.append(FreeField(name="totp", value=got.totp, protected=True))
            self._not_carried.append(NotCarried(got.title, "totp", "unreadable"))
        elif read is not None:
            self._not_carried += [NotCarried(got.title, f"totp {name}", "setting") for name in read.left]
        secret = bool(got.user or got.password)
        kind = _KINDS.get(text_member(item, "categoryUuid", at))
        return Entry(
            id=got.id,
            title=got.title,
            kind=kind or guess_kind(got.title, group, got.urls, secret=secret),
            urls=tuple(got.urls),
            user=got.user,
            password=got.password,
            totp=None if read is None else read.totp,
            second_factor=None if read is None else SecondFactor(kind="totp"),
            notes=text_member(details, "notesPlain", f"{at}.details"),
            tags=tuple(
                dict.fromkeys(
                    tag for tag in list_member(overview, "tags", f"{at}.overview") if isinstance(tag, str)
                )
            ),
            fields=tuple(got.fields),
            group=group,
            origin=Origin(source=SOURCE, key=text_member(item, "uuid", at)),
        )

    def _login_fields(self, details: Mapping[str, object], got: _Item, at: str) -> None:
        for n, value in enumerate(list_member(details, "loginFields", at)):
            here = f"{at}.loginFields.{n}"
            login = as_object(value, here)
            text, designation = text_member(login, "value", here), text_member(login, "designation", here)
            if designation == "username" and not got.user:
                got.user = text
            elif designation == "password" and not got.password:
                got.password = text
            elif text:
                name = text_member(login, "name", here) or text_member(login, "id", here)
                secret = text_member(login, "fieldType", here) == "P"
                got.fields.append(FreeField(name=name, value=text, protected=secret))

    def _sections(self, details: Mapping[str, object], got: _Item, at: str) -> None:
        for n, found in enumerate(list_member(details, "sections", at)):
            here = f"{at}.sections.{n}"
            section = as_object(found, here)
            heading = text_member(section, "title", here)
            for m, value in enumerate(list_member(section, "fields", here)):
                self._section_field(
                    as_object(value, f"{here}.fields.{m}"), heading, got, f"{here}.fields.{m}"
                )

    def _section_field(self, value: Mapping[str, object], heading: str, got: _Item, at: str) -> None:
        title, id_ = text_member(value, "title", at), text_member(value, "id", at)
        name = ": ".join(part for part in (heading, title or id_) if part)
        for kind, content in as_object(value.get("value") or {}, f"{at}.value").items():
            if kind == "file":
                self._file(content, got, f"{at}.value.file")
                continue
            if kind == "totp" and isinstance(content, str) and not got.totp:
                got.totp = content
                continue
            if kind == "reference" and content:
                self._not_carried.append(NotCarried(got.title, name, "reference"))
                continue
            if isinstance(content, str) and id_ in _USERS and not got.user:
                got.user = content
                continue
            if isinstance(content, str) and id_ in _PASSWORDS and not got.password:
                got.password = content
                continue
            for path, _, text in leaves(name, content):
                got.fields.append(FreeField(name=path, value=text, protected=kind in _SECRET_KINDS))

    def _file(self, value: object, got: _Item, at: str) -> None:
        attributes = as_object(value, at)
        name = text_member(attributes, "fileName", at)
        data = self._files.document(text_member(attributes, "documentId", at))
        if data is None:
            self._not_carried.append(NotCarried(got.title, name, "reference"))
            return
        document = new_document(new_id(), name, data, got.id)
        self._documents.append(document)
        self._contents[document.id] = data

    def _report(self, item: Mapping[str, object], details: Mapping[str, object], title: str, at: str) -> None:
        state = text_member(item, "state", at)
        counts = {
            ("passwordHistory", "history"): len(list_member(details, "passwordHistory", f"{at}.details")),
            ("favorite", "setting"): int(number_member(item, "favIndex", at) != 0),
            (state, "setting"): int(state not in {"", "active"}),
        }
        for (name, reason), count in counts.items():
            if count:
                self._not_carried.append(NotCarried(title, name, reason, count))


def _urls(overview: Mapping[str, object], at: str) -> list[str]:
    """The main URL first, then the others."""
    found = [text_member(overview, "url", at)]
    for n, value in enumerate(list_member(overview, "urls", at)):
        found.append(text_member(as_object(value, f"{at}.urls.{n}"), "url", f"{at}.urls.{n}"))
    return list(dict.fromkeys(url for url in found if url))


def _attribute(value: Mapping[str, object], name: str, at: str) -> str:
    return text_member(as_object(value.get("attrs") or {}, f"{at}.attrs"), name, f"{at}.attrs")
