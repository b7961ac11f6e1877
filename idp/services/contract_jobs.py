"""Imports of contracts from the console: a file is brought, its columns are named, it is tried, applied, and taken back."""

import io
import re
from typing import Any, BinaryIO, Sequence

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.contract import column_of
from idp.services import console_client, contractor_csv, records
from idp.services.contractor_csv import Head
from idp.tables import contract_imports as table
from idp.tables.contract_imports import Job
from idp.tables.database import Connection

MAX_BYTES = 268_435_456  # a million contracts are half of it
PART = 524_288
COLUMNS = 80  # of a file; what stands behind them is not read
UNDO = 86_400  # seconds in which an import can be taken back
ALLOWED = 5.0  # percent of the contracts that may end without a second person
_UNSEEN = re.compile(r"[^\w .()\[\]-]")


class Refused(Exception):
    """It cannot be done now; `code` says why: no_…, twice, stale, other, gone, late."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


def receive(deps: Deps, actor: Account, name: str, file: BinaryIO, address: str | None = None) -> str:
    """Take a whole file, sealed piece by piece; returns the id of its import. Raises `Unreadable`, `Unavailable`."""
    head = contractor_csv.head(file)
    size = file.seek(0, io.SEEK_END)
    job = Job(vault.random_id(), "receiving", deps.now(), actor.id, _UNSEEN.sub("_", name)[-100:], size, head.encoding)
    with deps.database.write() as connection:
        table.add(connection, job)
        _note(connection, deps, "contracts_uploaded", actor, job.id, address)
    file.seek(0)
    number = 0
    while piece := file.read(PART):
        sealed = deps.vault.seal(piece, _place(job.id, number))
        with deps.database.write() as connection:
            table.add_part(connection, job.id, number, sealed)
        number += 1
    with deps.database.write() as connection:
        table.move(connection, job.id, ["receiving"], "columns")
    return job.id


def _place(job_id: str, number: int) -> str:
    return f"contract_import_parts:{job_id}:{number}"


def _note(connection: Connection, deps: Deps, event: str, actor: Account, job_id: str, address: str | None, **detail: Any) -> None:
    records.add(
        connection, deps, event, client_id=console_client.through(actor), actor=actor.id, address=address, detail={"import": job_id, **detail}
    )  # fmt: skip


def restored(deps: Deps, job: Job, file: BinaryIO) -> None:
    """Write the import's file into `file`. Raises `VaultError` if a piece was changed, `Refused` if one is missing."""
    number, written = 0, 0
    while written < job.size:
        with deps.database.read() as connection:
            sealed = table.part(connection, job.id, number)
        if sealed is None:
            raise Refused("gone")
        written += file.write(deps.vault.open(sealed, _place(job.id, number)))
        number += 1


def head_of(deps: Deps, job: Job) -> Head:
    """What the import's file begins with. Raises `Refused` if it is gone, `VaultError`."""
    with deps.database.read() as connection:
        sealed = table.part(connection, job.id, 0)
    if sealed is None:
        raise Refused("gone")
    start = io.BytesIO(deps.vault.open(sealed, _place(job.id, 0)))
    return contractor_csv.head(start, "cp932" if job.encoding == "cp932" else "utf-8")


def _named(deps: Deps, heading: str) -> str:
    return deps.vault.keyed_hash("contract headings", heading.strip())[:22]


def guess(deps: Deps, headings: Sequence[str]) -> list[str | None]:
    """What the columns of a file are: what was said of such headings the last time, else what their names say."""
    with deps.database.read() as connection:
        last = table.last_columns(connection)
    known = dict(last)
    return [known[name] if (name := _named(deps, one)) in known else column_of(one) for one in headings[:COLUMNS]]


def check(deps: Deps, actor: Account, job: Job, columns: Sequence[str | None] | None, address: str | None = None) -> None:
    """Let the file be tried, with these columns, or again with those that it has. Raises `Refused`."""
    values: dict[str, Any] = {}
    if columns is not None:
        if problem := contractor_csv.columns_problem(columns):
            raise Refused(problem[0])
        headings = head_of(deps, job).headings[:COLUMNS]
        values["report"] = {"mapped_by": actor.id}
        values["columns"] = [(_named(deps, one), column) for one, column in zip(headings, columns)]
    with deps.database.write() as connection:
        table.clear_problems(connection, job.id)
        states = ["columns", "checked"] if columns is not None else ["checked"]
        if not table.move(connection, job.id, states, "check", attempts=0, step="", done=0, total=job.size, **values):
            raise Refused("gone")
        _note(connection, deps, "contracts_tried", actor, job.id, address)


def needs_another(job: Job) -> bool:
    """Whether somebody else than who prepared the file has to apply it: too many contracts end, or rows are doubled."""
    report = job.report or {}
    counts = report.get("counts", {})
    many = counts.get("ended", 0) * 100 > ALLOWED * counts.get("live", 0)
    return many or bool(counts.get("duplicates", 0) or report.get("repeated", 0))


def prepared_by(job: Job) -> frozenset[str]:
    """Who brought the file, and who said what its columns are (requirement AD-04)."""
    return frozenset(one for one in (job.actor, (job.report or {}).get("mapped_by")) if one)


def usable(job: Job) -> bool:
    """Whether the file names a contract at all."""
    counts = (job.report or {}).get("counts", {})
    return bool(counts.get("new", 0) + counts.get("changed", 0) + counts.get("unchanged", 0))


def apply(deps: Deps, actor: Account, job: Job, reason: str, ticket: str, address: str | None = None) -> None:
    """Let it be written to the register. Raises `Refused`: "other" if somebody else has to say so, "stale" if the register
    has been written since the file was tried."""
    if not usable(job):
        raise Refused("empty")
    if needs_another(job) and actor.id in prepared_by(job):
        raise Refused("other")
    with deps.database.write() as connection:
        last = table.last_finished(connection)
        if last and last.finished_at >= job.checked_at:
            raise Refused("stale")
        values = {"applied_by": actor.id, "attempts": 0, "step": "", "done": 0, "total": job.size}
        if not table.move(connection, job.id, ["checked"], "apply", **values):
            raise Refused("gone")
        tried = table.find(connection, job.id)
        if tried is None or (tried.columns, tried.report) != (job.columns, job.report):  # meanwhile, with other columns
            raise Refused("stale")
        _note(connection, deps, "contracts_applied", actor, job.id, address, reason=reason, ticket=ticket)


def can_undo(deps: Deps, job: Job) -> bool:
    """Whether it is the last import, and not long ago."""
    with deps.database.read() as connection:
        last = table.last_finished(connection)
    return job.state == "done" and last is not None and last.id == job.id and deps.now() - job.finished_at < UNDO


def undo(deps: Deps, actor: Account, job: Job, reason: str, ticket: str, address: str | None = None) -> None:
    """Let it be taken back. Raises `Refused`."""
    if not can_undo(deps, job):
        raise Refused("late")
    with deps.database.write() as connection:
        if not table.move(connection, job.id, ["done"], "undo", attempts=0, step="", done=0, total=0):
            raise Refused("gone")
        _note(connection, deps, "contracts_undone", actor, job.id, address, reason=reason, ticket=ticket)


def drop(deps: Deps, actor: Account, job: Job, address: str | None = None) -> None:
    """Nothing comes of it: the file goes. Raises `Refused`."""
    with deps.database.write() as connection:
        if not table.move(connection, job.id, ["columns", "checked"], "dropped"):
            raise Refused("gone")
        table.drop_parts(connection, job.id)
        _note(connection, deps, "contracts_dropped", actor, job.id, address)
