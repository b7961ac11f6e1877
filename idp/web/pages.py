"""Renders pages: Jinja templates, texts of the chosen locale, the operator's brand; and the few static files."""

import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import Any, Mapping, MutableMapping

from flask import Response, g, request
from jinja2 import Environment, PackageLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from idp import texts
from idp.config import Settings
from idp.web import address, cookies
from idp.web.headers import page_policy
from idp.web.machine import Endpoint, Reply

_VALUE = re.compile(r"\{(\w+)\}")
_CSS, _JS = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
STATIC = {"page.css": _CSS, "console.css": _CSS, "page.js": _JS, "console.js": _JS}


@cache
def _static(name: str) -> tuple[str, bytes]:
    body = files("idp").joinpath("static", name).read_bytes()
    return f"/static/{hashlib.sha256(body).hexdigest()[:16]}/{name}", body


def static_endpoints() -> dict[str, Endpoint]:
    """The style sheet and the script under addresses that change with their content."""

    def serve(body: bytes, kind: str) -> Any:
        headers = (("Content-Type", kind), ("Cache-Control", "public, max-age=31536000, immutable"))
        return lambda request: Reply(200, body, headers)

    return {_static(name)[0]: Endpoint(serve(_static(name)[1], kind), ("GET",)) for name, kind in STATIC.items()}


class _Filled(Environment):
    """Templates of one language and brand, in which whatever says the same on all pages is replaced by what it says when
    they are compiled: `t("key")`, `brand.name`. `constants`: by name before and in the brackets or behind the dot."""

    constants: Mapping[str, Mapping[str, str]] = {}

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """A plain dictionary: at each page Jinja compares these names one by one where they are in layers."""
        return {**self.globals, **(d or {})}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Filling(self.constants).visit(super()._parse(source, name, filename))
        return tree


class _Filling(NodeTransformer):
    def __init__(self, constants: Mapping[str, Mapping[str, str]]):
        self._constants = constants

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        match node:
            case nodes.Call(node=nodes.Name(name=name), args=[nodes.Const(value=key)], kwargs=[]):
                found = self._constants.get(name, {}).get(key)
            case nodes.Getattr(node=nodes.Name(name=name), attr=key):
                found = self._constants.get(name, {}).get(key)
            case _:
                found = None
        if found is None:
            return super().generic_visit(node, *args, **kwargs)
        return nodes.MarkSafe(nodes.Const(str(escape(found))), lineno=node.lineno)


class Pages:
    """Templates and texts of this operator."""

    def __init__(self, settings: Settings):
        self._settings = settings
        brand = settings.brand
        dial = re.sub(r"[^0-9+]", "", brand.tel)
        domain = settings.mail.sender.rpartition("@")[2]
        self._brand = {"brand": brand.name, "operator": brand.operator, "tel": brand.tel, "dial": dial, "hours": brand.hours}
        self._brand["mail_domain"] = domain
        links = (("privacy", brand.privacy_url), ("accessibility", brand.accessibility_url), ("terms", brand.terms_url))
        self._links = [(f"footer.{name}", address) for name, address in links if address]
        self._texts = {loc: {k: self._prepared(v) for k, v in texts.catalog(loc).items()} for loc in texts.LOCALES}
        self._templates = {locale: self._environment(locale) for locale in texts.LOCALES}

    def _environment(self, locale: str) -> Environment:
        found = _Filled(
            loader=PackageLoader("idp"),
            autoescape=True,
            auto_reload=False,  # or every page would look at every file it is made of
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        closed = {key: text for key, (text, pieces) in self._texts[locale].items() if not pieces}
        found.constants = {"t": closed, "asset": {name: _static(name)[0] for name in STATIC}, "brand": self._brand}
        translate = lambda key, **values: self.text(locale, key, values)  # noqa: E731
        found.globals |= {"t": translate, "locale": locale, "brand": self._brand, "links": self._links}
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

    def text(self, locale: str, key: str, values: dict[str, Any] | None = None) -> Markup:
        """A text with its values escaped for HTML."""
        found, pieces = self._texts[locale][key]
        given = values or {}
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
        other = "en" if locale == "ja" else "ja"
        switch = "?" + address.query({**(address.parameters() or {}), "lang": other})
        defaults = {"errors": [], "back": None, "stuck": False, "came_from": None, "other_language": switch}
        return self._templates[locale].get_template(template).render({**defaults, **context})

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


