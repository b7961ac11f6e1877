"""Client authentication at every endpoint that asks for it: one method, one constant refusal (RFC 6749 section 2.3)."""

from authlib.oauth2.rfc6749 import InvalidClientError

from idp.domain.client import Client
from idp.features.oidc import client_assertion, refusals
from idp.services import client_credentials, throttles
from idp.web.house import House


class InvalidClient(InvalidClientError):
    """The same words for an unknown client, a wrong secret and a wrong method (trap T-15)."""

    def __init__(self) -> None:
        super().__init__(description="client authentication failed", status_code=401)


def authenticate(house: House, authorization: str, form: dict[str, str]) -> Client:
    """The client that proves itself; raises `InvalidClient`."""
    if client_assertion.given(form):
        alone = not authorization and "client_secret" not in form
        client = client_assertion.proven(house, form) if alone else None
        if not alone:
            refusals.assertion(house, form, "two methods at once")
    else:
        client = client_credentials.proven(house.clients, authorization, form.get("client_id"), form.get("client_secret"))
        if client is None:
            refusals.secret(house, authorization, form)
    if client is None:
        throttles.client_refused(house.deps, _named(house, authorization, form))
        raise InvalidClient()
    return client


def _named(house: House, authorization: str, form: dict[str, str]) -> str | None:
    """The registered client in whose name somebody came, as far as that was said plainly."""
    pair = client_credentials.basic_credentials(authorization) if authorization else None
    client = house.clients.find(pair[0] if pair else form.get("client_id"))
    return client.id if client else None
