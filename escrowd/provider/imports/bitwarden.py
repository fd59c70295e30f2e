"""Bitwarden's (and Vaultwarden's) JSON exports: plain, and protected with a password of their own.

Carried: every item type; what has no place of its own becomes free fields, so an item type of tomorrow loses
nothing. Left and reported: former passwords, favourites, re-prompts, how a URL is matched, linked fields,
items in the trash. Left without a word: the times at which an item was made and changed.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from escrowd.core import encoding
from escrowd.core.bundle import Entry, FreeField, Origin, SecondFactor
from escrowd.core.bundle.imported import Imported, NotCarried
from escrowd.core.bundle.model import Kind
from escrowd.core.keys import new_id
from escrowd.errors import InputError, IntegrityError
from escrowd.provider.imports._decrypt import bitwarden_key, bitwarden_open
from escrowd.provider.imports._guess import guess_kind
from escrowd.provider.imports._json import (
    as_object,
    leaves,
    list_member,
    number_member,
    text_member,
)
from escrowd.provider.imports._totp import ReadTotp, read_totp

SOURCE: Final = "bitwarden"
MAX_BYTES: Final = 64 * 2**20
_CARRIES: Final = frozenset(["title", "user", "password", "urls", "notes", "totp", "fields", "tags", "group"])
_KINDS: Final[dict[int, Kind]] = {2: "note", 3: "payment", 4: "identity", 5: "server"}
"""Item types but login (1): secure note, card, identity, SSH key."""
_HIDDEN, _LINKED = 1, 3
"""Types of custom fields that are not plain text; a boolean (2) is."""
_SECRETS: Final = frozenset(
    ["number", "code", "ssn", "passportNumber", "licenseNumber", "privateKey", "keyValue", "password"]
)
_LEFT: Final = frozenset(["passwordHistory", "favorite", "reprompt", "deletedDate", "attachments"])
_PLACED: Final = frozenset(
    [
        "id",
        "organizationId",
        "folderId",
        "collectionIds",
        "object",
        "type",
        "name",
        "notes",
        "fields",
        "login",
    ]
)
"""Members of an item that have a place of their own; what is neither here nor left becomes a free field."""
_TIMES: Final = frozenset(["creationDate", "revisionDate", "archivedDate", "passwordRevisionDate"])
_LOGIN: Final = frozenset(["uris", "uri", "username", "password", "totp"])


def is_bitwarden(value: object) -> bool:
    """Whether a JSON document is an export of Bitwarden, protected or not."""
    return isinstance(value, dict) and "encrypted" in value and ("items" in value or "data" in value)


def read_bitwarden(data: bytes, password: str | None) -> Imported:
    """Read a JSON export.

    Raises ``InputError``: ``json.*``; ``import.password-needed``, ``import.password-wrong`` (``format``);
    ``import.bitwarden-account`` for an export that only the account it came from can open;
    ``import.malformed`` (``at``); ``import.cost``, ``import.kdf-unknown`` as ``_decrypt``;
    ``IntegrityError`` ``import.bitwarden-damaged``.
    """
    value = as_object(encoding.loads(data, max_bytes=MAX_BYTES), "")
    if value.get("encrypted") is True:
        if value.get("passwordProtected") is not True:
            raise InputError("import.bitwarden-account")
        value = as_object(encoding.loads(_unprotected(value, password), max_bytes=MAX_BYTES), "data")
    return _Reader(value).imported()


def _unprotected(value: Mapping[str, object], password: str | None) -> bytes:
    """The plain export inside a protected one."""
    if password is None:
        raise InputError("import.password-needed", format=SOURCE)
    keys = bitwarden_key(
        password,
        text_member(value, "salt", ""),
        kdf=number_member(value, "kdfType"),
        iterations=number_member(value, "kdfIterations"),
        memory_mib=number_member(value, "kdfMemory"),
        lanes=number_member(value, "kdfParallelism"),
    )
    if bitwarden_open(text_member(value, "encKeyValidation_DO_NOT_EDIT", ""), keys) is None:
        raise InputError("import.password-wrong", format=SOURCE)
    opened = bitwarden_open(text_member(value, "data", ""), keys)
    if opened is None:
        raise IntegrityError("import.bitwarden-damaged")
    return opened


class _Reader:
    """Turns one plain export into entries."""

    def __init__(self, value: Mapping[str, object]) -> None:
        self._items = [
            as_object(item, f"items.{n}") for n, item in enumerate(list_member(value, "items", ""))
        ]
        self._folders = _names(value, "folders")
        self._collections = _names(value, "collections")
        self._not_carried = [NotCarried("", "files", "format")]

    def imported(self) -> Imported:
        """All of it."""
        entries = []
        for number, item in enumerate(self._items):
            at = f"items.{number}"
            title = text_member(item, "name", at)
            if item.get("deletedDate") is not None:
                self._not_carried.append(NotCarried(title, "", "deleted"))
            else:
                entries.append(self._entry(item, title, at))
        paths = [*self._folders.values(), *self._collections.values(), *(entry.group for entry in entries)]
        return Imported(
            source=SOURCE,
            scope="",
            entries=tuple(entries),
            documents=(),
            contents={},
            groups=tuple(dict.fromkeys(path for path in paths if path)),
            not_carried=tuple(self._not_carried),
            carries=_CARRIES,
        )

    def _entry(self, item: Mapping[str, object], title: str, at: str) -> Entry:
        login = as_object(item.get("login") or {}, f"{at}.login")
        user, password = (text_member(login, name, f"{at}.login") for name in ("username", "password"))
        urls = self._urls(login, title, f"{at}.login")
        group, tags = self._group(item, at)
        fields = [
            *self._fields(item, title, at),
            *_others(item, _PLACED | _LEFT | _TIMES),
            *_others(login, _LOGIN | _TIMES),
        ]
        read = self._totp(login, title, fields, f"{at}.login")
        self._report(item, title, at)
        kind = _KINDS.get(number_member(item, "type", at))
        return Entry(
            id=new_id(),
            title=title,
            kind=kind or guess_kind(title, group, urls, secret=bool(user or password)),
            urls=tuple(urls),
            user=user,
            password=password,
            totp=read.totp if read is not None else None,
            second_factor=SecondFactor(kind="totp") if read is not None else None,
            notes=text_member(item, "notes", at),
            tags=tags,
            fields=tuple(fields),
            group=group,
            origin=Origin(source=SOURCE, key=text_member(item, "id", at)),
        )

    def _urls(self, login: Mapping[str, object], title: str, at: str) -> list[str]:
        found = []
        for number, value in enumerate(list_member(login, "uris", at)):
            uri = as_object(value, f"{at}.uris.{number}")
            if text := text_member(uri, "uri", f"{at}.uris.{number}"):
                found.append(text)
            if uri.get("match") is not None:
                self._not_carried.append(NotCarried(title, "match", "setting"))
        if not found and (old := text_member(login, "uri", at)):  # exports of 2017 and before
            found.append(old)
        return found

    def _group(self, item: Mapping[str, object], at: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The item's folder, or else its first collection; the other collections become tags."""
        ids = [id_ for id_ in list_member(item, "collectionIds", at) if isinstance(id_, str)]
        paths = [self._collections[id_] for id_ in ids if id_ in self._collections]
        folder = self._folders.get(text_member(item, "folderId", at), ())
        if folder:
            paths.insert(0, folder)
        return (paths[0] if paths else ()), tuple(dict.fromkeys("/".join(path) for path in paths[1:]))

    def _fields(self, item: Mapping[str, object], title: str, at: str) -> Iterator[FreeField]:
        for number, value in enumerate(list_member(item, "fields", at)):
            field = as_object(value, f"{at}.fields.{number}")
            name = text_member(field, "name", f"{at}.fields.{number}")
            if field.get("type") == _LINKED:
                self._not_carried.append(NotCarried(title, name, "linked"))
            else:
                text = text_member(field, "value", f"{at}.fields.{number}")
                yield FreeField(name=name, value=text, protected=field.get("type") == _HIDDEN)

    def _totp(
        self, login: Mapping[str, object], title: str, fields: list[FreeField], at: str
    ) -> ReadTotp | None:
        text = text_member(login, "totp", at)
        if not text.strip():
            return None
        read = read_totp(text)
        if read is None:
            fields.append(FreeField(name="totp", value=text, protected=True))
            self._not_carried.append(NotCarried(title, "totp", "unreadable"))
        else:
            self._not_carried += [NotCarried(title, f"totp {name}", "setting") for name in read.left]
        return read

    def _report(self, item: Mapping[str, object], title: str, at: str) -> None:
        counts = {
            ("passwordHistory", "history"): len(list_member(item, "passwordHistory", at)),
            ("favorite", "setting"): int(item.get("favorite") is True),
            ("reprompt", "setting"): int(number_member(item, "reprompt", at) != 0),
            ("attachments", "reference"): len(list_member(item, "attachments", at)),
        }
        for (field, reason), count in counts.items():
            if count:
                self._not_carried.append(NotCarried(title, field, reason, count))


def _names(value: Mapping[str, object], member: str) -> dict[str, tuple[str, ...]]:
    """Folders or collections: id to path; Bitwarden nests them by slashes in the name."""
    found = {}
    for number, element in enumerate(list_member(value, member, "")):
        folder = as_object(element, f"{member}.{number}")
        path = tuple(part for part in text_member(folder, "name", f"{member}.{number}").split("/") if part)
        found[text_member(folder, "id", f"{member}.{number}")] = path
    return found


def _others(value: Mapping[str, object], known: frozenset[str]) -> Iterator[FreeField]:
    """Members that have no place of their own, nested ones with dotted names."""
    for name, member in value.items():
        if name not in known:
            for path, inner, text in leaves(name, member, name):
                if inner not in _TIMES:
                    yield FreeField(name=path, value=text, protected=inner in _SECRETS)
