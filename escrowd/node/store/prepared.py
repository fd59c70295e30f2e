"""Statements of every tick and every event, compiled once.

Building a statement takes SQLAlchemy longer than SQLite needs to run it, and even finding the compiled form
in its cache costs more than the rest of an idle tick. So these are compiled at their first use, for the
dialect in use, and then handed to the driver as text.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, CursorResult
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

    def __call__(self, tx: Connection, **values: Any) -> CursorResult[Any]:
        """Run it in the given transaction."""
        form = self._forms.get(tx.dialect.name)
        if form is None:
            form = self._forms[tx.dialect.name] = self._compile(tx)
        values = form.constants | values
        if form.order is None:
            return tx.exec_driver_sql(form.text, values)
        return tx.exec_driver_sql(form.text, tuple([values[name] for name in form.order]))

    def rows(self, tx: Connection, **values: Any) -> list[tuple[Any, ...]]:
        """Run it by the driver's own cursor: for what every tick does. Errors are the driver's own, too."""
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
