"""Client authentication at the token endpoint: one constant refusal (RFC 6749 section 2.3)."""

from authlib.oauth2.rfc6749 import InvalidClientError

from idp.domain.client import Client
from idp.services import client_credentials
from idp.services.client_register import ClientRegister


class InvalidClient(InvalidClientError):
    """The same words for an unknown client, a wrong secret and a wrong method (trap T-15)."""

    def __init__(self) -> None:
        super().__init__(description="client authentication failed", status_code=401)


def authenticate(clients: ClientRegister, authorization: str, form: dict[str, str]) -> Client:
    """The client that proves itself; raises `InvalidClient`."""
    client = client_credentials.proven(clients, authorization, form.get("client_id"), form.get("client_secret"))
    if client is None:
        raise InvalidClient()
    return client
