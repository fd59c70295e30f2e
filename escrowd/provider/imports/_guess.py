"""What kind of thing an entry is, guessed from the export; the provider corrects it once and for all."""

from collections.abc import Sequence
from typing import Final

from escrowd.core.bundle.model import Kind

_SCHEMES: Final[dict[str, Kind]] = {
    "ssh": "server",
    "sftp": "hosting",
    "ftp": "hosting",
    "ftps": "hosting",
    "rdp": "server",
    "vnc": "server",
    "imap": "mail",
    "imaps": "mail",
    "smtp": "mail",
    "smtps": "mail",
    "mysql": "database",
    "postgres": "database",
    "postgresql": "database",
    "mongodb": "database",
    "redis": "database",
    "http": "website-login",
    "https": "website-login",
}
_WORDS: Final[tuple[tuple[str, Kind], ...]] = (
    ("wlan", "wifi"),
    ("wifi", "wifi"),
    ("wi-fi", "wifi"),
    ("domain", "domain-registrar"),
    ("registrar", "domain-registrar"),
    ("lizenz", "licence"),
    ("licence", "licence"),
    ("license", "licence"),
    ("datenbank", "database"),
    ("database", "database"),
    ("mysql", "database"),
    ("postgres", "database"),
    ("hosting", "hosting"),
    ("webspace", "hosting"),
    ("server", "server"),
    ("router", "server"),
    ("postfach", "mail"),
    ("e-mail", "mail"),
    ("email", "mail"),
    ("mailbox", "mail"),
)


def guess_kind(title: str, group: Sequence[str], urls: Sequence[str], *, secret: bool) -> Kind:
    """The kind that title, group or the first URL's scheme speak for.

    Parameters: ``secret``, whether there is a user or a password at all; without one it is a ``note``.
    """
    for text in (title, *reversed(group)):
        for word, kind in _WORDS:
            if word in text.casefold():
                return kind
    for url in urls:
        scheme, separator, _ = url.partition("://")
        if separator and scheme.lower() in _SCHEMES:
            return _SCHEMES[scheme.lower()]
        if "." in url and not separator:
            return "website-login"
    return "other" if secret or urls else "note"
