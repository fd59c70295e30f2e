"""What stands around a node: its systemd unit, and the reverse proxy in front of it.

1. In ``/var/lib`` the service gets a user of its own from systemd, which also gives it the folder; elsewhere
   it runs as the folder's owner.
2. The proxy logs no query: tokens of mailed links travel in it (P10).
"""

import pwd
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlsplit

UNIT_FILE: Final = "escrowd.service"
PROXY_FILE: Final = "Caddyfile"
_STATE: Final = Path("/var/lib")
_HOMES: Final = tuple(map(Path, ("/home", "/root", "/run/user")))


def secrets_folder(folder: Path) -> Path:
    """Where a node's secrets lie, for systemd alone: outside the folder that the service may write to."""
    return Path("/etc") / folder.name


def unit(folder: Path, program: Path, *, password: bool) -> str:
    """The unit (rule 1).

    Parameters: ``folder``, the node's, absolute and there; ``program``, ``escrowd``'s path; ``password``,
    whether the mail server wants one.
    """
    return _template(UNIT_FILE).substitute(
        folder=_quoted(folder),
        program=_quoted(program),
        secrets=_quoted(secrets_folder(folder)),
        identity=_identity(folder),
        password="" if password else "#",
        homes="read-only" if any(_is_below(path, _HOMES) for path in (folder, program)) else "yes",
    )


def proxy(public_url: str, listen: str) -> str | None:
    """A Caddyfile (rule 2), or None for a URL of this machine only. Parameters: as in ``config.toml``."""
    url = urlsplit(public_url)
    if url.scheme != "https":
        return None
    forward = f"reverse_proxy {listen}"
    path = url.path.rstrip("/")
    inside = f"\t{forward}" if not path else f"\thandle_path {path}/* {{\n\t\t{forward}\n\t}}"
    return _template(PROXY_FILE).substitute(site=url.netloc, proxy=inside)


def _template(name: str) -> Template:
    return Template(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _identity(folder: Path) -> str:
    if _is_below(folder, (_STATE,)):
        return f"DynamicUser=yes\nStateDirectory={folder.relative_to(_STATE)}\nStateDirectoryMode=0700"
    try:
        owner = pwd.getpwuid(folder.stat().st_uid).pw_name
    except KeyError:
        owner = str(folder.stat().st_uid)
    return f"User={owner}\nReadWritePaths={_quoted(folder)}"


def _is_below(path: Path, tops: tuple[Path, ...]) -> bool:
    return any(path != top and path.is_relative_to(top) for top in tops)


def _quoted(path: Path) -> str:
    """A path as systemd reads it back: a per cent sign begins a specifier, and white space ends a word."""
    text = str(path).replace("%", "%%")
    return f'"{text}"' if " " in text else text
