"""Bitwarden's (and Vaultwarden's) JSON exports: plain, and protected with a password of their own.

Carried: every item type; what has no place of its own becomes free fields, so an item type of tomorrow loses
nothing. Left and reported: former passwords, favourites, re-prompts, how a URL is matched, linked fields,
items in the trash. Left without a word: the times at which an item was made and changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from escrowd.core import encoding
from escrowd.core.bundle import Entry, FreeField, Origin, SecondFactor
from escrowd.core.bundle.imported import Imported, NotCarried
from escrowd.core.bundle.model import Kind
from escrowd.core.keys import new_id
from escrowd.errors import InputError, IntegrityError
from escrowd.provider.imports._decrypt import bitwarden_key, bitwarden_open
from escrowd.provider.imports._guess import guess_kind
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
    ``import.bitwarden-malformed`` (``at``); ``import.cost``, ``import.kdf-unknown`` as ``_decrypt``;
    ``IntegrityError`` ``import.bitwarden-damaged``.
    """
    value = _dict(encoding.loads(data, max_bytes=MAX_BYTES), "")
    if value.get("encrypted") is True:
        if value.get("passwordProtected") is not True:
            raise InputError("import.bitwarden-account")
        value = _dict(encoding.loads(_unprotected(value, password), max_bytes=MAX_BYTES), "data")
    return _Reader(value).imported()


def _unprotected(value: Mapping[str, object], password: str | None) -> bytes:
    """The plain export inside a protected one."""
    if password is None:
        raise InputError("import.password-needed", format=SOURCE)
    keys = bitwarden_key(
        password,
        _text(value, "salt", ""),
        kdf=_number(value, "kdfType"),
        iterations=_number(value, "kdfIterations"),
        memory_mib=_number(value, "kdfMemory"),
        lanes=_number(value, "kdfParallelism"),
    )
    if bitwarden_open(_text(value, "encKeyValidation_DO_NOT_EDIT", ""), keys) is None:
        raise InputError("import.password-wrong", format=SOURCE)
    opened = bitwarden_open(_text(value, "data", ""), keys)
    if opened is None:
        raise IntegrityError("import.bitwarden-damaged")
    return opened


class _Reader:
    """Turns one plain export into entries."""

    def __init__(self, value: Mapping[str, object]) -> None:
        self._items = [_dict(item, f"items.{n}") for n, item in enumerate(_list(value, "items", ""))]
        self._folders = _names(value, "folders")
        self._collections = _names(value, "collections")
        self._not_carried = [NotCarried("", "files", "format")]

    def imported(self) -> Imported:
        """All of it."""
        entries = []
        for number, item in enumerate(self._items):
            at = f"items.{number}"
            title = _text(item, "name", at)
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
        login = _dict(item.get("login") or {}, f"{at}.login")
        user, password = (_text(login, name, f"{at}.login") for name in ("username", "password"))
        urls = self._urls(login, title, f"{at}.login")
        group, tags = self._group(item, at)
        fields = [
            *self._fields(item, title, at),
            *_others(item, _PLACED | _LEFT | _TIMES),
            *_others(login, _LOGIN | _TIMES),
        ]
        read = self._totp(login, title, fields, f"{at}.login")
        self._report(item, title, at)
        kind = _KINDS.get(_number(item, "type", at))
        return Entry(
            id=new_id(),
            title=title,
            kind=kind or guess_kind(title, group, urls, secret=bool(user or password)),
            urls=tuple(urls),
            user=user,
            password=password,
            totp=read.totp if read is not None else None,
            second_factor=SecondFactor(kind="totp") if read is not None else None,
            notes=_text(item, "notes", at),
            tags=tags,
            fields=tuple(fields),
            group=group,
            origin=Origin(source=SOURCE, key=_text(item, "id", at)),
        )

    def _urls(self, login: Mapping[str, object], title: str, at: str) -> list[str]:
        found = []
        for number, value in enumerate(_list(login, "uris", at)):
            uri = _dict(value, f"{at}.uris.{number}")
            if text := _text(uri, "uri", f"{at}.uris.{number}"):
                found.append(text)
            if uri.get("match") is not None:
                self._not_carried.append(NotCarried(title, "match", "setting"))
        if not found and (old := _text(login, "uri", at)):  # exports of 2017 and before
            found.append(old)
        return found

    def _group(self, item: Mapping[str, object], at: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The item's folder, or else its first collection; the other collections become tags."""
        ids = [id_ for id_ in _list(item, "collectionIds", at) if isinstance(id_, str)]
        paths = [self._collections[id_] for id_ in ids if id_ in self._collections]
        folder = self._folders.get(_text(item, "folderId", at), ())
        if folder:
            paths.insert(0, folder)
        return (paths[0] if paths else ()), tuple(dict.fromkeys("/".join(path) for path in paths[1:]))

    def _fields(self, item: Mapping[str, object], title: str, at: str) -> Iterator[FreeField]:
        for number, value in enumerate(_list(item, "fields", at)):
            field = _dict(value, f"{at}.fields.{number}")
            name = _text(field, "name", f"{at}.fields.{number}")
            if field.get("type") == _LINKED:
                self._not_carried.append(NotCarried(title, name, "linked"))
            else:
                text = _text(field, "value", f"{at}.fields.{number}")
                yield FreeField(name=name, value=text, protected=field.get("type") == _HIDDEN)

    def _totp(
        self, login: Mapping[str, object], title: str, fields: list[FreeField], at: str
    ) -> ReadTotp | None:
        text = _text(login, "totp", at)
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
            ("passwordHistory", "history"): len(_list(item, "passwordHistory", at)),
            ("favorite", "setting"): int(item.get("favorite") is True),
            ("reprompt", "setting"): int(_number(item, "reprompt", at) != 0),
            ("attachments", "reference"): len(_list(item, "attachments", at)),
        }
        for (field, reason), count in counts.items():
            if count:
                self._not_carried.append(NotCarried(title, field, reason, count))


def _names(value: Mapping[str, object], member: str) -> dict[str, tuple[str, ...]]:
    """Folders or collections: id to path; Bitwarden nests them by slashes in the name."""
    found = {}
    for number, element in enumerate(_list(value, member, "")):
        folder = _dict(element, f"{member}.{number}")
        path = tuple(part for part in _text(folder, "name", f"{member}.{number}").split("/") if part)
        found[_text(folder, "id", f"{member}.{number}")] = path
    return found


def _others(value: Mapping[str, object], known: frozenset[str]) -> Iterator[FreeField]:
    """Members that have no place of their own, nested ones with dotted names."""
    for name, member in value.items():
        if name not in known:
            yield from _flat(name, name, member)


def _flat(path: str, name: str, value: object) -> Iterator[FreeField]:
    if isinstance(value, dict):
        for inner, member in value.items():
            if inner not in _TIMES:
                yield from _flat(f"{path}.{inner}", inner, member)
    elif isinstance(value, list):
        for number, member in enumerate(value, 1):
            yield from _flat(f"{path}.{number}", name, member)
    elif value is not None and value != "":
        text = value if isinstance(value, str) else str(value).lower()
        yield FreeField(name=path, value=text, protected=name in _SECRETS)


def _dict(value: object, at: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise InputError("import.bitwarden-malformed", at=at)
    return value


def _list(value: Mapping[str, object], name: str, at: str) -> Sequence[object]:
    found = value.get(name)
    if found is None:
        return ()
    if not isinstance(found, list):
        raise InputError("import.bitwarden-malformed", at=f"{at}.{name}".lstrip("."))
    return found


def _text(value: Mapping[str, object], name: str, at: str) -> str:
    """The text of a member: empty for none and ``null``, JSON's for a number or a truth value."""
    found = value.get(name)
    if found is None:
        return ""
    if isinstance(found, bool | int):
        return str(found).lower()
    if not isinstance(found, str):
        raise InputError("import.bitwarden-malformed", at=f"{at}.{name}".lstrip("."))
    return found


def _number(value: Mapping[str, object], name: str, at: str = "") -> int:
    """A whole number; absent or ``null`` is 0, which every cost's lower bound refuses where it is needed."""
    found = value.get(name)
    if found is None:
        return 0
    if isinstance(found, bool) or not isinstance(found, int):
        raise InputError("import.bitwarden-malformed", at=f"{at}.{name}".lstrip("."))
    return found
