"""The recovery page in Chromium: how long until somebody can type, and until a long list is there."""

import os
import shutil
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.figures import Figure

USABLE = 1.0
"""Seconds from the start of loading until the first field of a card takes a letter."""
_PAGE = Path(__file__).resolve().parents[1] / "escrowd/recovery/recover.html"
_ROUNDS = 7


def figures() -> Iterator[Figure]:
    """The middle of some visits, each with a profile of its own."""
    program = shutil.which("chromium")
    if program is None:
        print("browser: no chromium here")
        return
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        middle = statistics.median(_usable(browser) for _ in range(_ROUNDS))
        browser.close()
    yield Figure("page: usable in Chromium", f"{middle:.2f} s", f"{USABLE} s", middle / USABLE, at_most=1)


def _usable(browser: Browser) -> float:
    context = browser.new_context(offline=True)
    page = context.new_page()
    began = time.perf_counter()
    page.goto(_PAGE.as_uri(), wait_until="commit")
    page.locator("[data-word='1']").focus()
    page.keyboard.type("a")
    page.wait_for_function("document.querySelector(\"[data-word='1']\").value === 'a'")
    taken = time.perf_counter() - began
    context.close()
    return taken
