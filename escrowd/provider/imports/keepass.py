"""KeePass databases, KDBX 3.1 and 4, as KeePassXC and KeePass write them.

Carried: title, user, password, URL, notes, TOTP in every spelling, all other fields with their protection,
tags, expiry, files, the group path, references to other entries' fields; a group's notes as a note of its
own. Left and reported: former states, the recycle bin, auto-type, colours and icons. Left without a word: the
times at which an entry was made, changed and read.
"""

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from escrowd.core.bundle import Document, Entry, FreeField, Origin, SecondFactor
from escrowd.core.bundle.imported import Imported, NotCarried, new_document
from escrowd.core.keys import new_id
from escrowd.errors import InputError, IntegrityError
from escrowd.provider.imports._guess import guess_kind
from escrowd.provider.imports._kdbx_header import KDBX_4, check_cost, read_header
from escrowd.provider.imports._kdbx_open import decoded, open_database
from escrowd.provider.imports._totp import read_keepass_fields

SOURCE: Final = "keepass"
_CARRIES: Final = frozenset(["title", "user", "password", "urls", "notes", "totp", "fields", "tags", "group"])
_STANDARD: Final = ("Title", "UserName", "Password", "URL", "Notes")
_MORE_URLS: Final = re.compile(r"(KP2A_URL|AndroidApp)(_\d+)?")
_REFERENCE: Final = re.compile(r"\{REF:([TUPAN])@I:([0-9A-Fa-f]{32})\}", re.IGNORECASE)
_REFERRED: Final = {"T": "Title", "U": "UserName", "P": "Password", "A": "URL", "N": "Notes"}
_MAX_REFERENCES: Final = 10
_TIME_BYTES: Final = 8
_MAX_BINARY: Final = 256 * 2**20


@dataclass(frozen=True, slots=True)
class _Found:
    """An entry of the tree with its path; ``deleted`` when it lies in the recycle bin."""

    element: Any
    group: tuple[str, ...]
    deleted: bool


def read_keepass(data: bytes, password: str | None, key_file: bytes | None = None) -> Imported:
    """Read a KDBX file.

    Parameters: ``password`` and ``key_file``, what opens it: either or both.
    Raises ``InputError`` ``import.password-needed`` (``format``), ``import.password-wrong`` (``format``), and
    as ``_kdbx_header``; ``IntegrityError`` ``import.keepass-damaged`` (``part``),
    ``import.keepass-header-hash``; ``RefusedError``-free: a file that cannot be proved whole is damaged.
    ``UnavailableError`` ``import.keepass-extra`` when pykeepass is not installed.
    """
    if password is None and key_file is None:
        raise InputError("import.password-needed", format=SOURCE)
    header = read_header(data)
    check_cost(header.kdf)
    return _Reader(open_database(data, header, password, key_file)).imported()


class _Reader:
    """Turns the tree of one database into entries."""

    def __init__(self, opened: Any) -> None:
        self._root = opened.tree.getroot()
        self._binary = _binaries(opened)
        self._not_carried: list[NotCarried] = []
        self._documents: list[Document] = []
        self._contents: dict[str, bytes] = {}
        self._groups: list[tuple[str, ...]] = []
        self._group_notes: list[Entry] = []
        self._found = list(self._walk())
        self._strings = {_uuid(item.element): _strings(item.element) for item in self._found}

    def imported(self) -> Imported:
        """All of it."""
        entries = []
        for item in self._found:
            if item.deleted:
                title = _strings(item.element).get("Title", ("", False))[0]
                self._not_carried.append(NotCarried(title, "", "deleted"))
            else:
                entries.append(self._entry(item))
        if self._root.findtext("Meta/DatabaseDescription"):
            self._not_carried.append(NotCarried("", "DatabaseDescription", "setting"))
        top = self._root.find("Root/Group")
        return Imported(
            source=SOURCE,
            scope=_uuid(top) if top is not None else "",
            entries=(*entries, *self._group_notes),
            documents=tuple(self._documents),
            contents=self._contents,
            groups=tuple(self._groups),
            not_carried=tuple(self._not_carried),
            carries=_CARRIES,
        )

    def _walk(self) -> Iterator[_Found]:
        """Every entry in the order of the database; the top group's name is no part of a path."""
        bin_id = _hex_id(self._root.findtext("Meta/RecycleBinUUID") or "")
        stack: list[tuple[Any, tuple[str, ...], bool]] = [
            (group, (), False) for group in reversed(self._root.findall("Root/Group"))
        ]
        while stack:
            group, path, deleted = stack.pop()
            if path and not deleted and path not in self._groups:
                self._groups.append(path)
            if not deleted and (notes := group.findtext("Notes")):
                self._group_notes.append(_note(group, path, notes))
            for entry in group.findall("Entry"):
                yield _Found(entry, path, deleted)
            for child in reversed(group.findall("Group")):
                name = child.findtext("Name") or ""
                gone = deleted or (_uuid(child) == bin_id and int(bin_id or "0", 16) != 0)
                stack.append((child, (*path, name), gone))

    def _entry(self, item: _Found) -> Entry:
        element, id_ = item.element, new_id()
        strings = {name: (self._resolved(text), secret) for name, (text, secret) in _strings(element).items()}
        title, user, password, url, notes = (strings.pop(name, ("", False))[0] for name in _STANDARD)
        read, used = read_keepass_fields({name: text for name, (text, _) in strings.items()})
        urls = [url] if url else []
        fields = []
        for name, (text, secret) in strings.items():
            if name in used:
                continue
            if _MORE_URLS.fullmatch(name) and text and not secret:
                urls.append(text)
            else:
                fields.append(FreeField(name=name, value=text, protected=secret))
        fields += _extra_fields(element)
        self._report(element, title, strings, used=used, left=read.left if read is not None else ())
        self._attach(element, id_, title)
        texts = (title, user, password, url, notes, *(field.value for field in fields))
        unresolved = sum(1 for text in texts if _REFERENCE.search(text))
        if unresolved:
            self._not_carried.append(NotCarried(title, "", "reference", unresolved))
        return Entry(
            id=id_,
            title=title,
            kind=guess_kind(title, item.group, urls, secret=bool(user or password)),
            urls=tuple(urls),
            user=user,
            password=password,
            totp=read.totp if read is not None else None,
            second_factor=SecondFactor(kind="totp") if read is not None else None,
            notes=notes,
            tags=_tags(element),
            fields=tuple(fields),
            group=item.group,
            origin=Origin(source=SOURCE, key=_uuid(element)),
        )

    def _resolved(self, text: str) -> str:
        """``text`` with its references to other entries' fields replaced by what they point to."""
        for _ in range(_MAX_REFERENCES):
            replaced = _REFERENCE.sub(self._referred, text)
            if replaced == text:
                break
            text = replaced
        return text

    def _referred(self, match: re.Match[str]) -> str:
        strings = self._strings.get(match[2].lower(), {})
        return strings[name][0] if (name := _REFERRED[match[1].upper()]) in strings else match[0]

    def _report(
        self,
        element: Any,
        title: str,
        strings: Mapping[str, tuple[str, bool]],
        *,
        used: frozenset[str],
        left: tuple[str, ...],
    ) -> None:
        """Name what stays behind, and the TOTP fields that could not be read and stay free fields."""
        counts = {
            ("History", "history"): len(element.findall("History/Entry")),
            ("AutoType", "setting"): sum(
                bool(element.findtext(f"AutoType/{name}"))
                for name in ("DefaultSequence", "Association/Window", "Association/KeystrokeSequence")
            ),
            ("CustomIconUUID", "setting"): int(bool(element.findtext("CustomIconUUID"))),
            ("ForegroundColor", "setting"): int(bool(element.findtext("ForegroundColor"))),
            ("BackgroundColor", "setting"): int(bool(element.findtext("BackgroundColor"))),
        }
        for (field, reason), count in counts.items():
            if count:
                self._not_carried.append(NotCarried(title, field, reason, count))
        self._not_carried += [NotCarried(title, f"otp {name}", "setting") for name in left]
        if not used:
            unread = [
                name for name in strings if name in {"otp", "TOTP Seed"} or name.startswith("TimeOtp-Secret")
            ]
            self._not_carried += [NotCarried(title, name, "unreadable") for name in unread]

    def _attach(self, element: Any, entry: str, title: str) -> None:
        for binary in element.findall("Binary"):
            name = binary.findtext("Key") or ""
            value = binary.find("Value")
            data = self._binary(value) if value is not None else None
            if data is None:
                self._not_carried.append(NotCarried(title, name, "reference"))
                continue
            document = new_document(new_id(), name, data, entry)
            self._documents.append(document)
            self._contents[document.id] = data


def _note(group: Any, path: tuple[str, ...], notes: str) -> Entry:
    """A group's own notes as an entry in that group."""
    return Entry(
        id=new_id(),
        title=group.findtext("Name") or "",
        kind="note",
        notes=notes,
        group=path,
        origin=Origin(source=SOURCE, key=_uuid(group)),
    )


def _strings(element: Any) -> dict[str, tuple[str, bool]]:
    """The entry's fields: name to text and whether it is protected; a name that comes twice is numbered."""
    found: dict[str, tuple[str, bool]] = {}
    for string in element.findall("String"):
        value = string.find("Value")
        name = string.findtext("Key") or ""
        number = 2
        while name in found:
            name, number = f"{string.findtext('Key') or ''} ({number})", number + 1
        secret = value is not None and (value.get("Protected") or value.get("ProtectInMemory")) == "True"
        found[name] = ("" if value is None else value.text or "", secret)
    return found


def _extra_fields(element: Any) -> list[FreeField]:
    """What KeePass keeps beside an entry's fields and what matters to whoever gets it."""
    fields = []
    if element.findtext("Times/Expires") == "True":
        fields.append(FreeField(name="Expires", value=_time(element.findtext("Times/ExpiryTime") or "")))
    if override := element.findtext("OverrideURL"):
        fields.append(FreeField(name="OverrideURL", value=override))
    fields += [
        FreeField(name=item.findtext("Key") or "", value=item.findtext("Value") or "")
        for item in element.findall("CustomData/Item")
        if item.findtext("Key") not in {"_LAST_MODIFIED", "KPXC_REMOVE_AUTOTYPE"}
    ]
    return fields


def _time(text: str) -> str:
    """A time of KDBX 3.1 (ISO) or 4 (base64 of the seconds since the year 1) as ISO; else the text."""
    data = decoded(text)
    if len(data) != _TIME_BYTES:
        return text
    days, seconds = divmod(int.from_bytes(data, "little"), 86_400)
    return f"{_date(days)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"


def _date(days: int) -> str:
    import datetime as dt  # noqa: PLC0415 — only for entries that expire

    return dt.date.fromordinal(min(days + 1, dt.date.max.toordinal())).isoformat()


def _tags(element: Any) -> tuple[str, ...]:
    parts = (part.strip() for part in re.split(r"[;,]", element.findtext("Tags") or ""))
    return tuple(dict.fromkeys(part for part in parts if part))


def _uuid(element: Any) -> str:
    return _hex_id(element.findtext("UUID") or "")


def _hex_id(text: str) -> str:
    return decoded(text).hex()


def _binaries(opened: Any) -> Callable[[Any], bytes | None]:
    """A function from a file's ``Value`` element to its bytes, or to ``None`` when it points nowhere."""
    stored: dict[str, bytes] = {}
    if opened.version[0] >= KDBX_4:
        stored = {str(number): bytes(data) for number, data in enumerate(opened.binaries)}
    else:
        for element in opened.tree.getroot().findall("Meta/Binaries/Binary"):
            stored[element.get("ID")] = _inline(element)

    def data_of(value: Any) -> bytes | None:
        if value.get("Ref") is None:
            return _inline(value)
        return stored.get(value.get("Ref"))

    return data_of


def _inline(element: Any) -> bytes:
    """Bytes that stand in the tree itself. Raises ``IntegrityError`` when they are damaged."""
    data = decoded(element.text or "")
    if (element.text or "").strip() and not data:
        raise IntegrityError("import.keepass-damaged", part="file")
    if element.get("Compressed") != "True":
        return data
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked = inflater.decompress(data, _MAX_BINARY)
    except zlib.error:
        raise IntegrityError("import.keepass-damaged", part="file") from None
    if not inflater.eof:
        raise IntegrityError("import.keepass-damaged", part="file")
    return unpacked
