"""Where portals tell of mailboxes and contracts: `POST /portal/events`, answered as RFC 8935 section 2 has it."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Callable

from idp.domain.client import Client
from idp.domain.security_event import MEDIA_TYPE, NotBelieved
from idp.features.portal_events import flow, forms
from idp.services import client_credentials, throttles
from idp.web.house import House
from idp.web.machine import NO_STORE, Endpoint, MachineRequest, Reply, json_reply

PATH = "/portal/events"
PLAIN = "application/json"
ASSERTION = ("client_assertion", "client_assertion_type")


@dataclass(frozen=True)
class Senders:
    """How portals prove themselves by keys, which another room knows: `by_assertion` returns the client of these form fields
    (private_key_jwt), or None; `by_signature` the client and the event of a signed token, or raises `NotBelieved`."""

    by_assertion: Callable[[dict[str, str]], Client | None]
    by_signature: Callable[[str], tuple[Client, dict[str, Any]]]


def _no(status: int, err: str, description: str, *headers: tuple[str, str]) -> Reply:
    """An error of RFC 8935 section 2.3."""
    return json_reply(status, {"err": err, "description": description}, (*NO_STORE, ("Content-Language", "en"), *headers))


def _take(house: House, senders: Senders, request: MachineRequest) -> Reply:
    if request.content_type not in (PLAIN, MEDIA_TYPE):
        return _no(415, "invalid_request", f"send {PLAIN} or {MEDIA_TYPE}")
    if len(request.body) > forms.MAX_BODY:
        return _no(413, "invalid_request", "the event is larger than 8 KiB")
    try:
        client, sent = (_plain if request.content_type == PLAIN else _signed)(house, senders, request)
        if client is None or client.public:
            throttles.client_refused(house.deps, client.id if client else None)
            return _no(401, "authentication_failed", "client authentication failed", ("WWW-Authenticate", 'Basic realm="idp"'))
        if not client.may_send_events:
            return _no(403, "access_denied", "this client may not send events")
        event = forms.event(sent)
        if "sub" in event:  # as this portal knows the member
            event["sub"] = house.subjects.meant(client, event["sub"]) or ""
        flow.take(house.deps, client, event)
    except forms.Unreadable as error:
        return _no(400, "invalid_request", str(error))
    except NotBelieved as error:
        return _no(400, error.err, error.description)
    # the same for what concerns nobody here, and for what was taken before
    return Reply(202, headers=NO_STORE)


def _plain(house: House, senders: Senders, request: MachineRequest) -> tuple[Client | None, forms.Body]:
    """A JSON object, and the client that proves itself beside it or in it, by one method (RFC 6749 section 2.3)."""
    sent, authorization = forms.body(request.body), request.header("Authorization")
    if not set(ASSERTION) & set(sent.members):
        return client_credentials.proven(house.clients, authorization, sent.said("client_id"), sent.said("client_secret")), sent
    said = {name: text for name in (*ASSERTION, "client_id") if (text := sent.said(name)) is not None}
    alone = not authorization and "client_secret" not in sent.members and ("client_id" in said) == ("client_id" in sent.members)
    return senders.by_assertion(said) if alone else None, sent


def _signed(house: House, senders: Senders, request: MachineRequest) -> tuple[Client | None, forms.Body]:
    """A security event token, whose signature says who sends it; whoever proves itself beside it has to be the same."""
    client, event = senders.by_signature(request.body.decode("ascii", "replace"))
    authorization = request.header("Authorization")
    same = not authorization or client_credentials.proven(house.clients, authorization, client.id, None) is not None
    return client if same else None, forms.Body(event)


def endpoints(house: House, senders: Senders) -> dict[str, Endpoint]:
    """The endpoint of this room, by path."""
    return {PATH: Endpoint(partial(_take, house, senders), ("POST",), body=True)}
