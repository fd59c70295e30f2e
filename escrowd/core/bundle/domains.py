"""The host names that a bundle's entries are about, and which of them are the client's own domains.

1. A host name is taken only from where an entry says what it gives access to, and never shortened to what
   many share (``docs/decisions/0070-which-domains-a-bundle-is-about.md``).
2. A domain is the client's own where an entry says so: by a field ``Domain``; a registrar's or a hoster's
   entry in its title; a mailbox, by its address (but not at a provider of free mail); a website that depends
   on hosting or a server of the bundle, or whose address is that of a site's own administration; or by the
   mail address of a contact of the kind ``client``. Other addresses of websites are somebody else's.
3. A name below another of them is a part of it.
"""

import re
from collections.abc import Collection, Iterator
from functools import lru_cache, partial
from typing import Final
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from escrowd.core.addresses import domain_of
from escrowd.core.bundle.model import Bundle, Entry
from escrowd.core.bundle.remembered import Remembered
from escrowd.core.strict import Hostname

_HOST: Final[TypeAdapter[str]] = TypeAdapter(Hostname)
_NAMING: Final = frozenset({"mail", "domain-registrar", "hosting"})
"""Kinds of entries whose user or title names a domain that they give access to."""
_SERVICE: Final = frozenset(
    {"admin", "cloud", "cpanel", "email", "ftp", "imap", "login", "m", "mail", "mx", "my", "panel"}
    | {"pop", "smtp", "webmail", "www"}
)
"""First labels that stand for a service of the domain behind them."""
_FREE_MAIL: Final = frozenset(
    {"aol.com", "arcor.de", "freenet.de", "gmail.com", "gmx.at", "gmx.ch", "gmx.de", "gmx.net"}
    | {"googlemail.com", "hotmail.com", "hotmail.de", "icloud.com", "live.com", "live.de", "mac.com"}
    | {"mail.de", "mailbox.org", "me.com", "outlook.com", "outlook.de", "pm.me", "posteo.de", "proton.me"}
    | {"protonmail.com", "t-online.de", "web.de", "yahoo.com", "yahoo.de"}
)
_ADMINISTRATION: Final = re.compile(r"/(wp-admin|wp-login\.php|administrator|typo3|umbraco|craft/admin)\b")
_PUNCTUATION: Final = ".,;:()<>"
DOMAIN_FIELDS: Final = frozenset({"domain", "domains"})
"""Names of free fields that list an entry's domains."""


def hosts_of(bundle: Bundle) -> frozenset[str]:
    """All host names, in lower case and their ASCII form."""
    return frozenset(host for entry in bundle.entries for text in _named(entry) for host in hosts(text))


def own_domains(
    bundle: Bundle, foreign: Collection[str] = (), memory: Remembered | None = None
) -> tuple[str, ...]:
    """The client's own domains (rule 2), sorted.

    Parameters: ``foreign``, domains that no address makes the client's: the provider's; ``memory``, of
    bundles that have entries in common with this one.
    """
    memory = memory or Remembered()
    by_id = {entry.id: entry for entry in bundle.entries}
    found: set[str] = set()
    for entry in bundle.entries:
        needs = [by_id[id_] for id_ in entry.depends_on if id_ in by_id]
        on_own = any(one.kind in {"hosting", "server"} for one in needs)
        found |= memory.once("own", partial(_own, entry, on_own=on_own), entry, on_own)
    addresses = [entry.user for entry in bundle.entries if entry.kind == "mail" and "@" in entry.user]
    addresses += [contact.mail for contact in bundle.contacts if contact.kind == "client"]
    mailed = {host for address in addresses for host in hosts(address)[:1]}
    found |= {host for host in mailed - _FREE_MAIL if not is_under(host, foreign)}
    return tuple(sorted(host for host in found if not is_under(host.partition(".")[2], found)))


def named_hosts(entry: Entry) -> frozenset[str]:
    """The hosts to which the entry gives access.

    Of a registrar's entry only those in its title, or in a field for it: it is signed in to elsewhere, and
    often with an address of another domain.
    """
    listed = {*_listed(entry), *_titled(entry)}
    if entry.kind == "domain-registrar":
        return frozenset(listed)
    return frozenset({*listed, *(host for text in _named(entry) for host in hosts(text))})


def is_under(host: str, domains: Collection[str]) -> bool:
    """Whether ``host`` is one of ``domains``, or below one."""
    labels = host.split(".")
    return any(".".join(labels[at:]) in domains for at in range(len(labels)))


@lru_cache(maxsize=4096)
def hosts(text: str) -> tuple[str, ...]:
    """The host name that ``text`` (a name, or an address) is, and the one that it is a service of."""
    host = domain_of(text)
    *_, last = host.split(".")
    if "." not in host or last.isdigit():  # a word, a machine of the house, a number of four parts
        return ()
    try:
        _HOST.validate_python(host)
    except ValidationError:
        return ()
    first, _, rest = host.partition(".")
    return (host, rest) if first in _SERVICE and "." in rest else (host,)


def _named(entry: Entry) -> Iterator[str]:
    for url in entry.urls:
        yield _host_in(url)
    if entry.kind in _NAMING:
        for text in (entry.user, entry.title):
            yield from _words(text)


def _words(text: str) -> Iterator[str]:
    for word in text.replace(",", " ").split():
        yield word.rpartition("@")[2].strip(_PUNCTUATION)


@lru_cache(maxsize=4096)
def _host_in(url: str) -> str:
    try:
        return urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""


def _domain_field(entry: Entry) -> str:
    return " ".join(one.value for one in entry.fields if one.name.strip().casefold() in DOMAIN_FIELDS)


def _listed(entry: Entry) -> Iterator[str]:
    for word in _words(_domain_field(entry)):
        yield from hosts(word)[-1:]


def _titled(entry: Entry) -> Iterator[str]:
    """Domains in the title; a title that only repeats the name of the site where one signs in is none."""
    if entry.kind not in _NAMING:
        return
    signs_in = {host for url in entry.urls for host in hosts(_host_in(url))}
    for word in _words(entry.title):
        host = hosts(word)[-1:]
        if host and (entry.kind == "mail" or not _related(host[0], signs_in)) and host[0] not in _FREE_MAIL:
            yield host[0]


def _related(host: str, others: Collection[str]) -> bool:
    return is_under(host, others) or any(is_under(other, (host,)) for other in others)


def _own(entry: Entry, *, on_own: bool) -> frozenset[str]:
    """The domains that the entry says are the client's."""
    return frozenset((*_listed(entry), *_titled(entry), *_site(entry, on_own=on_own)))


def _site(entry: Entry, *, on_own: bool) -> Iterator[str]:
    if entry.kind == "website-login":
        for url in entry.urls:
            if on_own or _ADMINISTRATION.search(url):
                yield from hosts(_host_in(url))[-1:]
