import io
import json
import zipfile

import pytest

from escrowd.core.bundle import Entry, FreeField
from escrowd.core.bundle.imported import Imported, NotCarried
from escrowd.errors import EscrowdError
from escrowd.provider.imports import detect_format, read_export

LOGIN = {
    "uuid": "login1",
    "favIndex": 1,
    "createdAt": 1,
    "state": "active",
    "categoryUuid": "001",
    "details": {
        "loginFields": [
            {"value": "jörg", "id": "", "name": "u", "fieldType": "T", "designation": "username"},
            {"value": "pä ß", "id": "", "name": "p", "fieldType": "P", "designation": "password"},
            {"value": "42", "id": "", "name": "Kundennummer", "fieldType": "T", "designation": ""},
        ],
        "notesPlain": "Zeile 1\nZeile 2",
        "sections": [
            {
                "title": "Sicherheit",
                "name": "s",
                "fields": [
                    {"title": "Einmalcode", "id": "t", "value": {"totp": "JBSWY3DPEHPK3PXP"}},
                    {"title": "PIN", "id": "x", "value": {"concealed": "0042"}},
                    {"title": "Ort", "id": "y", "value": {"address": {"street": "Weg 1", "zip": "01234"}}},
                    {"title": "", "id": "leer", "value": {"string": ""}},
                    {"title": "Verweis", "id": "r", "value": {"reference": "other"}},
                ],
            }
        ],
        "passwordHistory": [{"value": "alt", "time": 1}],
    },
    "overview": {
        "title": "Webshop",
        "url": "https://shop.example",
        "urls": [{"label": "", "url": "https://shop.example"}, {"url": "https://b.example"}],
        "tags": ["web"],
        "ps": 0,
    },
}
WIFI = {
    "uuid": "wifi1",
    "favIndex": 0,
    "state": "archived",
    "categoryUuid": "109",
    "details": {
        "sections": [
            {
                "title": "",
                "fields": [{"title": "Kennwort", "id": "wireless_password", "value": {"concealed": "w"}}],
            }
        ]
    },
    "overview": {"title": "Laden"},
}
PAPER = {
    "uuid": "doc1",
    "categoryUuid": "006",
    "details": {"documentAttributes": {"fileName": "Vertrag.pdf", "documentId": "d1", "decryptedSize": 3}},
    "overview": {"title": "Vertrag"},
}
LOST = {
    **PAPER,
    "uuid": "doc2",
    "details": {"documentAttributes": {"fileName": "weg.pdf", "documentId": "d2"}},
}


def export(*items: object, **files: bytes) -> bytes:
    target = io.BytesIO()
    data = {
        "accounts": [
            {
                "attrs": {"accountName": "Korn"},
                "vaults": [{"attrs": {"name": "Bäcker"}, "items": list(items)}],
            }
        ]
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.attributes", '{"version": 3}')
        archive.writestr("export.data", json.dumps(data, ensure_ascii=False))
        for name, content in files.items():
            archive.writestr(f"files/{name}__Vertrag.pdf", content)
    return target.getvalue()


def read(*items: object, **files: bytes) -> Imported:
    return read_export(export(*items, **files))


def only(found: Imported) -> Entry:
    (entry,) = found.entries
    return entry


def test_a_login_arrives_with_every_field() -> None:
    """User, password, URLs, notes, one-time password, tags and sections arrive; the vault is the group."""
    entry = only(read(LOGIN))
    assert (entry.title, entry.user, entry.password) == ("Webshop", "jörg", "pä ß")
    assert entry.urls == ("https://shop.example", "https://b.example")
    assert entry.notes == "Zeile 1\nZeile 2"
    assert entry.totp is not None
    assert entry.totp.secret == "JBSWY3DPEHPK3PXP"
    assert (entry.tags, entry.group, entry.kind) == (("web",), ("Bäcker",), "website-login")
    assert entry.fields == (
        FreeField(name="Kundennummer", value="42"),
        FreeField(name="Sicherheit: PIN", value="0042", protected=True),
        FreeField(name="Sicherheit: Ort.street", value="Weg 1"),
        FreeField(name="Sicherheit: Ort.zip", value="01234"),
    )


def test_what_has_no_place_is_reported() -> None:
    """Former passwords, favourites, links to other items and archived items are named."""
    assert read(LOGIN, WIFI).not_carried == (
        NotCarried("Webshop", "Sicherheit: Verweis", "reference"),
        NotCarried("Webshop", "passwordHistory", "history"),
        NotCarried("Webshop", "favorite", "setting"),
        NotCarried("Laden", "archived", "setting"),
    )


def test_the_category_says_the_kind_and_where_the_password_is() -> None:
    """A wireless router is of kind wifi, and its section's password is the entry's."""
    entry = only(read(WIFI))
    assert (entry.kind, entry.password, entry.fields) == ("wifi", "w", ())


def test_a_file_arrives_byte_for_byte() -> None:
    """A document is attached to its entry under its own name."""
    found = read(PAPER, d1=b"%PDF")
    (document,) = found.documents
    assert (document.name, document.entry) == ("Vertrag.pdf", only(found).id)
    assert found.contents[document.id] == b"%PDF"


def test_a_file_that_the_export_lacks_is_named() -> None:
    """A file that an item names and the archive does not hold is reported, not dropped in silence."""
    assert read(LOST).not_carried == (NotCarried("Vertrag", "weg.pdf", "reference"),)


def test_several_accounts_are_told_apart() -> None:
    """With several accounts the group's path begins with the account's name."""
    account = {"attrs": {"accountName": "A"}, "vaults": [{"attrs": {"name": "V"}, "items": [WIFI]}]}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("export.attributes", "{}")
        archive.writestr("export.data", json.dumps({"accounts": [account, {**account, "attrs": {}}]}))
    assert [entry.group for entry in read_export(target.getvalue()).entries] == [("A", "V"), ("V",)]


def test_it_is_recognised() -> None:
    """A ZIP with the export's two files is 1Password's, whatever it is called."""
    assert detect_format(export()).name == "1password"


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ("x", "import.malformed"),
        ({"overview": "x"}, "import.malformed"),
        ({"overview": {"title": {"a": 1}}}, "import.malformed"),
        ({"details": {"sections": {}}}, "import.malformed"),
    ],
)
def test_another_shape_is_named(item: object, code: str) -> None:
    """A member of another type is one error."""
    with pytest.raises(EscrowdError) as caught:
        read(item)
    assert caught.value.code == code


def test_a_damaged_archive_is_named() -> None:
    """A flipped byte in the compressed data is damage, not another value."""
    whole = bytearray(export(LOGIN))
    middle = whole.index(b"export.data") + 60
    whole[middle] ^= 0xFF
    with pytest.raises(EscrowdError) as caught:
        read_export(bytes(whole))
    assert caught.value.code == "import.archive-damaged"


def test_a_bomb_is_refused() -> None:
    """Data that unpacks to more than the limit is refused before it is parsed."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.attributes", "{}")
        archive.writestr("export.data", b" " * (64 * 2**20 + 1))
    with pytest.raises(EscrowdError) as caught:
        read_export(target.getvalue())
    assert caught.value.code == "import.too-large"
