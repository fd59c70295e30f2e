"""Statements of every tick and every event, compiled once and run by the driver itself.

Building a statement takes SQLAlchemy longer than SQLite needs to run it; finding the compiled form in its
cache, and making a result of what came back, cost more than the rest of an idle tick or a check-in. So these
are compiled at their first use, for the dialect in use, and then handed to the driver's own cursor. Rows are
the driver's, and so are errors (``writer.is_store_failure`` knows both kinds).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection
from sqlalchemy.sql.expression import Executable

if TYPE_CHECKING:
    from sqlalchemy.sql.expression import ClauseElement


class Prepared:
    """A statement whose changing parameters are named by ``bindparam``.

    Only for columns that need no conversion on the way in or out: numbers, texts.
    """

    __slots__ = ("_forms", "_statement")

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._forms: dict[str, _Form] = {}

    def run(self, tx: Connection, **values: Any) -> None:
        """Run in the given transaction what returns nothing."""
        self.rows(tx, **values)

    def first(self, tx: Connection, **values: Any) -> tuple[Any, ...] | None:
        """Its first row, or None."""
        return next(iter(self.rows(tx, **values)), None)

    def rows(self, tx: Connection, **values: Any) -> list[tuple[Any, ...]]:
        """Its rows, run in the given transaction."""
        form = self._forms.get(tx.dialect.name)
        if form is None:
            form = self._forms[tx.dialect.name] = self._compile(tx)
        values = form.constants | values
        given = values if form.order is None else tuple([values[name] for name in form.order])
        cursor = tx.connection.cursor()
        try:
            cursor.execute(form.text, given)
            return [] if cursor.description is None else [*cursor.fetchall()]
        finally:
            cursor.close()

    def _compile(self, tx: Connection) -> "_Form":
        # What select, insert and update return is both; the type says only that it can be executed.
        compiled: Any = cast("ClauseElement", self._statement).compile(dialect=tx.dialect)
        order = tuple(compiled.positiontup) if compiled.positional else None
        return _Form(str(compiled), order, dict(compiled.params))


@dataclass(frozen=True, slots=True)
class _Form:
    """For one dialect: the text, its parameters in order (None: by name), and the constants among them."""

    text: str
    order: tuple[str, ...] | None
    constants: dict[str, Any]
