"""The authorization code grant on Authlib's structure, with the rules that it leaves open closed."""

import re
from dataclasses import replace
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge

from idp.domain import lifetimes
from idp.domain.account import Account
from idp.features.oidc import codes, offline, refresh_tokens, refusals, resources, tokens
from idp.features.oidc.codes import Code
from idp.services import doctor, metrics
from idp.tables import grants, holders
from idp.tables.database import Connection


class CodeGrant(AuthorizationCodeGrant):
    """Redeems codes. `server` is our `TokenServer`."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]

    def query_authorization_code(self, code: str, client: Any) -> Code | None:
        """The code's meaning, to one caller only: Authlib reads, issues and deletes in three steps, which lets two
        requests win (trap T-03)."""
        why: list[str] = []
        found = codes.redeem(self.server.house.deps, code, client.id, why.append)
        if found is None:
            raise refusals.because(InvalidGrantError("the code is not valid"), f"code_{why[0]}")
        self.request.spend_proof(self.server.house)  # if the store knew it only just now
        sent = self.request.payload.redirect_uri
        if not sent:
            raise InvalidRequestError("redirect_uri is missing")
        if sent != found.redirect_uri:  # Authlib would say the same, and not which
            shown = doctor.harmless(sent, client.redirect_uris)
            raise refusals.because(
                InvalidGrantError("Invalid 'redirect_uri' in request."), "redirect_token", sent=shown, registered=found.redirect_uri
            )  # fmt: skip
        if found.jkt not in (None, self.request.jkt):  # RFC 9449 section 10
            raise InvalidGrantError("the code is bound to another key")
        return found

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing: the code was spent when it was read."""

    def authenticate_user(self, authorization_code: Code) -> Any:
        """The member, if nothing has ended the sign-in since."""
        with self.server.house.deps.database.read() as connection:
            return self._member(connection, authorization_code)

    def _member(self, connection: Connection, code: Code) -> Account:
        """The same (requirement AZ-27), nor the consent (RV-02) or the session (SE-05); raises `InvalidGrantError`."""
        rule = self.server.house.deps.policy.tokens
        issued = code.expires - lifetimes.code(self.request.client, rule)
        # as if the token had been made with the code: a consent withdrawn in between ends it. The grant itself is not asked
        # about, or who shows the code a second time could keep the first from winning
        account = holders.account(connection, code.subject, None, None, grants.session_id(code.sid), code.client_id, issued + rule.access)
        if account is None or account.status != "active" or account.epoch != code.epoch:
            raise InvalidGrantError("the sign-in has ended")
        return account

    def _member_and_refresh_token(self, code: Code, now: int) -> tuple[Account, str]:
        """The member, and the first refresh token, both in the transaction that makes it true."""
        deps = self.server.house.deps
        with deps.database.write() as connection:
            account = self._member(connection, code)
            client = self.request.client
            # who proves itself by a secret or key of its own may change the key of its tokens (RFC 9449 section 5)
            grant = replace(code.grant, jkt=self.request.jkt if client.public else None)
            return account, refresh_tokens.begin(connection, deps, client, grant, now)

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """The access token, the ID token (OIDC Core section 3.1.3.3), and with offline_access a refresh token."""
        house, client, code = self.server.house, self.request.client, self.request.authorization_code
        audience = resources.audience(self.request.form.get("resource"), code.resource, client, house.deps.settings.issuer)
        now, more = house.deps.now(), {}
        if offline.offered(code.scope, client):
            account, more["refresh_token"] = self._member_and_refresh_token(code, now)
        else:
            account = self.authenticate_user(code)
        body = tokens.response(house, code, client, account, code.scope, audience, now, code.nonce, self.request.jkt, bool(more))
        metrics.token_issued("authorization_code")
        return 200, {**body, **more}, self.TOKEN_RESPONSE_HEADER


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
