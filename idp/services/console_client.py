"""The console as a client of the provider: registered at every start, with a secret that is derived and so never stored."""

from typing import Any

from idp.deps import Deps
from idp.domain import assurance
from idp.domain.account import Account
from idp.domain.client import Client
from idp.services import client_registration
from idp.tables import clients

CLIENT_ID = "idp-console"
CALLBACK, SIGNED_OUT, LOGOUT = "/console/callback", "/console/signed-out", "/console/backchannel-logout"
ALG = "ES256"


def secret(deps: Deps) -> str:
    """The console's client secret: of the operator's newest key, and for this issuer only."""
    return deps.vault.keyed_hash("console client", deps.settings.issuer)


def through(actor: Account) -> str:
    """By way of which client somebody acts: the console, or one of the admin API's that acts for itself."""
    return actor.login_id if actor.id.startswith("client:") else CLIENT_ID


def addresses(issuer: str) -> frozenset[str]:
    """Every address of ours that the console and the courier ask as a client would, which may stand in the operator's own
    network."""
    paths = ("/.well-known/openid-configuration", "/jwks", "/par", "/token", LOGOUT)
    return frozenset(issuer + path for path in paths)


def _metadata(deps: Deps) -> dict[str, Any]:
    issuer = deps.settings.issuer
    return {
        "client_id": CLIENT_ID,
        "client_secret": secret(deps),
        "client_name": "Console",
        "redirect_uris": [issuer + CALLBACK],
        "post_logout_redirect_uris": [issuer + SIGNED_OUT],
        "backchannel_logout_uri": issuer + LOGOUT,
        "backchannel_logout_session_required": True,
        "client_uri": issuer + "/console/",
        "scope": "openid",
        "id_token_signed_response_alg": ALG,
        "default_acr_values": [assurance.ACR_STRONG],
        "require_auth_time": True,
        "require_pushed_authorization_requests": True,
    }


def ensure(deps: Deps) -> None:
    """Register the console, if it is not registered just so. Raises `Unavailable`."""
    wanted = _metadata(deps)
    with deps.database.read() as connection:
        known = next((row for row in clients.rows(connection) if row["id"] == CLIENT_ID), None)
    hashed = deps.vault.keyed_hash("client_secret", wanted["client_secret"])
    stored = {key: value for key, value in wanted.items() if key not in ("client_id", "client_secret")}
    if known is None or known["secret_hash"] != hashed or known["metadata"] != stored:
        client_registration.register(deps, wanted)


def is_console(client: Client) -> bool:
    """Whether this is the console itself, which nobody changes by hand."""
    return client.id == CLIENT_ID
