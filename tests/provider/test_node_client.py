"""HTTP to a node: what is refused before a byte is sent, and what an answer that is none becomes."""

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from escrowd.core.wire import MAX_BODY, FileOf
from escrowd.errors import ConflictError, EscrowdError, InputError, IntegrityError, UnavailableError
from escrowd.provider.node_client import NodeClient, check_url
from escrowd.provider.sending import Source

FILE = FileOf(sha256="0" * 64, size=5)


@contextmanager
def server(
    *, certificate: Path | None = None, **answers: tuple[int, bytes]
) -> Iterator[tuple[str, list[str]]]:
    """A server that gives fixed answers by the last part of the path, and remembers what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = answers.get(self.path.rsplit("/", 1)[-1], (404, b""))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/v1/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = answer  # noqa: N815 — names that the library calls

        def log_message(self, *_args: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        running.socket = context.wrap_socket(running.socket, server_side=True)
        scheme = "https"
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"{scheme}://localhost:{running.server_port}", asked
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost, with its key."""
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    extra = ["-addext", "subjectAltName=DNS:localhost", "-keyout", path, "-out", path.with_suffix(".crt")]
    subprocess.run(["openssl", *options.split(), *extra], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://node.example", "node.url-not-https"),
        ("http://192.0.2.7:8440", "node.url-not-https"),
        ("http://127.0.0.1.example", "node.url-not-https"),
        ("ftp://node.example", "node.url-malformed"),
        ("node.example", "node.url-malformed"),
        ("https://user:word@node.example", "node.url-malformed"),
        ("https://node.example?t=1", "node.url-malformed"),
        ("https://[::1", "node.url-malformed"),
        ("https://node.example:port", "node.url-malformed"),
    ],
)
def test_only_addresses_that_protect_the_way(url: str, code: str):
    """Plain http goes to loopback only, and an address with a password or query in it is none."""
    with pytest.raises(InputError) as caught:
        check_url(url)
    assert caught.value.code == code
    assert "word" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://node.example/", "http://127.0.0.1:8440", "http://[::1]:8440", "http://localhost/escrow"]
)
def test_addresses_that_do(url: str):
    """Https anywhere and http to loopback are fine; a slash at the end does not matter."""
    assert check_url(url) == url.rstrip("/")


def test_an_unknown_certificate_is_refused(certificate: Path):
    """A certificate that nobody vouches for ends the call at once, before any request is sent."""
    with server(certificate=certificate) as (url, asked):
        client = NodeClient(url)
        with pytest.raises(UnavailableError, match=r"node\.tls"):
            client.nonce()
        client.close()
    assert not asked


def test_a_known_certificate_is_taken(certificate: Path, monkeypatch: pytest.MonkeyPatch):
    """The machine's own list of authorities decides, as SSL_CERT_FILE names it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    body = b'{"nonce":"00112233445566778899aabbccddeeff"}'
    with server(certificate=certificate, nonces=(200, body)) as (url, _):
        client = NodeClient(url)
        assert client.nonce() == "00112233445566778899aabbccddeeff"
        client.close()


@pytest.mark.parametrize(
    ("answer", "family", "code"),
    [
        ((200, b"<html>a proxy</html>"), IntegrityError, "node.answer-malformed"),
        ((200, b'{"nonce": 1}'), IntegrityError, "node.answer-malformed"),
        ((200, b'{"nonce": NaN}'), IntegrityError, "node.answer-malformed"),
        ((200, b"[" * 100_000), IntegrityError, "node.answer-malformed"),
        ((200, b" " * (MAX_BODY + 1)), IntegrityError, "node.answer-malformed"),
        ((302, b""), IntegrityError, "node.answer-malformed"),
        ((500, b"oops"), IntegrityError, "node.answer-malformed"),
        ((503, b"<html>later</html>"), UnavailableError, "node.busy"),
        ((409, b'{"error":{"code":"statement.used","fields":{"jti":"a"}}}'), ConflictError, "statement.used"),
        ((422, b'{"error":{"code":"jws.damaged","fields":{}}}'), IntegrityError, "jws.damaged"),
        ((422, b'{"error":{"code":"terms.out-of-bounds","fields":{}}}'), InputError, "terms.out-of-bounds"),
    ],
)
def test_what_an_answer_becomes(answer: tuple[int, bytes], family: type[EscrowdError], code: str):
    """Whatever comes back ends in one error of our own tree; no redirect is followed, nothing is read for ever (P9)."""
    with server(nonces=answer) as (url, asked):
        client = NodeClient(url, patient=False)
        with pytest.raises(family) as caught:
            client.nonce()
        client.close()
    assert caught.value.code == code
    assert asked == ["POST /v1/nonces"]


def test_an_error_from_outside_cannot_paint_the_terminal():
    """Control characters in a node's error are dropped, and its texts are cut."""
    body = '{"error":{"code":"x.y","fields":{"text":"\\u001b[2Jgone\\u202e","long":"%s","code":"z"}}}' % (
        "a" * 999
    )
    with server(nonces=(403, body.encode())) as (url, _):
        client = NodeClient(url, patient=False)
        with pytest.raises(EscrowdError) as caught:
            client.nonce()
        client.close()
    assert caught.value.fields == {"text": "[2Jgone", "long": "a" * 200}


def test_what_is_not_now_is_asked_again():
    """A busy node is asked four times in all, each time with the whole file."""
    with server(**{FILE.sha256: (503, b"")}) as (url, asked):
        client = NodeClient(url)
        with pytest.raises(UnavailableError, match=r"node\.busy"):
            client.upload(FILE, Source.of_bytes(b"hello").open, "a.b.c")
        client.close()
    assert asked == [f"PUT /v1/files/{FILE.sha256}"] * 4
