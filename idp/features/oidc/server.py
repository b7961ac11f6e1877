"""The token endpoint: Authlib's server on our own requests and answers, behind our guard."""

from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from idp.domain.client import Client
from idp.features.oidc import client_auth, codes, device_codes, dpop, protected, refresh_tokens, refusals
from idp.features.oidc.client_credentials import ClientGrant
from idp.features.oidc.code_grant import CodeGrant, S256Only
from idp.features.oidc.device_grant import DeviceGrant
from idp.features.oidc.dpop import Proof
from idp.features.oidc.refresh_grant import RefreshGrant
from idp.vault import fingerprint
from idp.web.house import House
from idp.web.machine import MachineRequest, Reply, error_reply, json_reply


# made once, as the constructor looks closely at the address, which is a constant: what the proxy says of http or https is
# not our business (stack.md, trap 4)
_BLANK = vars(OAuth2Request("POST", "https://token.invalid/"))


class TokenRequest(OAuth2Request):
    """A form post as Authlib sees it; the body only, never the query string (trap T-07)."""

    def __init__(self, request: MachineRequest):
        self.__dict__.update(_BLANK)
        self.machine = request
        self.proof: Proof | None = None
        self.jkt: str | None = None
        self.known: Client | None = None
        self.headers = {"Authorization": request.header("Authorization")}
        self.payload = BasicOAuth2Payload(request.form)
        self._form = request.form

    @property
    def form(self) -> dict[str, str]:
        """The body's fields."""
        return self._form

    def spend_proof(self, house: House) -> None:
        """Let the DPoP proof, if one was shown, count now unless it has. Raises `InvalidProof` if it was used before."""
        proof, self.proof = self.proof, None
        if proof:
            dpop.spend(house, proof)


class TokenServer(AuthorizationServer):
    """Authlib's grant machinery with our clients, our errors and no Flask."""

    def __init__(self, house: House):
        super().__init__()
        self.house = house
        self.register_grant(CodeGrant, [S256Only(required=False)])
        self.register_grant(RefreshGrant)
        self.register_grant(ClientGrant)
        self.register_grant(DeviceGrant)

    def query_client(self, client_id: str) -> Client | None:
        """The registered client, or None."""
        return self.house.clients.find(client_id)

    def authenticate_client(self, request: TokenRequest, methods: list[str], endpoint: str = "token") -> Client:
        """Our own client authentication instead of Authlib's, which lets two methods at once pass (trap T-08); and the key
        that the tokens are to be bound to, before anything is spent."""
        request.known = client = client_auth.authenticate(self.house, request.headers["Authorization"], request.form)
        request.proof = dpop.for_token(self.house, request.machine, client)
        request.jkt = request.proof.jkt if request.proof else None
        # anybody can make proofs in the name of a public client: they are remembered only with a grant that was given out
        if request.proof and (not client.public or self._given_out(request.form)):
            request.spend_proof(self.house)
        return client

    def _given_out(self, form: dict[str, str]) -> bool:
        """Whether a member's grant is shown, good or not. A television's is none before a member has answered."""
        deps, grant_type = self.house.deps, form["grant_type"]
        if grant_type == CodeGrant.GRANT_TYPE:
            return codes.known(deps, form.get("code", ""))
        if grant_type == RefreshGrant.GRANT_TYPE:
            return refresh_tokens.read(deps.vault, form.get("refresh_token", "")) is not None
        return grant_type == DeviceGrant.GRANT_TYPE and device_codes.answered(deps, fingerprint(form.get("device_code", "")))

    def create_oauth2_request(self, request: MachineRequest) -> TokenRequest:
        """The request as Authlib wants it."""
        return request if isinstance(request, TokenRequest) else TokenRequest(request)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: Any) -> Reply:
        """The answer as JSON that no cache keeps (RFC 6749 section 5.1)."""
        return json_reply(status, body)

    def handle_error_response(self, request: Any, error: OAuth2Error) -> Reply:
        """The error of RFC 6749 section 5.2."""
        refusals.note(self.house, "token", getattr(request, "known", None), error, error.error, error.description or "")
        return protected.refusal(error)

    def answer(self, request: MachineRequest) -> Reply:
        """Answer one token request."""
        if problem := protected.prepared(request):
            return problem
        if "grant_type" not in request.form:
            return error_reply(400, "invalid_request", "grant_type is missing")
        asked = TokenRequest(request)
        reply: Reply = self.create_token_response(asked)
        if asked.known is not None and reply.status == 200:
            self.house.clients.used(asked.known.id)
        return reply
