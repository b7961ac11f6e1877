"""Brings the contractor register in line with the operator's file, in chunks, and never with more than the file says."""

import itertools
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any, Callable, Iterator

from sqlalchemy import Connection

from idp.domain.contract import Contract, is_name_key
from idp.services import contract_keys
from idp.services.contract_ends import Follow, Nobody
from idp.services.contract_lease import Refused, RegisterLease
from idp.services.contract_watch import Counts, Hashed, Problem, Progress, Step, TooManyEnd, Verdict, Watch
from idp.services.contractor_csv import ContractFile, Line
from idp.tables import audit
from idp.tables import contract_imports as imports
from idp.tables import contractors as register
from idp.tables.contract_imports import Job
from idp.tables.contractors import Entry, Stored
from idp.tables.database import Database
from idp.vault import Vault, random_id

CHUNK = 2_000
ENDING = 200  # contracts that end in one transaction: their members are written to in it
_BROKEN = ""  # stands for the row of a contract whose facts could not be read


class _Import:
    def __init__(self, database: Database, vault: Vault, clock: Callable[[], float], file: ContractFile, progress: Progress):
        self.database, self.vault, self.clock, self.file, self.progress = database, vault, clock, file, progress
        self.id, self.actor = random_id(), "cli"
        self.lease = RegisterLease(database, clock)
        self.follow: Follow = Nobody()
        self.watch = Watch()

    def now(self) -> int:
        return int(self.clock())

    def hash_rows(self, lines: list[Line]) -> list[Hashed]:
        found = []
        for line in lines:
            if line.row.number is not None:
                key = f"customer_number:{line.row.number}"
                numbers = tuple(register.hashed(self.vault, key, key_id) for key_id in self.vault.key_ids)
                found.append(Hashed(line.number, line.row.contract, numbers, self.row_hash(line.row.contract)))
        return found

    def row_hash(self, contract: Contract | None) -> str:
        if contract is None:
            return _BROKEN
        return register.hashed(self.vault, "\n".join((contract.contract_type, *contract.keys)))

    def chunks(self, step: Step) -> Iterator[tuple[list[Line], list[Hashed]]]:
        rows = self.file.rows()
        while lines := list(itertools.islice(rows, CHUNK)):
            yield lines, self.hash_rows(lines)
            self.progress(step, self.file.position(), self.file.size)

    def stored(self, connection: Connection, rows: list[Hashed]) -> dict[str, Stored]:
        """Contracts of the register by the current hash of their number, whatever secret they were written under."""
        found = register.by_hash(connection, [one for row in rows for one in row.numbers])
        return {row.numbers[0]: found[one] for row in rows for one in row.numbers if one in found}

    def check(self, connection: Connection, problem: Problem) -> Counts:
        """Read the whole file, remember in the scratch table what it says, write nothing else."""
        count = dict.fromkeys(asdict(Counts()), 0)
        count["live"] = count["ended"] = register.live_count(connection)
        for lines, rows in self.chunks("reading"):
            if self.lease.held:
                with self.database.write() as writing:
                    self.lease.keep(writing)
            count["rows"] += len(lines)
            count["repaired"] += sum(line.row.repaired for line in lines)
            problems = {line.number: line.row.problems for line in lines if line.row.problems}
            stored = self.stored(connection, rows)
            seen = register.seen_rows(connection, [row.numbers[0] for row in rows])
            first: list[tuple[str, str, str | None]] = []
            for row in rows:
                number, before = row.numbers[0], stored.get(row.numbers[0])
                if number in seen:
                    if row.row_hash == seen[number] != _BROKEN:
                        count["duplicates"] += 1
                    elif row.row_hash != _BROKEN:
                        problems[row.line] = ("row.repeated",)
                    continue
                seen[number] = row.row_hash
                first.append((number, row.row_hash, before and before.id))
                if before and before.ended_at is None:
                    count["ended"] -= 1
                if row.row_hash != _BROKEN:
                    verdict = _verdict(before, row)
                    count[verdict] += 1
                    self.watch.row(connection, verdict, row, before)
            register.see(connection, first)
            count["errors"] += len(problems)
            for number in sorted(problems):
                problem(number, problems[number])
        return Counts(**count)

    def write(self, connection: Connection) -> None:
        """Read the file again and write what is new or changed, one transaction per chunk."""
        for _, rows in self.chunks("writing"):
            stored = self.stored(connection, rows)
            seen = register.seen_rows(connection, [row.numbers[0] for row in rows])
            todo: dict[str, tuple[Contract, str, Stored | None]] = {}
            for row in rows:
                number, before = row.numbers[0], stored.get(row.numbers[0])
                # the first row of a contract counts; `seen` knows which one that was
                if row.contract and row.row_hash == seen.get(number) and _verdict(before, row) != "unchanged":
                    todo[number] = (row.contract, row.row_hash, before)
            old = register.before(connection, [before.id for _, _, before in todo.values() if before])
            entries, strangers = self.entries(list(todo.values()), old)
            returned = [entry.id for entry in entries if not entry.new and old[entry.id]["ended"] is not None]
            with self.database.write() as writing:
                self.lease.keep(writing)
                imports.remember(writing, self.id, old, self.now())
                register.forget(writing, strangers)
                register.put(writing, entries, self.id, self.now())
                self.follow.returned(writing, returned)

    def entries(self, todo: list[tuple[Contract, str, Stored | None]], old: dict[str, dict[str, Any]]) -> tuple[list[Entry], list[str]]:
        """What to write, and ended contracts whose number now belongs to somebody else (requirement AC-04)."""
        entries, strangers = [], []
        near = random_id(4)  # new ids of a chunk lie together: one corner of the index is written, and not all of it
        for contract, row_hash, before in todo:
            hashes = tuple(register.hashed(self.vault, key) for key in contract.keys)
            if before and before.ended_at is not None and not self.same_holder(contract, set(old[before.id]["facts"])):
                strangers.append(before.id)
                before = None
            contract_id = before.id if before else near + random_id(12)
            entries.append(Entry(contract_id, contract.contract_type, row_hash, hashes, new=before is None))
        return entries, strangers

    def same_holder(self, contract: Contract, old: set[str]) -> bool:
        names = [key for key in contract.keys if is_name_key(key)]
        return any(register.hashed(self.vault, key, key_id) in old for key in names for key_id in self.vault.key_ids)

    def end(self, connection: Connection, expected: int) -> None:
        done = 0
        for gone in register.unseen(connection, but=self.id, chunk=ENDING):
            with self.database.write() as writing:
                self.lease.keep(writing)
                register.end(writing, gone, self.id, self.now())
                self.follow.ended(writing, gone)
            done += len(gone)
            self.progress("ending", done, expected)

    def finish(self, counts: Counts) -> None:
        with self.database.write() as writing:
            self.lease.keep(writing)
            if counts.new or counts.changed or counts.ended:
                register.learn(writing)
            audit.record(writing, at=self.now(), event="contractors_imported", result="done", actor=self.actor, detail=asdict(counts))
            if self.actor == "cli":  # others are on the list already
                report = {"counts": asdict(counts)}
                imports.add(writing, Job(self.id, "done", self.now(), "cli", report=report, applied_by="cli", finished_at=self.now()))
        contract_keys.tie_all(self.database, self.vault)


def _verdict(before: Stored | None, row: Hashed) -> Verdict:
    if before is None or before.ended_at is not None:
        return "new"
    return "unchanged" if before.row_hash == row.row_hash else "changed"


def run(
    database: Database,
    vault: Vault,
    clock: Callable[[], float],
    file: ContractFile,
    *,
    dry_run: bool = False,
    allow_ending: float = 5.0,
    problem: Problem = lambda line, codes: None,
    progress: Progress = lambda step, done, total: None,
    follow: Follow = Nobody(),
    watch: Watch = Watch(),
    job: tuple[str, str] | None = None,
) -> Counts:
    """Import the whole file: contracts that it names are written, those that it does not name end.

    The file is read twice, first to count and to judge, then to write; with `dry_run` only once, and nothing is written.
    A contract whose row has a problem stays as it was, as long as its number can be read. Running it again changes
    nothing; an import that was cut off is completed by running it again. `allow_ending` is in percent of the live
    contracts. `follow`: what it means for members; `job`: id and actor of an import that is on the list of imports, so
    that it can be taken back under this id. Raises `Refused`, `Unreadable` and `Unavailable`.
    """
    work = _Import(database, vault, clock, file, progress)
    work.follow, work.watch = follow, watch
    if job:
        work.id, work.actor = job
    with database.read() as connection, register.scratch(connection):
        with nullcontext() if dry_run else work.lease.alone():
            counts = work.check(connection, problem)
            watch.counted(counts)
            if counts.ended * 100 > allow_ending * counts.live:
                raise TooManyEnd(counts, allow_ending)
            if dry_run:
                for gone in register.unseen(connection, but=work.id, chunk=CHUNK):
                    watch.ending(connection, gone)
                return counts
            if file.changed():
                raise Refused("Stopped, nothing was changed: somebody wrote to the file while it was read. Start it again.")
            if counts.new or counts.changed:
                work.write(connection)
            if counts.ended:
                work.end(connection, counts.ended)
            work.finish(counts)
            return counts
