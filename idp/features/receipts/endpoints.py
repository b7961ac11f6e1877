"""Where SMS gateways report: `POST /sms/receipts` for the first, `POST /sms/receipts/fallback` for the second."""

from functools import partial

from idp.features.receipts import flow, forms
from idp.sms_settings import RECEIPT_PATHS, ReceiptSettings, with_profile
from idp.web.house import House
from idp.web.machine import Endpoint, MachineRequest, Reply, error_reply, json_reply
from idp.web.strict_form import BadForm


def _refusal(house: House, name: str, settings: ReceiptSettings, request: MachineRequest) -> Reply | None:
    """Why this request is not taken for the gateway's, if so. Raises `BadForm`."""
    if settings.signature == "twilio":
        # the address as the gateway was told it: what a proxy calls us does not count
        query = f"?{request.query}" if request.query else ""
        url = house.deps.settings.issuer + RECEIPT_PATHS[name] + query
        if not forms.signed_by_twilio(settings.secret, request.header("X-Twilio-Signature"), url, request.body):
            return error_reply(403, "access_denied", "the signature is not the gateway's")
        return None
    header = settings.header or "Authorization"
    given = request.header(header)
    if not given:
        challenge = () if settings.header else (("WWW-Authenticate", "Bearer"),)
        return error_reply(401, "access_denied", f"the header {header} is missing", challenge)
    if not forms.bears_secret(settings, given):
        return error_reply(403, "access_denied", "the secret is not the gateway's")
    return None


def _take(house: House, name: str, settings: ReceiptSettings, request: MachineRequest) -> Reply:
    try:
        if refusal := _refusal(house, name, settings, request):
            return refusal
        results = forms.read(settings, request.content_type, request.body)
    except BadForm as error:
        return error_reply(400, "invalid_request", f"the receipt cannot be read: {error}")
    return json_reply(200, {"results": flow.note(house.deps, name, settings, results).results})


def endpoints(house: House) -> dict[str, Endpoint]:
    """Endpoints by path. One whose gateway has no secret says that it is not there: nobody could prove who they are."""
    gateways = house.deps.settings.sms.gateways()
    found = {}
    for name, path in RECEIPT_PATHS.items():
        settings = with_profile(gateways[name][1]).receipt if name in gateways else ReceiptSettings()
        answer = partial(_take, house, name, settings) if settings.secret else _absent
        found[path] = Endpoint(answer, ("POST",), body=True)
    return found


def _absent(request: MachineRequest) -> Reply:
    return error_reply(404, "not_found", "this installation takes no receipts here")
