"""The device authorization endpoint: a television lays down its request, and gets the code that it shows (RFC 8628 section 3.1)."""

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import UnauthorizedClientError

from idp.domain.client import DEVICE_CODE
from idp.features.oidc import client_auth, device_codes, dpop, protected
from idp.features.oidc import request as requests
from idp.features.oidc.request import AuthorizationError
from idp.services import limits, throttles
from idp.web.house import House
from idp.web.machine import MachineRequest, Reply, error_reply, json_reply

PATH, PAGE = "/device_authorization", "/device"


def answer(house: House, request: MachineRequest) -> Reply:
    """Answer one request (section 3.2): checked like an authorization request, and kept until a member answers it. With a DPoP
    proof, the codes are bound to its key, as those of a pushed request are (RFC 9449 section 10.1)."""
    if problem := protected.prepared(request):
        return problem
    deps = house.deps
    try:
        client = client_auth.authenticate(house, request.header("Authorization"), request.form)
        # anybody can call itself by a public client's name, and each request holds a user code
        if client.public and not limits.page_allowed(deps, request.address):
            throttles.note(deps, "pushed_requests", request.address, client_id=client.id)
            return error_reply(429, "temporarily_unavailable", "too many requests", (("Retry-After", str(limits.MINUTE)),))
        if not client.check_grant_type(DEVICE_CODE):
            raise UnauthorizedClientError("the client is not registered for this grant")
        jkt = dpop.proven(house, request, PATH, client)
        checked = requests.check_device(request.form, client)
    except OAuth2Error as error:
        return protected.refusal(error)
    except AuthorizationError as error:
        return error_reply(400, error.code, error.description)
    device_code, user_code = device_codes.begin(deps, checked, request.address, jkt)
    page, code = deps.settings.issuer + PAGE, device_codes.shown(user_code)
    body = {
        "device_code": device_code,
        "user_code": code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={code}",
        "expires_in": deps.policy.tokens.device_code,
        "interval": device_codes.INTERVAL,
    }
    return json_reply(200, body)
