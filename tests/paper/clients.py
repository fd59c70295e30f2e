"""Clients whose lists are printed: of any number of entries, every field filled somewhere, each value its own."""

from itertools import cycle

from escrowd.core.bundle import (
    Bundle,
    Contact,
    Decision,
    Document,
    Entry,
    FreeField,
    Money,
    Revision,
    SecondFactor,
    Totp,
)
from escrowd.paper.binder import Doors

DOORS = Doors(
    provider="Jana Winter IT",
    holder="Nils Peters",
    wait=86_400,
    silence=51 * 86_400,
    url="https://verwahrstelle.example/p/request",
)
WHAT = (
    ("Registrar", "domain-registrar", ("Domain",)),
    ("Postfach", "mail", ("E-Mail", "Postfächer")),
    ("Webshop", "website-login", ("Website",)),
    ("Hosting", "hosting", ("Website",)),
    ("Router", "wifi", ()),
    ("Server", "server", ("Büro", "Keller")),
    ("Datenbank", "database", ()),
    ("Buchhaltung", "licence", ()),
    ("Bezahldienst", "payment", ("Geld",)),
    ("Ausweis", "identity", ()),
    ("Alarmanlage", "other", ()),
    ("Vereinbarung", "note", ()),
)
LONG = "Zw3ihundertZeichen-0O1lI|" * 8
"""A password of 200 characters."""


def id_of(number: int) -> str:
    """An id of its own for each number."""
    digits = "abcdefghijklmnopqrstuvwxyz234567"
    return "c" + "".join(digits[number >> (5 * place) & 31] for place in range(7))


def decision(number: int, title: str) -> Decision:
    return Decision(
        id=id_of(100_000 + number),
        date=f"20{10 + number % 17}-03-14",
        status=("decided", "wish", "open", "revised")[number % 4],
        topic=f"Wo läuft {title}?",
        choice=f"Bei Anbieter Nr. {number}, auf den Namen der Bäckerei",
        alternatives=(f"beim Hoster {number}", f"im Büro {number}"),
        reason=f"Grund {number}: Der Name soll an keinem Dienstleister hängen, und die Kündigung dauert drei Monate.",
        asked_by=f"Märta Korn {number}",
        review=f"20{28 + number % 5}-0{1 + number % 9}-15",
    )


def entry(number: int, what: tuple[str, str, tuple[str, ...]]) -> Entry:
    name, kind, group = what
    title = f"{name} {number}"
    note = kind == "note"
    return Entry(
        id=id_of(number),
        title=title,
        kind=kind,
        urls=() if note else (f"https://kunde{number}.example/anmelden?weiter=%2Fkonto%2F{number}",),
        user="" if note else f"märta.korn+{number}@freemail.example",
        password=""
        if note
        else f"{LONG[:180]}-{number:04}ÄöÜß"
        if number % 20 == 2
        else f"Öl0O1lI-§{number}",
        totp=Totp(
            secret=f"JBSWY3DPEHPK3P{'ABCDEFGH'[number % 8]}{'ABCDEFGH'[number // 8 % 8]}{'ABCDEFGH'[number // 64 % 8]}",
            algorithm="SHA1",
            digits=6,
            period=30,
            issuer=name,
            account=f"korn-{number}",
        )
        if number % 7 == 0
        else None,
        second_factor=SecondFactor(
            kind="totp",
            device=f"Telefon Nr. {number}",
            codes_where=f"im Umschlag {number}",
            codes=(f"{number:04}-0815", f"{number:04}-4711"),
        )
        if number % 7 == 0
        else None,
        recovery_mailbox="" if note else f"rück-{number}@freemail.example",
        contract_holder=f"Bäckerei Korn {number} GmbH & Co. KG",
        renewal=f"2027-{1 + number % 12:02}-{1 + number % 28:02}",
        cost=Money(
            amount=f"{number}.50", currency="EUR", every=("year", "month", "quarter", "once")[number % 4]
        ),
        purpose=f"Wofür {number}: Hier gehört Ihnen, was {title} heißt. Fällt es aus, steht die Backstube still.",
        depends_on=(id_of(number - 1),) if number else (),
        notes=f"Zeile eins zu {number}\nZeile zwei zu {number}" if number % 3 == 0 else "",
        tags=(f"wichtig-{number}",) if number % 5 == 0 else (),
        fields=(
            FreeField(name=f"Kundennummer {number}", value=f"K-{10_000 + number}"),
            FreeField(name=f"AuthCode {number}", value=f"x7-QQ-{number}", protected=True),
        )
        if number % 4 == 0
        else (),
        group=group,
        decisions=(decision(number, title),) if number % 3 == 0 else (),
    )


def client(count: int, profile: str, language: str) -> Bundle:
    """A client of ``count`` entries."""
    entries = tuple(entry(number, what) for number, what in zip(range(count), cycle(WHAT), strict=False))
    return Bundle(
        client="korn",
        name="Bäckerei Korn GmbH & Co. KG",
        language=language,
        profile=profile,
        revision=12,
        entries=entries,
        documents=tuple(
            Document(
                id=id_of(200_000 + number),
                name=f"Vertrag {number}.pdf",
                file=f"Vertrag {number}.pdf",
                size=48_123,
                sha256=f"{number:064x}",
                entry=None if number % 2 else id_of(number),
                note=f"unterschrieben {number}",
            )
            for number in range(min(4, count))
        ),
        contacts=(
            Contact(id=id_of(300_000), name="Jana Winter", kind="provider", organisation="Winter IT", phone="0431 98765"),
            Contact(id=id_of(300_001), name="Nils Peters", kind="successor", role="übernimmt die Technik", phone="0431 1"),
            Contact(id=id_of(300_002), name="Müller & Söhne", kind="supplier", mail="büro@müller.example",
                    address="Hafenstraße 12\n20457 Hamburg", note="Kundennummer 4711"),
        ),
        decisions=(decision(9_000, "die Kartenzahlung"),),
        history=(Revision(number=12, when=1_795_500_000, reason="entry edit"),),
    )  # fmt: skip


def secrets(bundle: Bundle) -> set[str]:
    """All that must stand in no metadata."""
    found = set()
    for one in bundle.entries:
        found |= {one.password, one.totp.secret if one.totp else ""}
        found |= set(one.second_factor.codes) if one.second_factor else set()
        found |= {field.value for field in one.fields if field.protected}
    return found - {""}
