"""LastPass' CSV export. A secure note has the address ``http://sn``, which leads nowhere."""

from typing import Final

from escrowd.provider.imports._table import Layout

HEADER: Final = ("url", "username", "password", "extra", "name", "grouping", "fav")
_NOTE: Final = "http://sn"
LAYOUT: Final = Layout(
    source="lastpass-csv",
    columns={
        "grouping": "group",
        "name": "title",
        "username": "user",
        "password": "password",
        "url": "url",
        "extra": "notes",
        "totp": "totp",
    },
    never=("files", "fields", "history"),
    settings=frozenset(["fav"]),
    split_urls=lambda text: [] if text == _NOTE else [text],
    split_group="\\",
)
