"""What the address of this request says, parsed once."""

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
