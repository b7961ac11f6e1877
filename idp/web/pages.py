"""Renders pages: Jinja templates, texts of the chosen locale, the operator's brand; and the few static files."""

import hashlib
import re
from functools import cache, partial
from importlib.resources import files
from typing import Any

from flask import Response, g, request
from markupsafe import Markup, escape

from idp import texts
from idp.brand import read as read_brand
from idp.config import Settings
from idp.web import address, cookies, own_templates, places
from idp.web.compiled import Compiled, once, read_aloud
from idp.web.headers import page_policy
from idp.web.machine import Endpoint, Reply

_VALUE = re.compile(r"\{(\w+)\}")
_CSS, _JS = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
STATIC = {"page.css": _CSS, "console.css": _CSS, "page.js": _JS, "console.js": _JS}


@cache
def _static(name: str, more: str) -> tuple[str, bytes]:
    body = files("idp").joinpath("static", name).read_bytes() + (more.encode() if name == "page.css" else b"")
    return f"/static/{hashlib.sha256(body).hexdigest()[:16]}/{name}", body


def static_endpoints(more: str = "") -> dict[str, Endpoint]:
    """The style sheet, with `more` rules of the operator's at its end, and the script, under addresses that change with their
    content."""

    def serve(body: bytes, kind: str) -> Any:
        headers = (("Content-Type", kind), ("Cache-Control", "public, max-age=31536000, immutable"))
        return lambda request: Reply(200, body, headers)

    found = [(*_static(name, more), kind) for name, kind in STATIC.items()]
    return {path: Endpoint(serve(body, kind), ("GET",)) for path, body, kind in found}


class Pages:
    """Templates and texts of this operator."""

    def __init__(self, settings: Settings):
        self._settings = settings
        brand = settings.brand
        self.look, _ = read_brand(brand.color, brand.logo)
        self._loader = own_templates.loader(brand.templates)
        dial = re.sub(r"[^0-9+]", "", brand.tel)
        domain = settings.mail.sender.rpartition("@")[2]
        self._brand = {"brand": brand.name, "operator": brand.operator, "tel": brand.tel, "dial": dial, "hours": brand.hours}
        self._brand |= {"mail_domain": domain, "color": self.look.colour.removeprefix("#"), "logo": "logo" if self.look.logo else ""}
        links = (("privacy", brand.privacy_url), ("accessibility", brand.accessibility_url), ("terms", brand.terms_url))
        self._links = [(f"footer.{name}", address) for name, address in links if address]
        looks = [(locale, gentle) for locale in texts.LOCALES for gentle in (False, True)]
        self._texts = {look: {key: self._prepared(text) for key, text in self._catalog(*look).items()} for look in looks}
        self._templates = {look: self._environment(*look) for look in looks}

    def _catalog(self, locale: str, gentle: bool) -> dict[str, str]:
        """Every text as pages of this look say it."""
        if not gentle:
            return texts.catalog(locale)
        words, sentences = texts.gentle(locale)
        read = read_aloud(words)
        return {key: read(text) for key, text in (texts.catalog(locale) | dict(sentences)).items()}

    def _environment(self, locale: str, gentle: bool) -> Compiled:
        closed = {key: text for key, (text, pieces) in self._texts[locale, gentle].items() if not pieces}
        assets = {name: _static(name, self.look.css)[0] for name in STATIC}
        found = Compiled(self._loader, {"t": closed, "asset": assets, "brand": self._brand}, gentle)
        say = lambda key, **values: self._say(locale, gentle, key, values)  # noqa: E731
        found.globals |= {"place": partial(places.place, say), "helps": places.helps}
        found.globals |= {"t": say, "locale": locale, "gentle": gentle, "brand": self._brand, "links": self._links}
        return found

    def locale(self) -> str:
        """The locale of this request: the switch's or the journey's, which the doors found, the switch's cookie, the
        browser's."""
        here: Any = g._get_current_object()  # type: ignore[attr-defined]
        wish, known = here.get("locale"), here.get("chosen")
        if known is None or known[0] != wish:  # a page asks for every clock time and every error
            cookie = cookies.read(cookies.LANGUAGE, self._settings.secure)
            known = here.chosen = wish, texts.choose(wish, cookie, request.headers.get("Accept-Language"))
        locale: str = known[1]
        return locale

    def gentle(self) -> bool:
        """Whether this request's pages are for who wants larger letters and readings: the switch's or its cookie's wish."""
        here: Any = g._get_current_object()  # type: ignore[attr-defined]
        return (here.get("new_look") or cookies.read(cookies.LOOK, self._settings.secure)) == cookies.GENTLE

    def text(self, locale: str, key: str, values: dict[str, Any] | None = None) -> Markup:
        """A text with its values escaped for HTML."""
        return self._say(locale, False, key, values or {})

    def said(self, key: str, values: dict[str, Any]) -> Markup:
        """The same as this request's page says it, with readings if that is wished for: between tags only."""
        return self._say(self.locale(), self.gentle(), key, values)

    def _say(self, locale: str, gentle: bool, key: str, given: dict[str, Any]) -> Markup:
        found, pieces = self._texts[locale, gentle][key]
        return Markup("".join([escape(given[one]) if at % 2 else one for at, one in enumerate(pieces)])) if pieces else found

    def _prepared(self, text: str) -> tuple[Markup, list[str]]:
        """The text, with the brand filled in; and, if other values are still wanted, its pieces: what it says and the name of
        a value in turn. To take a text apart each time costs more than the rest of a page."""
        pieces = _VALUE.split(text)
        at = 1
        while at < len(pieces):
            if pieces[at] in self._brand:
                pieces[at - 1 : at + 2] = [pieces[at - 1] + str(escape(self._brand[pieces[at]])) + pieces[at + 1]]
            else:
                at += 2
        return Markup(pieces[0]), pieces if len(pieces) > 1 else []

    def html(self, template: str, locale: str, **context: Any) -> str:
        """The page as HTML; templates call `t(key, name=value)`."""
        here, gentle = address.parameters() or {}, self.gentle() and not template.startswith("console/")
        switch = "?" + address.query({**here, "lang": "en" if locale == "ja" else "ja"})
        look = "?" + address.query({**here, "look": cookies.PLAIN if gentle else cookies.GENTLE})
        defaults = {"errors": [], "back": None, "stuck": False, "came_from": None, "other_language": switch, "other_look": look}
        page = self._templates[locale, gentle].get_template(template).render({**defaults, **context})
        return once(page) if gentle else page

    def respond(
        self,
        template: str,
        locale: str,
        status: int = 200,
        form_targets: frozenset[str] = frozenset(),
        form_post: bool = False,
        **context: Any,
    ) -> Response:
        """The page as a response that no cache keeps."""
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("Vary", "Cookie, Accept-Language"),
            ("Content-Language", locale),
            ("Content-Security-Policy", page_policy(form_targets, form_post)),
        ]
        return Response(self.html(template, locale, **context), status, headers)


def clock_time(locale: str, seconds: int) -> str:
    """A clock time in Japan as members read it: 14時35分, 14:35."""
    minute = (seconds + 9 * 3600) // 60 % 1440
    return texts.text(locale, "common.clock").format(hour=minute // 60, minute=f"{minute % 60:02}")


