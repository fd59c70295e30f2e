"""For everybody: axe-core finds nothing, the keyboard is enough, and no script, no network and no form leaks out."""

import re

import pytest
from page.page_world import DESKTOP, PAGE, PHONE, ROOT, Kit, Visit, make_kit, say
from paper.bundle_samples import bakery
from playwright.sync_api import expect

AXE = ROOT / "page/node_modules/axe-core/axe.min.js"

FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser"
)


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit(bakery())


def violations(own: Visit) -> list[str]:
    own.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = own.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"]
)
def test_axe_finds_nothing(visit, kit, tmp_path, viewport, scheme):
    """No view, light on a desktop or dark on a phone, has a violation that axe-core knows."""
    files = kit.put(tmp_path)
    own = visit(viewport=viewport, scheme=scheme).go()
    name = f"{'telefon' if viewport is PHONE else 'rechner'}-{'hell' if scheme == 'light' else 'dunkel'}"
    found = {"start": violations(own)}
    own.shot(f"{name}-1-start")
    own.page.get_by_text(own.t("files.paste"), exact=True).click()
    own.page.get_by_text(own.t("tool.title")).click()
    own.give(*(path for path in files if path.name != "manifest.jws"))
    own.word(1).focus()
    own.page.keyboard.type("ac")
    found["typing"] = violations(own)
    own.word(2).fill("xq")
    own.word(3).focus()
    found["wrong word"] = violations(own)
    own.shot(f"{name}-2-falsches-wort")
    own.page.get_by_role("button", name=own.t("card.clear")).click()
    own.paste_card(kit.cards["client"])
    own.paste_card(kit.cards["reserve"])
    found["unverified"] = violations(own)
    own.shot(f"{name}-3-ungeprueft")
    own.give(tmp_path / "manifest.jws")
    found["ready"] = violations(own)
    own.shot(f"{name}-4-bereit")
    own.open()
    own.show_all()
    own.page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    found["list"] = violations(own)
    own.shot(f"{name}-5-liste")
    assert found == {view: [] for view in found}


def test_the_keyboard_alone_is_enough(visit, kit, tmp_path):
    """With Tab, letters, Space and Enter somebody gets from the Mappe to a shown password."""
    path = tmp_path / "Mappe.html"
    path.write_bytes(kit.mappe(released=True))
    own = visit().go(path)
    press = own.page.keyboard.press

    def tab_to(what: str) -> None:
        for _ in range(60):
            press("Tab")
            if own.page.evaluate(
                "document.activeElement.matches(arguments[0])".replace("arguments[0]", repr(what))
            ):
                return
        raise AssertionError(what)

    press("Tab")
    expect(own.page.get_by_text(own.t("page.skip"))).to_be_focused()
    tab_to("[data-word='1']")
    own.page.keyboard.type("".join(f"{word[:4]} " for word in kit.cards["client"].split()))
    tab_to("button.big")
    press("Enter")
    expect(own.page.locator("h1")).to_be_focused()
    tab_to("#e-aaaaaaaa .small-act[aria-expanded]")
    press("Space")
    expect(own.page.locator("#e-aaaaaaaa .bare").first).to_be_visible()
    name = own.page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert name == own.t("view.hide-what", what=own.t("list.entry.password"))


def test_what_happens_is_said(visit, kit, tmp_path):
    """A screen reader hears what was recognised, which card it is and what is still needed."""
    own = visit("en").go()
    own.give(*kit.put(tmp_path))
    said = own.page.locator("body > [role=status]")
    expect(said).to_contain_text(own.t("files.manifest"))
    own.paste_card(kit.cards["client"])
    expect(said).to_have_text(f"{own.t('card.accepted', card=own.t('group.client'))} {own.t('need.client')}")
    own.paste_card(kit.cards["reserve"])
    expect(said).to_contain_text(own.t("need.all"))
    own.open()
    expect(said).to_have_text(own.t("check.opened"))


def test_without_scripts_the_page_says_what_to_do(visit):
    """A browser without JavaScript shows, in both languages, that it is needed, and the way without the page."""
    own = visit(scripts=False)
    own.page.goto(PAGE.as_uri())
    text = own.page.locator("main").inner_text()
    assert "JavaScript" in text
    assert "Die drei Befehle auf der Karte" in text
    assert "three commands on the card" in text


def test_nothing_leaves_and_nothing_foreign_runs(visit):
    """The policy stops requests, foreign scripts and styles, even from inside the page."""
    own = visit().go()
    stopped = own.page.evaluate(
        """async () => {
          const names = [];
          document.addEventListener("securitypolicyviolation", (event) => names.push(event.effectiveDirective));
          await fetch("https://example.org/").catch(() => {});
          try { new WebSocket("wss://example.org/"); } catch {}
          navigator.sendBeacon("https://example.org/", "x");
          for (const [tag, attributes] of [["script", {textContent: "window.pwned = 1"}], ["style", {textContent: "*{color:red}"}],
              ["img", {src: "https://example.org/x.png"}], ["iframe", {src: "https://example.org/"}],
              ["link", {rel: "stylesheet", href: "https://example.org/x.css"}]]) {
            document.body.append(Object.assign(document.createElement(tag), attributes));
          }
          await new Promise((resolve) => setTimeout(resolve, 300));
          return [...new Set(names)].sort();
        }"""
    )
    assert {"connect-src", "img-src", "frame-src", "script-src-elem", "style-src-elem"} <= set(stopped)
    assert own.page.evaluate("window.pwned") is None
    # These attempts are ours: the visit must not count them.
    own.troubles[:] = [
        one for one in own.troubles if "example.org" not in one and "Security Policy" not in one
    ]


def test_no_html_is_made_of_values():
    """No source of the page parses HTML or code at run time."""
    sources = [*(ROOT / "page/src").rglob("*.ts")]
    assert len(sources) > 20
    for path in sources:
        assert not FORBIDDEN.search(path.read_text(encoding="utf-8")), path


def test_a_served_page_warns(visit):
    """Where the page does not come from a file, it says first of all not to type any word there."""
    own = visit()
    own.page.route("http://localhost:1/", lambda route: route.fulfill(path=PAGE, content_type="text/html"))
    own.page.goto("http://localhost:1/")
    expect(own.page.locator("#main > .loud")).to_have_text(say("de", "page.served"))
    own.troubles[:] = [one for one in own.troubles if "localhost:1" not in one]
