"""One at a time: whoever writes the contract register holds its lease, so that no second one ends what the first one adds."""

from contextlib import contextmanager
from typing import Callable, Iterator

from sqlalchemy import Connection

from idp.tables import leases
from idp.tables.database import Database
from idp.vault import random_id

NAME, SECONDS = "contractor import", 120


class Refused(Exception):
    """The import must not go on; one plain sentence says why and what to do."""


class Busy(Refused):
    """Another one is running: it is worth trying again later."""


class RegisterLease:
    """The lease as one writer holds it. `clock`: Unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]):
        self._database, self._clock = database, clock
        self._holder = random_id()
        self.held = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other writer meanwhile. Raises `Busy`."""
        with self._database.write() as connection:
            self.held = leases.claim(connection, NAME, self._holder, int(self._clock()), SECONDS)
        if not self.held:
            raise Busy(f"Another import is running. If it was interrupted, try again in {SECONDS} seconds.")
        try:
            yield
        finally:
            with self._database.write() as connection:
                leases.release(connection, NAME, self._holder)

    def keep(self, connection: Connection) -> None:
        """Renew the lease within a transaction; whoever lost it must not write. Raises `Refused`."""
        if not leases.renew(connection, NAME, self._holder, int(self._clock()), SECONDS):
            raise Refused("Another import has taken over because this one stood still too long. Start it again.")
