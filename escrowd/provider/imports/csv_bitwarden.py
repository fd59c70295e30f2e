"""Bitwarden's CSV export, of a person or of an organisation: logins and notes only."""

import re
from typing import Final

from escrowd.core.bundle import FreeField
from escrowd.provider.imports._table import Layout

HEADER: Final = ("type", "name", "login_uri", "login_username", "login_password")
_NEXT_URL: Final = re.compile(r",(?=[a-z][a-z0-9+.-]*://|[\w-]+(?:\.[\w-]+)+(?:[/:,]|$))", re.IGNORECASE)


def _urls(text: str) -> list[str]:
    """The URLs of one cell, joined by unquoted commas: only a comma before a URL parts them."""
    return _NEXT_URL.split(text)


def _fields(text: str) -> list[FreeField]:
    """The custom fields of one cell, ``name: value`` a line; another line continues the value before."""
    fields: list[FreeField] = []
    for line in re.split(r"\r?\n", text):
        name, colon, value = line.partition(": ")
        if colon:
            fields.append(FreeField(name=name, value=value))
        elif fields:
            before = fields.pop()
            fields.append(FreeField(name=before.name, value=f"{before.value}\n{line}"))
        elif line:
            fields.append(FreeField(value=line))
    return fields


LAYOUT: Final = Layout(
    source="bitwarden-csv",
    columns={
        "folder": "group",
        "collections": "group",
        "name": "title",
        "login_username": "user",
        "login_password": "password",
        "login_uri": "url",
        "login_totp": "totp",
        "notes": "notes",
        "type": "ignore",
    },
    never=("files", "cards, identities, keys", "history"),
    settings=frozenset(["favorite", "reprompt", "archiveddate"]),
    split_urls=_urls,
    more={"fields": _fields},
)
