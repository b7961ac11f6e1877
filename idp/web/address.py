"""What the address of this request says, parsed once."""

import re
from typing import Mapping
from urllib.parse import quote_plus

from flask import request

from idp.web import strict_form
from idp.web.strict_form import BadForm


def parameters() -> dict[str, str] | None:
    """Parameters by name, not to be changed; None if they are not well-formed."""
    environ = request.environ
    if "idp.parameters" not in environ:
        try:
            environ["idp.parameters"] = strict_form.parse(environ.get("QUERY_STRING", "").encode("latin-1"))
        except BadForm:
            environ["idp.parameters"] = None
    found: dict[str, str] | None = environ["idp.parameters"]
    return found


_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*")  # as nearly all of it is: tokens, names, locales


def query(values: Mapping[str, str]) -> str:
    """URL-encoded parameters, for behind the question mark."""
    pairs = [(name, value) if _PLAIN.fullmatch(name + value) else (quote_plus(name), quote_plus(value)) for name, value in values.items()]
    return "&".join([f"{name}={value}" for name, value in pairs])
