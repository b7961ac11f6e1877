"""The refresh grant: the same sign-in again, in new tokens (RFC 6749 section 6, OIDC Core section 12)."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin

from idp.domain.grant import Grant
from idp.features.oidc import refresh_tokens, resources, scopes, tokens
from idp.services import metrics


class RefreshGrant(BaseGrant, TokenEndpointMixin):
    """Our own in place of Authlib's, which saves the new token and revokes the old one in two steps (trap T-05)."""

    GRANT_TYPE = "refresh_token"
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]

    def validate_token_request(self) -> None:
        """Who asks, and whether it was registered for this."""
        self.request.client = client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("the client is not registered for this grant")
        if "refresh_token" not in self.request.form:
            raise InvalidRequestError("refresh_token is missing")

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """New tokens of the old sign-in. What is asked wrongly leaves the refresh token as it was; what the refresh token
        stands for never shrinks with a narrowed scope (RFC 6749 section 6)."""
        house, client, form = self.server.house, self.request.client, self.request.form
        deps = house.deps
        now = deps.now()

        def asked(grant: Grant) -> tuple[tuple[str, ...], str]:
            if grant.jkt not in (None, self.request.jkt):  # RFC 9449 section 5
                raise InvalidGrantError("the refresh token is not valid")
            audience = resources.audience(form.get("resource"), grant.resource, client, deps.settings.issuer)
            return scopes.narrowed(form.get("scope"), grant.scope, client), audience

        grant, account, following = refresh_tokens.use(deps, client, form["refresh_token"], now, asked)
        body = tokens.response(house, grant, client, account, *asked(grant), now, jkt=self.request.jkt)
        metrics.token_issued(self.GRANT_TYPE)
        return 200, {**body, "refresh_token": following}, self.TOKEN_RESPONSE_HEADER
