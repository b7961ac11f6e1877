"""A commit that fails (a full disk, a rule that is looked at last) costs its own transaction, and not the connection's next one."""

from typing import Any

import pytest
from sqlalchemy import column, insert, table, text

from idp.tables.database import Database, DatabaseError
from idp.tables import hot


@pytest.fixture
def one_connection(database_url: str) -> Any:
    """A store with one connection of each kind, and a table whose rule is looked at when the transaction ends."""
    store = Database(database_url, pool=1)
    with store.write() as connection:
        connection.execute(text("CREATE TABLE parents (id INTEGER PRIMARY KEY)"))
        parent = "INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED"
        connection.execute(text(f"CREATE TABLE children (id INTEGER PRIMARY KEY, parent {parent})"))
    yield store
    store.close()


INSERT = "INSERT INTO children VALUES (1, 7)"
RETURNING = hot.Hot(insert(table("children", column("id"), column("parent"))).values(id=1, parent=7).returning(column("id")))


@pytest.mark.parametrize("way", ["Core", "hot"])
def test_the_connection_is_good_for_the_next_transaction(one_connection: Database, way: str) -> None:
    for _ in range(3):
        with pytest.raises(DatabaseError), one_connection.write() as connection:
            connection.execute(text(INSERT)) if way == "Core" else hot.driven(connection, INSERT)
    with one_connection.write() as connection:
        connection.execute(text("INSERT INTO parents VALUES (7)"))
    with one_connection.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM parents, children")).scalar() == 0
        assert connection.execute(text("SELECT id FROM parents")).scalar() == 7


def test_a_statement_that_returns_rows_fails_as_every_other_one(one_connection: Database) -> None:
    """SQLite commits it while its rows are fetched."""
    with pytest.raises(DatabaseError), one_connection.each() as connection:
        RETURNING.rows(connection, {})
