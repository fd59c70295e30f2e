"""Two clients as they come: a bakery whose passwords lie in KeePass, a practice whose lie in Bitwarden.

All names, numbers and passwords are invented; passwords are drawn anew each time.
"""

import json
import secrets
import string
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from escrowd.errors import UnavailableError

ALPHABET = string.ascii_letters + string.digits + "!%+-_?"


@dataclass(frozen=True, slots=True)
class Sample:
    """One client of the demo.

    ``people``: role, name, address; ``groups``: of the export. ``contacts``, ``details`` and ``decision``:
    the options of ``contact add``, ``entry edit`` and ``decision add``; the entry is the one that the
    decision is about.
    """

    id: str
    name: str
    profile: str
    people: tuple[tuple[str, str, str], ...]
    export: str
    groups: tuple[str, ...]
    contacts: tuple[dict[str, str], ...]
    details: dict[str, str]
    decision: dict[str, str]


SUCCESSOR = {
    "name": "Lena Fuchs",
    "kind": "successor",
    "role": "übernimmt, wenn Jana Winter ausfällt",
    "phone": "030 5550 117",
    "mail": "lena@fuchs-it.example",
}
BAKERY = Sample(
    id="baeckerei",
    name="Bäckerei Krume",
    profile="full-service",
    people=(
        ("client", "Karl Krume", "karl@krume.example"),
        ("successor", "Lena Fuchs", "lena@fuchs-it.example"),
    ),
    export="baeckerei.kdbx",
    groups=("Domain & Mail", "Web & Laden"),
    contacts=(SUCCESSOR,),
    details={
        "purpose": "Unter diesem Namen finden Kunden die Bäckerei; ohne ihn gehen weder Website noch E-Mail.",
        "contract-holder": "Bäckerei Krume, Karl Krume",
        "renewal": "2027-03-01",
        "cost": "14.50 EUR year",
        "second-factor": "totp",
        "device": "Telefon von Karl Krume",
        "codes-where": "Umschlag im Tresor",
        "why": "Die Ersatzcodes lagen nur bei uns; jetzt liegen sie in der Bäckerei.",
        "by": "Karl Krume",
    },
    decision={
        "entry": "Domain baeckerei-krume.example",
        "topic": "Bei wem die Domain liegt",
        "choice": "Registrar Nordname",
        "reason": "Die Domain läuft auf den Namen der Bäckerei; ein Umzug braucht niemandes Erlaubnis.",
        "asked-by": "Karl Krume",
        "alternative": "beim Webhoster belassen",
    },
)
PRACTICE = Sample(
    id="praxis",
    name="Praxis Dr. Jäger",
    profile="guided",
    people=(
        ("client", "Dr. Ada Jäger", "ada@praxis-jaeger.example"),
        ("successor", "Lena Fuchs", "lena@fuchs-it.example"),
    ),
    export="praxis.json",
    groups=("Praxis",),
    contacts=(SUCCESSOR,),
    details={
        "purpose": "Hier stehen alle Termine; am Empfang wird morgens zuerst danach gesehen.",
        "contract-holder": "Praxis Dr. Jäger",
        "second-factor": "totp",
        "device": "Telefon von Dr. Ada Jäger",
        "codes-where": "beim Notfallordner",
        "why": "Am Empfang wird ein zweiter Faktor verlangt, seit das Telefon gewechselt hat.",
        "by": "Dr. Ada Jäger",
    },
    decision={
        "entry": "Terminkalender",
        "topic": "Wo die Termine liegen",
        "choice": "eigener Server in Deutschland",
        "reason": "Patientendaten sollen das Haus so wenig wie möglich verlassen.",
        "asked-by": "Dr. Ada Jäger",
        "alternative": "Kalender eines großen Anbieters",
    },
)
SAMPLES = (BAKERY, PRACTICE)


def password() -> str:
    """A random password of 20 characters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(20))


def write_keepass(path: Path, master: str) -> None:
    """The bakery's passwords as a KDBX 4 file. Raises ``UnavailableError`` ``demo.extra-missing``."""
    try:
        from pykeepass import create_database
    except ImportError:
        raise UnavailableError("demo.extra-missing", extra="keepass") from None
    vault = create_database(str(path), password=master)
    domains = vault.add_group(vault.root_group, BAKERY.groups[0])
    shop = vault.add_group(vault.root_group, BAKERY.groups[1])
    domain = vault.add_entry(
        domains,
        BAKERY.decision["entry"],
        "krume-4711",
        password(),
        url="https://nordname.example/login",
        notes="Kundennummer 4711. Auth-Code für den Umzug im Menü „Domain“.",
    )
    domain.set_custom_property("Telefon-PIN", "8319", protect=True)
    vault.add_entry(
        domains,
        "Postfach info@",
        "info@baeckerei-krume.example",
        password(),
        url="https://mail.nordname.example",
    ).otp = "otpauth://totp/Nordname:info?secret=JBSWY3DPEHPK3PXP&issuer=Nordname&digits=6&period=30"
    web = vault.add_entry(shop, "Webhosting", "krume", password(), url="https://hosting.example")
    web.add_attachment(
        vault.add_binary("Vertrag vom 3. März 2024: 4,90 € im Monat.\n".encode()), "vertrag.txt"
    )
    vault.add_entry(shop, "WLAN im Café", "Krume-Gäste", password(), notes="Router steht über der Backstube.")
    vault.add_entry(shop, "Kassensystem", "karl", password(), url="https://kasse.example", tags=["Laden"])
    vault.save()


def write_bitwarden(path: Path) -> None:
    """The practice's passwords as a plain Bitwarden export."""
    folder = str(uuid4())
    path.write_text(
        json.dumps(
            {
                "encrypted": False,
                "folders": [{"id": folder, "name": PRACTICE.groups[0]}],
                "items": [
                    _login(
                        folder,
                        "Terminkalender",
                        "ada",
                        "https://termine.praxis-jaeger.example",
                        "GEZDGNBVGY3TQOJQ",
                    ),
                    _login(folder, "Praxissoftware", "jäger", "https://software.example", None),
                    _login(folder, "Domain praxis-jaeger.example", "20177", "https://nordname.example", None),
                    {
                        "id": str(uuid4()),
                        "folderId": folder,
                        "type": 2,
                        "name": "Alarmanlage",
                        "notes": "Code hängt im Tresor; Wartung: Firma Glocke, jährlich im Mai.",
                        "favorite": False,
                        "reprompt": 0,
                        "secureNote": {"type": 0},
                    },
                ],
            },
            ensure_ascii=False,
        ),
        encoding="utf-8",
    )


def _login(folder: str, name: str, user: str, uri: str, totp: str | None) -> dict[str, object]:
    return {
        "id": str(uuid4()),
        "folderId": folder,
        "type": 1,
        "name": name,
        "notes": None,
        "favorite": False,
        "reprompt": 0,
        "fields": [{"name": "Kundennummer", "value": "JG-2024", "type": 0}],
        "login": {
            "uris": [{"match": None, "uri": uri}],
            "username": user,
            "password": password(),
            "totp": totp,
        },
    }
