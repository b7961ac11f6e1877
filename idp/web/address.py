"""What the address of this request says, parsed once."""

from flask import g, request

from idp.web import strict_form
from idp.web.strict_form import BadForm


def parameters() -> dict[str, str] | None:
    """Parameters by name, not to be changed; None if they are not well-formed."""
    if "parameters" not in g:
        try:
            g.parameters = strict_form.parse(request.query_string)
        except BadForm:
            g.parameters = None
    found: dict[str, str] | None = g.parameters
    return found
