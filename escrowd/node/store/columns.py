"""What all tables are made of: one collection of them, and the two kinds of column that most need."""

from sqlalchemy import Column, Integer, MetaData, Text
from sqlalchemy import text as _sql

metadata = MetaData()


def text(name: str, *, null: bool = False) -> Column[str]:
    """A column of text."""
    return Column(name, Text, nullable=null)


def integer(name: str, *, null: bool = False, default: int | None = None) -> Column[int]:
    """A column of integers."""
    return Column(
        name, Integer, nullable=null, server_default=None if default is None else _sql(str(default))
    )
