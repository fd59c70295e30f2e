"""Proton Pass' CSV export. The times at which an entry was made and changed are left behind."""

from typing import Final

from escrowd.provider.imports._table import Layout

HEADER: Final = ("type", "name", "url", "username", "password", "note", "totp", "vault")
LAYOUT: Final = Layout(
    source="proton-csv",
    columns={
        "vault": "group",
        "name": "title",
        "username": "user",
        "password": "password",
        "url": "url",
        "note": "notes",
        "totp": "totp",
        "type": "ignore",
        "createtime": "ignore",
        "modifytime": "ignore",
    },
    never=("files", "fields", "history"),
    split_urls=lambda text: [url.strip() for url in text.split(", ")],
    # An alias or an entry without a user name of its own has its mail address in a column of its own.
    instead={"user": "email"},
)
