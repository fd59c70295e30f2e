import base64
import hashlib
import io
import os
import shutil
import struct
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest

from escrowd.core.bundle import Bundle, FreeField, SecondFactor, Totp, documents_of, record
from escrowd.core.bundle.imported import Imported, NotCarried
from escrowd.core.bundle.merge import merge
from escrowd.core.payload import documents_in_memory, read_payload, write_payload
from escrowd.errors import EscrowdError, InputError, IntegrityError
from escrowd.provider.imports import Format, detect_format, read_export
from escrowd.provider.imports._decrypt import aes_kdf
from escrowd.provider.imports._kdbx_header import read_header

pykeepass = pytest.importorskip("pykeepass")
KDBX = pytest.importorskip("pykeepass.kdbx_parsing").KDBX
needs_keepassxc = pytest.mark.skipif(shutil.which("keepassxc-cli") is None, reason="needs keepassxc-cli")

PASSWORD = "Bäckerei-Straße 7"
URI = "otpauth://totp/Shop:j%C3%B6rg?secret=JBSWY3DPEHPK3PXP&period=60&digits=8&algorithm=SHA256&issuer=Shop&image=x"
FILE = bytes(range(256)) * 300


def kid(number: int) -> str:
    return base64.b64encode(number.to_bytes(16, "big")).decode()


def kept(number: int) -> str:
    return number.to_bytes(16, "big").hex()


def element(number: int, strings: dict[str, tuple[str, bool]], more: str = "") -> str:
    fields = "".join(
        f"<String><Key>{escape(name)}</Key><Value ProtectInMemory={quoteattr(str(secret))}>{escape(text)}</Value></String>"
        for name, (text, secret) in strings.items()
    )
    return f"<Entry><UUID>{kid(number)}</UUID>{more}{fields}</Entry>"


SHOP = element(
    3,
    {
        "Title": ("Webshop Größe", False),
        "UserName": ("jörg", False),
        "Password": ('pä$$ "ß" <&>', True),
        "URL": ("https://bäckerei.example/admin", False),
        "KP2A_URL_1": ("https://zweite.example", False),
        "Notes": ("Zeile 1\nZeile 2", False),
        "otp": (URI, True),
        "PIN": ("0042", True),
        "Kundennummer": ("ö-99", False),
        "leer": ("", False),
    },
    "<Tags>Kunde;wichtig</Tags><Times><Expires>True</Expires><ExpiryTime>2027-03-01T00:00:00Z</ExpiryTime></Times>"
    "<AutoType><Enabled>True</Enabled><DefaultSequence>{PASSWORD}</DefaultSequence></AutoType>",
)
MAIL = element(
    4,
    {
        "Title": ("Postfach", False),
        "Password": ("{REF:P@I:" + kept(3).upper() + "}", True),
        "Verweis": ("{REF:U@I:" + kept(99) + "}", False),
        "TimeOtp-Secret-Base32": ("JBSW Y3DP EHPK 3PXP", True),
        "TimeOtp-Length": ("8", False),
        "TimeOtp-Algorithm": ("HMAC-SHA-512", False),
    },
)
OLD = element(5, {"Title": ("Weg", False), "Password": ("gelöscht", True)})


def xml(*, version_4: bool) -> str:
    """A database in KeePass' XML; custom data in a group makes KeePassXC write KDBX 4."""
    custom = "<CustomData><Item><Key>k</Key><Value>v</Value></Item></CustomData>" if version_4 else ""
    return (
        "<?xml version='1.0' encoding='UTF-8'?><KeePassFile><Meta><DatabaseName>Bäckerei</DatabaseName>"
        f"<RecycleBinEnabled>True</RecycleBinEnabled><RecycleBinUUID>{kid(9)}</RecycleBinUUID></Meta><Root>"
        f"<Group><UUID>{kid(1)}</UUID><Name>Wurzel</Name>{custom}"
        f"<Group><UUID>{kid(2)}</UUID><Name>Web</Name><Group><UUID>{kid(7)}</UUID><Name>Bäcker</Name>{SHOP}</Group></Group>"
        f"{MAIL}<Group><UUID>{kid(9)}</UUID><Name>Papierkorb</Name>{OLD}</Group>"
        f"<Group><UUID>{kid(8)}</UUID><Name>leer</Name><Notes>Zähler im\nKeller</Notes></Group>"
        "</Group></Root></KeePassFile>"
    )


def cli(folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8", "HOME": str(folder)}
    subprocess.run(
        ["keepassxc-cli", *arguments],
        input=f"{PASSWORD}\n{PASSWORD}\n".encode(),
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        timeout=60,
    )


def made_by_keepassxc(folder: Path, *, version_4: bool) -> bytes:
    (folder / "in.xml").write_text(xml(version_4=version_4), encoding="utf-8")
    (folder / "file").write_bytes(FILE)
    cli(folder, "import", "-q", "-p", "in.xml", "db.kdbx")
    cli(folder, "attachment-import", "-q", "db.kdbx", "/Web/Bäcker/Webshop Größe", "Verträge ä.pdf", "file")
    return (folder / "db.kdbx").read_bytes()


@dataclass(frozen=True)
class Databases:
    """What KeePassXC wrote, by version."""

    kdbx3: bytes
    kdbx4: bytes


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    return Databases(
        made_by_keepassxc(tmp_path_factory.mktemp("three"), version_4=False),
        made_by_keepassxc(tmp_path_factory.mktemp("four"), version_4=True),
    )


@pytest.fixture(scope="module", params=["kdbx3", "kdbx4"])
def data(request: pytest.FixtureRequest, databases: Databases) -> bytes:
    return getattr(databases, request.param)


def refused(data: bytes, password: str | None = PASSWORD, **values: object) -> EscrowdError:
    with pytest.raises(EscrowdError) as caught:
        read_export(data, password=password, **values)
    return caught.value


@needs_keepassxc
def test_keepassxc_writes_both_versions(databases: Databases):
    """The databases that the next tests read are KDBX 3.1 and 4, and recognised as such."""
    assert [read_header(data).major for data in (databases.kdbx3, databases.kdbx4)] == [3, 4]
    assert detect_format(databases.kdbx3) == detect_format(databases.kdbx4) == Format("keepass", "password")


@needs_keepassxc
def test_a_database_of_keepassxc_arrives_field_by_field(data: bytes):
    """Title, user, password, URLs, notes, TOTP, fields, protection, tags, expiry, group: all as they were."""
    found = read_export(data, password=PASSWORD)
    mail, shop, note = found.entries
    assert (note.title, note.kind, note.notes, note.group) == ("leer", "note", "Zähler im\nKeller", ("leer",))
    assert (shop.title, shop.user, shop.password) == ("Webshop Größe", "jörg", 'pä$$ "ß" <&>')
    assert shop.urls == ("https://bäckerei.example/admin", "https://zweite.example")
    assert shop.notes == "Zeile 1\nZeile 2"
    assert shop.totp == Totp(
        secret="JBSWY3DPEHPK3PXP", algorithm="SHA256", digits=8, period=60, issuer="Shop", account="jörg"
    )
    assert shop.second_factor == SecondFactor(kind="totp")
    assert {(field.name, field.value, field.protected) for field in shop.fields} == {
        ("PIN", "0042", True),
        ("Kundennummer", "ö-99", False),
        ("leer", "", False),
        ("Expires", "2027-03-01T00:00:00Z", False),
    }
    assert (shop.tags, shop.group) == (("Kunde", "wichtig"), ("Web", "Bäcker"))
    assert (shop.origin.source, shop.origin.key, found.scope) == ("keepass", kept(3), kept(1))
    assert (mail.title, mail.group, mail.kind, shop.kind) == ("Postfach", (), "mail", "website-login")
    assert mail.totp == Totp(secret="JBSWY3DPEHPK3PXP", algorithm="SHA512", digits=8, period=30)
    assert mail.fields == (FreeField(name="Verweis", value="{REF:U@I:" + kept(99) + "}"),)
    assert found.groups == (("Web",), ("Web", "Bäcker"), ("leer",))


@needs_keepassxc
def test_a_reference_arrives_as_what_it_points_to(data: bytes):
    """A password that is another entry's in KeePass is that password here, where no KeePass is at hand."""
    mail, shop, _ = read_export(data, password=PASSWORD).entries
    assert mail.password == shop.password


@needs_keepassxc
def test_what_stays_behind_is_named(data: bytes):
    """Former states, the recycle bin, auto-type, odd TOTP parameters, dead references: each is reported."""
    assert set(read_export(data, password=PASSWORD).not_carried) == {
        NotCarried("Webshop Größe", "History", "history"),  # attaching the file made one
        NotCarried("Webshop Größe", "AutoType", "setting"),
        NotCarried("Webshop Größe", "otp image", "setting"),
        NotCarried("Postfach", "", "reference"),
        NotCarried("Weg", "", "deleted"),
    }


@needs_keepassxc
def test_it_arrives_complete_in_an_opened_payload(data: bytes):
    """From the database through merge, history and payload, every field and file comes out as it went in."""
    found = read_export(data, password=PASSWORD)
    empty = Bundle(client="baeckerei", name="Bäckerei", language="de", profile="full-service", revision=0)
    report = merge(empty, found, today="2026-11-24")
    bundle = record(empty, report.bundle, when=1)
    target = io.BytesIO()
    write_payload(target, bundle, b"<p>", documents_in_memory(report.contents))
    opened = read_payload(target)
    for before, after in zip(found.entries, opened.bundle.entries, strict=True):
        assert before.model_dump(exclude={"origin"}) == after.model_dump(exclude={"origin"})
    (document,) = documents_of(opened.bundle, opened.bundle.entries[1])
    assert (document.name, opened.open_document(document).read()) == ("Verträge ä.pdf", FILE)
    again = merge(bundle, read_export(data, password=PASSWORD), today="2026-11-25")
    assert record(bundle, again.bundle, when=2) == bundle


@needs_keepassxc
def test_a_wrong_password_opens_nothing(data: bytes):
    """A wrong password is one clear error, and so is none (P9)."""
    wrong = refused(data, PASSWORD + " ")
    assert (type(wrong), wrong.code, wrong.fields) == (
        InputError,
        "import.password-wrong",
        {"format": "keepass"},
    )
    assert refused(data, None).code == "import.password-needed"
    assert refused(data, PASSWORD, key_file=b"x" * 32).code == "import.password-wrong"
    assert refused(data, PASSWORD, columns={"title": "x"}).code == "import.columns-unused"


@needs_keepassxc
def test_a_header_with_a_wrong_hash_is_refused(databases: Databases):
    """A changed key for the protected fields, which opens with other passwords elsewhere, is refused (P9)."""
    for data, field in ((databases.kdbx3, 8), (databases.kdbx4, 7)):
        position = offset_of(data, field)
        changed = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
        error = refused(changed)
        assert (type(error), error.code) == (IntegrityError, "import.keepass-header-hash")


def offset_of(data: bytes, wanted: int) -> int:
    """Where the value of a header field begins."""
    form = "<BH" if data[10] == 3 else "<BI"
    offset = 12
    while True:
        number, size = struct.unpack_from(form, data, offset)
        offset += struct.calcsize(form)
        if number == wanted:
            return offset
        offset += size


@needs_keepassxc
def test_any_flipped_bit_is_an_error(databases: Databases):
    """A flipped bit in header or content is an error, never another value (P9)."""
    for data, step in ((databases.kdbx3, 13), (databases.kdbx4, 1)):
        end = len(read_header(data).raw)
        for position in [*range(0, end, step), end + 40, (end + len(data)) // 2, len(data) - 40]:
            changed = bytearray(data)
            changed[position] ^= 0x40
            assert refused(bytes(changed)).code.startswith(("import.", "json.")), position


@needs_keepassxc
@pytest.mark.parametrize("size", [0, 3, 8, 11, 12, 20, 100, 250, 300, -1000, -40, -1])
def test_a_database_cut_short_is_refused(data: bytes, size: int):
    """A cut database is damaged, empty or of no known format: never half read."""
    cut = data[:size]
    assert refused(cut).code in {
        "import.empty",
        "import.not-utf8",
        "import.unknown-format",
        "import.keepass-damaged",
        "import.keepass-header-hash",
        "import.password-wrong",  # KDBX 3.1 checks the password by its first bytes of content
    }


def with_argon2(passes: int, memory: int, lanes: int) -> bytes:
    """A KDBX 4 header that asks for that much, its hash right."""
    values = {"$UUID": uuid.UUID("9e298b19-56db-4773-b23d-fc3ec6f0a1e6").bytes, "S": bytes(32)}
    items = [(0x42, name, value) for name, value in values.items()]
    items += [(5, "I", struct.pack("<Q", passes)), (5, "M", struct.pack("<Q", memory))]
    items += [(4, "P", struct.pack("<I", lanes)), (4, "V", struct.pack("<I", 0x13))]
    kdf = b"\0\1" + b"".join(
        bytes([kind]) + struct.pack("<I", len(name)) + name.encode() + struct.pack("<I", len(value)) + value
        for kind, name, value in items
    )
    fields = {4: bytes(32), 11: kdf + b"\0", 0: b"\r\n\r\n"}
    header = bytes.fromhex("03d9a29a67fb4bb5") + struct.pack("<HH", 0, 4)
    header += b"".join(struct.pack("<BI", number, len(value)) + value for number, value in fields.items())
    return header + hashlib.sha256(header).digest() + bytes(32)


@pytest.mark.parametrize(
    ("passes", "memory", "lanes", "what"),
    [
        (2, 2**40, 2, "argon2-memory"),
        (2, 0, 2, "argon2-memory"),
        (2**40, 2**26, 2, "argon2-passes"),
        (0, 2**26, 2, "argon2-passes"),
        (2, 2**26, 2**20, "argon2-lanes"),
    ],
)
def test_a_derivation_that_costs_too_much_is_not_begun(passes: int, memory: int, lanes: int, what: str):
    """A header that asks for a terabyte or for years is refused before anything is computed."""
    error = refused(with_argon2(passes, memory, lanes))
    assert (error.code, error.fields["what"]) == ("import.cost", what)


@needs_keepassxc
def test_aes_rounds_are_bounded_too(databases: Databases):
    """A KDBX 3.1 header that asks for 2^60 rounds is refused at once."""
    position = offset_of(databases.kdbx3, 6)
    costly = databases.kdbx3[:position] + struct.pack("<Q", 2**60) + databases.kdbx3[position + 8 :]
    assert refused(costly).fields["what"] == "aes-rounds"


@pytest.mark.parametrize(
    ("head", "version"),
    [
        (bytes.fromhex("03d9a29a65fb4bb5") + bytes(120), "1"),
        (bytes.fromhex("03d9a29a67fb4bb5") + struct.pack("<HH", 0, 3), "3.0"),
        (bytes.fromhex("03d9a29a67fb4bb5") + struct.pack("<HH", 0, 5), "5.0"),
    ],
)
def test_other_versions_are_named(head: bytes, version: str):
    """KeePass 1 and versions that cannot be proved whole are refused with their number."""
    error = refused(head)
    assert (error.code, error.fields) == ("import.keepass-version", {"version": version})


@pytest.fixture(scope="module")
def blank() -> bytes:
    """An empty KDBX 4 database of pykeepass, password "p", at a cost that suits a test."""
    with io.BytesIO() as target:
        database = pykeepass.create_database(target, password="p")
        costs = database.kdbx.header.value.dynamic_header.kdf_parameters.data.dict
        costs["I"].value, costs["M"].value = 1, 2**20
        return saved(database)


def opened(data: bytes, **values: object) -> "pykeepass.PyKeePass":
    return pykeepass.PyKeePass(io.BytesIO(data), **{"password": "p", **values})


def saved(database: "pykeepass.PyKeePass") -> bytes:
    target = io.BytesIO()
    database.save(target)
    return target.getvalue()


def test_an_unknown_derivation_is_refused():
    """A header that names another derivation, or one with a secret that no program writes, is refused by name."""
    data = with_argon2(2, 2**26, 2)
    other = data.replace(uuid.UUID("9e298b19-56db-4773-b23d-fc3ec6f0a1e6").bytes, bytes(16))
    header = other[: len(read_header(data).raw)]
    assert refused(header + hashlib.sha256(header).digest() + bytes(32)).code == "import.kdf-unknown"


def test_without_pykeepass_it_is_named():
    """Where the extra is not installed, importing a KeePass file says so; all else still works."""
    script = (
        "import sys; sys.modules['pykeepass'] = None\n"
        "from escrowd.errors import EscrowdError\n"
        "from escrowd.provider.imports import read_export\n"
        "assert read_export(b'name,url,username,password\\nx,y,z,p\\n').entries\n"
        "try: read_export(sys.stdin.buffer.read(), password='p')\n"
        "except EscrowdError as error: print(error.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=with_argon2(1, 2**20, 1), capture_output=True, check=True
    )
    assert done.stdout.decode().strip() == "import.keepass-extra"


def test_a_broken_key_file_is_named(blank: bytes):
    """A key file that says of itself that it is damaged is refused as such."""
    broken = (
        b"<KeyFile><Meta><Version>2.0</Version></Meta><Key><Data Hash='00000000'>00</Data></Key></KeyFile>"
    )
    assert refused(blank, "p", key_file=broken).code == "import.key-file"


HOSTILE = [
    "../../etc/passwd",
    "C:\\CON",
    "=cmd|' /C calc'!A0",
    "\u202egpj.exe",
    "' OR 1=1 --",
    '"][/Entry/String',
    "<script>alert(1)</script>",
    "]]>",
    "&amp;&#0;",
    "{REF:P@I:" + "0" * 32 + "}",
    "{USERNAME}",
    "%n%s%x",
    "\U0001f511 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "e\u0301\u200d\ufeff",
    "a" * 5_000,
    "Zeile\n\tEnde",
    "  zwei  ",
    "null",
    "{{7*7}}",
    "$(reboot)",
    "#set page(width: 1pt)",
    "\\input{x}",
    "-rf",
    "+49 30",
    "0x00",
]


def test_five_hundred_hostile_entries_arrive(blank: bytes):
    """Quotes, markup, paths, formulas, bidirectional and long texts are data: each arrives exactly."""
    database = opened(blank)
    for number in range(500):
        first, second = HOSTILE[number % len(HOSTILE)], HOSTILE[(number * 7 + number // 25) % len(HOSTILE)]
        made = database.add_entry(database.root_group, str(number), "", first)
        # pykeepass builds an XPath from title and user, which a quote breaks: so they are set behind its back.
        title, user = made._element.findall("String/Value")[:2]
        title.text, user.text = f"{first} {number}", second
        made._set_string_field(f"Feld {number}", second, protected=bool(number % 2))
        if number < 50:
            made.add_attachment(database.add_binary(second.encode()), first + str(number))
    found = read_export(saved(database), password="p")
    assert len(found.entries) == 500
    for number, entry in enumerate(found.entries):
        first, second = HOSTILE[number % len(HOSTILE)], HOSTILE[(number * 7 + number // 25) % len(HOSTILE)]
        assert (entry.title, entry.user, entry.password) == (f"{first} {number}", second, first)
        assert entry.fields == (FreeField(name=f"Feld {number}", value=second, protected=bool(number % 2)),)
        assert entry.title.startswith(first)
    assert [(item.name, found.contents[item.id]) for item in found.documents] == [
        (HOSTILE[n % len(HOSTILE)] + str(n), HOSTILE[(n * 7 + n // 25) % len(HOSTILE)].encode())
        for n in range(50)
    ]


def test_a_key_file_opens(blank: bytes, tmp_path: Path):
    """A database that needs a password and a key file opens with both, and not with one."""
    (tmp_path / "key").write_bytes(b"k" * 32)
    database = opened(blank)
    database.keyfile = str(tmp_path / "key")
    data = saved(database)
    assert read_export(data, password="p", key_file=b"k" * 32).entries == ()
    assert refused(data, "p").code == "import.password-wrong"
    assert refused(data, "p", key_file=b"l" * 32).code == "import.password-wrong"


def one_entry(blank: bytes, fields: dict[str, str]) -> Imported:
    database = opened(blank)
    made = database.add_entry(database.root_group, "x", "", "")
    for name, text in fields.items():
        made._set_string_field(name, text, protected=True)
    return read_export(saved(database), password="p")


@pytest.mark.parametrize(
    ("fields", "totp"),
    [
        ({"otp": "jbsw y3dp-ehpk3pxp"}, Totp(secret="JBSWY3DPEHPK3PXP", algorithm="SHA1", digits=6, period=30)),
        ({"otp": "key=JBSWY3DPEHPK3PXP&step=60&size=8"}, Totp(secret="JBSWY3DPEHPK3PXP", algorithm="SHA1", digits=8, period=60)),
        ({"TimeOtp-Secret": "Hallo"}, Totp(secret="JBQWY3DP", algorithm="SHA1", digits=6, period=30)),
        ({"TimeOtp-Secret-Hex": "48616c6c6f", "TimeOtp-Period": "15"}, Totp(secret="JBQWY3DP", algorithm="SHA1", digits=6, period=15)),
        ({"TimeOtp-Secret-Base64": "SGFsbG8=", "TimeOtp-Algorithm": "HMAC-SHA-256"}, Totp(secret="JBQWY3DP", algorithm="SHA256", digits=6, period=30)),
        ({"TOTP Seed": "JBSWY3DP", "TOTP Settings": "30;S"}, Totp(secret="JBSWY3DP", algorithm="SHA1", digits=5, period=30, encoder="steam")),
        ({"TOTP Seed": "JBSWY3DP", "TOTP Settings": "60;8"}, Totp(secret="JBSWY3DP", algorithm="SHA1", digits=8, period=60)),
    ],
)  # fmt: skip
def test_every_spelling_of_a_totp_is_understood(blank: bytes, fields: dict[str, str], totp: Totp):
    """KeePassXC's, KeePass' and the plug-ins' ways to store a TOTP give the same thing, and no field is left."""
    (entry,) = one_entry(blank, fields).entries
    assert (entry.totp, entry.fields) == (totp, ())


@pytest.mark.parametrize(
    "text", ["not base32!", "otpauth://hotp/x?secret=JBSWY3DP&counter=3", "otpauth://totp/x?secret=A&secret=B", "key=", "otpauth://totp/[", "otpauth://totp/x?secret=JBSWY3DP&digits=99"]
)  # fmt: skip
def test_a_totp_that_is_not_understood_stays_a_field(blank: bytes, text: str):
    """What cannot be read is kept as it stands, protected, and named: nothing is guessed (P9)."""
    found = one_entry(blank, {"otp": text})
    assert found.entries[0].totp is None
    assert found.entries[0].fields == (FreeField(name="otp", value=text, protected=True),)
    assert found.not_carried == (NotCarried("x", "otp", "unreadable"),)


@needs_keepassxc
def test_a_3_1_file_without_a_hash_inside_is_refused(databases: Databases):
    """Where nothing proves the header of a KDBX 3.1 file, its passwords could be any: it is refused (P9)."""
    database = of_version_3(databases)
    database.kdbx.header.value.dynamic_header.transform_rounds.data = 10
    meta = database.tree.getroot().find("Meta")
    meta.remove(meta.find("HeaderHash"))
    assert refused(saved(database)).code == "import.keepass-header-hash"


def rebuilt(database: "pykeepass.PyKeePass") -> bytes:
    """The KDBX 3.1 database with its tree as it now is and the right hash inside, which pykeepass leaves out."""
    database.kdbx.header.value.dynamic_header.transform_rounds.data = 10
    field = database.tree.getroot().find("Meta/HeaderHash")
    for _ in range(2):  # the first round tells the header's bytes, whose hash goes inside
        data = KDBX.build(database.kdbx, password=PASSWORD, keyfile=None, transformed_key=None, decrypt=True)
        field.text = base64.b64encode(hashlib.sha256(read_header(data).raw).digest()).decode()
    return data


def of_version_3(databases: Databases) -> "pykeepass.PyKeePass":
    kdf = read_header(databases.kdbx3).kdf
    composite = hashlib.sha256(hashlib.sha256(PASSWORD.encode()).digest()).digest()
    key = aes_kdf(kdf.seed, kdf.rounds, composite)  # pykeepass takes seconds for what ours does at once
    return opened(databases.kdbx3, password=PASSWORD, transformed_key=key)


@needs_keepassxc
def test_a_3_1_file_with_its_hash_is_read(databases: Databases):
    """Another program's KDBX 3.1 file is read when the hash inside fits its header."""
    found = read_export(rebuilt(of_version_3(databases)), password=PASSWORD)
    assert [entry.title for entry in found.entries] == ["Postfach", "Webshop Größe", "leer"]


@needs_keepassxc
@pytest.mark.parametrize(
    ("path", "attribute", "text", "part"),
    [
        ("Meta/Binaries/Binary", "Protected", None, "protected-file"),
        ("Meta/Binaries/Binary", None, "no base64!", "file"),
        ("Meta/Binaries/Binary", None, "AAAA", "file"),
    ],
)
def test_what_pykeepass_would_let_pass_is_refused(
    databases: Databases, path: str, attribute: str | None, text: str | None, part: str
):
    """A protected file and a spoilt file are damage, where pykeepass would go on with rubbish (P9)."""
    database = of_version_3(databases)
    element = database.tree.getroot().find(path)
    if attribute is not None:
        element.set(attribute, "True")
    if text is not None:
        element.text = text
    error = refused(rebuilt(database))
    assert (error.code, error.fields) == ("import.keepass-damaged", {"part": part})


def test_nothing_of_a_database_is_logged(blank: bytes, caplog: pytest.LogCaptureFixture):
    """A value that cannot be decrypted is an error of ours, not a line in somebody's log (P10)."""
    database = opened(blank)
    database.add_entry(database.root_group, "x", "user", "geheim-4711")
    with caplog.at_level("DEBUG"):
        read_export(saved(database), password="p")
        refused(saved(database), "geheim-0815")
    assert "geheim" not in caplog.text
