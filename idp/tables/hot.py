"""Statements of the hot paths: written and compiled by SQLAlchemy Core once, then run by the driver itself, because the
way through Core costs several times the statement."""

from typing import Any, Mapping, Sequence

from sqlalchemy import Connection, Executable
from sqlalchemy.exc import DBAPIError


def driven(connection: Connection, sql: str, values: Any = (), returns: bool = False) -> list[tuple[Any, ...]]:
    """What one statement `returns`, in the connection's own transaction if it has one; errors as Core raises them, lost
    connections given up as Core does."""
    driver: Any = connection.connection.dbapi_connection
    try:
        cursor = driver.execute(sql, values)
        # SQLite ends a statement that returns rows, and commits it, only when the last one is asked for
        return cursor.fetchall() if returns else []
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(connection, driver, sql, error) from error


def commit(connection: Connection) -> None:
    """Commit what `driven` did."""
    driver: Any = connection.connection.dbapi_connection
    try:
        driver.commit()
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(connection, driver, "COMMIT", error) from error


def _told(connection: Connection, driver: Any, sql: str, error: Any) -> BaseException:
    lost = connection.dialect.is_disconnect(error, driver, None)
    if lost:
        connection.invalidate(error)
    kind = connection.dialect.loaded_dbapi.Error
    return DBAPIError.instance(sql, None, error, kind, True, lost, connection.dialect)


class Hot:
    """A statement of text and number columns with named parameters. `columns`: those that an INSERT fills."""

    def __init__(self, statement: Executable, columns: Sequence[str] | None = None):
        self._statement, self._columns = statement, columns
        # psycopg builds a description of every column before it can be asked whether there are any
        self._returns = statement.is_select or bool(statement.returning_column_descriptions)  # type: ignore[attr-defined]
        self._compiled: dict[str, tuple[str, dict[str, Any], tuple[str, ...] | None]] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Every row that the statement returns."""
        sql, constants, order = self._compiled.get(connection.dialect.name) or self._compile(connection)
        named = {**constants, **values}
        return driven(connection, sql, named if order is None else [named[name] for name in order], self._returns)

    def _compile(self, connection: Connection) -> tuple[str, dict[str, Any], tuple[str, ...] | None]:
        compiled: Any = self._statement.compile(dialect=connection.dialect, column_keys=self._columns)  # type: ignore[attr-defined]
        order = tuple(compiled.positiontup) if compiled.positiontup else None
        self._compiled[connection.dialect.name] = (str(compiled), compiled.params, order)
        return self._compiled[connection.dialect.name]
