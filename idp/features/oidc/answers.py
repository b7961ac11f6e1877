"""Writes every authorization response, success and error alike: `iss` always, by query or by form post,
signed where that was asked for (RFC 9207, OAuth 2.0 Form Post Response Mode, JARM)."""

from flask import Response, redirect

from idp.domain.client import origin
from idp.features.oidc import jarm
from idp.features.oidc.request import AuthorizationError, Target
from idp.web import address
from idp.web.headers import FORM_POST_SCRIPT
from idp.web.house import House


def answer(house: House, target: Target, parameters: dict[str, str]) -> Response:
    """Send the parameters, the state as it came, and our issuer to the client's address."""
    fields = dict(parameters)
    if target.state is not None:
        fields["state"] = target.state
    fields["iss"] = house.deps.settings.issuer
    if jarm.wanted(target.response_mode):
        fields = jarm.response(house, target.client_id, fields)
    if target.response_mode.startswith("form_post"):
        return house.pages.respond(
            "form_post.html",
            house.pages.locale(),
            form_targets=frozenset({origin(target.redirect_uri)}),
            form_post=True,
            action=target.redirect_uri,
            fields=fields,
            script=FORM_POST_SCRIPT,
        )
    joint = "&" if "?" in target.redirect_uri else "?"
    response = redirect(target.redirect_uri + joint + address.query(fields), 303)
    response.headers["Cache-Control"] = "no-store"
    return response


def error_answer(house: House, error: AuthorizationError) -> Response:
    """The error as an authorization response."""
    return answer(house, error.target, {"error": error.code, "error_description": error.description})
