"""Pages of the contract register: the list of imports, a new file, and one import from its columns to its end."""

from typing import Any

from flask import Blueprint, Response, g, redirect, request

from idp.domain.contract import COLUMNS
from idp.features.console_register import flow, forms
from idp.features.console_register.flow import Job
from idp.services import contract_jobs, letters
from idp.services.contractor_csv import Unreadable
from idp.services.desk import Because
from idp.vault import VaultError
from idp.web import console, console_form, steps, upload
from idp.web.errors import PageError
from idp.web.house import House

HOME, NEW, ONE = "/console/contracts", "/console/contracts/new", "/console/contracts/<job_id>"
RUNNING = ("check", "apply", "undo")
WRITES = ("apply", "undo")  # the register: for a reason, and with a fresh proof, as a changed contract opens an account
RELOAD = 5  # seconds after which a page that shows progress is asked for again


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = console.room(house, "register"), house.deps

    @room.get(HOME)
    @console.page("register.look")
    def listed() -> Response:
        asked = console.asked(forms.ListQuery)
        jobs, last = flow.listed(deps, asked["at"], asked["after"])
        further = f"{HOME}?at={last.created_at}&after={last.id}" if last else ""
        rows = [(job, letters.moment(house.pages.locale(), job.created_at)) for job in jobs]
        here = deps.settings.contractors.url == "register:"
        return console.render(house, "register.html", rows=rows, names=flow.names(deps, jobs), further=further, here=here, new=NEW)

    @room.get(NEW)
    @console.page("register.import")
    def new() -> Response:
        return _new(house, [])

    @room.post(NEW)
    @console.file("register.import")
    def brought() -> Response:
        if deps.settings.contractors.url != "register:":
            raise PageError(400, "error.bad_request")
        with upload.received(deps, contract_jobs.MAX_BYTES) as found:
            try:
                job_id = contract_jobs.receive(deps, console.who().account, found.name, found.file, request.remote_addr)
            except Unreadable as error:
                return _new(house, [_error(house, upload.FIELD, f"con.reg.file.{error.code}")])
        return redirect(f"{HOME}/{job_id}", 303)

    _one(room, house)
    return room


def _new(house: House, errors: list[dict[str, Any]]) -> Response:
    address = console.upload_address(house, NEW)
    return console.render(
        house, "register_new.html", 400 if errors else 200, back=HOME, errors=errors, address=address, most=contract_jobs.MAX_BYTES // 2**20
    )  # fmt: skip


def _error(house: House, field: str, key: str) -> dict[str, Any]:
    return {"field": field, "text": house.pages.text(house.pages.locale(), key)}


def _found(house: House, job_id: str) -> Job:
    job = flow.find(house.deps, job_id)
    if job is None:
        raise PageError(404, "error.not_found")
    return job


def _one(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(ONE)
    @console.page("register.look")
    def one(job_id: str) -> Response:
        held = console_form.held(house)
        return _shown(house, _found(house, job_id), held["errors"], held["values"])

    @room.post(ONE)
    @console.form("register.import")
    def act(job_id: str) -> Response:
        job, form = _found(house, job_id), console.posted(forms.JobForm)
        if form["action"] in WRITES and not console.proven():
            return console_form.proven_first(house, f"{HOME}/{job.id}", {name: form[name] for name in ("reason", "ticket")})
        why, wrong = console_form.because(form)
        errors = steps.said(house, wrong) if form["action"] in WRITES else []
        if not errors:
            try:
                _done(house, job, form, why)
            except contract_jobs.Refused as refused:
                errors = [_error(house, "refused", f"con.reg.err.{refused.code}")]
        if errors:
            return _shown(house, _found(house, job_id), errors, {**form, **g.form})
        return redirect(f"{HOME}/{job.id}", 303)

    @room.get(ONE + "/rows.csv")
    @console.page("register.look")
    def rows(job_id: str) -> Response:
        job, locale = _found(house, job_id), house.pages.locale()
        heading = [str(house.pages.text(locale, f"con.reg.csv.{name}")) for name in ("line", "column", "why")]
        body = flow.problems_csv(deps, job, lambda key: str(house.pages.text(locale, key)), heading)
        headers = {"Content-Disposition": f'attachment; filename="rows-{job.id}.csv"', "Content-Type": "text/csv; charset=utf-8"}
        return Response(body, 200, headers)


def _done(house: House, job: Job, form: dict[str, Any], why: Because) -> None:
    deps, actor, address = house.deps, console.who().account, request.remote_addr
    match form["action"]:
        case "check":
            contract_jobs.check(deps, actor, job, flow.chosen(g.form, contract_jobs.COLUMNS), address)
        case "again":
            contract_jobs.check(deps, actor, job, None, address)
        case "apply":
            contract_jobs.apply(deps, actor, job, why.reason, why.ticket, address)
        case "undo":
            contract_jobs.undo(deps, actor, job, why.reason, why.ticket, address)
        case "drop":
            contract_jobs.drop(deps, actor, job, address)
        case _:
            raise PageError(400, "error.bad_request")


def _shown(house: House, job: Job, errors: list[dict[str, Any]], values: dict[str, Any] | None = None) -> Response:
    deps, locale, may = house.deps, house.pages.locale(), console.who().may("register.import")
    columns: list[flow.FileColumn] = []
    if job.state == "columns" and may:
        try:
            columns = flow.columns(deps, job)
        except (contract_jobs.Refused, VaultError):
            errors = errors or [_error(house, "refused", "con.reg.err.gone")]
    context = {
        "job": job,
        "names": flow.names(deps, [job]),
        "may": may,
        "columns": columns,
        "choices": list(COLUMNS),
        "created": letters.moment(locale, job.created_at),
        "finished": letters.moment(locale, job.finished_at) if job.finished_at else "",
        "percent": min(100, job.done * 100 // job.total) if job.total else 0,
        "another": contract_jobs.needs_another(job),
        "usable": contract_jobs.usable(job),
        "mine": console.who().account.id in contract_jobs.prepared_by(job),
        "undo": contract_jobs.can_undo(deps, job),
        "values": values or {},
    }
    response = console.render(house, "register_one.html", 400 if errors else 200, back=HOME, errors=errors, **context)
    if job.state in RUNNING:
        response.headers["Refresh"] = str(RELOAD)
    return response
