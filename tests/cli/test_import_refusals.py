"""Exports that are none, are damaged or locked: refused as a whole, and nothing of them is taken."""

import pytest

from escrowd_cli.demo.samples import write_keepass

AS_WRITTEN = "take the file as the program wrote it"


@pytest.mark.parametrize(
    ("content", "code", "says", "hint"),
    [
        (b"", 3, "the export is empty", "export again from the password manager"),
        (
            b"It rains.\n",
            3,
            "this is no export that escrow knows",
            "export as KDBX, Bitwarden JSON, 1PUX or CSV, or save as XLSX or ODS; for another table name its columns: --column title=Name",
        ),
        (
            b'{"encrypted": false, "items": [], "folders": [], "count": NaN}',
            3,
            "the JSON has a number that is none (NaN or Infinity)",
            AS_WRITTEN,
        ),
        (
            b"[" * 100_000 + b"]" * 100_000,
            3,
            "the JSON is nested deeper than 64 levels",
            "no export is: " + AS_WRITTEN,
        ),
        (b'{"items": [', 3, "this is no JSON (from character 11)", AS_WRITTEN),
        (b'{"items": [], "items": []}', 3, "a key stands twice in one object of the JSON", AS_WRITTEN),
        (
            b"Name,Kennwort,Wo\nShop,secret,here\n",
            3,
            "this CSV is of no program that escrow knows; it has 3 columns",
            "say which is which: --column title=HEADING --column password=HEADING",
        ),
        (
            b"name,url,username,password\nShop,x,y\n",
            3,
            "line 2 of the CSV has 3 columns, the first line has 4",
            "export again; a spreadsheet program may have spoilt a separator or a quote",
        ),
    ],
)
def test_an_export_that_is_none(desk, content, code, says, hint):
    """What cannot be read is refused as a whole: no entry is taken from half an export."""
    (desk.folder / "broken").write_bytes(content)
    with desk.unchanged():
        answer = desk.unlocked("import", "bakery", "broken")
    answer.refuses(code, says, hint)
    assert "secret" not in answer.err


def test_a_kdbx_with_a_wrong_header(desk):
    """A KeePass file whose header was changed is damaged, whatever its password would open."""
    path = desk.folder / "vault.kdbx"
    write_keepass(path, "master")
    desk.write("master", "master\n")
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)
    with desk.unchanged():
        desk.unlocked("import", "bakery", "vault.kdbx", "--password-file", "master").refuses(
            5,
            "the KDBX file is damaged: its header is not the one that was written",
            "take another copy of the file, or export it again",
        )
        desk.unlocked("import", "bakery", "vault.kdbx").refuses(
            3, "the export has a password", "add --encrypted and type it, or --password-file FILE"
        )


def test_a_kdbx_with_a_wrong_password(desk):
    """The password of an export is another than that of the workspace, and the hint says so."""
    write_keepass(desk.folder / "vault.kdbx", "master")
    with desk.unchanged():
        desk.unlocked("import", "bakery", "vault.kdbx", "--password-file", "passphrase").refuses(
            3,
            "the export does not open with this password",
            "type the password of the export, not that of the workspace; a KeePass file may want --key-file FILE too",
        )


def test_a_group_or_a_column_that_is_not_there(desk):
    """A group and a column are looked for in the file, and named when they are not there."""
    desk.write("list.csv", "Name,Word\nShop,secret\n")
    with desk.unchanged():
        desk.unlocked("import", "bakery", "export.json", "--group", "Web/Old").refuses(
            8,
            "the export has no group Web/Old",
            "write the path as in the password manager, its parts parted by /",
        )
        desk.unlocked("import", "bakery", "list.csv", "--column", "title=Titel").refuses(
            3,
            "no column has the heading that is given for title",
            "take the headings as they stand in the first line of the file",
        )
        desk.unlocked("import", "bakery", "list.csv", "--column", "colour=Name").refuses(
            3,
            "colour is no field of an entry",
            "the fields are title, url, user, password, totp, notes, group and so on: see escrow import --help",
        )
