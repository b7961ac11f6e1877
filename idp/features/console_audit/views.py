"""The audit record: a list with filters, its export, and the state of its chain."""

from typing import Any, Mapping
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request

from idp import texts
from idp.features.console_audit import flow, forms
from idp.features.console_audit import words as codes
from idp.services import letters
from idp.web import console, console_form, steps
from idp.web.house import House

LIST, EXPORT, CHAIN = "/console/audit", "/console/audit/export", "/console/audit/chain"
FILTERS = ("who", "whom", "event", "result", "client", "since", "until")


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room = console.room(house, "audit")
    deps = house.deps

    @room.get(LIST)
    @console.page("audit.look")
    def page() -> Response:
        asked = console.asked(forms.Asked)
        held = console_form.held(house)
        wanted = _filter(asked)
        if wanted is None:
            return console_form.back(house, LIST, [steps.error("since", "con.audit.err.day")], asked)
        found = flow.look(deps, wanted, asked["before"])
        names = flow.called(deps, asked["who"], asked["whom"])
        values = {**asked, "who": names.get(asked["who"], ""), "whom": names.get(asked["whom"], "")}
        kept = {name: asked[name] for name in FILTERS if asked[name]}
        further = f"{LIST}?{urlencode({**kept, 'before': found.further})}" if found.further else None
        return console.render(
            house, "audit.html", entries=[_shown(house, one) for one in found.entries], further=further, full=len(found.entries) == flow.PAGE,
            errors=held["errors"], values=held["values"] or values, filtered=bool(kept), events=_words(house, "event", codes.EVENTS),
            results=_words(house, "result", codes.RESULTS), may_export=console.who().may("audit.export"),
        )  # fmt: skip

    @room.post(LIST)
    @console.form("audit.look")
    def submit() -> Response:
        data = console.posted(forms.FilterForm)
        wanted, errors = _typed(house, data)
        if errors:
            return console_form.back(house, LIST, errors, data)
        return redirect(f"{LIST}?{urlencode(wanted)}" if wanted else LIST, 303)

    _chain_routes(room, house)
    _export_routes(room, house)
    return room


def _chain_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(CHAIN)
    @console.page("audit.look")
    def chain_page() -> Response:
        now, checked = flow.chain(deps), flow.checked(deps, console.who().session.key)
        return console.render(
            house, "audit_chain.html", back=LIST, chain=now, checked=checked, keep_days=deps.settings.audit.keep_days, check_days=deps.settings.audit.contract_check_days,
            most=flow.LOOKED_AT, tail=flow.TAIL, moment=lambda at: letters.moment(house.pages.locale(), at),
        )  # fmt: skip

    @room.post(CHAIN)
    @console.form("audit.look")
    def chain_verify() -> Response:
        console.posted(forms.VerifyForm)
        here = console.who()
        flow.verify(deps, here.account, here.session.key, request.remote_addr or "")
        return redirect(CHAIN, 303)


def _export_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(EXPORT)
    @console.page("audit.export")
    def export_page() -> Response:
        return console.render(house, "audit_export.html", back=LIST, days=flow.DAYS, **console_form.held(house))

    @room.post(EXPORT)
    @console.form("audit.export")
    def export() -> Response:
        data = console.posted(forms.ExportForm)
        why, errors = console_form.because(data)
        since, until = _day(data["since"], flow.day), _day(data["until"], flow.day_after)
        if since is None or until is None or not since < until:
            errors.insert(0, steps.error("since", "con.audit.err.day"))
        elif until - since > flow.DAYS * 86_400:
            errors.insert(0, steps.error("since", "con.audit.err.days", n=flow.DAYS))
        if errors or since is None or until is None:
            return console_form.back(house, EXPORT, errors, data)
        body = flow.export(deps, console.who().account, data["form"], since, until, why.detail, request.remote_addr or "")
        name = f"audit-{data['since']}-{data['until']}.{data['form']}"
        kind = "text/csv; charset=utf-8" if data["form"] == "csv" else "application/jsonl"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(body, 200, headers, content_type=kind)


def _day(text: str, read: Any) -> int | None:
    try:
        return int(read(text)) if len(text) == 10 else None
    except (ValueError, OverflowError):
        return None


def _filter(asked: Mapping[str, Any]) -> flow.Filter | None:
    """What an address asks for; None for days that are none."""
    since, until = _day(asked["since"], flow.day), _day(asked["until"], flow.day_after)
    if (since is None) != (not asked["since"]) or (until is None) != (not asked["until"]):
        return None
    named = {"actor": "who", "account_id": "whom", "client_id": "client", "event": "event", "result": "result"}
    return flow.Filter(**{column: asked[name] or None for column, name in named.items()}, since=since, until=until)


def _typed(house: House, data: Mapping[str, Any]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Filters as an address has them, and what is wrong with what was typed."""
    wanted, errors = dict[str, str](), list[dict[str, Any]]()
    for name in FILTERS:
        typed = data[name].strip()
        if name in ("who", "whom") and typed:
            found = flow.named(house.deps, typed)
            errors += [] if found else [steps.error(name, "con.audit.err.nobody")]
            wanted[name] = found or ""
        elif typed:
            wanted[name] = typed[:255]
    for name, read in (("since", flow.day), ("until", flow.day_after)):
        if name in wanted and _day(wanted[name], read) is None:
            errors.append(steps.error(name, "con.audit.err.day"))
    return wanted, errors


def _words(house: House, kind: str, codes: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(code, _word(house, kind, code)) for code in codes]


def _word(house: House, kind: str, code: str) -> str:
    key, locale = f"con.audit.{kind}.{code}", house.pages.locale()
    return str(house.pages.text(locale, key)) if key in texts.catalog(locale) else code


def _shown(house: House, one: flow.Entry) -> dict[str, Any]:
    words = {"event_words": _word(house, "event", one.event), "result_words": _word(house, "result", one.result)}
    return {**vars(one), **words, "good": one.result in codes.GOOD, "when": letters.moment(house.pages.locale(), one.at)}
