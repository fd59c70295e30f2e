"""Firefox' CSV export. The times at which a login was made, used and changed are left behind."""

from typing import Final

from escrowd.provider.imports._table import Layout

HEADER: Final = ("url", "username", "password", "httprealm", "formactionorigin", "guid")
LAYOUT: Final = Layout(
    source="firefox-csv",
    columns={
        "url": "url",
        "username": "user",
        "password": "password",
        "guid": "key",
        "timecreated": "ignore",
        "timelastused": "ignore",
        "timepasswordchanged": "ignore",
    },
    never=("titles", "notes", "files", "fields", "groups", "totp", "history"),
    settings=frozenset(["formactionorigin"]),
)
