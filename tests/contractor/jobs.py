"""Imports of contracts from the console, without the console: files brought, tried, applied and taken back."""

import io
import threading
from typing import Any, Sequence

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import contract_jobs, contract_work
from idp.tables import contract_imports as table
from idp.tables.contract_imports import Job
from tests.contractor.files import text
from tests.courier.house import Clock

ANNA = Account("anna", "anna", "anna", "A", role="supervisor")
BEN = Account("ben", "ben", "ben", "B", role="supervisor")


class Desk:
    """Does what the console's pages do."""

    def __init__(self, deps: Deps, clock: Clock):
        self.deps, self.clock, self.stop = deps, clock, threading.Event()

    def bring(self, content: bytes | str | Sequence[dict[str, str]], actor: Account = ANNA) -> Job:
        """A file, not tried yet."""
        if not isinstance(content, (str, bytes)):
            content = text(content)
        raw = content.encode() if isinstance(content, str) else content
        return self.read(contract_jobs.receive(self.deps, actor, "contracts.csv", io.BytesIO(raw)))

    def read(self, job: Job | str) -> Job:
        """The import as it is now."""
        with self.deps.database.read() as connection:
            found = table.find(connection, job if isinstance(job, str) else job.id)
        assert found
        return found

    def work(self) -> bool:
        """What the courier does with the next one."""
        self.clock.now += 1
        return contract_work.run_next(self.deps, self.stop)

    def tried(self, content: Any, actor: Account = ANNA) -> Job:
        """A file that was tried with the columns that its headings name."""
        job = self.bring(content, actor)
        if job.state == "columns":
            contract_jobs.check(self.deps, actor, job, contract_jobs.guess(self.deps, contract_jobs.head_of(self.deps, job).headings))
            assert self.work()
        return self.read(job)

    def applied(self, content: Any, actor: Account = ANNA, by: Account = BEN) -> Job:
        """One that was applied."""
        job = self.tried(content, actor)
        self.clock.now += 1
        contract_jobs.apply(self.deps, by, job, "reason", "")
        assert self.work()
        return self.read(job)

    def undone(self, job: Job) -> Job:
        """One that was taken back."""
        contract_jobs.undo(self.deps, BEN, self.read(job), "reason", "")
        assert self.work()
        return self.read(job)

    def counts(self, job: Job) -> dict[str, int]:
        """What is not zero of its counts."""
        return {name: value for name, value in (self.read(job).report or {})["counts"].items() if value}
