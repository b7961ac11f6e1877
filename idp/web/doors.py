"""Every route wears a door mark that says who may enter; a route without one stays shut."""

from dataclasses import replace
from typing import Any, Callable, TypeVar
from urllib.parse import urlencode

from flask import Flask, Response, g, redirect, request

from idp import texts, vault
from idp.deps import Deps
from idp.domain.device import Caller
from idp.domain.journey import Journey
from idp.services import journeys
from idp.vault import fingerprint
from idp.web import address, cookies, csrf, strict_form, upload
from idp.web.errors import PageError
from idp.web.strict_form import BadForm

View = TypeVar("View", bound=Callable[..., Any])
PAGE, FORM, PROTOCOL, UPLOAD = "page", "form", "protocol", "upload"
MAX_BOUNCED = 6_000  # what fits into the address of the GET that follows


def page(view: View) -> View:
    """Anyone may look; changes nothing."""
    view.door = PAGE  # type: ignore[attr-defined]
    return view


def form(view: View) -> View:
    """A form of ours comes back: strictly parsed into `g.form`, guarded against forgery."""
    view.door = FORM  # type: ignore[attr-defined]
    return view


def protocol(view: View) -> View:
    """A protocol request that other sites send here by design; it approves nothing by itself."""
    view.door = PROTOCOL  # type: ignore[attr-defined]
    return view


def file(view: View) -> View:
    """A form of ours comes back with a file, which the view streams by `upload.received`; guarded before it is read."""
    view.door = UPLOAD  # type: ignore[attr-defined]
    return view


def read_body() -> bytes:
    """The request's body; raises `PageError` 413 if it is too long, 400 if it breaks off or its chunks are none."""
    try:
        return strict_form.read_body(request.environ)
    except strict_form.TooLarge:
        raise PageError(413, "error.too_large") from None
    except BadForm:
        raise PageError(400, "error.bad_request") from None


def read_form() -> dict[str, str]:
    """The request's form by field; raises `PageError` 400, 413 or 415."""
    raw = read_body()
    if raw and request.mimetype != "application/x-www-form-urlencoded":
        raise PageError(415, "error.bad_request")
    try:
        return strict_form.parse(raw)
    except BadForm:
        raise PageError(400, "error.bad_request") from None


def bounced(path: str) -> Response:
    """A redirect to a GET of this address with the form that another site has posted: a cross-site POST comes without our
    SameSite=Lax cookies. Raises `PageError` 400, 413 or 415."""
    if request.mimetype != strict_form.TYPE:
        raise PageError(415, "error.bad_request")
    if request.query_string:
        raise PageError(400, "error.bad_request")
    raw = read_body()
    if len(raw) > MAX_BOUNCED:
        raise PageError(413, "error.too_large")
    try:
        pairs = strict_form.pairs(raw)
    except BadForm:
        raise PageError(400, "error.bad_request") from None
    return redirect(f"{path}?{urlencode(pairs)}", 303)


def read_query() -> dict[str, str]:
    """The request's query by field; raises `PageError` 400."""
    found = address.parameters()
    if found is None:
        raise PageError(400, "error.bad_request")
    return found


def install(app: Flask, deps: Deps) -> None:
    """Guard every route of the app."""
    secure = deps.settings.secure

    @app.before_request
    def enter() -> None:
        here: Any = g._get_current_object()  # type: ignore[attr-defined]  # each look through `g` costs four calls
        here.new_browser = None
        here.locale = here.new_language = language_wish()
        here.new_look = look_wish()
        endpoint = request.endpoint
        if endpoint is None:
            return
        door = getattr(app.view_functions[endpoint], "door", None)
        if door is None:
            raise PageError(403, "error.not_found")
        if door == PAGE:
            read_query()
        if door == UPLOAD:
            upload.check(deps, cookies.read(cookies.BROWSER, secure), read_query().get("proof", ""))
        if door == FORM and request.method == "POST":
            here.form = read_form()
            browser = cookies.read(cookies.BROWSER, secure)
            if browser is None:
                raise PageError(400, "common.cookies")
            if not csrf.trusted(deps, browser, here.form.get(csrf.FIELD, "")):
                raise PageError(403, "error.forgery")

    @app.after_request
    def leave(response: Response) -> Response:
        here: Any = g._get_current_object()  # type: ignore[attr-defined]
        if browser := here.get("new_browser"):
            cookies.write(response, cookies.BROWSER, browser, secure, cookies.BROWSER_SECONDS)
        if language := here.get("new_language"):
            cookies.write(response, cookies.LANGUAGE, language, secure, 365 * 86_400)
        if look := here.get("new_look"):
            cookies.write(response, cookies.LOOK, look, secure, 365 * 86_400)
        # redirects too: what they set or where they lead is for one browser (requirement SE-08)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def browser_cookie(deps: Deps) -> str:
    """The random name of this browser; a new one is set with the response if it has none yet."""
    known = g.get("new_browser") or cookies.read(cookies.BROWSER, deps.settings.secure)
    if known is None:
        known = g.new_browser = vault.random_token()
    return known


def known_browser() -> bool:
    """Whether this browser came with a name of ours; call after `browser`."""
    return g.get("new_browser") is None


def browser(deps: Deps) -> str:
    """Fingerprint of the browser's cookie: what journeys are bound to."""
    return fingerprint(browser_cookie(deps))


def caller() -> Caller:
    """Who sends this request."""
    return Caller(request.remote_addr or "", request.user_agent.string)


def language_wish() -> str | None:
    """The language switch (`?lang=en`) of this very request, also where it ends in an error page."""
    wish = (address.parameters() or {}).get("lang")
    return wish if wish in texts.LOCALES else None


def look_wish() -> str | None:
    """The switch of the look (`?look=gentle`, `?look=plain`) of this very request."""
    wish = (address.parameters() or {}).get("look")
    return wish if wish in (cookies.GENTLE, cookies.PLAIN) else None


def journey_of(deps: Deps, journey_id: str) -> Journey | None:
    """This browser's journey; its pages are in its language, which the switch changes."""
    journey = journeys.find(deps, journey_id, browser(deps)) if journey_id else None
    if journey is None:
        return None
    if g.new_language and not journey.finished and journey.locale != g.new_language:
        journey = replace(journey, locale=g.new_language)
        journeys.save(deps, journey)
    g.locale = g.new_language or journey.locale
    return journey
