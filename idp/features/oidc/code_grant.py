"""The authorization code grant on Authlib's structure, with the rules that it leaves open closed."""

import re
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge

from idp.features.oidc import codes, tokens
from idp.features.oidc.codes import Code
from idp.services import metrics
from idp.tables import accounts


class CodeGrant(AuthorizationCodeGrant):
    """Redeems codes. `server` is our `TokenServer`."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]

    def query_authorization_code(self, code: str, client: Any) -> Code | None:
        """The code's meaning, to one caller only: Authlib reads, issues and deletes in three steps, which lets two
        requests win (trap T-03)."""
        found = codes.redeem(self.server.house.deps, code, client.id)
        if found is None:
            raise InvalidGrantError("the code is not valid")
        if not self.request.payload.redirect_uri:
            raise InvalidRequestError("redirect_uri is missing")
        return found

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing: the code was spent when it was read."""

    def authenticate_user(self, authorization_code: Code) -> Any:
        """The member, if nothing has ended the sign-in since (requirement AZ-27), nor the consent (RV-02)."""
        deps, item = self.server.house.deps, authorization_code
        rule = deps.policy.tokens
        with deps.database.read() as connection:
            # as if the token had been made with the code: a consent withdrawn in between ends it. The grant itself is not asked
            # about, or who shows the code a second time could keep the first from winning
            account = accounts.of_grant(connection, item.subject, None, item.client_id, item.expires - rule.code + rule.access)
        if account is None or account.status != "active" or account.epoch != item.epoch:
            raise InvalidGrantError("the sign-in has ended")
        return account

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """The access token and the ID token (OIDC Core section 3.1.3.3)."""
        house, client, code = self.server.house, self.request.client, self.request.authorization_code
        account, now = self.authenticate_user(code), house.deps.now()
        access = tokens.access_token(house, code, client, now)
        body = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": house.deps.policy.tokens.access,
            "scope": code.get_scope(),
            "id_token": tokens.id_token(house, code, client, account, access, now),
        }
        metrics.token_issued("authorization_code")
        return 200, body, self.TOKEN_RESPONSE_HEADER


class S256Only(CodeChallenge):
    """PKCE without `plain` and without a default method (traps T-01, T-02; RFC 9700 section 2.1.1)."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_verifier(self, grant: Any, result: Any) -> None:
        """A verifier exactly when there was a challenge; every mismatch is `invalid_grant`."""
        verifier = grant.request.form.get("code_verifier")
        if verifier is not None and not re.fullmatch(r"[A-Za-z0-9\-._~]{43,128}", verifier):
            raise InvalidGrantError("code_verifier is malformed")
        if bool(verifier) != bool(grant.request.authorization_code.code_challenge):
            raise InvalidGrantError("code_verifier is missing, or was not announced")
        super().validate_code_verifier(grant, result)
