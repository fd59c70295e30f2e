"""A stranger on the internet, with no key and no link: nothing moves, nothing grows, nothing leaks."""

import re
from urllib.parse import urlencode

import pytest
from node.face_world import Node, Provider, digest, raw, running

from escrowd.core.keys import SigningKey, fingerprint, link_key, link_token, new_id
from escrowd.core.statements import Checkin, sign_statement
from escrowd.core.wire import ClientName, PeopleFile, Person
from escrowd.node.intake.nonces import Nonces

EVIL = '<img src=x onerror="alert(1)">{{7*7}}&amp;'


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with running(tmp_path_factory.mktemp("stranger") / "node") as one:
        provider = Provider(one)
        assert provider.enrol().status == 200
        assert provider.agree().status == 200
        assert provider.deposit().status == 200
        one.known = provider
        yield one


PATHS = (
    "/",
    "/v1",
    "/v1/files/" + "a" * 63,
    "/v1/files/..%2f..%2fnode.key",
    "/v1/files/%00",
    "/p/",
    "/p/checkin",
    "/p/checkin?o=%ff%00&t=%ff",
    "/p/checkin?o=" + "a" * 5_000 + "&t=" + "b" * 5_000,
    "/p/kit?o=../../node.key&t=x",
    "/p/release?o[]=1&t[]=2",
    "/p/style.css/../../node.key",
    "/p/%2e%2e/node.key",
    "//evil.test/p/checkin",
    "/node.key",
    "/escrowd.sqlite3",
    "/docs",
)


@pytest.mark.parametrize(
    "method", ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FOO"]
)
def test_no_path_and_no_method_gives_anything_away(node: Node, method: str):
    """P1, P10: whatever a stranger asks for is refused or unknown, nothing breaks, and nothing is written."""
    before = node.dump()
    for path in PATHS:
        answer = node.ask(method, path, b"do=checkin" if method in {"POST", "PUT"} else None)
        if path == "/" and method in {"GET", "HEAD"}:  # the one that leads on, to who runs the node
            assert (answer.status, answer.headers["location"]) == (303, "/p/node")
        else:
            assert 400 <= answer.status < 500, (method, path, answer.status)
        assert b"AGE-SECRET" not in answer.data
    assert node.dump() == before


BODIES = (
    b"",
    b"\x00" * 100,
    b"a.b.c",
    b"." * 30_000,
    b"[" * 30_000,
    b"eyJhbGciOiJub25lIn0.e30.",
    "ü.ü.ü".encode(),
    b"9" * 30_000,
    b'{"a":' * 5_000,
)


@pytest.mark.parametrize("path", ["/v1/statements", "/v1/query", "/v1/restore", "/v1/hearing", "/v1/nonces"])
def test_no_body_breaks_the_node(node: Node, path: str):
    """P9: odd bodies get one documented error, and nothing changes."""
    before = node.dump()
    for body in BODIES:
        answer = node.ask("POST", path, body)
        if path != "/v1/nonces" or body:
            assert 400 <= answer.status < 500, (path, body[:20], answer.status)
            assert set(answer.json) == {"error"}
    assert node.dump() == before


def test_a_stranger_makes_the_node_write_no_byte(node: Node):
    """P9: an upload without a known provider's statement is refused before its body, and leaves no file."""
    key = SigningKey.generate()
    claims = {
        "provider": fingerprint(key.public),
        "signer": key,
        "key": "daily",
        "presence": "typed",
        "nonces": {node.fingerprint: node.nonce()},
        "jti": new_id() + new_id(),
        "iat": 0,
    }
    compact = sign_statement(Checkin(), **claims)
    before = sorted(path.name for path in node.folder.rglob("*") if path.parent.name in {"files", "spool"})
    assert node.put(b"x" * 100_000, compact).code == "provider.unknown"
    head = f"PUT /v1/files/{digest(b'x')} HTTP/1.1\nHost: x\nContent-Length: 99999999999\n\n"
    assert raw(node, head).startswith(b"401")
    for length in ("-1", "1e3", "٣", "9" * 40):
        head = f"POST /v1/statements HTTP/1.1\nHost: x\nContent-Length: {length}\n\n"
        answer = raw(node, head.encode().decode("latin-1") if length.isascii() else head.replace(length, "x"))
        assert answer[:1] == b"4", answer
    assert before == sorted(p.name for p in node.folder.rglob("*") if p.parent.name in {"files", "spool"})


def test_the_host_header_reaches_no_page_and_no_mail(node: Node):
    """P10: links are made from the configured address, whatever Host or Forwarded header a request brings."""
    order = node.rows("select key from orders where kind='deposit-receipt'")[0][0]
    path = "/p/kit?" + urlencode({"o": order, "t": link_token(link_key(node.key.seed), order)})
    for name in (
        "Host",
        "X-Forwarded-Host",
        "Forwarded",
        "X-Forwarded-Proto",
        "X-Original-URL",
        "X-Rewrite-URL",
    ):
        answer = node.ask("GET", path, **{name: "evil.example"})
        assert b"evil.example" not in answer.data
        assert all("evil.example" not in value for value in answer.headers.values())
    assert all(b"evil.example" not in row[3] for row in node.letters("deposit-receipt"))


def test_answers_carry_the_headers_that_keep_a_browser_from_acting(node: Node):
    """P10: every page, an error too, forbids scripts, frames, referrers and caches, and sets no cookie."""
    order = node.rows("select key from orders where kind='deposit-receipt'")[0][0]
    good = "/p/kit?" + urlencode({"o": order, "t": link_token(link_key(node.key.seed), order)})
    for path in (good, "/p/checkin?o=a&t=b", "/p/nothing"):
        headers = node.ask("GET", path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in headers
        assert "Access-Control-Allow-Origin" not in headers
        assert b"<script" not in node.ask("GET", path).data


def test_nonces_cost_no_memory():
    """P9: a hundred thousand nonces leave nothing behind, and no two are equal."""
    clock = [0]
    nonces = Nonces(lambda: clock[0])
    given = {nonces.give() for _ in range(100_000)}
    assert len(given) == 100_000
    assert nonces._used == {}


def test_a_form_of_many_fields_is_refused_like_any_other(node: Node):
    """P9: a POST with more fields than the page has is a client's error and not a fault of the node."""
    order = node.rows("select key from orders where kind='deposit-receipt'")[0][0]
    path = "/p/kit?" + urlencode({"o": order, "t": link_token(link_key(node.key.seed), order)})
    assert node.ask("POST", path, b"a=1&b=2&c=3&d=4&e=5").status < 500


def test_names_are_text_and_never_markup(node: Node):
    """P10: names of people and clients with HTML or template marks stand in pages and mails as they are written."""
    provider = node.known
    people = PeopleFile.model_validate_json(provider.people())
    renamed = PeopleFile(
        salt="11" * 16,
        people=tuple(
            Person(id=p.id, name=EVIL, language="en", phrase=EVIL, addresses=p.addresses)
            for p in people.people
        ),
        clients=(ClientName(id="bakery", name=EVIL),),
    )
    data = renamed.model_dump_json(by_alias=True).encode()
    assert provider.tell(provider.terms_body(data), (data,)).status == 200
    node.pass_days(17)
    order = node.rows("select key from orders where kind='remind' order by rowid desc")[0][0]
    path = "/p/checkin?" + urlencode({"o": order, "t": link_token(link_key(node.key.seed), order)})
    page = node.ask("GET", path).text
    assert "onerror" in page
    assert "<img" not in page
    assert "49" not in re.findall(r"&gt;(\d+)", page)
    for row in node.letters("remind"):
        assert b"<img src" not in row[3].split(b"text/html", 1)[1]
