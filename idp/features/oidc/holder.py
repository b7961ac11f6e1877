"""Whether an access token is shown by the holder of the key that it is bound to (RFC 9449 section 7)."""

from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6750 import InvalidTokenError

from idp.domain.client import DPOP_ALGS, Client
from idp.features.oidc import dpop
from idp.web.bearer import refused
from idp.web.house import House
from idp.web.machine import MachineRequest, Reply, error_reply


def problem(house: House, request: MachineRequest, path: str, client: Client, token: str, claims: dict[str, Any]) -> Reply | None:
    """What is wrong if a bound token comes without its key, or another one as if it were bound (section 7.1); `path`: of the
    address that the proof is for."""
    jkt = claims.get("cnf", {}).get("jkt")
    bound = request.header("Authorization")[:4].lower() == "dpop"
    if not bound:
        return refused(401, "invalid_token", "the token is bound to a key: use DPoP") if jkt else None
    try:
        shown = dpop.proven(house, request, path, client, token)
    except OAuth2Error as error:
        return _unproven(error)
    if shown is None:
        return _unproven(dpop.InvalidProof("the DPoP proof is missing"))
    return None if shown == jkt else _unproven(InvalidTokenError("the token is not bound to this key"))


def _unproven(error: OAuth2Error) -> Reply:
    nonce = (("DPoP-Nonce", error.nonce),) if isinstance(error, dpop.NonceWanted) else ()
    details = f'error="{error.error}", error_description="{error.description}", algs="{" ".join(DPOP_ALGS)}"'
    return error_reply(401, error.error, error.description, (("WWW-Authenticate", f'DPoP realm="idp", {details}'), *nonce))
