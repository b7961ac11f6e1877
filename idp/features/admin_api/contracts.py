"""Imports of contracts: a file comes as a stream, is tried by the courier, and then applied; what needs a second person needs the
console."""

import tempfile
from typing import Any, BinaryIO, cast

from idp.deps import Deps
from idp.features.admin_api.answers import when
from idp.features.admin_api.calls import Call, Problem
from idp.services import contract_jobs
from idp.services.contract_jobs import Refused
from idp.services.contractor_csv import Unreadable
from idp.tables import contract_imports as table
from idp.tables.contract_imports import Job
from idp.vault import VaultError

TYPE = "text/csv"
BLOCK = 65_536
SECONDS = 900  # for the whole file
LISTED = 20


def _job(call: Call) -> Job:
    with call.house.deps.database.read() as connection:
        found = table.find(connection, call.named["import"])
    if found is None:
        raise Problem(404, "not_found", "there is no such import")
    return found


def _told(job: Job) -> dict[str, Any]:
    counts = {name: value for name, value in (job.report or {}).get("counts", {}).items() if isinstance(value, int)}
    return {
        "id": job.id,
        "state": job.state,
        "created_at": when(job.created_at),
        "finished_at": when(job.finished_at),
        "bytes": job.size,
        "percent": min(100, job.done * 100 // job.total) if job.total else 0,
        "counts": counts,
        "second_person": contract_jobs.needs_another(job),
        "stopped": job.stopped,
    }


def listed(call: Call) -> dict[str, Any]:
    """The newest imports, the console's among them."""
    with call.house.deps.database.read() as connection:
        return {"imports": [_told(job) for job in table.page(connection, None, LISTED)]}


def show(call: Call) -> dict[str, Any]:
    """One import: how far it is."""
    return _told(_job(call))


def receive(call: Call) -> dict[str, Any]:
    """Take a file, and let it be tried if its columns are known."""
    deps, request = call.house.deps, call.request
    if request.content_type != TYPE:
        raise Problem(415, "unsupported_media_type", f"send {TYPE}")
    if deps.settings.contractors.url != "register:":
        raise Problem(409, "no_register", "contracts are asked of the operator's own system here")
    length = request.environ.get("CONTENT_LENGTH") or ""
    if request.environ.get("HTTP_TRANSFER_ENCODING") or not length.isascii() or not length.isdigit():
        raise Problem(411, "length_required", "say the Content-Length")
    if len(length) > 12 or int(length) > contract_jobs.MAX_BYTES:
        raise Problem(413, "too_large", f"the file is larger than {contract_jobs.MAX_BYTES} bytes")
    with tempfile.TemporaryFile() as into:
        file = cast(BinaryIO, into)
        _streamed(deps, request.environ["wsgi.input"], int(length), file)
        try:
            job_id = contract_jobs.receive(deps, call.actor, f"{call.client.id}.csv", file, call.request.address)
        except Unreadable as error:
            raise Problem(400, "unreadable_file", f"the file cannot be read: {error.code}") from None
    return _told(_tried(call, job_id))


def _streamed(deps: Deps, sent: Any, length: int, file: BinaryIO) -> None:
    left, ends = length, deps.clock() + SECONDS
    while left:
        try:
            block = sent.read(min(BLOCK, left))
        except Exception:  # whatever the server underneath finds wrong on the wire
            block = b""
        if not block or deps.clock() > ends:
            raise Problem(400, "invalid_request", "the file breaks off, or takes too long")
        left -= len(block)
        file.write(block)
    file.seek(0)


def _tried(call: Call, job_id: str) -> Job:
    """The import, being tried if its headings say what its columns are."""
    deps = call.house.deps
    with deps.database.read() as connection:
        job = table.find(connection, job_id)
    assert job
    try:
        columns = contract_jobs.guess(deps, contract_jobs.head_of(deps, job).headings)
        contract_jobs.check(deps, call.actor, job, columns, call.request.address)
    except Refused:
        return job  # somebody says in the console what the columns are
    with deps.database.read() as connection:
        return table.find(connection, job_id) or job


def _changed(call: Call, act: Any) -> dict[str, Any]:
    job = _job(call)
    try:
        act(job)
    except Refused as error:
        words = "somebody has to apply it in the console" if error.code == "other" else "this cannot be done with this import now"
        raise Problem(409, "second_person" if error.code == "other" else f"import_{error.code}", words) from None
    except VaultError:
        raise Problem(409, "import_gone", "its file cannot be read any more") from None
    return _told(_job(call))


def apply(call: Call) -> dict[str, Any]:
    """Let it be written to the register; never if a second person has to say so, who is no program."""

    def act(job: Job) -> None:
        if job.state == "checked" and contract_jobs.needs_another(job):
            raise Refused("other")
        contract_jobs.apply(call.house.deps, call.actor, job, address=call.request.address, **call.why)

    return _changed(call, act)


def undo(call: Call) -> dict[str, Any]:
    """Take the last import back."""
    return _changed(call, lambda job: contract_jobs.undo(call.house.deps, call.actor, job, address=call.request.address, **call.why))


def drop(call: Call) -> dict[str, Any]:
    """Nothing comes of it."""
    return _changed(call, lambda job: contract_jobs.drop(call.house.deps, call.actor, job, call.request.address))
