"""The recovery vectors in the page: every error of Python's recovery, in sentences, in both languages."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from page.page_world import DESKTOP, LOCALES, NOW, ROOT, Visit, say
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.long
VECTORS = ROOT / "tests/vectors/recovery"
MATERIAL = VECTORS / "material"
ON_A_DISK = {"kit-empty", "kit-is-a-file", "kit-missing", "release-missing", "card-file-missing"}
"""What only a program meets that is given names of files: a browser hands over files that are there."""
BY_NUMBER = {"ok-older-asked", "revision-not-there"}
"""What only a program is asked for: the page offers a button for each older revision (``test_browser_inputs``)."""
AS_A_NEED = {
    "recovery.no-bundle": ["need.bundle"],
    "recovery.no-key": ["need.key"],
    "recovery.no-keys": ["need.keys"],
    "card.none": ["need.card-two", "need.nodes"],
    "card.same-group": ["need.client", "need.successor", "need.reserve", "need.nodes"],
    "card.different-sets": ["need.client", "need.successor", "need.reserve"],
}
"""What the page says as what is still missing, before anybody tries to open: code -> sentences, one of them."""


def load(path: Path) -> dict[str, str]:
    head = path.read_text(encoding="utf-8").partition("\n\n")[0]
    return dict(line.split(": ", 1) for line in head.splitlines())


CASES = [path for path in sorted(VECTORS.glob("*.txt")) if path.stem not in ON_A_DISK | BY_NUMBER]


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(
        locale=LOCALES["de"], viewport=DESKTOP, offline=True, timezone_id="Europe/Berlin"
    )
    context.set_default_timeout(10_000)
    context.clock.set_fixed_time(NOW)
    own = Visit(context, "de")
    yield own
    context.close()
    assert own.troubles == []


def paths(header: dict[str, str], folder: Path) -> list[Path]:
    """The files of a case. A bundle is called so: what else is no sealed file is not taken for one."""
    bundle = header.get("bundle")
    found = [Path(shutil.copy(MATERIAL / bundle, folder / "bundle.age"))] if bundle else []
    for name in ("release", "kit", "keys", "manifest", "cards"):
        for part in header.get(name, "").split():
            path = MATERIAL / part
            found += sorted(path.iterdir()) if path.is_dir() else [path]
    return found


def told(visit: Visit, code: str, fields: dict[str, object]) -> None:
    """The error is on the page, with what to do, in the language of the moment."""
    fault = visit.page.locator(f'.fault[data-code="{code}"]').first
    expect(fault).to_be_visible()
    text = fault.inner_text()
    known = {
        name: value for name, value in fields.items() if name not in {"group", "found", "expected", "on"}
    }
    says = say(visit.language, f"error.{code}.says", **known).split("{{")[0].strip()
    assert text.startswith(says)
    assert say(visit.language, f"error.{code}.do", **known).split("{{")[0].strip() in text


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_vector_in_the_page(desk: Visit, path: Path, tmp_path: Path):
    """Each vector ends in the page as in Python: the same content, or the same error (P5, P6, P9)."""
    header = load(path)
    desk.language = "de"
    desk.go()
    desk.give(*paths(header, tmp_path))
    code, fields = header["expect"], json.loads(header.get("fields", "{}"))
    if header.get("root") and "manifest.foreign-provider" in {code, header.get("problem")}:
        desk.page.get_by_role("button", name=desk.t("check.root-no")).click()
    go = desk.page.get_by_role("button", name=desk.t("check.open"), exact=True)
    if go.count():
        go.click()
        expect(desk.page.locator(".list, .fault").first).to_be_visible()
    if header.get("unverified") == "yes" and desk.page.locator("#main .loud button").count():
        desk.open_unverified()
    if code == "ok":
        opened(desk, header)
        return
    if code in AS_A_NEED and not desk.page.locator(f'.fault[data-code="{code}"]').count():
        needs = desk.page.locator(".need").inner_text()
        number = fields.get("set", 2)
        assert any(desk.t(key, set=number) in needs for key in AS_A_NEED[code])
        return
    told(desk, code, fields)
    assert desk.page.locator(".list").count() == 0
    desk.page.get_by_role("button", name="English").click()
    desk.language = "en"
    told(desk, code, fields)


def opened(desk: Visit, header: dict[str, str]) -> None:
    expect(desk.page.locator(".list")).to_be_visible()
    problem = header.get("problem")
    if problem:
        assert desk.page.locator(".list .loud .fault").get_attribute("data-code") == problem
        expect(desk.page.locator(".list .loud")).to_contain_text(desk.t("unverified.banner"))
    else:
        expect(desk.page.locator(".list .proved")).to_be_visible()
    body = desk.page.locator(".list").text_content()
    assert (
        desk.t("group.client") in body or desk.t("group.successor") in body or desk.t("group.reserve") in body
    )
