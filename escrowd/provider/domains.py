"""The host names that a bundle is about: whose mail may be lost together with what stands in it.

A node is told them with each deposit, so that it can say which addresses hang on the bundle. One name too few
lets an address pass for independent; one too many takes a click away from its owner. So a name is taken only
from where an entry says what it gives access to, and never shortened to what many share
(``docs/decisions/0070-which-domains-a-bundle-is-about.md``).
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from escrowd.core.addresses import domain_of
from escrowd.core.bundle import Bundle, Entry
from escrowd.core.statements import MAX_DOMAINS
from escrowd.core.strict import Hostname

_HOST: Final[TypeAdapter[str]] = TypeAdapter(Hostname)
_NAMING: Final = frozenset({"mail", "domain-registrar", "hosting"})
"""Kinds of entries whose user or title names a domain that they give access to."""
_SERVICE: Final = frozenset(
    {"admin", "cloud", "cpanel", "email", "ftp", "imap", "login", "m", "mail", "mx", "my", "panel"}
    | {"pop", "smtp", "webmail", "www"}
)
"""First labels that stand for a service of the domain behind them."""


def domains_of(bundle: Bundle) -> tuple[str, ...]:
    """The host names in lower case and their ASCII form, sorted; at most ``MAX_DOMAINS``."""
    found = {host for entry in bundle.entries for text in _named(entry) for host in _hosts(text)}
    return tuple(sorted(found))[:MAX_DOMAINS]


def _named(entry: Entry) -> Iterator[str]:
    for url in entry.urls:
        try:
            host = urlsplit(url if "//" in url else f"//{url}").hostname
        except ValueError:
            continue
        yield host or ""
    if entry.kind in _NAMING:
        for text in (entry.user, entry.title):
            yield from (word.rpartition("@")[2].strip(".,;:()<>") for word in text.split())


def _hosts(text: str) -> Iterator[str]:
    host = domain_of(text)
    *_, last = host.split(".")
    if "." not in host or last.isdigit():  # a word, a machine of the house, a number of four parts
        return
    try:
        _HOST.validate_python(host)
    except ValidationError:
        return
    yield host
    first, _, rest = host.partition(".")
    if first in _SERVICE and "." in rest:
        yield rest
