"""The CSV export of Apple's Passwords (macOS, iOS) and of Safari."""

from typing import Final

from escrowd.provider.imports._table import Layout

HEADER: Final = ("title", "url", "username", "password", "otpauth")
LAYOUT: Final = Layout(
    source="apple-csv",
    columns={
        "title": "title",
        "url": "url",
        "username": "user",
        "password": "password",
        "notes": "notes",
        "otpauth": "totp",
    },
    never=("files", "fields", "groups", "history"),
)
