"""A scanner follows every link of every mail: nothing changes (GET, HEAD, redirects), whatever lies behind it."""

import html
import json
import os
import re
import shutil
from email import message_from_bytes
from email.policy import SMTP

import pytest
from node.face_world import WALL, Node, Provider, card_set, running
from playwright.sync_api import sync_playwright

from escrowd.core import requests
from escrowd.core.keys import new_id, share_proof_key
from escrowd.core.statements import Drill, make_code, read_code, sign_card
from escrowd.node.asking import Place, settle
from escrowd.node.store.rights import load_requests

MOST = 200
CHROMIUM = shutil.which("chromium")


@pytest.fixture
def node(tmp_path):
    with running(tmp_path / "node") as one:
        yield one


def mailed(node: Node) -> dict[str, set[str]]:
    """Every link of every mail in the outbox, text and HTML: path -> kinds of the letters."""
    found: dict[str, set[str]] = {}
    for kind, message in node.rows("select kind, message from outbox"):
        mail = message_from_bytes(bytes(message), policy=SMTP)
        for part in ("plain", "html"):
            text = html.unescape(mail.get_body((part,)).get_content())
            for link in re.findall(rf"{re.escape(node.url)}[^\s\"<>]*", text):
                found.setdefault(link.removeprefix(node.url), set()).add(kind)
    return found


def scan(node: Node, paths: list[str]) -> int:
    """Open each address, and each address that stands on the page behind it. How many pages were found."""
    seen, waiting = set(), list(paths)
    while waiting and len(seen) < MOST:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        assert node.ask("HEAD", path).status == 200, path
        page = node.ask("GET", path)
        assert page.status == 200, path
        assert "Location" not in page.headers
        waiting += [html.unescape(at) for at in re.findall(r'href="(/[^"]*)"', page.text)]
    return len(seen)


def prove(node: Node, group: str) -> None:
    key = share_proof_key(card_set(501).shares[group][0].split())
    code = read_code(make_code(node.fingerprint, node.context.nonces.give()))
    compact = sign_card(key, "request", codes=[code], jti=new_id() + new_id(), iat=WALL)
    assert node.ask("POST", "/v1/proofs", json.dumps({"proof": compact}).encode()).status == 200


def answered(tx, node: Node, provider: Provider) -> None:
    """The outbox sent the releases of all requests."""
    now = node.clock.stamp_now(tx)
    here = load_requests(tx, provider.id, "bakery")
    for request in here:
        for release in request.releases:
            here = requests.begun(here, release.order)
            here = requests.released(here, now.moment.awake, release.order)
    settle(node.desk, Place(tx, now, provider.id, "bakery"), here)


def confirm(node: Node) -> None:
    """Everybody confirms the address that was asked."""
    paths = [path for path, kinds in mailed(node).items() if "confirm-address" in kinds]
    for path in paths:
        node.ask("POST", path, b"do=confirm", **{"Content-Type": "application/x-www-form-urlencoded"})


def test_a_scanner_changes_nothing(node: Node):
    """Reminders, receipts, drills, requests, announcements, releases: each link shows a page and acts on nothing (P2)."""
    provider = Provider(node)
    assert provider.enrol().status == 200
    assert provider.agree().status == 200
    assert provider.deposit().status == 200
    confirm(node)
    assert provider.tell(Drill(client="bakery"), presence="typed").status == 200
    prove(node, "successor")
    prove(node, "client")
    node.pass_days(31)
    node.accept(provider.id)
    node.pass_days(14)
    node.accept(provider.id)
    node.pass_days(8)
    node.release(provider.id)
    node.store.write_now(lambda tx: answered(tx, node, provider))
    paths = mailed(node)
    kinds = set().union(*paths.values())
    assert kinds >= {
        "remind",
        "warn",
        "announce-provider",
        "announce",
        "release-client",
        "release-successor",
        "deposit-receipt",
        "confirm-address",
        "address-confirmed",
        "drill",
        "request-received",
        "request-consent",
    }
    before = node.dump()
    assert scan(node, list(paths)) > len(paths)
    assert node.dump() == before


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt install chromium")
def test_a_browser_that_runs_scripts_changes_nothing(node: Node):
    """A scanner that is a whole browser, stays for half a minute and sends what it can, presses nothing (P2)."""
    provider = Provider(node)
    assert provider.enrol().status == 200
    assert provider.agree().status == 200
    assert provider.deposit().status == 200
    confirm(node)
    prove(node, "client")
    paths = list(mailed(node))
    before = node.dump()
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # root in a container has no user namespaces
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*arguments, "--disable-gpu", "--disable-background-networking"]
        )
        page = browser.new_context().new_page()
        page.clock.install()
        sent = []
        page.on("request", lambda request: sent.append(request.method))
        for path in paths:
            assert page.goto(node.url + path).status == 200
            page.clock.run_for(30_000)
            page.mouse.move(200, 200)
            page.keyboard.press("PageDown")
        browser.close()
    assert set(sent) == {"GET"}
    assert node.dump() == before
