"""The courier's work on imports of contracts: one after the other, each in the hands of one courier, taken over if it dies."""

import tempfile
import threading
from dataclasses import asdict
from typing import Any, BinaryIO, cast

import structlog

from idp import vault
from idp.deps import Deps
from idp.ports import Unavailable
from idp.services import contract_jobs, contract_undo, contractor_import
from idp.services.contract_ends import Members
from idp.services.contract_examples import Examples
from idp.services.contract_lease import Busy
from idp.services.contract_lease import Refused as Stopped
from idp.services.contract_watch import Counts, TooManyEnd, Watch
from idp.services.contractor_csv import ContractFile, Unreadable
from idp.tables import contract_imports as table
from idp.tables.contract_imports import Job
from idp.vault import VaultError

log = structlog.get_logger("idp.imports")
LEASE, TELL_EVERY = 120, 1  # seconds
LOOK_EVERY, LONGEST_PAUSE = 1.0, 30.0
ATTEMPTS = 3
PROBLEMS = 10_000  # rows left out of which each is kept
KEEP_PROBLEMS = 30 * 86_400
SWEEP_ROWS, SWEEP_ROUNDS = 2_000, 20


class Interrupted(Exception):
    """The courier is to stop, or somebody else has the import."""


class _Work:
    """One import in our hands."""

    def __init__(self, deps: Deps, job: Job, stop: threading.Event):
        self.deps, self.job, self.stop = deps, job, stop
        self.told = 0
        self.problems: list[tuple[int, tuple[str, ...]]] = []
        self.kept = self.repeated = 0

    def progress(self, step: str, done: int, total: int) -> None:
        """Say how far it is, about once a second. Raises `Interrupted`."""
        now = self.deps.now()
        if self.stop.is_set():
            raise Interrupted
        if now - self.told < TELL_EVERY and len(self.problems) < 1_000:
            return
        self.told = now
        self.hold(step=step, done=done, total=total)

    def hold(self, **values: Any) -> None:
        problems, self.problems = self.problems, []
        with self.deps.database.write() as connection:
            if not table.hold(connection, self.job.id, self.job.lease or "", self.deps.now() + LEASE, **values):
                raise Interrupted
            table.add_problems(connection, self.job.id, problems)

    def problem(self, line: int, codes: tuple[str, ...]) -> None:
        self.repeated += "row.repeated" in codes
        if self.kept < PROBLEMS:
            self.kept += 1
            self.problems.append((line, codes))

    def end(self, state: str, **values: Any) -> None:
        with self.deps.database.write() as connection:
            table.end(connection, self.job.id, self.job.lease or "", state, **values)
            if state in ("done", "stopped"):
                table.drop_parts(connection, self.job.id)

    def file(self, into: BinaryIO) -> ContractFile:
        contract_jobs.restored(self.deps, self.job, into)
        into.flush()
        columns = [column for _, column in self.job.columns]
        return ContractFile(into, "cp932" if self.job.encoding == "cp932" else "utf-8", columns)

    def check(self) -> None:
        deps, examples = self.deps, Examples(self.deps.vault)
        with deps.database.write() as connection:
            table.clear_problems(connection, self.job.id)  # of an attempt that was cut off
        with tempfile.TemporaryFile() as into:
            counts = contractor_import.run(
                deps.database, deps.vault, deps.clock, self.file(cast(BinaryIO, into)), dry_run=True, allow_ending=100.0,
                problem=self.problem, progress=self.progress, watch=examples,
            )  # fmt: skip
        self.hold()
        report = {"counts": asdict(counts), "repeated": self.repeated, "members": examples.members, "examples": examples.found}
        report |= {name: by for name, by in (self.job.report or {}).items() if name == "mapped_by"}
        self.end("checked", report=report, checked_at=deps.now())

    def apply(self) -> None:
        deps, job = self.deps, self.job
        tried = (job.report or {}).get("counts", {})
        # what was seen and agreed to, and no more
        agreed = tried.get("ended", 0) * 100 / max(1, tried.get("live", 0)) + 0.001 if contract_jobs.needs_another(job) else 0.0
        with tempfile.TemporaryFile() as into:
            contractor_import.run(
                deps.database, deps.vault, deps.clock, self.file(cast(BinaryIO, into)), allow_ending=max(contract_jobs.ALLOWED, agreed),
                progress=self.progress, follow=Members(deps), watch=_First(self), job=(job.id, job.applied_by or ""),
            )  # fmt: skip
        self.end("done", finished_at=deps.now())

    def undo(self) -> None:
        contract_undo.run(self.deps.database, self.deps.clock, self.job.id, Members(self.deps), self.progress)
        self.end("undone", finished_at=self.deps.now())


class _First(Watch):
    """Puts on the list what the first attempt counts: a later one finds a part of it done."""

    def __init__(self, work: _Work):
        self._work = work

    def counted(self, counts: Counts) -> None:
        """See `Watch`."""
        if self._work.job.attempts == 1:
            self._work.hold(report={**(self._work.job.report or {}), "counts": asdict(counts)})


def run_next(deps: Deps, stop: threading.Event) -> bool:
    """Work on one import that waits for it; false if none does, or it has to wait on. Raises `Unavailable`."""
    with deps.database.read() as connection:
        if not table.waits(connection, deps.now()):
            return False
    with deps.database.write() as connection:
        job = table.claim(connection, vault.random_id(), deps.now(), LEASE)
    if job is None:
        return False
    work = _Work(deps, job, stop)
    try:
        {"check": work.check, "apply": work.apply, "undo": work.undo}[job.state]()
    except (Interrupted, Busy):
        work.end(job.state, attempts=job.attempts - 1)
        return False
    except Unavailable:
        raise  # its lease runs out, and then it is tried again
    except (TooManyEnd, contract_jobs.Refused, Stopped, Unreadable, VaultError) as error:
        log.warning("import_stopped", job=job.id, state=job.state, reason=str(error))
        work.end("stopped", stopped="ending" if isinstance(error, TooManyEnd) else "file")
    except Exception as error:
        log.error("an import breaks its courier", job=job.id, state=job.state, exc_info=error)
        done = job.attempts >= ATTEMPTS
        work.end("stopped" if done else job.state, stopped="broken" if done else None)
    return True


def rounds(deps: Deps, stop: threading.Event) -> None:
    """Look for imports until `stop` is set."""
    pause = LOOK_EVERY
    while not stop.is_set():
        try:
            while not stop.is_set() and run_next(deps, stop):
                pass
            pause = LOOK_EVERY
        except Unavailable as error:
            pause = min(pause * 2, LONGEST_PAUSE)
            log.warning("imports_cannot_be_read", reason=f"{error} does not answer", again_in=pause)
        except Exception as error:  # whatever it is, tomorrow's file must still be taken
            pause = min(pause * 2, LONGEST_PAUSE)
            log.error("imports_cannot_be_read", exc_info=error)
        stop.wait(pause)


def keep_house(deps: Deps, stop: threading.Event) -> None:
    """Drop what nobody went on with, and what cannot be taken back any more. Raises `Unavailable`."""
    for _ in range(SWEEP_ROUNDS):
        with deps.database.write() as connection:
            now = deps.now()
            gone = table.sweep(connection, now - contract_jobs.UNDO, now - KEEP_PROBLEMS, SWEEP_ROWS)
        if gone < SWEEP_ROWS or stop.is_set():
            return
