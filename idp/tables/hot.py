"""Reads of the hot paths: statements are written and compiled by SQLAlchemy Core once, then run by the driver itself,
because the way through Core costs five times the read."""

from typing import Any, Mapping

from sqlalchemy import Connection, Select


class HotRead:
    """A SELECT of text and number columns with named parameters, for `rows`."""

    def __init__(self, statement: Select[Any]):
        self._statement = statement
        self._compiled: dict[str, tuple[str, tuple[str, ...] | None]] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Every row, in the connection's own transaction if it has one; errors as Core raises them."""
        sql, order = self._compiled.get(connection.dialect.name) or self._compile(connection)
        driver: Any = connection.connection.driver_connection
        try:
            found: list[tuple[Any, ...]] = driver.execute(sql, values if order is None else [values[name] for name in order]).fetchall()
        except connection.dialect.loaded_dbapi.Error:
            # once more the long way, which knows what every error means and gives up lost connections
            found = [tuple(row) for row in connection.execute(self._statement, values)]
        return found

    def _compile(self, connection: Connection) -> tuple[str, tuple[str, ...] | None]:
        compiled = self._statement.compile(dialect=connection.dialect)
        order = tuple(compiled.positiontup) if compiled.positiontup else None
        self._compiled[connection.dialect.name] = (str(compiled), order)
        return self._compiled[connection.dialect.name]
