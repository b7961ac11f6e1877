"""What was revoked stays so until the last of its tokens has died, whoever else revokes it, on both engines."""

import itertools

import pytest
from sqlalchemy import select

from idp.tables import grants, schema
from idp.tables.database import Database
from tests.services import race


def ends(database: Database) -> int | None:
    """When its row may go."""
    with database.read() as connection:
        return connection.execute(select(schema.revoked_grants.c.until).where(schema.revoked_grants.c.id == "grant")).scalar()


def revoke(database: Database, until: int) -> None:
    """In a transaction of its own."""
    with database.write() as connection:
        grants.revoke(connection, "grant", until)


@pytest.mark.parametrize("order", list(itertools.permutations((100, 200, 300))))
def test_the_latest_end_holds_whatever_came_first(database: Database, order: tuple[int, ...]) -> None:
    for until in order:
        revoke(database, until)
    assert ends(database) == 300


def test_eight_at_once_revoke_it_and_the_latest_end_holds(database: Database) -> None:
    times = itertools.count(101)
    race(8, lambda: revoke(database, next(times)))
    assert ends(database) == 108
