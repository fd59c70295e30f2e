"""The one home of typst: a template and JSON in, a tagged PDF/A-2a out. Knows no fonts but typst's own."""

import json
from pathlib import Path
from typing import Any, Final

import typst

from escrowd.errors import InputError

_STANDARD: Final = "a-2a"
_FONTS: Final = typst.Fonts(include_system_fonts=False)


def typeset(template: Path, data: str) -> tuple[bytes, int]:
    """The PDF and its number of pages.

    The template reads ``data`` with ``json(bytes(sys.inputs.data))`` and ends in a labelled element:
    ``#context [#metadata(counter(page).final().first()) <pages>]``.

    Raises: InputError ``paper.not-typeset`` if typst refuses. Its message may quote the data: it is dropped.
    """
    compiler = typst.Compiler(str(template), font_paths=_FONTS, sys_inputs={"data": data})
    try:
        pdf = compiler.compile(format="pdf", pdf_standards=[_STANDARD])
        pages = compiler.query("<pages>", field="value", one=True)
    except typst.TypstError:
        raise InputError("paper.not-typeset") from None
    if not isinstance(pdf, bytes):  # typst's type allows a list, which it returns for pictures
        raise TypeError
    return pdf, int(pages)


def asked(template: Path, data: str, label: str) -> Any:
    """The value of the labelled metadata of a template that is set with ``data``. Raises as ``typeset``."""
    compiler = typst.Compiler(str(template), font_paths=_FONTS, sys_inputs={"data": data})
    try:
        return json.loads(compiler.query(f"<{label}>", field="value", one=True))
    except typst.TypstError:
        raise InputError("paper.not-typeset") from None
