"""The wire: limits before anything is read, one error body, streamed files, and what no log may hold."""

import base64
import json
import logging
import secrets
import subprocess

import pytest
from node.face_world import Node, Provider, digest, raw, running

from escrowd import __version__
from escrowd.core.encoding import loads
from escrowd.core.keys import fingerprint, verify
from escrowd.core.statements import check_hearing
from escrowd.core.wire import MAX_STATEMENT, HearingAnswer, NodeInfo

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with running(tmp_path_factory.mktemp("http") / "node") as one:
        yield one


@pytest.fixture(scope="module")
def provider(node: Node) -> Provider:
    one = Provider(node)
    assert one.enrol().status == 200
    assert one.agree().status == 200
    return one


def spool(node: Node) -> list[str]:
    return [path.name for path in (node.folder / "spool").iterdir()]


def stored(node: Node) -> set[str]:
    return {path.name for path in (node.folder / "files").iterdir()}


def big_deposit(provider: Provider, size: int) -> tuple[bytes, str]:
    """A file of this size and a statement that names it as the bundle."""
    data = secrets.token_bytes(size)
    files = {**provider.deposit_files(), "bundle.age": data}
    return data, provider.sign(provider.deposit_body(files))


def test_a_node_says_who_it_is(node: Node):
    """Key, fingerprint, age recipient and limits: what a provider compares with the invitation."""
    info = NodeInfo.model_validate_json(node.ask("GET", "/v1/node").data)
    assert (info.fingerprint, info.name, info.version) == (node.fingerprint, "Nordlicht", __version__)
    assert fingerprint(bytes.fromhex(info.public)) == info.fingerprint
    assert info.recipient == node.key.identity.recipient


def test_a_node_hears_itself(node: Node):
    """A challenge comes back signed, with the number that this very process drew."""
    answer = node.ask("POST", "/v1/hearing", json.dumps({"challenge": "cd" * 32}).encode())
    number = check_hearing(
        HearingAnswer.model_validate_json(answer.data), node.key.signing.public, challenge="cd" * 32
    )
    assert number == "ab" * 16


def test_nonces_differ(node: Node):
    """No two statements can share one by accident."""
    assert len({node.nonce() for _ in range(50)}) == 50


def test_a_node_without_a_path_shows_who_runs_it(node: Node):
    """Who types the bare address comes to the page of the node."""
    answer = node.ask("GET", "/")
    assert (answer.status, answer.headers["location"]) == (303, "/p/node")
    assert "Olaf Betrieb" in node.ask("GET", answer.headers["location"]).text


def test_a_provider_stores_no_more_than_the_operator_allows(node: Node, provider: Provider):
    """Beyond the quota a new file is refused before a byte is read; what is there stays, and comes again (P7)."""
    assert provider.deposit().status == 200
    before = stored(node)
    data, compact = big_deposit(provider, 3 * MIB)
    limits = node.context.config.limits
    object.__setattr__(limits, "provider_bytes", 2 * MIB)
    try:
        answer = node.put(data, compact)
        assert (answer.status, answer.code, answer.fields["limit"]) == (403, "file.quota", 2 * MIB)
        assert stored(node) == before
        assert provider.deposit(provider.deposit_files(2)).status == 200
    finally:
        object.__setattr__(limits, "provider_bytes", 50 * 1024 * MIB)
    assert node.put(data, compact).status == 204


WRONG_REQUESTS = [
    ("GET", "/v1", None, 404, "http.not-found"),
    ("GET", "/v1/statements", None, 405, "http.method"),
    ("GET", "/v1/nothing", None, 404, "http.not-found"),
    ("POST", "/v1/statements", b"a" * (MAX_STATEMENT + 1), 413, "http.body-too-large"),
    ("POST", "/v1/nonces", b"x", 413, "http.body-too-large"),
    ("POST", "/v1/hearing", b"{", 422, "json.malformed"),
    ("POST", "/v1/hearing", b"[" * 1000, 422, "json.too-deep"),
    ("POST", "/v1/hearing", b'{"challenge": NaN}', 422, "json.not-finite"),
    ("POST", "/v1/hearing", b'{"challenge": "ab"}', 422, "document.invalid"),
    ("POST", "/v1/hearing", b'{"challenge": "%s", "more": 1}' % (b"ab" * 32), 422, "document.invalid"),
    ("POST", "/v1/hearing", b'{"challenge": "a", "challenge": "b"}', 422, "json.duplicate-key"),
    ("POST", "/v1/hearing", b"\xff", 422, "json.not-utf8"),
    ("POST", "/v1/restore", b'{"proofs": []}', 422, "document.invalid"),
    ("POST", "/v1/query", b"no statement", 422, "jws.damaged"),
    ("PUT", "/v1/files/" + "ab" * 32, b"x", 401, "http.no-authorization"),
    ("PUT", "/v1/files/name", b"x", 401, "http.no-authorization"),
    ("PUT", "/v1/files/..%2f..%2fnode.key", b"x", 404, "http.not-found"),
]


def test_every_refusal_has_the_one_error_body(node: Node):
    """Whatever is wrong, the answer is {"error": {"code", "fields"}} and nothing else."""
    for method, path, body, status, code in WRONG_REQUESTS:
        answer = node.ask(method, path, body)
        assert (path, answer.status, answer.code) == (path, status, code)
        assert answer.json.keys() == {"error"}
        assert answer.json["error"].keys() == {"code", "fields"}
        assert answer.headers["Content-Type"] == "application/json"


def test_a_wrong_method_says_which_is_right(node: Node):
    """A 405 names what the path allows (RFC 9110, 15.5.6)."""
    assert node.ask("GET", "/v1/statements").headers["Allow"] == "POST"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(node: Node, provider: Provider):
    """With a Content-Length over the limit the refusal comes although not one byte of the body was sent."""
    head = f"POST /v1/statements HTTP/1.1\nHost: x\nContent-Length: {64 * MIB}\n\n"
    assert raw(node, head).startswith(b"413 ")
    data, compact = big_deposit(provider, 1000)
    head = (
        f"PUT /v1/files/{digest(data)} HTTP/1.1\nHost: x\nAuthorization: Statement {compact}\n"
        f"Content-Length: {64 * MIB + 1}\n\n"
    )
    assert raw(node, head).startswith(b"413 ")
    head = head.replace(str(64 * MIB + 1), "999")
    answer = raw(node, head)
    assert answer.startswith(b"422 ")
    assert b"file.size-differs" in answer
    assert spool(node) == []


def test_a_body_of_unknown_length_is_cut_at_the_limit(node: Node, provider: Provider):
    """A chunked body ends where it goes over the limit; it need not end by itself, and leaves nothing behind."""
    data, compact = big_deposit(provider, 1000)
    head = (
        f"PUT /v1/files/{digest(data)} HTTP/1.1\nHost: x\nAuthorization: Statement {compact}\n"
        "Transfer-Encoding: chunked\n\n"
    )
    answer = raw(node, head, b"400\r\n" + b"x" * 0x400 + b"\r\n")  # and no last chunk
    assert answer.startswith(b"413 ")
    assert b"http.body-too-large" in answer
    assert spool(node) == []
    chunked = raw(node, head, b"3e8\r\n" + data + b"\r\n0\r\n\r\n")
    assert chunked.startswith(b"204 ")


def test_a_file_is_streamed_hashed_and_in_place(node: Node, provider: Provider):
    """A large file arrives whole under its hash; one that is there already is taken again without harm."""
    data, compact = big_deposit(provider, 9 * MIB + 7)
    for _ in range(2):
        assert node.put(data, compact).status == 204
    assert (node.folder / "files" / digest(data)).read_bytes() == data
    assert (node.folder / "files" / digest(data)).stat().st_mode & 0o777 == 0o600
    assert spool(node) == []


def test_a_file_with_another_content_is_refused(node: Node, provider: Provider):
    """What does not have the hash under which it comes is not kept."""
    data, compact = big_deposit(provider, 1000)
    before = stored(node)
    answer = node.put(bytes([1]) * 1000, compact, name=digest(data))
    assert (answer.status, answer.code) == (422, "file.hash-differs")
    assert (stored(node), spool(node)) == (before, [])


def test_a_file_that_no_statement_names_is_refused(node: Node, provider: Provider):
    """A stranger cannot make the node write: a file needs a signed and fresh statement that names it."""
    data, compact = big_deposit(provider, 1000)
    assert node.put(b"other", compact).code == "file.not-named"
    forged = Provider(node)
    assert node.put(data, big_deposit(forged, 1000)[1]).code == "provider.unknown"
    stale = provider.sign(provider.deposit_body(provider.deposit_files()), nonce="0" * 32)
    assert node.put(data, stale).code == "nonce.unknown"
    assert node.put(data, "x" * 40_000).code == "http.header-too-large"
    assert digest(data) not in stored(node)


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path):
    """When no byte more fits, the node says so, keeps nothing of the file, and goes on (a real full disk)."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        with running(disk / "node") as node:
            one = Provider(node)
            one.enrol()
            data, compact = big_deposit(one, 4 * MIB)
            answer = node.put(data, compact)
            assert (answer.status, answer.code) == (503, "store.full")
            assert spool(node) == []
            assert one.checkin().status == 200
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_fault_of_the_node_is_one_error_too(node: Node, provider: Provider):
    """What nobody foresaw is answered by a code, logged by its place alone, and the node goes on."""
    data, compact = big_deposit(provider, 1000)
    (node.folder / "spool").rmdir()
    answer = node.put(data, compact)
    assert (answer.status, answer.code, answer.fields) == (500, "http.internal", {})
    (node.folder / "spool").mkdir()
    assert node.put(data, compact).status == 204


def test_what_an_upload_left_is_swept_at_the_next_start(node: Node):
    """A process that was killed in an upload leaves a nameless piece; the next one removes it."""
    node.stop()
    (node.folder / "spool" / "left").write_bytes(b"half a file")
    node.start()
    assert spool(node) == []


def test_the_interface_describes_itself_without_foreign_pages(node: Node):
    """OpenAPI lists every path and the one error body; there is no page that loads scripts from elsewhere."""
    document = node.ask("GET", "/v1/openapi.json").json
    assert {"/v1/node", "/v1/nonces", "/v1/statements", "/v1/query", "/v1/restore", "/v1/hearing"} <= set(
        document["paths"]
    )
    assert "ErrorAnswer" in document["components"]["schemas"]
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert node.ask("GET", path).code == "http.not-found"


def test_a_healthy_node_says_so(node: Node):
    """A watcher needs no key to see that the node answers and reads its database."""
    assert node.ask("GET", "/healthz").text == "ok\n"


def test_no_log_holds_a_query_a_statement_or_an_address(node: Node, provider: Provider, caplog):
    """The token of a mailed link travels in the query, so no log line may hold one; nor what was stated (P10)."""
    with caplog.at_level(logging.DEBUG):
        node.ask("GET", "/p/checkin?o=secret-order&t=secret-token")
        provider.checkin()
        (node.folder / "spool").rmdir()
        data, compact = big_deposit(provider, 1000)
        node.put(data, compact)
    # The log of the client that asks is not the node's.
    text = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith("urllib3"))
    for secret in ("secret-order", "secret-token", compact[:80], "marta@"):
        assert secret not in text
    assert "unexpected FileNotFoundError at" in text


def test_a_receipt_is_worth_what_the_key_is_worth(node: Node, provider: Provider):
    """A receipt verifies offline with the node's public key and nothing else (P8)."""
    compact = provider.checkin().json["receipt"]
    signed, _, signature = compact.rpartition(".")
    raw_signature = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    assert verify(node.key.signing.public, raw_signature, signed.encode())
    payload = base64.urlsafe_b64decode(signed.split(".")[1] + "==")
    assert isinstance(loads(payload, max_bytes=100_000), dict)
