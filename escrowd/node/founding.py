"""A new node: its folder, its key, its configuration, and what stands around it (``service``)."""

import json
import shutil
import sys
import tempfile
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Final

from escrowd.core.keys import fingerprint
from escrowd.errors import ConflictError, InputError
from escrowd.machine.files import write_atomic
from escrowd.machine.secret_input import Secret
from escrowd.node.config import CONFIG_FILE, KEY_FILE, NodeConfig, create_key, load, load_key
from escrowd.node.service import PROXY_FILE, UNIT_FILE, proxy, secrets_folder, unit

PASSWORD_FILE: Final = "smtp-password"  # noqa: S105 — a file's name

_TEMPLATE: Final = """\
# A node of escrowd. `escrowd check` reads this file and says what is wrong with it.
name = {name}
public_url = {public_url}
listen = {listen}

[operator]
name = {operator}
address = {address}
language = {language}

# Until when these are paid: on that day's end (UTC) pages and providers read that it is over.
{paid}
[smtp]
host = {smtp_host}
security = {security}
from = {sender}
{account}"""

_ACCOUNT: Final = """\
user = {user}
password_file = "smtp-password"  # a file beside this one, mode 0600; or the systemd credential smtp-password
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """What a new node is told.

    Names are free texts of one line. ``smtp_port`` None: the usual one; ``smtp_user`` None: no
    authentication; ``paid_node``, ``paid_domain``, ``paid_mail``: the last day that is paid, if known.
    """

    name: str
    public_url: str
    listen: str
    operator: str
    address: str
    language: str
    smtp_host: str
    security: str
    sender: str
    smtp_user: str | None = None
    smtp_port: int | None = None
    paid_node: date | None = None
    paid_domain: date | None = None
    paid_mail: date | None = None


SAMPLE: Final = Founding(
    name="Node",
    public_url="https://node.example",
    listen="127.0.0.1:8440",
    operator="Operator",
    address="operator@node.example",
    language="en",
    smtp_host="mail.example",
    security="starttls",
    sender="node@node.example",
)
"""What is right in itself, so that one value can be tried beside it (``check``)."""


@dataclass(frozen=True, slots=True)
class Founded:
    """The node's folder, the fingerprint of its key, its configuration as it was read back.

    ``unit`` and ``proxy``: the files for systemd and Caddy; no proxy for a URL of this machine only.
    """

    folder: Path
    fingerprint: str
    config: NodeConfig
    unit: Path
    proxy: Path | None


def check(**values: object) -> None:
    """Whether values of a ``Founding`` do, the others being right. Raises as ``config.load``."""
    _read(_text(replace(SAMPLE, **values)))  # type: ignore[arg-type]


def _read(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        write_atomic(path / CONFIG_FILE, text.encode())
        load(path)


def day(text: str) -> date | None:
    """A day (ISO), or None for no text. Raises ``InputError`` ``founding.day`` (``day``)."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError("founding.day", day=text[:20]) from None


def found(
    folder: Path, founding: Founding, *, password: Secret | None = None, program: Path | None = None
) -> Founded:
    """Make a node in ``folder``, which is made (0700) or holds none; a key that lies there is taken.

    Parameters: ``password``, of the account at the mail server, kept in a file (0600) that the configuration
    names; ``program``, what the unit starts, else the ``escrowd`` beside this interpreter.
    Raises ``ConflictError`` ``node.exists`` (``path``: its configuration, or the key of a node whose secrets
    lie where this one's would); as ``config.load`` for a value that does not do, and as ``load_key``: then
    nothing was changed.
    """
    folder = folder.absolute()
    for path in (folder / CONFIG_FILE, secrets_folder(folder) / KEY_FILE):
        if path.exists():
            raise ConflictError("node.exists", path=str(path))
    _read(_text(founding))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A key without a configuration is what a broken-off call left, or a node's whose configuration was lost.
    key = load_key(folder) if (folder / KEY_FILE).exists() else create_key(folder)
    with_account = founding.smtp_user is not None
    if with_account and password is not None:
        write_atomic(folder / PASSWORD_FILE, password.value.encode() + b"\n")
    write_atomic(
        folder / UNIT_FILE, unit(folder, program or _program(), password=with_account).encode(), 0o644
    )
    caddy = proxy(founding.public_url, founding.listen)
    if caddy is not None:
        write_atomic(folder / PROXY_FILE, caddy.encode(), 0o644)
    # The configuration comes last: without it the folder holds no node, and the same call makes one.
    write_atomic(folder / CONFIG_FILE, _text(founding).encode())
    config = load(folder)
    return Founded(
        folder,
        fingerprint(key.signing.public),
        config,
        folder / UNIT_FILE,
        None if caddy is None else folder / PROXY_FILE,
    )


def _program() -> Path:
    beside = Path(sys.executable).parent / "escrowd"
    return beside if beside.exists() else Path(shutil.which("escrowd") or beside)


def _text(founding: Founding) -> str:
    # A JSON string is a TOML basic string.
    quoted = {
        field.name: json.dumps(value, ensure_ascii=False)
        for field in fields(founding)
        if isinstance(value := getattr(founding, field.name), str)
    }
    account = "" if founding.smtp_user is None else _ACCOUNT.format(user=quoted["smtp_user"])
    port = "" if founding.smtp_port is None else f"port = {founding.smtp_port}\n"
    days = {"node": founding.paid_node, "domain": founding.paid_domain, "mail": founding.paid_mail}
    lines = "".join(
        f"{name} = {value}\n" if value else f"#{name} = 2030-12-31\n" for name, value in days.items()
    )
    head = "[paid]" if any(days.values()) else "#[paid]"
    return _TEMPLATE.format(**quoted, account=port + account, paid=f"{head}\n{lines}")
