import contextlib
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escrowd.core.bundle import Bundle, FreeField, Totp
from escrowd.core.bundle.imported import NotCarried
from escrowd.core.bundle.merge import merge
from escrowd.errors import EscrowdError
from escrowd.provider.imports import Format, detect_format, read_export

KEEPASSXC = (
    '"Group","Title","Username","Password","URL","Notes","TOTP","Icon","Last Modified","Created"\r\n'
    '"Wurzel/Web/Bäcker","Webshop Größe","jörg","p""ä, ß","https://x.example","Zeile 1\nZeile 2",'
    '"otpauth://totp/A:b?secret=JBSWY3DP&digits=8","0","2026-01-01T00:00:00Z","2025-01-01T00:00:00Z"\r\n'
    '"Wurzel","WLAN Laden","","geheim","","","","3","",""\r\n'
)
BITWARDEN = (
    "folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp\n"
    'Praxis/Web,1,login,Portal,n,"PIN: 0042\nAnschrift: Weg 1\n12345 Ort\nlose",0,'
    '"https://a.example/x,y,https://b.example,c.example",ö,pw,JBSWY3DP\n'
    ",,note,Tresor,3-1-4,,,,,,\n"
)
CHROME = (
    "name,url,username,password,note\nx.example,https://x.example/a,jörg,pä,Notiz\n,https://y.example/,u,p,\n"
)
FIREFOX = (
    '"url","username","password","httpRealm","formActionOrigin","guid","timeCreated","timeLastUsed","timePasswordChanged"\n'
    '"https://x.example","jörg","pä",,"https://x.example","{a1}","1","2","3"\n'
    '"https://r.example","u","p","Intern",,"{a2}","1","2","3"\n'
)
ANY = 'Dienst;Benutzer;Kennwort;Adresse;Vertrag;Ablauf;PUK\nHosting Ä;kunde;"g;h";h.example;Bäcker GmbH;2027-03-01;007\n'
COLUMNS = {
    "title": "Dienst",
    "user": "benutzer",
    "password": "Kennwort",
    "url": "Adresse",
    "contract-holder": "Vertrag",
    "renewal": "Ablauf",
}


def refused(text: str | bytes, **values: object) -> EscrowdError:
    with pytest.raises(EscrowdError) as caught:
        read_export(text.encode() if isinstance(text, str) else text, **values)
    return caught.value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (KEEPASSXC, "keepassxc-csv"),
        (BITWARDEN, "bitwarden-csv"),
        (CHROME, "chrome-csv"),
        (FIREFOX, "firefox-csv"),
    ],
)
def test_known_tables_are_recognised(text: str, name: str):
    """The program that wrote a table is known by its columns, also with a byte order mark and other separators."""
    assert detect_format(text.encode()) == detect_format(b"\xef\xbb\xbf" + text.encode()) == Format(name)
    rows = csv.reader(io.StringIO(text))
    target = io.StringIO()
    csv.writer(target, delimiter=";").writerows(rows)
    assert detect_format(target.getvalue().encode()) == Format(name)


def test_keepassxc():
    """KeePassXC's table arrives with path, TOTP, quotes and line breaks, the database's own name left out."""
    found = read_export(KEEPASSXC.encode())
    shop, wifi = found.entries
    assert (shop.title, shop.user, shop.password, shop.urls) == (
        "Webshop Größe",
        "jörg",
        'p"ä, ß',
        ("https://x.example",),
    )
    assert (shop.notes, shop.group) == ("Zeile 1\nZeile 2", ("Web", "Bäcker"))
    assert shop.totp == Totp(
        secret="JBSWY3DP", algorithm="SHA1", digits=8, period=30, issuer="A", account="b"
    )
    assert (wifi.kind, wifi.group, wifi.fields) == ("wifi", (), ())
    assert {item.field for item in found.not_carried} == {"files", "fields", "tags", "history"}


def test_bitwarden():
    """Bitwarden's table arrives with several URLs and with the fields that it packs into one cell."""
    found = read_export(BITWARDEN.encode())
    portal, safe = found.entries
    assert portal.urls == ("https://a.example/x,y", "https://b.example", "c.example")
    assert portal.fields == (
        FreeField(name="PIN", value="0042"),
        FreeField(name="Anschrift", value="Weg 1\n12345 Ort\nlose"),
    )
    assert (portal.group, portal.totp.secret, portal.password) == (("Praxis", "Web"), "JBSWY3DP", "pw")
    assert (safe.title, safe.kind, safe.notes) == ("Tresor", "note", "3-1-4")
    assert NotCarried("Portal", "favorite", "setting") in found.not_carried


def test_chrome():
    """Chrome's table arrives; a row without a name is called by its host."""
    first, second = read_export(CHROME.encode()).entries
    assert (first.title, first.urls, first.user, first.password, first.notes) == (
        "x.example", ("https://x.example/a",), "jörg", "pä", "Notiz",
    )  # fmt: skip
    assert (second.title, second.kind) == ("y.example", "website-login")


def test_firefox():
    """Firefox' table arrives with its realm as a free field, and its guid finds an entry again."""
    found = read_export(FIREFOX.encode())
    first, second = found.entries
    assert (first.title, first.user, first.password, first.origin.key) == ("x.example", "jörg", "pä", "{a1}")
    assert second.fields == (FreeField(name="httpRealm", value="Intern"),)
    assert NotCarried("x.example", "formActionOrigin", "setting") in found.not_carried


def test_any_table_with_a_map():
    """Whoever says what the columns mean can import any table; unnamed columns become free fields."""
    (entry,) = read_export(ANY.encode(), columns=COLUMNS).entries
    assert (entry.title, entry.user, entry.password, entry.urls) == (
        "Hosting Ä",
        "kunde",
        "g;h",
        ("h.example",),
    )
    assert (entry.contract_holder, entry.renewal, entry.kind) == ("Bäcker GmbH", "2027-03-01", "hosting")
    assert entry.fields == (FreeField(name="PUK", value="007", protected=True),)
    ignored = read_export(ANY.encode(), columns={**COLUMNS, "ignore": "PUK"})
    assert ignored.entries[0].fields == ()


def test_columns_without_a_name_and_without_content_are_nothing():
    """What a spreadsheet writes to the right of a table is left out; a value without a name would be refused."""
    wide = "".join(f"{line};;\n" for line in ANY.splitlines())
    assert read_export(wide.encode(), columns=COLUMNS).entries[0].fields == (
        FreeField(name="PUK", value="007", protected=True),
    )


def test_importing_a_table_again_changes_nothing():
    """Tables without keys find their rows again, and two equal rows stay two."""
    twice = CHROME + CHROME.splitlines()[1] + "\n"
    empty = Bundle(client="x", name="y", language="de", profile="guided", revision=0)
    first = merge(empty, read_export(twice.encode()), today="2026-11-24")
    again = merge(first.bundle, read_export(twice.encode()), today="2026-11-25")
    assert (len(first.added), len(again.unchanged), again.bundle) == (3, 3, first.bundle)


@pytest.mark.parametrize(
    ("text", "columns", "code"),
    [
        (ANY, None, "import.csv-needs-columns"),
        (ANY, {"titel": "Dienst"}, "import.csv-target"),
        (ANY, {"title": "Name"}, "import.csv-column"),
        (ANY, {"password": "Kennwort"}, "import.csv-no-title"),
        (ANY.replace("2027-03-01", "1.3.2027"), COLUMNS, "import.csv-day"),
        (ANY.replace("PUK", "Dienst"), COLUMNS, "import.csv-header"),
        (ANY.replace("PUK", ""), COLUMNS, "import.csv-header"),
        (ANY.replace("PUK", "Vertrag"), COLUMNS, "import.csv-header"),
        (ANY.replace(";007", ""), COLUMNS, "import.csv-row"),
        (ANY.replace('h"', "h"), COLUMNS, "import.csv-malformed"),
        (ANY.replace('"g;h"', '"g"h'), COLUMNS, "import.csv-malformed"),
        (ANY.encode("cp1252"), COLUMNS, "import.not-utf8"),
        (ANY.encode("utf-16"), COLUMNS, "import.not-utf8"),
        ("nur eine Spalte\nx\n", COLUMNS, "import.unknown-format"),
        (CHROME.encode() + b" " * 64 * 2**20, None, "import.too-large"),
        ("a,b\n" + "x" * 140_000 + ",y\n", {"title": "a"}, "import.csv-malformed"),
    ],
)
def test_other_tables_are_refused(text: str | bytes, columns: dict[str, str] | None, code: str):
    """A table that cannot be read exactly is refused with its line or the column that is wrong (P9)."""
    assert refused(text, columns=columns).code == code


def test_a_table_without_a_header_shows_no_secret():
    """Of a table that nobody knows only the number of columns is told: its first line may hold a password (P10)."""
    error = refused("Shop,geheim-4711,x\n")
    assert error.fields == {"count": 3}
    assert "4711" not in str(refused("Shop,geheim-4711,x\n", columns={"title": "geheim-0815"}))


SAMPLES = [KEEPASSXC, BITWARDEN, CHROME, FIREFOX, ANY]


@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9), st.text(max_size=3)), max_size=4),
)
@settings(max_examples=300, deadline=None)
def test_any_damage_is_an_error_of_ours(text: str, edits: list[tuple[int, int, str]]):
    """Whatever is cut out of or put into a table, it is read or refused with one of our errors (P9)."""
    for place, size, put in edits:
        text = text[:place] + put + text[place + size :]
    with contextlib.suppress(EscrowdError):
        read_export(text.encode(errors="surrogatepass"), columns=COLUMNS if "Dienst" in text else None)


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


@given(st.lists(st.tuples(cells, cells, cells, cells), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_any_cells_arrive(rows: list[tuple[str, str, str, str]]):
    """Whatever stands in a cell arrives exactly, and no row that holds something is lost."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(["title", "password", "notes", "extra"])
    writer.writerows(rows)
    columns = {"title": "title", "password": "password", "notes": "notes"}
    found = read_export(target.getvalue().encode(), columns=columns)
    assert [
        (entry.title, entry.password, entry.notes, "".join(field.value for field in entry.fields))
        for entry in found.entries
    ] == [row for row in rows if any(row)]
