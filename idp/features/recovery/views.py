"""Pages of recovery: the form, the check of what was typed, and the same last page for everybody (flows.md U1 to U3, P1 to P3)."""

from typing import Any

from flask import Blueprint, Response, redirect, request

from idp.domain import era
from idp.domain.journey import Journey
from idp.features.recovery import flow, forms
from idp.features.recovery.flow import Draft
from idp.features.recovery.questions import FIELDS, Question, birth_day, questions, typed
from idp.services import drafts, journeys
from idp.web import doors, returning, steps
from idp.web.errors import PageError
from idp.web.house import House

FORM, CONFIRM, DONE, CODE = "/recovery", "/recovery/confirm", "/recovery/done", "/recovery/code"
SAID = {
    "empty": "mfa.err.empty",
    "format": "mfa.err.format",
    "wrong": "mfa.err.wrong",
    "expired": "mfa.err.expired",
    "locked": "rec.code.err.many",
}
LABELS = {
    "corporate_name": "rec.name.corp",
    "kana_name": "rec.kana.label",
    "kanji_name": "rec.name.legend",
    "birth_date": "rec.birth.legend",
    "isp_mail": "rec.mail.label",
    "customer_number": "rec.number.label",
    "phone": "rec.phone.label",
}
TYPES = {"individual": "rec.type.person", "corporate": "rec.type.corp"}


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room, deps = Blueprint("recovery", __name__), house.deps

    @room.get(FORM)
    @doors.page
    def form_page() -> Response:
        query = doors.read_query()
        journey = doors.journey_of(deps, query.get("j", ""))
        if journey is None or journey.finished:
            return _begin(house, query)
        return _form_page(house, journey, query.get("kind", ""))

    @room.post(FORM)
    @doors.form
    def form_submit() -> Response:
        journey, data = _posted(house, forms.AskForm)
        if wrong := flow.enter(deps, journey.id, data):
            return redirect(_at(FORM, journey, n=_note(house, journey, [steps.error(*one) for one in wrong])), 303)
        return redirect(_at(CONFIRM, journey), 303)

    @room.get(CONFIRM)
    @doors.page
    def confirm_page() -> Response:
        journey = steps.journey_shown(house)
        draft = flow.find(deps, journey.id)
        if draft is None or not draft.attempt:
            return redirect(_at(FORM, journey), 303)
        if draft.asked:
            return redirect(_at(DONE, journey), 303)
        return steps.page(house, "recovery_confirm.html", journey, rows=_rows(house, draft), back=_at(FORM, journey))

    @room.post(CONFIRM)
    @doors.form
    def confirm_submit() -> Response:
        journey, _ = _posted(house, forms.ConfirmForm)
        draft = flow.find(deps, journey.id)
        if draft is None or not draft.attempt:
            return redirect(_at(FORM, journey), 303)
        if not draft.asked:
            returning.remember(house, journey)
            flow.submit(deps, journey.id, draft, request.remote_addr or "", house.pages.locale())
        return redirect(_at(DONE, journey), 303)

    _done_routes(room, house)
    return room


def _done_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(DONE)
    @doors.page
    def done_page() -> Response:
        journey = steps.journey_shown(house)
        draft = flow.find(deps, journey.id)
        if draft is None or not draft.asked:
            return redirect(_at(CONFIRM, journey), 303)
        noted, code = drafts.noted(deps, journey.id, doors.read_query().get("n", "")), flow.wants_code(deps, draft)
        sms, links = draft.form["dest"] == "sms", deps.settings.sms_link if draft.form["dest"] == "sms" else f"{deps.settings.issuer}/"
        return steps.page(
            house,
            "recovery_done.html",
            journey,
            back=_at(FORM, journey),
            errors=steps.said(house, noted.get("errors", [])),
            typed=noted.get("typed", ""),
            code=code,
            sms=sms,
            # counted from the request, whatever was sent and when: the same for everybody (requirement RC-01)
            until=steps.clock(house, draft.at + deps.policy.recovery.sms) if code and draft.at else None,
            prefix=links if draft.form["kind"] == "pw" and not (sms and deps.policy.recovery.sms_reset == "code") else "",
            kinds=("sms",) if sms else ("email",),
        )

    @room.post(CODE)
    @doors.form
    def code_submit() -> Response:
        journey, data = _posted(house, forms.CodeForm)
        draft = flow.find(deps, journey.id)
        if draft is None or not flow.wants_code(deps, draft):
            return redirect(_at(DONE, journey), 303)
        result = flow.enter_code(deps, journey.id, draft, data["code"])
        if result == "ok":
            return redirect(_at(returning.PASSWORD, journey), 303)
        note = _note(house, journey, [steps.error("code", SAID[result])], data["code"])
        return redirect(_at(DONE, journey, n=note), 303)


def _at(path: str, journey: Journey, **query: str) -> str:
    return path + "?" + "&".join(f"{name}={value}" for name, value in {"j": journey.id, **query}.items())


def _begin(house: House, query: dict[str, str]) -> Response:
    """A journey of this room's own, for who came without one or stayed away too long."""
    deps = house.deps
    steps.count_page(deps)
    browser = doors.browser(deps)
    if query.get("j") and not doors.known_browser():  # it would come back without a cookie again and again
        raise PageError(400, "common.cookies")
    journey = journeys.new(deps, browser, locale=doors.language_wish())
    journeys.save(deps, journey)
    kind = {"kind": query["kind"]} if query.get("kind") in ("id", "pw") else {}
    return redirect(_at(FORM, journey, **kind), 303)


def _posted(house: House, form: Any) -> tuple[Journey, dict[str, Any]]:
    journey, data = steps.posted(house, form)
    if journey is None or journey.finished:
        raise PageError(400, "common.expired")
    return journey, data


def _note(house: House, journey: Journey, errors: list[dict[str, Any]], typed_before: str = "") -> str:
    return drafts.note(house.deps, journey.id, {"errors": errors, "typed": typed_before[:512]})


def _form_page(house: House, journey: Journey, kind: str) -> Response:
    deps, rule = house.deps, house.deps.policy.recovery
    draft = flow.find(deps, journey.id)
    given = dict.fromkeys(forms.AskForm().fields, "") | {"type": "individual", "by": "login_id"} | dict(draft.form if draft else {})
    if kind in ("id", "pw"):
        given["kind"] = kind
    if not rule.username:
        given["kind"] = "pw"
    noted, asked = drafts.noted(deps, journey.id, doors.read_query().get("n", "")), questions(rule)
    return steps.page(
        house,
        "recovery.html",
        journey,
        back=f"/login?j={journey.id}",
        errors=steps.said(house, noted.get("errors", [])),
        typed=given,
        questions=asked,
        filled={other.fact for one in asked for other in one.others if typed(other.fact, given)},
        rule=rule,
    )


def _rows(house: House, draft: Draft) -> list[dict[str, str]]:
    """What was typed: the key of the label, the text, or the key of the sentence that says it, and the field that changes it."""
    form, rule = draft.form, house.deps.policy.recovery
    rows = [_said("rec.kind.legend", f"rec.kind.{form['kind']}", "kind")] if rule.username else []
    if flow.by_login_id(rule, form):
        rows.append({"label": "rec.login_id", "said": "", "text": form["login_id"], "field": "login_id"})
    else:
        rows.append(_said("rec.type.legend", TYPES[form["type"]], "type"))
        rows += [_row(house, fact, form) for fact in _asked(questions(rule), form)]
    return [*rows, _said("rec.dest.legend", f"rec.dest.{form['dest']}", "dest")]


def _said(label: str, key: str, field: str) -> dict[str, str]:
    return {"label": label, "said": key, "text": "", "field": field}


def _asked(all_questions: tuple[Question, ...], form: Any) -> list[str]:
    """The facts that were typed, of those that this kind of contract is asked."""
    flat = [one for question in all_questions for one in (question, *question.others)]
    return [one.fact for one in flat if one.who in ("both", form["type"]) and typed(one.fact, form)]


def _row(house: House, fact: str, form: Any) -> dict[str, str]:
    text = typed(fact, form)
    if fact == "birth_date" and (day := birth_day(form)):
        values = {"year": day.year, "month": day.month, "day": day.day, "era": era.written(day)}
        text = house.pages.text(house.pages.locale(), "rec.birth.echo", values)
    return {"label": LABELS[fact], "said": "", "text": text, "field": FIELDS.get(fact, (fact,))[0] if fact != "birth_date" else fact}
