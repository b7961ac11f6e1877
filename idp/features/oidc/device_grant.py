"""The device code grant: a television asks until the member has answered, and is told once (RFC 8628 sections 3.4 and 3.5)."""

from dataclasses import replace
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin
from authlib.oauth2.rfc8628 import ExpiredTokenError

from idp.domain.account import Account
from idp.domain.client import DEVICE_CODE
from idp.domain.device import TELEVISION
from idp.domain.grant import Grant
from idp.domain.kept import read_as
from idp.features.oidc import device_codes, offline, refresh_tokens, resources, tokens
from idp.features.oidc.device_codes import Pending
from idp.services import metrics, notices, records
from idp.tables import sessions


class DeviceGrant(BaseGrant, TokenEndpointMixin):
    """Our own in place of Authlib's, which reads the code, issues and deletes in three steps (trap T-03)."""

    GRANT_TYPE = DEVICE_CODE
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]

    def validate_token_request(self) -> None:
        """Who asks, and whether it was registered for this."""
        self.request.client = client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("the client is not registered for this grant")
        if "device_code" not in self.request.form:
            raise InvalidRequestError("device_code is missing")

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """The tokens, once the member has said yes. What is asked wrongly leaves the code as it was."""
        house, client, form = self.server.house, self.request.client, self.request.form
        pending = self._pending(form["device_code"])
        audience = resources.audience(form.get("resource"), pending.request.resource, client, house.deps.settings.issuer)
        said = device_codes.collect(house.deps, pending)
        self.request.spend_proof(house)  # if it was answered only just now
        # who proves itself by a secret or key of its own may change the key of its tokens (RFC 9449 section 5)
        grant = replace(read_as(Grant, said["grant"]), jkt=self.request.jkt if client.public else None)
        now = house.deps.now()
        account, more = self._connected(grant, pending, said["device"], now)
        body = tokens.response(house, grant, client, account, grant.scope, audience, now, jkt=self.request.jkt, lasting=bool(more))
        metrics.token_issued("device_code")
        return 200, {**body, **more}, self.TOKEN_RESPONSE_HEADER

    def _pending(self, code: str) -> Pending:
        """The request of this client and key. One that the store has lost is one that is over: the television begins anew. A code
        that another client shows is left to its owner (requirement TK-03)."""
        deps, client = self.server.house.deps, self.request.client
        pending = device_codes.by_device_code(deps, code)
        if pending is None:
            raise ExpiredTokenError()
        if pending.client_id != client.id:
            with deps.database.write() as connection:
                records.add(connection, deps, "device_code_refused", "another_client", client_id=client.id)
            raise InvalidGrantError("the device code is not valid")
        if pending.jkt not in (None, self.request.jkt):
            raise InvalidGrantError("the device code is bound to another key")
        return pending

    def _connected(self, grant: Grant, pending: Pending, device: dict[str, str], now: int) -> tuple[Account, dict[str, str]]:
        """The member, if nothing has ended the sign-in since, and with offline_access the first refresh token. In the same
        transaction the television becomes a session of its own, that can be seen and ended, and the member is told."""
        deps, client = self.server.house.deps, self.request.client
        with deps.database.write() as connection:
            account = refresh_tokens.holder(connection, client, grant)
            if account is None:
                raise InvalidGrantError("the sign-in has ended")
            offered = offline.offered(grant.scope, client)
            more = {"refresh_token": refresh_tokens.begin(connection, deps, client, grant, now)} if offered else {}
            sessions.add(connection, sessions.Signed(grant.sid, account.id, now, TELEVISION, pending.address), client.id)
            detail = {"scope": " ".join(grant.scope)}
            records.add(connection, deps, "device_connected", account_id=account.id, client_id=client.id, address=pending.address, detail=detail)
            facts = {"datetime": now, "client": client.name, **device}
            notices.tell(connection, deps, account, "notice.television", facts, kinds=("email",))
        return account, more
