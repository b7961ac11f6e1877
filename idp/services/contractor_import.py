"""Brings the contractor register in line with the operator's file, in chunks, and never with more than the file says."""

import itertools
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import Callable, Iterator, Literal

from sqlalchemy import Connection

from idp.domain.contract import Contract, is_name_key
from idp.services import contract_keys
from idp.services.contractor_csv import ContractFile, Line
from idp.tables import audit, leases
from idp.tables import contractors as register
from idp.tables.contractors import Entry, Stored
from idp.tables.database import Database
from idp.vault import Vault, random_id

CHUNK = 2_000
_LEASE, _LEASE_SECONDS = "contractor import", 120
_BROKEN = ""  # stands for the row of a contract whose facts could not be read


class Refused(Exception):
    """The import must not go on; one plain sentence says why and what to do."""


@dataclass(frozen=True)
class Counts:
    """What an import finds. `ended`: live contracts that the file does not name; `live`: how many there were before.
    `errors`: rows left out; `duplicates`: rows that say again what an earlier one said; `repaired`: phones that had
    lost their leading zero."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    ended: int = 0
    errors: int = 0
    duplicates: int = 0
    repaired: int = 0
    live: int = 0


class TooManyEnd(Refused):
    """More contracts would end than allowed. `counts` is what the file would have done."""

    def __init__(self, counts: Counts, allowed: float):
        super().__init__(
            f"Stopped, nothing was changed: {counts.ended} of {counts.live} contracts would end, and at most {allowed:g} % may. "
            "Is the file complete? If they really have ended, allow it: --allow-ending PERCENT"
        )
        self.counts = counts


Step = Literal["reading", "writing", "ending"]
Problem = Callable[[int, tuple[str, ...]], None]  # line number, codes
Progress = Callable[[Step, int, int], None]  # how much of how much


@dataclass(frozen=True)
class _Hashed:
    """One row with a customer number, hashed. `numbers`: under every secret, the current one first."""

    line: int
    contract: Contract | None
    numbers: tuple[str, ...]
    row_hash: str


class _Import:
    def __init__(self, database: Database, vault: Vault, clock: Callable[[], float], file: ContractFile, progress: Progress):
        self.database, self.vault, self.clock, self.file, self.progress = database, vault, clock, file, progress
        self.id = random_id()
        self.held = False

    def now(self) -> int:
        return int(self.clock())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No second import meanwhile; it would end what this one adds."""
        with self.database.write() as connection:
            self.held = leases.claim(connection, _LEASE, self.id, self.now(), _LEASE_SECONDS)
        if not self.held:
            raise Refused(f"Another import is running. If it was interrupted, try again in {_LEASE_SECONDS} seconds.")
        try:
            yield
        finally:
            with self.database.write() as connection:
                leases.release(connection, _LEASE, self.id)

    def keep(self, connection: Connection) -> None:
        """Renew the lease within a transaction; whoever lost it must not write."""
        if not leases.renew(connection, _LEASE, self.id, self.now(), _LEASE_SECONDS):
            raise Refused("Another import has taken over because this one stood still too long. Start it again.")

    def hash_rows(self, lines: list[Line]) -> list[_Hashed]:
        found = []
        for line in lines:
            if line.row.number is not None:
                key = f"customer_number:{line.row.number}"
                numbers = tuple(register.hashed(self.vault, key, key_id) for key_id in self.vault.key_ids)
                found.append(_Hashed(line.number, line.row.contract, numbers, self.row_hash(line.row.contract)))
        return found

    def row_hash(self, contract: Contract | None) -> str:
        if contract is None:
            return _BROKEN
        return register.hashed(self.vault, "\n".join((contract.contract_type, *contract.keys)))

    def chunks(self, step: Step) -> Iterator[tuple[list[Line], list[_Hashed]]]:
        rows = self.file.rows()
        while lines := list(itertools.islice(rows, CHUNK)):
            yield lines, self.hash_rows(lines)
            self.progress(step, self.file.position(), self.file.size)

    def stored(self, connection: Connection, rows: list[_Hashed]) -> dict[str, Stored]:
        """Contracts of the register by the current hash of their number, whatever secret they were written under."""
        found = register.by_hash(connection, [one for row in rows for one in row.numbers])
        return {row.numbers[0]: found[one] for row in rows for one in row.numbers if one in found}

    def check(self, connection: Connection, problem: Problem) -> Counts:
        """Read the whole file, remember in the scratch table what it says, write nothing else."""
        count = dict.fromkeys(asdict(Counts()), 0)
        count["live"] = count["ended"] = register.live_count(connection)
        for lines, rows in self.chunks("reading"):
            if self.held:
                with self.database.write() as writing:
                    self.keep(writing)
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
                    count[_verdict(before, row)] += 1
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
            entries, strangers = self.entries(connection, list(todo.values()))
            with self.database.write() as writing:
                self.keep(writing)
                register.forget(writing, strangers)
                register.put(writing, entries, self.id, self.now())

    def entries(self, connection: Connection, todo: list[tuple[Contract, str, Stored | None]]) -> tuple[list[Entry], list[str]]:
        """What to write, and ended contracts whose number now belongs to somebody else (requirement AC-04)."""
        old = register.hashes_of(connection, [before.id for _, _, before in todo if before and before.ended_at is not None])
        entries, strangers = [], []
        near = random_id(4)  # new ids of a chunk lie together: one corner of the index is written, and not all of it
        for contract, row_hash, before in todo:
            hashes = tuple(register.hashed(self.vault, key) for key in contract.keys)
            if before and before.id in old and not self.same_holder(contract, old[before.id]):
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
        for gone in register.unseen(connection, but=self.id, chunk=CHUNK):
            with self.database.write() as writing:
                self.keep(writing)
                register.end(writing, gone, self.id, self.now())
            done += len(gone)
            self.progress("ending", done, expected)


def _verdict(before: Stored | None, row: _Hashed) -> Literal["new", "changed", "unchanged"]:
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
) -> Counts:
    """Import the whole file: contracts that it names are written, those that it does not name end.

    The file is read twice, first to count and to judge, then to write; with `dry_run` only once, and nothing is written.
    A contract whose row has a problem stays as it was, as long as its number can be read. Running it again changes
    nothing; an import that was cut off is completed by running it again. `allow_ending` is in percent of the live
    contracts. Raises `Refused`, `Unreadable` and `Unavailable`.
    """
    job = _Import(database, vault, clock, file, progress)
    with database.read() as connection, register.scratch(connection):
        with nullcontext() if dry_run else job.alone():
            counts = job.check(connection, problem)
            if counts.ended * 100 > allow_ending * counts.live:
                raise TooManyEnd(counts, allow_ending)
            if dry_run:
                return counts
            if file.changed():
                raise Refused("Stopped, nothing was changed: somebody wrote to the file while it was read. Start it again.")
            if counts.new or counts.changed:
                job.write(connection)
            if counts.ended:
                job.end(connection, counts.ended)
            with database.write() as writing:
                job.keep(writing)
                if counts.new or counts.changed or counts.ended:
                    register.learn(writing)
                audit.record(writing, at=job.now(), event="contractors_imported", result="done", actor="cli", detail=asdict(counts))
            contract_keys.tie_all(database, vault)
            return counts
