"""Where portals tell of mailboxes and contracts: `POST /portal/events`, answered as RFC 8935 section 2 has it."""

from functools import partial

from idp.features.portal_events import flow, forms
from idp.services import client_credentials
from idp.web.house import House
from idp.web.machine import NO_STORE, Endpoint, MachineRequest, Reply, json_reply

PATH = "/portal/events"


def _no(status: int, err: str, description: str, *headers: tuple[str, str]) -> Reply:
    """An error of RFC 8935 section 2.3."""
    return json_reply(status, {"err": err, "description": description}, (*NO_STORE, ("Content-Language", "en"), *headers))


def _take(house: House, request: MachineRequest) -> Reply:
    if request.content_type != "application/json":
        return _no(415, "invalid_request", "send application/json")
    if len(request.body) > forms.MAX_BODY:
        return _no(413, "invalid_request", "the event is larger than 8 KiB")
    try:
        sent = forms.body(request.body)
        who = sent.said("client_id"), sent.said("client_secret")
        client = client_credentials.proven(house.clients, request.header("Authorization"), *who)
        if client is None or client.public:
            return _no(401, "authentication_failed", "client authentication failed", ("WWW-Authenticate", 'Basic realm="idp"'))
        if not client.may_send_events:
            return _no(403, "access_denied", "this client may not send events")
        event = forms.event(sent)
        if "sub" in event:  # as this portal knows the member
            event["sub"] = house.subjects.meant(client, event["sub"]) or ""
        flow.take(house.deps, client, event)
    except forms.Unreadable as error:
        return _no(400, "invalid_request", str(error))
    # the same for what concerns nobody here, and for what was taken before
    return Reply(202, headers=NO_STORE)


def endpoints(house: House) -> dict[str, Endpoint]:
    """The endpoint of this room, by path."""
    return {PATH: Endpoint(partial(_take, house), ("POST",), body=True)}
