"""A node's configuration: `config.toml` in its folder, read once, refused whole if anything is wrong.

    name = "Verwahrstelle Nord"            # in mails and on pages
    public_url = "https://node.example"    # where the world, and the node itself, reaches it
    listen = "127.0.0.1:8440"              # what a reverse proxy forwards to
    zone = "Europe/Berlin"                 # optional: in which dates are shown
    connections = 2048                     # optional: open at once; who waits longest gives way (node/api)

    [operator]
    name = "Jana Winter"
    address = "jana@node.example"
    language = "de"                        # optional: "de" or "en"

    [paid]                                 # optional: until when these are paid; pages and providers see it
    node = 2027-12-31
    domain = 2028-03-01
    mail = 2027-12-31

    [smtp]
    host = "mail.example"
    port = 587
    security = "starttls"                  # "starttls" | "implicit" | "plain" (loopback only)
    from = "escrowd@node.example"
    user = "escrowd"                       # optional, with password_file or the credential `smtp-password`
    password_file = "smtp-password"
    ca_file = "ca.pem"                     # optional: a private authority
    connections = 4                        # optional, as all that follows
    timeout = "60s"
    data_timeout = "10m"

    [time]                                 # tests and demos shorten these; the rules know nothing of them
    tick = "10s"
    hear_every = "15m"
    retry_first = "1m"
    retry_last = "6h"
    time_scale = 1

    [limits]                               # the node's own waits; no terms. These are the defaults
    notice = "3d"                          # likewise warn_every = "2d", settle = "24h"
    blind_limit = "30d"                    # likewise deaf_limit = "30d"
    provider_gib = 50                      # of one provider's files; 3/8 more for what replaces

Secrets are no part of it. The node's key comes as the systemd credential ``node.key``, or from that file
(mode 0600) in the folder; SMTP's password as ``smtp-password``, or from the file of ``password_file``.
"""

import ipaddress
import os
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from escrowd.core.keys import ProviderKey
from escrowd.errors import ConflictError, InputError, IntegrityError, NotFoundError
from escrowd.node.config_section import Section

CONFIG_FILE: Final = "config.toml"
KEY_FILE: Final = "node.key"
DEFAULT_ZONE: Final = "Europe/Berlin"
#: Half of the files that the unit allows (service/escrowd.service).
MOST_CONNECTIONS: Final = 32_768
_KEY_MAX: Final = 4096
_PORT_MAX: Final = 65535
_GIB: Final = 1024**3

Security = Literal["starttls", "implicit", "plain"]


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the node: told about its troubles, named in every mail."""

    name: str
    address: str
    language: str


@dataclass(frozen=True, slots=True)
class Paid:
    """Until when server, domain and mail relay are paid: wall time of that day's end (UTC), or unknown."""

    node: int | None
    domain: int | None
    mail: int | None


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """The server that the node hands its mail to. Time-outs in real milliseconds."""

    host: str
    port: int
    security: Security
    sender: str
    user: str | None
    password_file: Path | None
    ca_file: Path | None
    connections: int
    timeout_ms: int
    data_timeout_ms: int


@dataclass(frozen=True, slots=True)
class TimeConfig:
    """Real milliseconds, and the factor by which a tick's time counts."""

    tick_ms: int
    hear_every_ms: int
    retry_first_ms: int
    retry_last_ms: int
    time_scale: int


@dataclass(frozen=True, slots=True)
class LimitsConfig:
    """The node's own waits, seconds of node or awake time. ``provider_bytes``: what a provider may store."""

    notice: int
    warn_every: int
    blind_limit: int
    deaf_limit: int
    settle: int
    provider_bytes: int


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """Everything that a node is told about itself. ``folder`` holds the database and the files."""

    folder: Path
    name: str
    public_url: str
    host: str
    port: int
    zone: str
    connections: int
    operator: Operator
    smtp: SmtpConfig
    time: TimeConfig
    limits: LimitsConfig
    paid: Paid


def load(folder: Path) -> NodeConfig:
    """The configuration in a node's folder.

    Raises ``NotFoundError("config.missing-file")``;
    ``InputError``: "config.not-toml" (line), "config.missing",
    "config.unknown", "config.type" (key, expected), "config.value" (key, allowed), "config.plain-smtp"
    (host).
    """
    path = folder / CONFIG_FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise NotFoundError("config.missing-file", path=str(path)) from None
    except UnicodeDecodeError:
        raise InputError("config.not-toml", path=str(path), line=0) from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The library's sentence may quote the file; only the place is passed on.
        found = re.search(r"line (\d+)", str(error))
        raise InputError("config.not-toml", path=str(path), line=int(found[1]) if found else 0) from None
    return _read(Section("", document), folder)


def _read(top: Section, folder: Path) -> NodeConfig:
    operator, smtp = top.section("operator"), top.section("smtp")
    time, limits = top.section("time", optional=True), top.section("limits", optional=True)
    paid = top.section("paid", optional=True)
    host, port = _listen(top)
    config = NodeConfig(
        folder=folder,
        name=top.text("name"),
        public_url=_url(top),
        host=host,
        port=port,
        zone=_zone(top),
        connections=top.integer("connections", 16, MOST_CONNECTIONS, default=2048),
        operator=Operator(
            operator.text("name"),
            operator.address("address"),
            operator.choice("language", ("en", "de"), "en"),
        ),
        smtp=_smtp(smtp, folder),
        time=TimeConfig(
            tick_ms=time.ms("tick", "10s"),
            hear_every_ms=time.ms("hear_every", "15m"),
            retry_first_ms=time.ms("retry_first", "1m"),
            retry_last_ms=time.ms("retry_last", "6h"),
            time_scale=time.integer("time_scale", 1, 10_000_000, default=1),
        ),
        limits=LimitsConfig(
            notice=limits.seconds("notice", "3d"),
            warn_every=limits.seconds("warn_every", "2d"),
            blind_limit=limits.seconds("blind_limit", "30d"),
            deaf_limit=limits.seconds("deaf_limit", "30d"),
            settle=limits.seconds("settle", "24h"),
            provider_bytes=limits.integer("provider_gib", 1, 1_000_000, default=50) * _GIB,
        ),
        paid=Paid(paid.day("node"), paid.day("domain"), paid.day("mail")),
    )
    for section in (top, operator, smtp, time, limits, paid):
        section.end()
    return config


def _smtp(section: Section, folder: Path) -> SmtpConfig:
    security: Security = section.choice("security", ("starttls", "implicit", "plain"), "starttls")
    host = section.text("host")
    if security == "plain" and not is_loopback(host):
        raise InputError("config.plain-smtp", host=host)
    user, password, ca = (section.optional(name) for name in ("user", "password_file", "ca_file"))
    return SmtpConfig(
        host=host,
        port=section.integer("port", 1, _PORT_MAX, default=465 if security == "implicit" else 587),
        security=security,
        sender=section.address("from"),
        user=user,
        password_file=None if password is None else folder / password,
        ca_file=None if ca is None else folder / ca,
        connections=section.integer("connections", 1, 64, default=4),
        timeout_ms=section.ms("timeout", "60s"),
        data_timeout_ms=section.ms("data_timeout", "10m"),
    )


def is_loopback(host: str) -> bool:
    """Whether a host names this machine: the only way on which mail may travel in the clear."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(section: Section) -> tuple[str, int]:
    host, colon, port = section.text("listen", default="127.0.0.1:8440").rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not 0 <= int(port) <= _PORT_MAX:
        raise InputError("config.value", key="listen", allowed="HOST:PORT")
    return host.strip("[]"), int(port)


def _zone(section: Section) -> str:
    zone = section.text("zone", default=DEFAULT_ZONE)
    try:
        ZoneInfo(zone)
    except (ValueError, OSError):
        raise InputError("config.value", key="zone", allowed=DEFAULT_ZONE) from None
    return zone


def _url(section: Section) -> str:
    text = section.text("public_url").rstrip("/")
    try:
        url = urlsplit(text)
        url.port  # noqa: B018 — reading it is the check
    except ValueError:
        raise InputError("config.value", key="public_url", allowed="https://HOST") from None
    host = url.hostname or ""
    plain = url.scheme == "http" and is_loopback(host)
    if not host or not (url.scheme == "https" or plain) or url.query or url.fragment or url.username:
        raise InputError("config.value", key="public_url", allowed="https://HOST")
    return text


def create_key(folder: Path) -> ProviderKey:
    """Make the node's key, in a new file of mode 0600. Raises ``ConflictError("node.key-exists")``."""
    path = folder / KEY_FILE
    key = ProviderKey.generate()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise ConflictError("node.key-exists", path=str(path)) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.to_text())
        file.flush()
        os.fsync(file.fileno())
    return key


def load_key(folder: Path) -> ProviderKey:
    """The node's key: its signing seed and its age identity, in the same form as a provider's key file.

    Raises ``NotFoundError("node.key-missing")``, ``IntegrityError``: "node.key-open" when others may read the
    file, "node.key-damaged" when it is none.
    """
    data = credential(KEY_FILE)
    path = folder / KEY_FILE
    if data is None:
        data = read_private(path)
    if data is None:
        raise NotFoundError("node.key-missing", path=str(path))
    try:
        return ProviderKey.parse(data)
    except InputError:
        raise IntegrityError("node.key-damaged", path=str(path)) from None


def smtp_password(smtp: SmtpConfig) -> str | None:
    """The password for SMTP, if a user is named. Raises ``NotFoundError("config.no-smtp-password")``."""
    if smtp.user is None:
        return None
    data = credential("smtp-password")
    if data is None and smtp.password_file is not None:
        data = read_private(smtp.password_file)
    if data is None:
        raise NotFoundError("config.no-smtp-password", user=smtp.user)
    return data.decode("utf-8").rstrip("\r\n")


def credential(name: str) -> bytes | None:
    """A credential that systemd passed to this service, or nothing."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = None if folder is None else Path(folder) / name
    return path.read_bytes()[:_KEY_MAX] if path is not None and path.is_file() else None


def read_private(path: Path) -> bytes | None:
    """A file that only its owner may read, if it is there. Raises ``IntegrityError("node.key-open")``."""
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise IntegrityError("node.key-open", path=str(path))
            return file.read(_KEY_MAX)
    except FileNotFoundError:
        return None
