"""The Mappe: a kit inside the recovery page, whatever the names in it."""

import base64
import json
import re
from html.parser import HTMLParser

import pytest

from escrowd.paper.mappe import make_mappe

PAGE = (
    b'<!doctype html><html><body><p id="before"></p><!-- escrow-mappe --><script>run()</script></body></html>'
)
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "a\u2028b\r\n\x00",
    '"}]}',
    "<!-- escrow-mappe -->",
]
FILES = {
    "bundle.age": b"age-encryption.org/v1\n\x00\xff</script>",
    "key-1.age": b"k",
    "manifest.jws": b"a.b.c",
}


class Scripts(HTMLParser):
    """The scripts of a page: attributes and content."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        if tag == "script":
            self.found.append([dict(attrs), ""])

    def handle_data(self, data):
        if self.found and self.lasttag == "script":
            self.found[-1][1] += data


def made(**changes):
    values = {"client": "bakery", "name": "Bäckerei Korn", "language": "de", "files": FILES}
    return make_mappe(PAGE, **{**values, **changes})


def test_a_mappe_holds_the_kit_as_it_is():
    """Every file comes back byte for byte, and a kit names no shares."""
    (attributes, text), run = Scripts(made()).found
    assert attributes == {"type": "application/json", "id": "escrow-mappe"}
    block = json.loads(text)
    assert {name: base64.b64decode(data) for name, data in block.pop("files").items()} == FILES
    assert block == {
        "schema": "escrow-mappe/1",
        "client": "bakery",
        "name": "Bäckerei Korn",
        "language": "de",
    }
    assert run == [{}, "run()"]


def test_a_released_mappe_holds_the_share():
    """On release the node's words go in, a string for each set."""
    assert json.loads(Scripts(made(shares=["academic acid"])).found[0][1])["shares"] == ["academic acid"]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_ends_the_data_block(name):
    """A client called like a tag stays data: the page has the same two scripts, and the block holds the name."""
    page = made(name=name, shares=[name])
    (_, text), run = Scripts(page).found
    assert run == [{}, "run()"]
    assert json.loads(text)["name"] == name
    assert not re.search(r"[<\x00-\x1f\x7f-\U0010ffff]", text)


def test_all_but_the_block_is_the_page():
    """A Mappe differs from the built page in that one place only, so its policy's hashes hold."""
    before, after = PAGE.split(b"<!-- escrow-mappe -->")
    page = made()
    assert page.startswith(before)
    assert page.endswith(after)
    assert made() == page


@pytest.mark.parametrize("page", [b"<p>", PAGE + PAGE])
def test_a_page_without_one_place_is_refused(page):
    """A page that is not the built one makes no Mappe."""
    with pytest.raises(ValueError, match=r"^[02]$"):
        make_mappe(page, client="bakery", name="x", language="de", files=FILES)
