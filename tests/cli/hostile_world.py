"""Five hundred texts that mean something elsewhere, and exports of five formats that are full of them."""

import csv
import io
import itertools
import json
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from functools import cache
from xml.sax.saxutils import escape

from pykeepass import create_database

MASTER = "master"
COUNT = 500

_LINES = ("\n", "\r", "\r\n", "\n\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
_SPACES = tuple(
    char for char in map(chr, range(0x10000)) if unicodedata.category(char) == "Zs" and char != " "
)
_HIDDEN = tuple(
    "\u00ad\u034f\u061c\u115f\u17b4\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061"
    "\u2064\u2066\u2067\u2068\u2069\u206a\u3164\ufe0e\ufe0f\ufeff\uffa0\ufff9\ufffc\ufffd\U0001d173\U000e0001"
    "\U000e0041\U000e007f\ue000\ufdd0\ufffe\uffff\U0001ffff\U0010ffff\u0378"
)
_MEANT_FOR_OTHERS = """\
=HYPERLINK("http://x.example";"click")
=cmd|' /C calc'!A0
+1+1
-1+1
@SUM(1)
%3D1
'=1
;;;
a;b,c	d
"quoted"
'single'
""
'
"
\\
\\\\
<script>alert(1)</script>
</textarea></title></dd>
<!-- -->
-->
]]>
<![CDATA[x]]>
&amp;&lt;&#65;&#0;&nbsp;&
" onmouseover="x
javascript:alert(1)
data:text/html,<b>
#set page(width: 1pt)
#panic("x")
$ x^2 $
*bold* _it_ `raw`
@ref <label>
// comment
/* comment
https://x.example/#a
~~- -- --- ...
{{ 7 * 7 }}
{% raw %}
{# comment #}
{0} {name} {name!r}
%s %n %(x)s %
${HOME} $(reboot) `reboot`
; rm -rf ~
| cat
&& true
> file
-rf
--help
' OR 1=1 --
"; DROP TABLE entry; --
"][/Entry/String
*)(uid=*
${jndi:ldap://x.example/a}
{REF:P@I:00000000000000000000000000000000}
{USERNAME}{PASSWORD}
../../etc/passwd
..\\..\\boot.ini
/etc/shadow
C:\\CON
NUL
con.txt
file:///etc/passwd
.
..
~
*
?
null
None
true
false
NaN
-Infinity
0
-0
007
0x10
1e9
1,5
1.0
12345678901234567890
2026-11-24
1/2
[]
{}
[U+0041]
[U+202E]
_x0041_
_x000D_
_x005F_
\\u0041
\\n
%00
%u202e
&#x202e;
=?utf-8?q?x?=
0O1lI|5S8B
ﬁﬂ ﬀ
Ω Å K
İıſß
ǅ ŉ
""".splitlines()
_SCRIPTS = (
    "שלום",
    "مرحبا",
    "שלום abc مرحبا 123",
    "abc שלום 12-34",
    "漢字かな交じり文",
    "한글",
    "ไทย",
    "नमस्ते",
    "தமிழ்",
    "Ελληνικά",
    "Кириллица",
    "\u0440\u0430ypal",
    "ⅣⅧ①",
    "ﷺ",
    "\U0001d401\U0001d428\U0001d4d2",
    "😀",
    "👩‍👩‍👧‍👦",
    "👍🏽",
    "🇩🇪🇦",
    "1️⃣",
    "❤️ ❤",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "𠜎",
    "ᚠᛇ",
    "\u200f\u202eabc\u202c",
)
_ACCENTS = ("é", "Å", "\u017f\u0323", "ǖ", "가", "ệ", "q̇̃", "ﬁ", "²", "\uff1d1", "ß", "Ω")
_LONG = (
    "x" * 200,
    "0O" * 500,
    "Wort " * 999 + "Ende",
    "ä" * 5_000,
    "漢" * 300,
    "a" + "\u0301" * 60,
    " " * 50 + ".",
)


@cache
def hostile() -> tuple[str, ...]:
    """The texts, all different, none empty."""
    controls = [chr(code) for code in (*range(1, 0x20), *range(0x7F, 0xA0)) if chr(code) not in _LINES]
    found = [
        "=HYPERLINK(1)",
        "../../x",
        "NUL\x00Ende",
        *(f"a{char}b" for char in controls),
        *(f"eins{line}zwei" for line in _LINES),
        *(f"{line}Anfang" for line in _LINES),
        *(f"Ende{line}" for line in _LINES),
        *(f"zwei{space}Wörter" for space in _SPACES),
        *(f"{space}Rand{space}" for space in (" ", "\t", *_SPACES)),
        "zwei  Leerzeichen",
        " ",
        "\t",
        "\n",
        "\u3000",
        *(f"vor{char}nach" for char in _HIDDEN),
        *_HIDDEN[:12],
        "\x1b[2J\x1b]0;Titel\x07",
        "\x9b31mrot",
        *_MEANT_FOR_OTHERS,
        *_SCRIPTS,
        *(
            unicodedata.normalize(form, f"{text} {form}")
            for text in _ACCENTS
            for form in ("NFC", "NFD", "NFKC", "NFKD")
        ),
        *_LONG,
    ]
    found = list(dict.fromkeys(found))
    pairs = (one[:40] + other[:40] for one, other in itertools.pairwise(reversed(found)))
    while len(found) < COUNT:
        text = next(pairs)
        if text not in found:
            found.append(text)
    return tuple(found[:COUNT])


def in_xml(text: str) -> bool:
    """Whether XML 1.0 can hold it at all."""
    return all(
        char in "\t\n\r" or "\x20" <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char > "\uffff"
        for char in text
    )


def bitwarden(texts: Sequence[str]) -> bytes:
    """Each text as everything that a login has."""
    items = [
        {
            "id": f"{n:08}-0000-4000-8000-000000000000",
            "type": 1,
            "name": text,
            "notes": text,
            "fields": [{"name": text, "value": text, "type": n % 2}],
            "login": {"username": text, "password": text, "uris": [{"uri": text}]},
        }
        for n, text in enumerate(texts)
    ]
    return json.dumps({"encrypted": False, "folders": [], "items": items}).encode()


def onepassword(texts: Sequence[str]) -> bytes:
    items = [
        {
            "uuid": f"one{n}",
            "categoryUuid": "001",
            "state": "active",
            "overview": {"title": text, "url": text},
            "details": {
                "loginFields": [
                    {"value": text, "designation": "username"},
                    {"value": text, "designation": "password", "fieldType": "P"},
                ],
                "notesPlain": text,
                "sections": [{"title": "", "fields": [{"title": text, "value": {"string": text}}]}],
            },
        }
        for n, text in enumerate(texts)
    ]
    vault = {"attrs": {"name": ""}, "items": items}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("export.attributes", json.dumps({"version": 3}))
        archive.writestr(
            "export.data", json.dumps({"accounts": [{"attrs": {}, "vaults": [vault]}]}, ensure_ascii=False)
        )
    return target.getvalue()


COLUMNS = {"title": "Name", "user": "Wer", "password": "Wort", "url": "Wo", "notes": "Notiz"}


def table(texts: Sequence[str]) -> bytes:
    """A CSV whose last column, which nobody names, becomes a free field."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow([*COLUMNS.values(), "Mehr"])
    writer.writerows([text] * 6 for text in texts)
    return target.getvalue().encode()


def spreadsheet(texts: Sequence[str]) -> bytes:
    """The same table as XLSX, its texts shared as a spreadsheet program shares them."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    shared = [*COLUMNS.values(), "Mehr", *texts]
    rows = [range(6), *([6 + n] * 6 for n in range(len(texts)))]
    cells = "".join("<row>" + "".join(f'<c t="s"><v>{n}</v></c>' for n in row) + "</row>" for row in rows)
    parts = "".join(f'<si><t xml:space="preserve">{_in_cell(text)}</t></si>' for text in shared)
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{kind}.worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r" Type="{rels}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rels}"><sheets>'
        '<sheet name="T" sheetId="1" r:id="s1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="s1" Type="{rels}/worksheet" Target="worksheets/1.xml"/>'
        f'<Relationship Id="s2" Type="{rels}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}" count="{len(shared)}">{parts}</sst>',
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return target.getvalue()


def _in_cell(text: str) -> str:
    """ST_Xstring (ECMA-376, 22.9.2.19): what XML cannot hold is _x0007_, and what looks so is escaped."""
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    text = "".join(char if in_xml(char) and char != "\r" else f"_x{ord(char):04X}_" for char in text)
    return escape(text)


def keepass(texts: Sequence[str]) -> bytes:
    """The same as a KDBX 4 file, each tenth with a file of that name and content; its key costs little."""
    target = io.BytesIO()
    database = create_database(target, password=MASTER)
    kdf = database.kdbx.header.value.dynamic_header.kdf_parameters.data.dict
    kdf["M"].value, kdf["I"].value = 1 << 20, 2
    for number, text in enumerate(texts):
        made = database.add_entry(database.root_group, str(number), "", text)
        # pykeepass builds an XPath from title and user, which a quote breaks: so they are set behind its back.
        title, user = made._element.findall("String/Value")[:2]
        title.text, user.text = text, text
        made._set_string_field("URL", text)
        made._set_string_field("Notes", text)
        made._set_string_field("Feld", text, protected=bool(number % 2))
        made._element.findall("String/Key")[-1].text = f"Feld {text}"
        if number % 10 == 0:
            made.add_attachment(database.add_binary(text.encode()), text)
    target.seek(0)
    database.save(target)
    return target.getvalue()
