"""What a bundle does not say yet, and what in it hangs on the provider or on itself. Pure.

1. Whatever is asked for is there, or stated as none with its reason: a free field that is named like the
   thing, whose text is more than the bare "none" (``docs/formats.md``, section 5). Nothing is guessed from
   notes.
2. Each kind of entry is asked for what it can have. A note is asked for nothing.
3. A one-time password whose secret is in the bundle can be set up on any device: neither its device nor
   recovery codes are missing. A contract may be that of an entry on which this one depends.
4. Domains are asked for at the entry of their registrar, else at another that names them, else at none.
5. Without ``Facts`` a bundle always has the same gaps. So what paper says changes with the bundle alone.
6. The order of the parts of a bundle changes nothing.
7. The provider's own estate is asked for its parts, too (``own``), and that something is the provider's is
   no finding there.
"""

import datetime as dt
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from escrowd.core.addresses import domain_of
from escrowd.core.bundle.domains import is_under, named_hosts, own_domains
from escrowd.core.bundle.model import Bundle, Entry, Kind
from escrowd.core.bundle.naming import PHONE, digits_in, words_in
from escrowd.core.bundle.own import has_node, missing_parts
from escrowd.core.bundle.remembered import Remembered
from escrowd.core.terms import OWN

Severity = Literal["alarm", "warn", "todo"]
SEVERITIES: Final[tuple[Severity, ...]] = ("alarm", "warn", "todo")
"""From the worst."""
VERIFY_AGAIN: Final = 400
"""Days after which an entry wants to be tried out again."""

_SIGN_IN: Final = frozenset({"user", "password", "url", "second-factor", "mailbox", "contract", "verified"})
_ASKED: Final[dict[Kind, frozenset[str]]] = {
    "website-login": _SIGN_IN,
    "domain-registrar": _SIGN_IN,
    "hosting": _SIGN_IN,
    "mail": _SIGN_IN,
    "server": _SIGN_IN - {"mailbox"},
    "database": frozenset({"user", "password", "url", "verified"}),
    "wifi": frozenset({"password", "verified"}),
    "licence": frozenset({"contract"}),
    "payment": frozenset({"contract"}),
}
"""Rule 2. What is asked of a kind, beside what it is for."""
_WITH_LOGIN: Final[dict[Kind, frozenset[str]]] = {
    "payment": _SIGN_IN - {"mailbox"},
    "licence": frozenset({"contract", "verified"}),
    "other": frozenset({"user", "password", "verified"}),
}
"""The same, where there is an address or a password."""
_CIRCLE: Final = frozenset({"domain-registrar", "hosting", "mail"})
"""Kinds without which the mail of the client's domain is lost, and with it what is reset through it."""
_FIELDS: Final[dict[str, frozenset[str]]] = {
    "user": frozenset({"benutzer", "benutzername", "user", "username"}),
    "password": frozenset({"kennwort", "passwort", "password"}),
    "url": frozenset({"adresse", "address", "url"}),
    "second-factor": frozenset({"zweiterfaktor", "secondfactor"}),
    "device": frozenset({"gerät", "device"}),
    "codes": frozenset({"ersatzcodes", "recoverycodes"}),
    "mailbox": frozenset({"postfach", "postfachzumzurücksetzen", "recoverymailbox"}),
    "contract": frozenset({"vertrag", "vertragläuftauf", "contract", "contractholder"}),
    "purpose": frozenset({"wofür", "zweck", "purpose"}),
    "reason": frozenset({"warum", "why"}),
    "verified": frozenset({"geprüft", "zuletztgeprüft", "verified", "lastverified"}),
    "registrar": frozenset({"registrar"}),
    "holder": frozenset({"inhaber", "inhaberin", "domaininhaber", "holder", "owner"}),
    "transfer": frozenset({"transfer", "transferadresse", "transferaddress"}),
    "dns": frozenset({"dns", "nameserver", "nameservers"}),
    "mail": frozenset({"mail", "email"}),
    "web": frozenset({"web", "website"}),
    "backup": frozenset({"backup", "sicherung", "datensicherung"}),
}
"""Rule 1. Names of free fields, in lower case without spaces and signs."""
_BARE: Final = frozenset(
    {"", "keine", "keiner", "keines", "kein", "nein", "nie", "none", "no", "never", "na"}
)
_NEVER: Final = frozenset({"nie", "nicht", "keine", "kein", "never", "not", "none"})
_DOMAIN_PARTS: Final[dict[str, Severity]] = {
    "registrar": "alarm",
    "holder": "warn",
    "transfer": "todo",
    "dns": "warn",
    "mail": "warn",
    "web": "todo",
    "backup": "warn",
}
_ENTRY_PARTS: Final[dict[str, Severity]] = {
    "user": "warn",
    "password": "alarm",
    "url": "todo",
    "second-factor": "warn",
    "device": "warn",
    "codes": "warn",
    "mailbox": "warn",
    "contract": "warn",
    "purpose": "todo",
    "verified": "todo",
    "reason": "todo",
}
_DAY: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the bundle does not hold.

    ``names``, ``domains`` (host names), ``phones``: the provider's; those of the bundle's contacts of the
    kind ``provider`` count anyway. ``today``, an ISO day; "" compares no day with it. ``nodes``: name and
    host of those that the provider runs, which only the estate is asked for.
    """

    names: tuple[str, ...] = ()
    domains: frozenset[str] = frozenset()
    phones: tuple[str, ...] = ()
    today: str = ""
    nodes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing (``entry.…``, ``domain.…``, ``own.…``) or found (``finding.…``).

    ``entry``, an id, and ``title``, its title: where it belongs; "" for the bundle as a whole. ``domain``,
    the host name that it is about, or "". ``value``: what was found, never a secret.
    """

    code: str
    severity: Severity
    entry: str = ""
    title: str = ""
    domain: str = ""
    value: str = ""


def gaps(bundle: Bundle, facts: Facts = Facts(), memory: Remembered | None = None) -> tuple[Gap, ...]:
    """All gaps, worst first, then by entry. ``memory``: of bundles that have entries in common with it."""
    check = _Check(bundle, facts, memory or Remembered())
    found = [*check.of_domains(), *(gap for entry in check.entries for gap in check.of_entry(entry))]
    if bundle.client == OWN:
        found += own_gaps(bundle, facts)
    return tuple(sorted(found, key=lambda gap: SEVERITIES.index(gap.severity)))


def own_gaps(bundle: Bundle, facts: Facts) -> Iterator[Gap]:
    """Which parts of the provider's own estate are missing (``core.bundle.own``, 2)."""
    for part in missing_parts(bundle):
        yield Gap(f"own.{part}", "warn")
    for name, host in facts.nodes:
        if not has_node(bundle, host):
            yield Gap("own.node", "warn", value=name)


def said(entry: Entry, what: str, domain: str = "") -> bool:
    """Whether a free field answers ``what`` (rule 1), for ``domain`` alone or in general."""
    return any(not _is_bare(text) for text in _answers(entry, what, domain))


def _answers(entry: Entry, what: str, domain: str = "") -> Iterator[str]:
    for field in entry.fields:
        name = field.name.casefold()
        if domain:
            name = name.replace(domain, "")
        if "".join(sign for sign in name if sign.isalnum()) in _FIELDS[what]:
            yield field.value


def _is_bare(text: str) -> bool:
    return "".join(sign for sign in text.casefold() if sign.isalnum()) in _BARE


class _Check:
    """One bundle, looked through."""

    def __init__(self, bundle: Bundle, facts: Facts, memory: Remembered) -> None:
        self._memory: Final = memory
        self.entries: Final = sorted(bundle.entries, key=lambda entry: (entry.title.casefold(), entry.id))
        mine = [contact for contact in bundle.contacts if contact.kind == "provider"]
        self._full_service = bundle.profile == "full-service"
        self._by_id = {entry.id: entry for entry in bundle.entries}
        self._hosts = {
            entry.id: memory.once("hosts", partial(named_hosts, entry), entry) for entry in bundle.entries
        }
        self._with_file = {document.entry for document in bundle.documents}
        others = [contact.name for contact in bundle.contacts if contact.kind != "provider"]
        self._others = [words for words in map(words_in, (bundle.name, *others)) if words]
        called = {*facts.names, *(one.name for one in mine), *(one.organisation for one in mine)}
        self._provider = [words for words in map(words_in, sorted(called)) if words]
        self._phones = {digits_in(phone) for phone in (*facts.phones, *(one.phone for one in mine))} - {""}
        mailed = {domain_of(one.mail) for one in mine if "@" in one.mail}
        self._is_own = bundle.client == OWN
        self._foreign = frozenset() if self._is_own else frozenset({*facts.domains, *mailed} - {""})
        self._today = facts.today
        self._domains = memory.same(own_domains(bundle, self._foreign, memory))
        # All that decides what an entry lacks, beside itself and what it depends on.
        known = (tuple(self._others), tuple(self._provider), frozenset(self._phones), self._foreign)
        self._around = memory.same((self._full_service, *known, self._today, self._domains))

    # --- domains (rule 4) ----------------------------------------------------------------------------------

    def of_domains(self) -> Iterator[Gap]:
        """What is missing of each domain, and registrars of which nobody knows for what."""
        registrars = [entry for entry in self.entries if entry.kind == "domain-registrar"]
        unnamed = [entry for entry in registrars if not self._hosts[entry.id]]
        # With one domain and one registrar there is nothing to mistake.
        only = registrars if len(registrars) == len(unnamed) == len(self._domains) == 1 else []
        for entry in unnamed:
            if entry not in only:
                yield Gap("entry.domains", "warn", entry.id, entry.title)
        about: dict[str, list[Entry]] = {domain: [*only] for domain in self._domains}
        for entry in self.entries:
            for domain in () if entry in only else self._domains_of(entry):
                about[domain].append(entry)
        for domain, entries in about.items():
            entries.sort(key=lambda entry: entry.kind != "domain-registrar")
            find = partial(self._of_domain, domain, entries)
            yield from self._memory.once("domain", find, self._memory.same(domain), *entries)

    def _domains_of(self, entry: Entry) -> tuple[str, ...]:
        def find() -> tuple[str, ...]:
            hosts = self._hosts[entry.id]
            return tuple(one for one in self._domains if any(is_under(host, (one,)) for host in hosts))

        return self._memory.once("domains", find, entry, self._domains)

    def _of_domain(self, domain: str, about: list[Entry]) -> tuple[Gap, ...]:
        where = (about[0].id, about[0].title) if about else ("", "")
        return tuple(
            Gap(f"domain.{part}", severity, *where, domain)
            for part, severity in _DOMAIN_PARTS.items()
            if not self._has_part(about, domain, part)
        )

    def _has_part(self, about: list[Entry], domain: str, part: str) -> bool:
        if any(said(entry, part, domain) for entry in about):
            return True
        kinds = {entry.kind for entry in about}
        match part:
            case "registrar":
                return "domain-registrar" in kinds
            case "holder":
                held = [entry for entry in about if entry.kind == "domain-registrar"]
                return any(entry.contract_holder.strip() for entry in held)
            case "mail":
                return "mail" in kinds
            case "web":
                return bool(kinds & {"website-login", "hosting"})
            case _:
                return False

    # --- entries -------------------------------------------------------------------------------------------

    def of_entry(self, entry: Entry) -> tuple[Gap, ...]:
        """What is missing of an entry, then what is found in it."""
        beside = entry.id in self._with_file, self._has(entry, "contract"), self._around
        return self._memory.once("entry", lambda: tuple(self._missing_of(entry)), entry, *beside)

    def _missing_of(self, entry: Entry) -> Iterator[Gap]:
        for part in self._asked(entry):
            if not self._has(entry, part) and not said(entry, part):
                yield Gap(f"entry.{part}", _ENTRY_PARTS[part], entry.id, entry.title)
        for code, severity, value in self._findings(entry):
            yield Gap(f"finding.{code}", severity, entry.id, entry.title, value=value)

    def _asked(self, entry: Entry) -> Iterator[str]:
        asked = _ASKED.get(entry.kind, frozenset())
        if entry.urls or entry.password or entry.user:
            asked |= _WITH_LOGIN.get(entry.kind, frozenset())
        if entry.kind == "domain-registrar" and self._hosts[entry.id]:
            asked -= {"contract"}  # it is that of its domains: `domain.holder`
        factor = entry.second_factor
        if entry.totp is None and factor is not None and factor.kind != "none":
            asked |= {"device", "codes"}
        if entry.kind != "note":
            asked |= {"purpose", "reason"} if self._full_service else {"purpose"}
        return (part for part in _ENTRY_PARTS if part in asked)

    def _has(self, entry: Entry, part: str) -> bool:  # noqa: PLR0911 — one return a part
        factor = entry.second_factor
        match part:
            case "user":
                return bool(entry.user.strip())
            case "password":
                return self._has_password(entry)
            case "url":
                return any(url.strip() for url in entry.urls)
            case "second-factor":
                return entry.totp is not None or factor is not None
            case "device":
                return factor is not None and bool(factor.device.strip())
            case "codes":
                return factor is not None and bool(factor.codes or factor.codes_where.strip())
            case "mailbox":
                return bool(entry.recovery_mailbox.strip())
            case "contract":
                return any(one.contract_holder.strip() for one in self._needs(entry))
            case "purpose":
                return bool(entry.purpose.strip())
            case "reason":
                return any(decision.reason.strip() for decision in entry.decisions)
            case _:
                return _verified(entry) is not None

    def _has_password(self, entry: Entry) -> bool:
        if entry.password or any(field.protected and field.value for field in entry.fields):
            return True
        if entry.second_factor is not None and entry.second_factor.kind == "passkey":
            return True
        return entry.kind == "server" and entry.id in self._with_file  # a key file

    def _needs(self, entry: Entry) -> Collection[Entry]:
        """The entry and all that it depends on."""
        found, left = {entry.id: entry}, [entry]
        while left:
            for id_ in left.pop().depends_on:
                if id_ in self._by_id and id_ not in found:
                    found[id_] = self._by_id[id_]
                    left.append(found[id_])
        return found.values()

    # --- findings ------------------------------------------------------------------------------------------

    def _findings(self, entry: Entry) -> Iterator[tuple[str, Severity, str]]:
        yield from self._factor(entry)
        holder, mailbox, user = entry.contract_holder, entry.recovery_mailbox, entry.user
        if self._is_provider(holder) and not self._is_own:
            yield "contract", "alarm" if entry.kind == "domain-registrar" else "warn", holder
        if _hangs(mailbox, self._foreign):
            yield "mailbox-provider", "alarm", mailbox
        elif _hangs(mailbox, self._domains):
            yield "mailbox-own", "alarm" if entry.kind in _CIRCLE else "todo", mailbox
        if _hangs(user, self._foreign):
            yield "user-provider", "warn", user
        elif _hangs(user, self._domains) and entry.kind != "mail" and not mailbox.strip():
            yield "user-own", "alarm" if entry.kind in _CIRCLE else "todo", user
        verified = _verified(entry)
        if self._today and verified and _days(verified, self._today) > VERIFY_AGAIN:
            yield "verified-old", "todo", verified

    def _factor(self, entry: Entry) -> Iterator[tuple[str, Severity, str]]:
        factor = entry.second_factor
        if factor is None or entry.totp is not None:
            return
        if self._is_provider(factor.device):
            yield "device", "warn" if factor.codes else "alarm", factor.device
        if not factor.codes and self._is_provider(factor.codes_where):
            yield "codes", "alarm", factor.codes_where

    def _is_provider(self, text: str) -> bool:
        """Whether ``text`` names the provider: by two words of a name, or its only one, or a number.

        Somebody else with the same family name is not meant, where the bundle knows them.
        """
        words = words_in(text)
        if not words:
            return False
        if any(name <= words for name in self._others):
            return False
        if any(len(words & name) >= min(2, len(name)) for name in self._provider):
            return True
        return any(digits_in(number) in self._phones for number in PHONE.findall(text))


def _verified(entry: Entry) -> str | None:
    """The last day on which it was tried out, "" if it is stated that it was not, None if nothing is."""
    days: list[str] = []
    never = False
    for text in _answers(entry, "verified"):
        days += [day for day in _DAY.findall(text) if _is_day(day)]
        never = never or (not _is_bare(text) and text.casefold().replace(",", " ").split()[0] in _NEVER)
    return max(days) if days else "" if never else None


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _days(since: str, until: str) -> int:
    return (dt.date.fromisoformat(until) - dt.date.fromisoformat(since)).days


def _hangs(address: str, domains: Collection[str]) -> bool:
    return "@" in address and is_under(domain_of(address.strip()), domains)
