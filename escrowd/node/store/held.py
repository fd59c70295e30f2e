"""What the node holds for a client, as letters and the outbox need it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from escrowd.core.wire import FileOf
from escrowd.node.store.schema import deposits

_FILES: Final = TypeAdapter(dict[str, FileOf])


@dataclass(frozen=True, slots=True)
class Held:
    """One deposit: its revision, when it was made by the wall clock, and its files by their names."""

    revision: int
    made_wall: int
    files: Mapping[str, FileOf]


def newest_held(tx: Connection, provider: str, client: str) -> Held | None:
    """The newest deposit of a client, if there is one."""
    row = tx.execute(
        select(deposits.c.revision, deposits.c.made_wall, deposits.c.files_json).where(
            deposits.c.provider == provider, deposits.c.client == client, deposits.c.newest == 1
        )
    ).one_or_none()
    return None if row is None else Held(row.revision, row.made_wall, _FILES.validate_json(row.files_json))
