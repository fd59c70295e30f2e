"""One Chromium a worker, with the network cut."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from page.page_world import DESKTOP, LOCALES, NOW, Language, Visit
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium: apt install chromium")
    # Its sandbox needs user namespaces, which root in a container does not have.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        own = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield own
        own.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Make a visit; when the test ends, nothing may have failed unseen or asked for the network."""
    visits = []

    def make(language: Language = "de", *, viewport=DESKTOP, scheme="light", scripts=True) -> Visit:
        context = browser.new_context(
            locale=LOCALES[language],
            viewport=viewport,
            color_scheme=scheme,
            offline=True,
            java_script_enabled=scripts,
            has_touch=viewport["width"] < 500,
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
        )
        context.set_default_timeout(10_000)
        context.clock.set_fixed_time(NOW)
        own = Visit(context, language)
        visits.append((context, own))
        return own

    yield make
    troubles = [trouble for _, own in visits for trouble in own.troubles]
    for context, _ in visits:
        context.close()
    assert troubles == []
