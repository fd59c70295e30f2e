"""Spreadsheets written by hand, as XLSX and ODS: the smallest that their standards allow."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

import pytest

from escrowd.core.bundle.imported import NotCarried
from escrowd.errors import EscrowdError
from escrowd.provider.imports import detect_format, read_export

Rows = Sequence[Sequence[str | int]]
ROWS: Rows = [
    ("Dienst", "Kennwort", "Kunde Nr"),
    ("Hosting Ä", "pä;ß", 7),
    ("", "", ""),
    ("Mail", "=1+1", "007"),
]
OTHER: Rows = [("Notiz",), ("nur Text",)]
COLUMNS = {"title": "Dienst", "password": "Kennwort"}


def xlsx(sheets: Mapping[str, Rows]) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{kind}.worksheet+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r" Type="{rels}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rels}"><sheets>'
        + "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="s{n}"/>' for n, name in enumerate(sheets, 1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        + "".join(
            f'<Relationship Id="s{n}" Type="{rels}/worksheet" Target="worksheets/{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        + "</Relationships>",
    }
    for n, rows in enumerate(sheets.values(), 1):
        cells = "".join("<row>" + "".join(map(_xlsx_cell, row)) + "</row>" for row in rows)
        files[f"xl/worksheets/{n}.xml"] = (
            f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
        )
    return packed(files)


def _xlsx_cell(value: str | int) -> str:
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def ods(sheets: Mapping[str, Rows]) -> bytes:
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>"
        + "".join("<table:table-row>" + "".join(map(_ods_cell, row)) + "</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    content = (
        f'<office:document-content xmlns:office="{urn}:office:1.0" xmlns:table="{urn}:table:1.0"'
        f' xmlns:text="{urn}:text:1.0"><office:body><office:spreadsheet>{tables}</office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<manifest:manifest xmlns:manifest="{urn}:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/></manifest:manifest>'
    )
    return packed({"mimetype": mime, "META-INF/manifest.xml": manifest, "content.xml": content})


def _ods_cell(value: str | int) -> str:
    if isinstance(value, int):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'


def packed(files: Mapping[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return target.getvalue()


@pytest.mark.parametrize("write", [xlsx, ods])
def test_each_row_is_an_entry(write: object) -> None:
    """Texts arrive as they stand, whole numbers without a point, and empty rows are none."""
    data = write({"Tabelle": ROWS})  # type: ignore[operator]
    assert detect_format(data).needs == "columns"
    found = read_export(data, columns=COLUMNS)
    assert [(entry.title, entry.password, entry.fields[0].value) for entry in found.entries] == [
        ("Hosting Ä", "pä;ß", "7"),
        ("Mail", "=1+1", "007"),
    ]
    assert found.entries[0].group == ()


def test_sheets_are_groups_and_the_others_are_named() -> None:
    """Of several sheets those with the columns are taken, each as a group; a sheet without them is reported."""
    found = read_export(xlsx({"Bäcker": ROWS, "Zahnarzt": ROWS, "Notizen": OTHER}), columns=COLUMNS)
    assert [entry.group for entry in found.entries] == [("Bäcker",)] * 2 + [("Zahnarzt",)] * 2
    assert found.groups == (("Bäcker",), ("Zahnarzt",))
    assert found.not_carried == (NotCarried("", "Notizen", "elsewhere"),)


@pytest.mark.parametrize(
    ("data", "columns", "code"),
    [
        (xlsx({"A": ROWS}), None, "import.csv-needs-columns"),
        (xlsx({"A": ROWS}), {"title": "Fehlt"}, "import.csv-column"),
        (xlsx({"A": ROWS, "B": OTHER}), {"title": "Dienst", "notes": "Notiz"}, "import.csv-column"),
        (xlsx({"A": OTHER, "B": ROWS}), {"title": "Notiz", "password": "Kennwort"}, "import.csv-column"),
        (xlsx({"A": [("a", "a"), ("1", "2")]}), {"title": "a"}, "import.csv-header"),
        (xlsx({"A": []}), {"title": "a"}, "import.empty"),
        (packed({"xl/workbook.xml": "<x"}), {"title": "a"}, "import.archive-damaged"),
        (packed({"content.xml": "<x"}), {"title": "a"}, "import.archive-damaged"),
        (b"PK\x03\x04 but no archive", None, "import.unknown-format"),
    ],
)
def test_what_cannot_be_read_is_one_error(data: bytes, columns: dict[str, str] | None, code: str) -> None:
    """A table without the headings, without rows, or damaged is one error, and no entry."""
    with pytest.raises(EscrowdError) as caught:
        read_export(data, columns=columns)
    assert caught.value.code == code


def test_a_bomb_is_refused() -> None:
    """A sheet that unpacks to more than the limit is refused before it is parsed."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (256 * 2**20 + 1))
    with pytest.raises(EscrowdError) as caught:
        read_export(target.getvalue(), columns=COLUMNS)
    assert caught.value.code == "import.too-large"
