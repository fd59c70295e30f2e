"""The CSV export of Chrome, Edge, Brave, Opera and Vivaldi."""

from typing import Final

from escrowd.provider.imports._table import Layout

HEADER: Final = ("name", "url", "username", "password")
LAYOUT: Final = Layout(
    source="chrome-csv",
    columns={
        "name": "title",
        "url": "url",
        "username": "user",
        "password": "password",
        "note": "notes",
        "notes": "notes",
    },
    never=("files", "fields", "groups", "totp", "history"),
)
