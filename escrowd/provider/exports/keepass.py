"""KDBX 4, as KeePassXC and KeePass read it, with groups, protected fields, files and one-time passwords.

XML holds no control characters: those become ``[U+0007]`` and are reported. Documents of the bundle as a
whole lie in an entry of their own. Inside a payload documents lie beside the database: there it names them.
"""

import io
import re
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from escrowd.core.bundle import Bundle, Document, Entry
from escrowd.core.payload import document_path
from escrowd.errors import UnavailableError
from escrowd.paper.totp import totp_uri
from escrowd.provider.exports._fields import Extra, Inexact, extras, numbered
from escrowd.texts.render import sentence

_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CHEAP: Final = {"M": 8 * 1024, "I": 1, "P": 1}
"""The least that Argon2 and KeePassXC take: bytes of memory, passes, threads."""
_OWN: Final = frozenset(["Title", "UserName", "Password", "URL", "Notes", "otp"])
"""Names of KeePass' own fields."""


def export_keepass(
    bundle: Bundle,
    password: str,
    open_document: Callable[[Document], BinaryIO] | None,
    *,
    random: bool = False,
) -> tuple[bytes, tuple[Inexact, ...]]:
    """The database, sealed with ``password`` (Argon2), and what is not exact in it.

    Parameters: ``open_document``, None to name documents by their path in the payload instead of holding
    them; ``random``, that the password has 128 random bits: then making it slow to try would only cost time.
    Raises ``UnavailableError`` ``import.keepass-extra`` when pykeepass is not installed.
    """
    return _Writer(bundle, open_document).written(password, random=random)


class _Writer:
    """Fills one database in memory."""

    def __init__(self, bundle: Bundle, open_document: Callable[[Document], BinaryIO] | None) -> None:
        self._bundle = bundle
        self._open = open_document
        self._inexact: list[Inexact] = []
        self._database = _blank()
        self._groups: dict[tuple[str, ...], Any] = {(): self._database.root_group}

    def written(self, password: str, *, random: bool) -> tuple[bytes, tuple[Inexact, ...]]:
        for path in self._bundle.groups:
            self._group(path)
        for entry in self._bundle.entries:
            files = [one for one in self._bundle.documents if one.entry == entry.id]
            self._entry(entry, files)
        whole = [one for one in self._bundle.documents if one.entry is None]
        if whole:
            title = sentence("list", "documents", self._bundle.language, {})
            notes = "\n".join(one.value for one in self._paths(whole))
            made = self._database.add_entry(self._groups[()], title, "", "", notes=notes)
            self._attach(made, title, whole)
        self._database.password = password
        if random:
            costs = self._database.kdbx.header.value.dynamic_header.kdf_parameters.data.dict
            for name, value in _CHEAP.items():
                costs[name].value = value
        self._database.root_group.name = self._text(self._bundle.name, "", "")
        target = io.BytesIO()
        self._database.save(target)
        return target.getvalue(), tuple(self._inexact)

    def _group(self, path: tuple[str, ...]) -> Any:
        if path not in self._groups:
            above = self._group(path[:-1])
            self._groups[path] = self._database.add_group(above, self._text(path[-1], "", ""))
        return self._groups[path]

    def _entry(self, entry: Entry, files: list[Document]) -> None:
        def text(name: str, value: str) -> str:
            return self._text(
                value, entry.title, sentence("list", f"entry.{name}", self._bundle.language, {})
            )

        # Made empty and filled here: pykeepass looks texts up by an XPath that a quote in them breaks.
        made = self._database.add_entry(
            self._group(entry.group),
            "",
            "",
            "",
            tags=[text("tags", tag) for tag in entry.tags] or None,
            otp=_otp(entry),
            force_creation=True,
        )
        for key, value in {
            "Title": text("title", entry.title),
            "UserName": text("user", entry.user),
            "Password": text("password", entry.password),
            "URL": text("urls", entry.urls[0]) if entry.urls else "",
            "Notes": text("notes", entry.notes),
        }.items():
            made._set_string_field(key, value, key == "Password")  # noqa: SLF001 — as above
        names = set(_OWN)
        for one in (*extras(self._bundle, entry), *self._paths(files)):
            name = numbered(names, self._text(one.name, entry.title, one.name))
            names.add(name)
            self._field(made, entry, Extra(name, one.value, one.secret))
        self._attach(made, entry.title, files)

    def _field(self, made: Any, entry: Entry, one: Extra) -> None:
        from lxml.builder import E  # noqa: PLC0415 — comes with pykeepass, which is an extra

        protected = {"Protected": "True"} if one.secret else {}
        value = E.Value(self._text(one.value, entry.title, one.name), **protected)
        made._element.append(E.String(E.Key(one.name), value))  # noqa: SLF001 — as above

    def _paths(self, files: list[Document]) -> list[Extra]:
        """Where documents lie, if they are not in here."""
        label = sentence("list", "entry.documents", self._bundle.language, {})
        return [] if self._open else [Extra(label, document_path(one)) for one in files]

    def _attach(self, made: Any, title: str, files: list[Document]) -> None:
        if self._open is None:
            return
        names: set[str] = set()
        for one in files:
            name = numbered(names, self._text(one.name, title, one.name))
            names.add(name)
            with self._open(one) as stream:
                made.add_attachment(self._database.add_binary(stream.read()), name)

    def _text(self, value: str, title: str, name: str) -> str:
        """``value`` as XML can hold it."""
        held = _NO_XML.sub(lambda found: f"[U+{ord(found[0]):04X}]", value)
        # A parser of XML reads every carriage return as a line feed.
        held = held.replace("\r\n", "\n").replace("\r", "\n")
        if held != value:
            self._inexact.append(Inexact(title, name))
        return held


def _otp(entry: Entry) -> str | None:
    if entry.totp is None:
        return None
    if entry.totp.encoder:  # KeePassXC's own spelling for what no standard names
        return f"otpauth://totp/Steam?secret={entry.totp.secret}&encoder={entry.totp.encoder}"
    return totp_uri(entry.totp)


def _blank() -> Any:
    """An empty database in memory."""
    try:
        from pykeepass import pykeepass  # noqa: PLC0415 — an extra
    except ImportError:
        raise UnavailableError("import.keepass-extra") from None
    return pykeepass.PyKeePass(pykeepass.BLANK_DATABASE_LOCATION, pykeepass.BLANK_DATABASE_PASSWORD)
