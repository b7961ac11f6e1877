"""What the endpoints for clients have in common: a form and nothing but a form, and errors of RFC 6749 section 5.2."""

from typing import Callable

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError

from idp.domain.client import Client
from idp.features.oidc import client_auth, dpop
from idp.web.house import House
from idp.web.machine import MachineRequest, Reply, error_reply

# RFC 6749 section 5.2: what a description may hold
_ALLOWED = {chr(c) for c in range(0x20, 0x7F)} - {'"', "\\"}


def prepared(request: MachineRequest) -> Reply | None:
    """Make the form ready, or say what is wrong: no parameter in the address (trap T-07), and one without a value counts as
    left out (RFC 6749 section 3.2)."""
    if request.query:
        return error_reply(400, "invalid_request", "parameters belong into the body")
    request.form = {name: value for name, value in request.form.items() if value}
    return None


def refusal(error: OAuth2Error) -> Reply:
    """The error, reduced to the characters that it may hold; with 401 how a client proves itself."""
    description = "".join(char for char in error.description or error.error.replace("_", " ") if char in _ALLOWED)
    challenge: tuple[tuple[str, str], ...] = (("WWW-Authenticate", 'Basic realm="idp"'),) if error.status_code == 401 else ()
    if isinstance(error, dpop.NonceWanted):
        challenge = (("DPoP-Nonce", error.nonce),)
    return error_reply(error.status_code, error.error, description, challenge)


def about_a_token(house: House, request: MachineRequest, act: Callable[[Client, str], Reply], public: bool) -> Reply:
    """What `act` answers to a client that has proven itself and names a token; `public`: whether clients without a secret
    are heard."""
    if problem := prepared(request):
        return problem
    try:
        client = client_auth.authenticate(house, request.header("Authorization"), request.form)
        if client.public and not public:
            raise client_auth.InvalidClient()
        if "token" not in request.form:
            raise InvalidRequestError("token is missing")
        return act(client, request.form["token"])
    except OAuth2Error as error:
        return refusal(error)
