"""Bringing an older database up to date: a copy first, then one numbered upgrade after the other."""

import importlib
import logging
import pkgutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, update

from escrowd.node.store import upgrades
from escrowd.node.store.schema import meta

Upgrade = Callable[[Operations], None]

log = logging.getLogger(__name__)


def known_upgrades() -> dict[int, Upgrade]:
    """The upgrades that this version brings, by the number of the schema that they lead to."""
    found: dict[int, Upgrade] = {}
    for module in pkgutil.iter_modules(upgrades.__path__):
        number = int(module.name[1:].partition("_")[0])
        found[number] = importlib.import_module(f"{upgrades.__name__}.{module.name}").upgrade
    return found


def upgrade(
    path: Path,
    engine: Engine,
    *,
    found: int,
    wanted: int,
    wall: int,
    steps: Mapping[int, Upgrade] | None = None,
) -> Path:
    """Copy the database, then lead it from schema ``found`` to ``wanted``. The copy's path.

    Parameters: ``wall``, Unix seconds, for the copy's name; ``steps``, those of this version unless given.
    A step that fails leaves its schema as it was; the copy stays in any case.
    """
    copy = path.with_name(f"{path.name}.schema{found}-{wall}")
    _copy(path, copy)
    steps = known_upgrades() if steps is None else steps
    for number in range(found + 1, wanted + 1):
        with engine.begin() as connection:
            steps[number](Operations(MigrationContext.configure(connection)))
            connection.execute(update(meta).where(meta.c.key == "schema").values(value=str(number)))
        log.info("database upgraded to schema %s; the copy before it: %s", number, copy)
    return copy


def _copy(path: Path, copy: Path) -> None:
    """A consistent copy, the write-ahead log included, on disk before anything is changed."""
    copy.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        target.execute("PRAGMA synchronous=FULL")
        source.backup(target)
