"""Parts of the node by themselves: configuration, clocks, the plan of housekeeping, the question of hearing."""

import datetime as dt
import http.server
import json
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from tls_world import NOW, YEAR, authority

from escrowd.core.hearing import heard
from escrowd.core.keys import SigningKey, fingerprint
from escrowd.core.statements import answer_hearing
from escrowd.core.switch import Moment
from escrowd.errors import ConflictError, EscrowdError, IntegrityError, NotFoundError
from escrowd.node.clock import NodeClock
from escrowd.node.config import create_key, load, load_key, smtp_password
from escrowd.node.hearing import Heard, ask
from escrowd.node.housekeeping import Plan
from escrowd.node.store import Connection, Store
from escrowd.node.store.clock import load_moment
from escrowd.node.store.switches import load_node, save_node

GOOD = """\
name = "Node"
public_url = "https://node.example"

[operator]
name = "Operator"
address = "operator@node.example"

[smtp]
host = "mail.example"
from = "node@node.example"
"""


def write(folder: Path, text: str) -> Path:
    (folder / "config.toml").write_text(text, "utf-8")
    return folder


def test_defaults(tmp_path: Path) -> None:
    """What the configuration leaves out: ticks of 10 s, hearing every 15 min, verified STARTTLS."""
    config = load(write(tmp_path, GOOD))
    assert (config.time.tick_ms, config.time.hear_every_ms, config.time.time_scale) == (10_000, 900_000, 1)
    assert (config.smtp.security, config.smtp.port, config.smtp.data_timeout_ms) == ("starttls", 587, 600_000)
    assert (config.host, config.port) == ("127.0.0.1", 8440)
    assert config.limits.blind_limit == 30 * 86_400


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ('name = "Node"\n', "", "config.missing", "name"),
        ('name = "Node"', "name = 7", "config.type", "name"),
        ('name = "Node"', 'name = "Node"\nnmae = "x"', "config.unknown", "nmae"),
        ('"mail.example"', '"mail.example"\nprot = 25', "config.unknown", "smtp.prot"),
        ('"mail.example"', '"mail.example"\nport = 70000', "config.value", "smtp.port"),
        ('"mail.example"', '"mail.example"\nsecurity = "none"', "config.value", "smtp.security"),
        ('"mail.example"', '"mail.example"\ntimeout = "soon"', "config.value", "smtp.timeout"),
        ("https://node.example", "http://node.example", "config.value", "public_url"),
        ("https://node.example", "https://node.example/?x=1", "config.value", "public_url"),
        ("operator@node.example", "operator@", "config.value", "operator.address"),
        ("[operator]", "[operator", "config.not-toml", None),
        ('"mail.example"', '"mail.example"\nsecurity = "plain"', "config.plain-smtp", None),
    ],
)
def test_refused_and_named(tmp_path: Path, old: str, new: str, code: str, key: str | None) -> None:
    """A configuration with anything wrong is refused whole, and the key at fault is named (P9)."""
    with pytest.raises(EscrowdError) as caught:
        load(write(tmp_path, GOOD.replace(old, new, 1)))
    assert caught.value.code == code
    assert caught.value.fields.get("key") == key


def test_plain_on_loopback(tmp_path: Path) -> None:
    """Mail in the clear is allowed to this very machine only."""
    config = load(write(tmp_path, GOOD.replace('"mail.example"', '"127.0.0.1"\nsecurity = "plain"')))
    assert config.smtp.security == "plain"


def test_keys_and_passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key and the password come from files that others cannot read, or as credentials of systemd (P10)."""
    folder = tmp_path / "node"
    folder.mkdir()
    account = 'from = "node@node.example"\nuser = "u"\npassword_file = "secret"'
    config = load(write(folder, GOOD.replace('from = "node@node.example"', account)))
    with pytest.raises(NotFoundError, match=r"node\.key-missing"):
        load_key(folder)
    made = create_key(folder)
    assert load_key(folder).seed == made.seed
    with pytest.raises(ConflictError, match=r"node\.key-exists"):
        create_key(folder)
    (folder / "node.key").chmod(0o640)
    with pytest.raises(IntegrityError, match=r"node\.key-open"):
        load_key(folder)
    with pytest.raises(NotFoundError, match=r"config\.no-smtp-password"):
        smtp_password(config.smtp)
    (folder / "secret").write_text("pass word\n")
    (folder / "secret").chmod(0o600)
    assert smtp_password(config.smtp) == "pass word"
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "node.key").write_bytes(made.to_text())
    (credentials / "smtp-password").write_text("other")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert load_key(folder).seed == made.seed
    assert smtp_password(config.smtp) == "other"
    (credentials / "node.key").write_text("no key")
    with pytest.raises(IntegrityError, match=r"node\.key-damaged"):
        load_key(folder)


class Real:
    """Monotonic milliseconds and wall seconds that a test moves."""

    def __init__(self) -> None:
        self.ms, self.wall = 5_000, 1_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path, node=fingerprint(SigningKey.from_seed(bytes(32)).public), wall=1) as opened:
        yield opened


def test_clock_counts(store: Store) -> None:
    """A stamp adds the monotonic time, two ticks at most; node time only while hearing; a rollback loses none (P2)."""
    real = Real()
    clock = NodeClock(
        Moment(0, 0), tick_ms=10_000, scale=1, monotonic=lambda: real.ms, wall=lambda: real.wall
    )

    def stamp(ms: int) -> Moment:
        real.ms += ms
        return store.write_now(clock.stamp)

    assert stamp(9_000) == Moment(9_000, 0)
    store.write_now(lambda tx: save_node(tx, heard(load_node(tx), clock.now(), "self")))
    assert stamp(10_000) == Moment(19_000, 10_000)
    assert stamp(3_600_000) == Moment(39_000, 30_000)
    real.wall += 10 * 365 * 86_400
    assert stamp(0) == Moment(39_000, 30_000)

    def refused(tx: Connection) -> None:
        clock.stamp(tx)
        raise ArithmeticError

    for _ in range(3):
        real.ms += 8_000
        with pytest.raises(ArithmeticError):
            store.write_now(refused)
    assert store.read_now(load_moment) == Moment(39_000, 30_000)
    assert stamp(1_000) == Moment(64_000, 55_000)
    assert store.read_now(load_moment) == Moment(64_000, 55_000)


def test_plan_survives_jumps() -> None:
    """The plan of housekeeping keeps its intervals while the wall clock goes back ten years, on, or by an hour."""
    passed, shift = [0.0], [dt.timedelta()]
    start = dt.datetime(2026, 10, 25, 2, 0)  # noqa: DTZ001 — schedule reads naive local time
    plan = Plan(monotonic=lambda: passed[0], now=lambda: start + dt.timedelta(seconds=passed[0]) + shift[0])

    async def job() -> None:
        """Never awaited: when it is planned is what counts."""

    plan.every(60, job)
    (planned,) = plan._scheduler.jobs
    assert planned.next_run is not None
    before = planned.next_run
    # Forward first: schedule itself looks at the real clock, and would find a job of the past due.
    for days, hours in ((3650, 0), (-3600, 0), (0, 1), (0, -2)):
        shift[0] += dt.timedelta(days=days, hours=hours)
        passed[0] += 1
        assert plan.due() == []
        assert planned.next_run == before + shift[0]


@contextmanager
def answering(context: ssl.SSLContext | None, answer: Any) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{'http' if context is None else 'https'}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def signer(key: SigningKey, number: str) -> Any:
    return lambda body: (
        answer_hearing(key, challenge=json.loads(body)["challenge"], number=number).model_dump_json().encode()
    )


def test_hearing_answers() -> None:
    """Its own number is itself, another number a copy; another key, nonsense or nobody is nobody (P2)."""
    ours, other = SigningKey.generate(), SigningKey.generate()
    number, copied = "11" * 16, "22" * 16
    expected = [
        (signer(ours, number), Heard("self")),
        (signer(ours, copied), Heard("other")),
        (signer(other, number), Heard("none", "answer")),
        (lambda _: b"<html>", Heard("none", "answer")),
    ]
    for answer, found in expected:
        with answering(None, answer) as url:
            assert ask(url, ours.public, number) == found
    assert ask(url, ours.public, number) == Heard("none", "network")


def test_hearing_says_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With TLS and a wrong clock the node is deaf and says "clock"; a foreign name is "tls" (P2)."""
    ours = SigningKey.generate()
    number = "11" * 16
    ca = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca.path))
    cases = [
        (ca.server("127.0.0.1"), Heard("self")),
        (ca.server("127.0.0.1", begins=NOW + YEAR, ends=NOW + 2 * YEAR), Heard("none", "clock")),
        (ca.server("127.0.0.1", begins=NOW - 2 * YEAR, ends=NOW - YEAR), Heard("none", "clock")),
        (ca.server("other.example"), Heard("none", "tls")),
    ]
    for context, found in cases:
        with answering(context, signer(ours, number)) as url:
            assert ask(url, ours.public, number) == found
