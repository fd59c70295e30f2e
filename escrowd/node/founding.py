"""A new node: its folder, its key, and a configuration that an operator goes on to edit."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from escrowd.core.keys import fingerprint
from escrowd.errors import ConflictError
from escrowd.machine.files import write_atomic
from escrowd.node.config import CONFIG_FILE, KEY_FILE, NodeConfig, create_key, load

_TEMPLATE: Final = """\
# A node of escrowd. `escrowd check` reads this file and says what is wrong with it.
name = {name}
public_url = {public_url}
listen = {listen}

[operator]
name = {operator}
address = {address}
language = {language}

[smtp]
host = {smtp_host}
security = "{security}"
from = {sender}
{account}"""

_ACCOUNT: Final = """\
user = {user}
password_file = "smtp-password"  # a file beside this one, mode 0600; or the systemd credential smtp-password
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """What a new node is told. Names are free texts of one line; ``smtp_user`` None: no authentication."""

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


@dataclass(frozen=True, slots=True)
class Founded:
    """The node's folder, the fingerprint of its key, its configuration as it was read back."""

    folder: Path
    fingerprint: str
    config: NodeConfig


def found(folder: Path, founding: Founding) -> Founded:
    """Make a node in ``folder``, which is made (0700) or is empty of a node.

    Raises ``ConflictError`` ``node.exists`` (``path``); as ``config.load`` for a value that does not do:
    then nothing is left of it.
    """
    for name in (CONFIG_FILE, KEY_FILE):
        if (folder / name).exists():
            raise ConflictError("node.exists", path=str(folder / name))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / CONFIG_FILE
    write_atomic(path, _text(founding).encode())
    try:
        config = load(folder)
    except BaseException:
        path.unlink()
        raise
    key = create_key(folder)
    return Founded(folder, fingerprint(key.signing.public), config)


def _text(founding: Founding) -> str:
    # A JSON string is a TOML basic string.
    quoted = {
        name: json.dumps(getattr(founding, name), ensure_ascii=False)
        for name in ("name", "public_url", "listen", "operator", "address", "language", "smtp_host", "sender")
    }
    account = "" if founding.smtp_user is None else _ACCOUNT.format(user=json.dumps(founding.smtp_user))
    return _TEMPLATE.format(**quoted, security=founding.security, account=account)
