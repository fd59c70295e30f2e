import base64
import contextlib
import copy
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from escrowd.core.bundle import FreeField, SecondFactor, Totp
from escrowd.core.bundle.imported import NotCarried
from escrowd.errors import EscrowdError, InputError, IntegrityError
from escrowd.provider.imports import Format, detect_format, read_export

PASSWORD = "Praxis-Größe 7"
TIMES = {
    "creationDate": "2024-01-01T00:00:00.000Z",
    "revisionDate": "2025-01-01T00:00:00.000Z",
    "deletedDate": None,
}
LOGIN = {
    "id": "11111111-1111-4111-8111-111111111111",
    "organizationId": None,
    "folderId": "f1",
    "type": 1,
    "reprompt": 1,
    "name": "Praxissoftware ß",
    "notes": "erste\nzweite",
    "favorite": True,
    "fields": [
        {"name": "PIN", "value": "0042", "type": 1, "linkedId": None},
        {"name": "Kundennummer", "value": "ö-9", "type": 0, "linkedId": None},
        {"name": "aktiv", "value": "true", "type": 2, "linkedId": None},
        {"name": "Benutzer", "value": None, "type": 3, "linkedId": 100},
        {"name": "leer", "value": None, "type": 0, "linkedId": None},
    ],
    "login": {
        "uris": [
            {"match": None, "uri": "https://praxis.example"},
            {"match": 3, "uri": "https://zwei.example"},
        ],
        "username": "dr.öz",
        "password": 'p"ä\\',
        "totp": "otpauth://totp/Praxis:oez?secret=JBSWY3DPEHPK3PXP&issuer=Praxis",
        "passwordRevisionDate": "2024-01-01T00:00:00.000Z",
        "fido2Credentials": [
            {
                "credentialId": "cid",
                "keyValue": "MIGH",
                "rpId": "praxis.example",
                "counter": "0",
                "creationDate": "x",
            }
        ],
    },
    "collectionIds": None,
    "passwordHistory": [
        {"lastUsedDate": "2024", "password": "alt-1"},
        {"lastUsedDate": "2024", "password": "alt-2"},
    ],
    **TIMES,
}
NOTE = {
    "id": "22",
    "type": 2,
    "name": "Tresor",
    "notes": "3-1-4",
    "secureNote": {"type": 0},
    "folderId": None,
    **TIMES,
}
CARD = {
    "id": "33", "type": 3, "name": "Firmenkarte", "notes": None, **TIMES,
    "card": {"cardholderName": "Dr. Öz", "brand": "Visa", "number": "4111", "expMonth": "4", "expYear": "2030", "code": "123"},
}  # fmt: skip
IDENTITY = {
    "id": "44",
    "type": 4,
    "name": "Dr. Öz",
    "identity": {"firstName": "Ayşe", "ssn": "12 345", "title": None},
}
KEY = {
    "id": "55",
    "type": 5,
    "name": "Server",
    "sshKey": {"privateKey": "-----BEGIN", "publicKey": "ssh-ed25519 A"},
}
FUTURE = {
    "id": "66",
    "type": 9,
    "name": "Neu",
    "passport": {"number": "C01", "pages": [{"visa": "ja"}], "chip": True},
}
GONE = {
    "id": "77",
    "type": 1,
    "name": "Weg",
    "login": {"password": "x"},
    "deletedDate": "2025-01-01T00:00:00.000Z",
}
EXPORT = {
    "encrypted": False,
    "folders": [{"id": "f1", "name": "Praxis/Software"}, {"id": "f2", "name": "leer"}],
    "items": [LOGIN, NOTE, CARD, IDENTITY, KEY, FUTURE, GONE],
}


def text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def enc_string(data: bytes, encryption: bytes, authentication: bytes) -> str:
    """Bitwarden's encrypted string of type 2, written from its description."""
    vector = os.urandom(16)
    padded = data + bytes([16 - len(data) % 16]) * (16 - len(data) % 16)
    cipher = Cipher(algorithms.AES(encryption), modes.CBC(vector)).encryptor()
    sealed = cipher.update(padded) + cipher.finalize()
    tag = hmac.digest(authentication, vector + sealed, "sha256")
    return "2." + "|".join(base64.b64encode(part).decode() for part in (vector, sealed, tag))


def expand(key: bytes, info: bytes) -> bytes:
    """HKDF-Expand (RFC 5869) of one block."""
    return hmac.digest(key, info + b"\x01", "sha256")


def protected(value: object, **kdf: int) -> dict[str, object]:
    """A password-protected export, by an independent writer."""
    salt = base64.b64encode(os.urandom(16)).decode()
    settings = {"kdfType": 0, "kdfIterations": 5_000, **kdf}
    if settings["kdfType"] == 0:
        master = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt.encode(), settings["kdfIterations"])
    else:
        master = Argon2id(
            salt=hashlib.sha256(salt.encode()).digest(),
            length=32,
            iterations=settings["kdfIterations"],
            lanes=settings["kdfParallelism"],
            memory_cost=settings["kdfMemory"] * 1024,
        ).derive(PASSWORD.encode())
    keys = expand(master, b"enc"), expand(master, b"mac")
    return {
        "encrypted": True,
        "passwordProtected": True,
        "salt": salt,
        **settings,
        "encKeyValidation_DO_NOT_EDIT": enc_string(b"8f2c", *keys),
        "data": enc_string(text(value), *keys),
    }


ARGON2 = {"kdfType": 1, "kdfIterations": 2, "kdfMemory": 16, "kdfParallelism": 2}


def refused(data: bytes, password: str | None = PASSWORD) -> EscrowdError:
    with pytest.raises(EscrowdError) as caught:
        read_export(data, password=password)
    return caught.value


@pytest.mark.parametrize(
    "write",
    [lambda: text(EXPORT), lambda: text(protected(EXPORT)), lambda: text(protected(EXPORT, **ARGON2)),
     lambda: b"\xef\xbb\xbf" + text(EXPORT)],
    ids=["plain", "pbkdf2", "argon2id", "with a mark"],
)  # fmt: skip
def test_an_export_arrives_field_by_field(write: Callable[[], bytes]):
    """Plain or protected, each item arrives with all that it holds, whatever its type."""
    found = read_export(write(), password=PASSWORD)
    login, note, card, identity, key, future = found.entries
    assert (login.title, login.user, login.password) == ("Praxissoftware ß", "dr.öz", 'p"ä\\')
    assert login.urls == ("https://praxis.example", "https://zwei.example")
    assert (login.notes, login.group, login.origin.key) == (
        "erste\nzweite",
        ("Praxis", "Software"),
        LOGIN["id"],
    )
    assert login.totp == Totp(
        secret="JBSWY3DPEHPK3PXP", algorithm="SHA1", digits=6, period=30, issuer="Praxis", account="oez"
    )
    assert login.second_factor == SecondFactor(kind="totp")
    assert login.fields == (
        FreeField(name="PIN", value="0042", protected=True),
        FreeField(name="Kundennummer", value="ö-9"),
        FreeField(name="aktiv", value="true"),
        FreeField(name="leer"),
        FreeField(name="fido2Credentials.1.credentialId", value="cid"),
        FreeField(name="fido2Credentials.1.keyValue", value="MIGH", protected=True),
        FreeField(name="fido2Credentials.1.rpId", value="praxis.example"),
        FreeField(name="fido2Credentials.1.counter", value="0"),
    )
    assert (note.kind, note.notes, note.fields) == (
        "note",
        "3-1-4",
        (FreeField(name="secureNote.type", value="0"),),
    )
    assert card.kind == "payment"
    assert FreeField(name="card.number", value="4111", protected=True) in card.fields
    assert len(card.fields) == 6
    assert identity.fields == (
        FreeField(name="identity.firstName", value="Ayşe"),
        FreeField(name="identity.ssn", value="12 345", protected=True),
    )
    assert (key.kind, [f.protected for f in key.fields]) == ("server", [True, False])
    assert [(f.name, f.value) for f in future.fields] == [
        ("passport.number", "C01"), ("passport.pages.1.visa", "ja"), ("passport.chip", "true"),
    ]  # fmt: skip
    assert found.groups == (("Praxis", "Software"), ("leer",))


def test_what_stays_behind_is_named():
    """Former passwords, favourites, linked fields, the trash, and files, which no export holds: all reported."""
    assert set(read_export(text(EXPORT)).not_carried) == {
        NotCarried("", "files", "format"),
        NotCarried("Praxissoftware ß", "passwordHistory", "history", 2),
        NotCarried("Praxissoftware ß", "favorite", "setting"),
        NotCarried("Praxissoftware ß", "reprompt", "setting"),
        NotCarried("Praxissoftware ß", "match", "setting"),
        NotCarried("Praxissoftware ß", "Benutzer", "linked"),
        NotCarried("Weg", "", "deleted"),
    }


def test_collections_of_an_organisation_are_groups():
    """An item's first collection is its group, the others are tags."""
    export = {
        "encrypted": False,
        "collections": [{"id": "c1", "name": "Kunden/Praxis"}, {"id": "c2", "name": "Alle"}],
        "items": [{"type": 1, "name": "x", "login": {}, "collectionIds": ["c1", "c2", "c9"]}],
    }
    (entry,) = read_export(text(export)).entries
    assert (entry.group, entry.tags) == (("Kunden", "Praxis"), ("Alle",))


@pytest.mark.parametrize(
    ("stored", "totp"),
    [
        ("steam://JBSWY3DP", Totp(secret="JBSWY3DP", algorithm="SHA1", digits=5, period=30, encoder="steam")),
        ("jbsw y3dp", Totp(secret="JBSWY3DP", algorithm="SHA1", digits=6, period=30)),
        ("????", None),
        ("Süße GEHEIME", None),
        ("ßßßß", None),
        ("otpauth://totp/x?secret=JBSWY3DP&digits=1_0", None),
        ("otpauth://totp/x?secret=JBSWY3DP&period=-30", None),
    ],
)
def test_totps_of_bitwarden(stored: str, totp: Totp | None):
    """A bare secret and Steam's are understood; what is not stays a protected field and is named."""
    found = read_export(
        text({"encrypted": False, "items": [{"name": "x", "type": 1, "login": {"totp": stored}}]})
    )
    assert found.entries[0].totp == totp
    if totp is None:
        assert found.entries[0].fields == (FreeField(name="totp", value=stored, protected=True),)
        assert NotCarried("x", "totp", "unreadable") in found.not_carried


def test_detection_says_what_is_needed():
    """A protected export needs a password, a plain one nothing."""
    assert detect_format(text(EXPORT)) == Format("bitwarden")
    assert detect_format(text(protected(EXPORT))) == Format("bitwarden", "password")


@pytest.mark.parametrize("kdf", [{}, ARGON2], ids=["pbkdf2", "argon2id"])
def test_a_wrong_password_opens_nothing(kdf: dict[str, int]):
    """A wrong or missing password is one clear error (P9)."""
    export = text(protected(EXPORT, **kdf))
    error = refused(export, PASSWORD + "x")
    assert (type(error), error.code, error.fields) == (
        InputError,
        "import.password-wrong",
        {"format": "bitwarden"},
    )
    assert refused(export, None).code == "import.password-needed"


def test_changed_content_is_refused():
    """A protected export whose content was changed is damaged, not half read."""
    export = protected(EXPORT)
    vector, sealed, tag = str(export["data"]).split("|")
    error = refused(text({**export, "data": f"{vector}|{sealed[:100]}A{sealed[101:]}|{tag}"}))
    assert error.code == "import.bitwarden-damaged"
    assert isinstance(error, IntegrityError)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"kdfIterations": 2**40}, "pbkdf2-iterations"),
        ({"kdfIterations": 0}, "pbkdf2-iterations"),
        ({"kdfType": 1, "kdfIterations": 2, "kdfMemory": 2**30, "kdfParallelism": 4}, "argon2-memory"),
        ({"kdfType": 1, "kdfIterations": 2**30, "kdfMemory": 64, "kdfParallelism": 4}, "argon2-passes"),
        ({"kdfType": 1, "kdfIterations": 2, "kdfMemory": 64, "kdfParallelism": 2**30}, "argon2-lanes"),
        ({"kdfType": 1, "kdfIterations": 2}, "argon2-lanes"),
    ],
)
def test_a_derivation_that_costs_too_much_is_not_begun(change: dict[str, int], what: str):
    """An export that asks for a terabyte or for years is refused before anything is computed."""
    error = refused(text({**protected(EXPORT), **change}))
    assert (error.code, error.fields["what"]) == ("import.cost", what)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (
            {"encrypted": True, "encKeyValidation_DO_NOT_EDIT": "2.a|b|c", "items": []},
            "import.bitwarden-account",
        ),
        ({**protected({}), "kdfType": 7}, "import.kdf-unknown"),
        ({**protected({}), "kdfIterations": "5000"}, "import.malformed"),
        ({**protected({}), "data": "0.abc"}, "import.malformed"),
        ({**protected({}), "data": "2.a|b|c"}, "import.malformed"),
        (protected([]), "import.malformed"),
        ({"encrypted": False, "items": {}}, "import.malformed"),
        ({"encrypted": False, "items": ["x"]}, "import.malformed"),
        ({"encrypted": False, "items": [{"name": {"a": 1}}]}, "import.malformed"),
        ({"items": []}, "import.unknown-format"),
        ([], "import.unknown-format"),
        ({"encrypted": False, "items": [{"name": "x", "login": {"password": 1.5}}]}, "json.float"),
    ],
)
def test_other_documents_are_refused(value: object, code: str):
    """What only its account can open, what is malformed, and what is no export at all: each by name (P9)."""
    assert refused(text(value)).code == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "import.empty"),
        (b" \n", "import.empty"),
        (b'{"encrypted": false, "items": [NaN]}', "json.not-finite"),
        (b'{"items": ' + b"[" * 100_000 + b"]" * 100_000 + b', "encrypted": false}', "json.too-deep"),
        (b"[" * 100_000, "json.too-deep"),
        (b'{"encrypted": false, "encrypted": true, "items": []}', "json.duplicate-key"),
        (text(EXPORT)[:-9], "json.malformed"),
        (b"{" + b" " * (64 * 2**20), "json.too-large"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "import.not-utf8"),
        (b"PK\x03\x04" + bytes(100), "import.unknown-format"),
        ("Liebe Frau Öz,\nanbei die Passwörter.".encode(), "import.csv-row"),
        ("Liebe Frau Öz, Herr Öz,\nanbei,,".encode(), "import.csv-needs-columns"),
        (b"hello", "import.unknown-format"),
    ],
)
def test_what_is_no_export_is_refused(data: bytes, code: str):
    """Pictures, letters, NaN and 100,000 brackets are one clear error each (P9)."""
    assert refused(data).code == code


def places(value: object) -> Iterator[tuple[object, object]]:
    """Each holder in the export with each of its keys."""
    if isinstance(value, dict | list):
        for key, member in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from places(member)


def test_any_damage_is_an_error_of_ours():
    """Whatever is replaced in an export, it is read or refused with one of our errors: nothing else escapes (P9)."""
    wrong = [None, True, -1, 2**50, "", "otpauth://totp/x?secret=A", [], {}, ["a"], {"a": {}}]
    count = 0
    for number in range(len(list(places(EXPORT)))):
        for value in wrong:
            export = copy.deepcopy(EXPORT)
            holder, key = list(places(export))[number]
            holder[key] = value
            with contextlib.suppress(EscrowdError):
                read_export(text(export))
            count += 1
    assert count > 1_000


def test_errors_name_no_value():
    """An error about a malformed item names its place, never what stands there (P10)."""
    error = refused(text({"encrypted": False, "items": [{"name": "x", "login": {"password": ["geheim"]}}]}))
    assert error.fields == {"at": "items.0.login.password"}
