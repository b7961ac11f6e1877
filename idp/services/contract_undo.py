"""Takes the last import of contracts back: what it changed is as it was, what it added ends, what it ended lives again."""

from typing import Callable

from idp.services.contract_ends import Follow
from idp.services.contract_lease import RegisterLease
from idp.services.contract_watch import Progress
from idp.tables import contract_imports as imports
from idp.tables import contractors as register
from idp.tables.database import Database
from idp.vault import random_id

CHUNK = 200  # members are written to in each transaction


def run(database: Database, clock: Callable[[], float], import_id: str, follow: Follow, progress: Progress) -> int:
    """Take the import back, in small transactions; cut off, it is completed by running it again. A contract that a later
    import has written is left alone. Contracts that it added are not deleted: members may have registered by them, and are
    told like everybody whose contract ends. Returns how many contracts were touched. Raises `Busy`, `Refused`,
    `Unavailable`."""
    work = _Undo(database, clock, import_id, follow, progress)
    with work.lease.alone():
        work.restore()
        work.end_added()
        work.revive_ended()
        with database.write() as writing:
            work.lease.keep(writing)
            register.learn(writing)
    return work.touched


class _Undo:
    def __init__(self, database: Database, clock: Callable[[], float], import_id: str, follow: Follow, progress: Progress):
        self.database, self.clock, self.import_id, self.follow, self.progress = database, clock, import_id, follow, progress
        self.id = random_id()
        self.lease = RegisterLease(database, clock)
        self.touched = 0

    def moved(self, count: int) -> None:
        self.touched += count
        self.progress("undoing", self.touched, 0)

    def restore(self) -> None:
        while True:
            with self.database.read() as connection:
                rows = imports.remembered(connection, self.import_id, CHUNK)
            if not rows:
                return
            with self.database.write() as writing:
                self.lease.keep(writing)
                gone, back = register.restore(writing, rows, self.import_id, self.id, int(self.clock()))
                imports.forget(writing, self.import_id, list(rows))
                self.follow.ended(writing, gone)
                self.follow.returned(writing, back)
            self.moved(len(rows))

    def end_added(self) -> None:
        with self.database.read() as connection:
            for added in register.of_import(connection, self.import_id, ended=False, chunk=CHUNK):
                with self.database.write() as writing:
                    self.lease.keep(writing)
                    register.end(writing, added, self.id, int(self.clock()))
                    self.follow.ended(writing, added)
                self.moved(len(added))

    def revive_ended(self) -> None:
        with self.database.read() as connection:
            for ended in register.of_import(connection, self.import_id, ended=True, chunk=CHUNK):
                with self.database.write() as writing:
                    self.lease.keep(writing)
                    register.revive(writing, ended, self.id, int(self.clock()))
                    self.follow.returned(writing, ended)
                self.moved(len(ended))
