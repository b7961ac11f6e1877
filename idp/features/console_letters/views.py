"""Pages of letters: what waits, a new batch, and its file, which is handed out once."""

from typing import Any

from flask import Blueprint, Response, request

from idp.features.console_letters import flow, forms
from idp.services import letters, print_batches
from idp.services.print_batches import Batch
from idp.web import console, console_form, steps
from idp.web.errors import PageError
from idp.web.house import House

LIST = "/console/letters"
NEW = LIST + "/new"


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room = console.room(house, "letters")

    @room.get(LIST)
    @console.page("letters.look")
    def list_page() -> Response:
        return console.render(
            house, "letters.html", waiting=flow.waiting(house.deps), most=flow.COUNTED_TO, batches=flow.batches(house.deps), moment=_moment(house),
            may_print=console.who().may("letters.print"),
        )  # fmt: skip

    _new_routes(room, house)
    _act_routes(room, house, "file")
    _act_routes(room, house, "void")
    return room


def _moment(house: House) -> Any:
    locale = house.pages.locale()
    return lambda at: letters.moment(locale, at)


def _new_routes(room: Blueprint, house: House) -> None:
    def shown(errors: list[dict[str, Any]], values: dict[str, Any]) -> Response:
        found = {"waiting": flow.waiting(house.deps), "wishes": print_batches.WISHES, "most": flow.COUNTED_TO, "size": print_batches.MOST}
        return console.render(house, "letters_new.html", 400 if errors else 200, back=LIST, errors=errors, values=values, **found)

    @room.get(NEW)
    @console.page("letters.print", fresh=True)
    def new_page() -> Response:
        return shown([], {})

    @room.post(NEW)
    @console.form("letters.print", fresh=True)
    def new_submit() -> Response:
        data = console.posted(forms.OrderForm)
        wish = [name for name in print_batches.WISHES if data[name]]
        why, errors = console_form.because(data)
        if errors := ([] if wish else [steps.error("wish", "con.courier.err.what")]) + errors:
            return shown(steps.said(house, errors), data)
        print_batches.order(house.deps, console.who().account, wish, print_batches.MOST, why.detail, request.remote_addr or "")
        return console.to(house, LIST, "con.letters.done.ordered")


def _act_routes(room: Blueprint, house: House, what: str) -> None:
    def batch(batch_id: str) -> Batch:
        found = flow.find(house.deps, batch_id)
        if found is None:
            raise PageError(404, "error.not_found")
        return found

    def shown(batch_id: str, errors: list[dict[str, Any]], values: dict[str, Any]) -> Response:
        found = {"batch": batch(batch_id), "what": what, "moment": _moment(house)}
        return console.render(house, "letters_act.html", 400 if errors else 200, back=LIST, errors=errors, values=values, **found)

    def act_page(batch_id: str) -> Response:
        return shown(batch_id, [], {})

    def act_submit(batch_id: str) -> Response:
        data, found = console.posted(forms.ActForm), batch(batch_id)
        why, errors = console_form.because(data)
        if errors:
            return shown(batch_id, steps.said(house, errors), data)
        about = (house.deps, console.who().account, found.id, why.detail, request.remote_addr or "")
        if what == "void":
            back = print_batches.void(*about)
            return console.to(house, LIST, "con.courier.done.gone") if back is None else console.to(house, LIST, "con.letters.done.void", n=back)
        file = print_batches.fetch(*about)
        if file is None:
            return console.to(house, LIST, "con.courier.done.gone")
        headers = {"Content-Disposition": f'attachment; filename="letters-{found.created_at}.csv"', "Cache-Control": "no-store"}
        return Response(file, 200, headers, content_type="text/csv; charset=utf-8")

    path = f"{LIST}/<batch_id>/{what}"
    room.get(path, endpoint=f"{what}_page")(console.page("letters.print", fresh=True)(act_page))
    room.post(path, endpoint=f"{what}_submit")(console.form("letters.print", fresh=True)(act_submit))
