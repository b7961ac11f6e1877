"""The client credentials grant: a portal's back end for itself, without a member (RFC 6749 section 4.4)."""

from typing import Any

from authlib.oauth2.rfc6749 import UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant

from idp.features.oidc import resources, scopes, tokens
from idp.services import metrics


class ClientGrant(ClientCredentialsGrant):
    """An access token whose subject is the client; neither refresh token nor ID token (RFC 6749 section 4.4.3). No store is
    asked."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]

    def validate_token_request(self) -> None:
        """Who asks, and whether it was registered for this; never a client without a secret."""
        self.request.client = client = self.authenticate_token_endpoint_client()
        if client.public or not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("the client is not registered for this grant")

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """The access token."""
        house, client, form = self.server.house, self.request.client, self.request.form
        scope = scopes.own(form.get("scope"), client)
        audience = resources.audience(form.get("resource"), None, client, house.deps.settings.issuer)
        body = tokens.client_response(house, client, scope, audience, house.deps.now(), self.request.jkt)
        metrics.token_issued(self.GRANT_TYPE)
        return 200, body, self.TOKEN_RESPONSE_HEADER
