"""Every page of a node in a browser: a picture in the test output, nothing that axe-core finds, nothing too wide."""

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from node.page_samples import frame, pages
from playwright.sync_api import Browser, sync_playwright

from escrowd.node.pages.views import View, render_view
from escrowd.texts import render

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "tests/output/pages"
AXE = ROOT / "page/node_modules/axe-core/axe.min.js"
CHROMIUM = shutil.which("chromium")
STYLE = (Path(render.__file__).parent / "pages/style.css").read_text(encoding="utf-8")
LINK = '<link rel="stylesheet" href="/p/style.css">'
ALIKE = ("proof-refused-", "message-", "object-", "consent-", "remove-", "vouch-", "set-", "checkin-")
"""Of pages that differ in a sentence only, the first two are looked at."""
CHUNKS = 2


def _different() -> Iterator[tuple[str, View]]:
    seen = Counter[str]()
    for name, view in pages():
        family = next((family for family in ALIKE if name.startswith(family)), name)
        seen[family] += 1
        if seen[family] <= 2:
            yield name, view


CASES = list(_different())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium: apt install chromium")
    arguments = ["--disable-gpu", "--disable-background-networking"]
    # Its sandbox needs user namespaces, which root in a container does not have.
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        own = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield own
        own.close()


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1200), ("dark", 360)], ids=["light-wide", "dark-narrow"]
)
def test_a_page_can_be_read_by_everybody(browser: Browser, scheme: str, width: int, chunk: int):
    """No page, light or dark, on a desktop or a phone, in either language, is too wide or breaks a rule of axe-core."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, offline=True)
    page = context.new_page()
    page.set_content("<p>")
    page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    for at, (name, view) in enumerate(CASES):
        if at % CHUNKS != chunk:
            continue
        language = render.LANGUAGES[(at // CHUNKS + (width < 500)) % 2]  # the other one in the other scheme
        html = render_view(frame(language), view)
        assert LINK in html
        page.evaluate(WRITE, html.replace(LINK, f"<style>{STYLE}</style>"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
        assert not [(name, one["id"], one["nodes"][0]["html"]) for one in found]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.screenshot(path=OUTPUT / f"{name}-{language}-{scheme}-{width}.png", full_page=True)
    context.close()


# The same document again, so that axe-core is read once.
WRITE = """html => {
  const next = new DOMParser().parseFromString(html, 'text/html');
  document.replaceChild(next.documentElement, document.documentElement);
}"""
