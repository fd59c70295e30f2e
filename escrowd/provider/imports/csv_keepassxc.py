"""KeePassXC's CSV export. The times at which an entry was made and changed, and its icon, are left behind."""

from typing import Final

from escrowd.provider.imports._table import Layout

HEADER: Final = ("group", "title", "username", "password", "url", "notes")
LAYOUT: Final = Layout(
    source="keepassxc-csv",
    columns={
        "group": "group",
        "title": "title",
        "username": "user",
        "password": "password",
        "url": "url",
        "notes": "notes",
        "totp": "totp",
        "icon": "ignore",
        "last modified": "ignore",
        "created": "ignore",
    },
    never=("files", "fields", "tags", "history"),
    named_top=True,
)
