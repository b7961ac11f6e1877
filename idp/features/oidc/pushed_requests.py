"""Pushed authorization requests: a client lays down its request in advance, and the browser carries a name for it (RFC 9126)."""

import json
from typing import Mapping

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError

from idp import vault
from idp.deps import Deps
from idp.domain import lifetimes
from idp.domain.client import Client
from idp.features.oidc import client_auth, dpop, once, protected, refusals, request_object
from idp.features.oidc import request as requests
from idp.features.oidc.request import AuthorizationError, NotRedirectable
from idp.services import limits, throttles
from idp.web.house import House
from idp.web.machine import MachineRequest, Reply, error_reply, json_reply

URN = "urn:ietf:params:oauth:request_uri:"
MAX_URI = len(URN) + 64
MAX_STORED = 32_768  # bytes; far more than any request needs
# what proves the client is not part of its request (RFC 9126 section 2.1)
_OF_THE_CLIENT = ("client_id", "client_secret", "client_assertion", "client_assertion_type")


class InvalidRequestObject(OAuth2Error):
    """The signed request object is not believed (RFC 9101 section 7)."""

    error = "invalid_request_object"


def answer(house: House, request: MachineRequest) -> Reply:
    """Answer one pushed request: checked as at the authorization endpoint, and kept for a minute (section 2)."""
    if problem := protected.prepared(request):
        return problem
    deps, client = house.deps, None
    try:
        client = client_auth.authenticate(house, request.header("Authorization"), request.form)
        # who proves itself answers for what it lays down here; anybody can call itself by a public client's name
        if client.public and not limits.page_allowed(deps, request.address):
            throttles.note(deps, "pushed_requests", request.address, client_id=client.id)
            return error_reply(429, "temporarily_unavailable", "too many requests", (("Retry-After", str(limits.MINUTE)),))
        jkt = dpop.proven(house, request, "/par", client)
        text = _checked(house, client, request.form, jkt)
    except OAuth2Error as error:
        refusals.note(house, "par", client, error, error.error, error.description or "")
        return protected.refusal(error)
    except AuthorizationError as error:
        refusals.note(house, "par", client, error, error.code, error.description)
        return error_reply(400, error.code, error.description)
    life, uri = lifetimes.pushed_request(client, deps.policy.tokens), URN + vault.random_token()
    deps.ephemeral.put(_key(uri), text, life)
    return json_reply(201, {"request_uri": uri, "expires_in": life})


def _checked(house: House, client: Client, form: Mapping[str, str], jkt: str | None) -> bytes:
    """The request as it is kept. Raises `OAuth2Error` or `AuthorizationError` with what is wrong (section 2.1)."""
    if "request_uri" in form:
        raise InvalidRequestError("request_uri does not belong here")
    fields = {name: value for name, value in form.items() if name not in _OF_THE_CLIENT} | {"client_id": client.id}
    key = None
    if request_object.given(client, fields):
        try:
            fields, key = request_object.parameters(house, client, fields["request"])
        except request_object.BadObject as error:
            raise InvalidRequestObject(str(error)) from None
    elif client.require_signed_request_object:
        raise InvalidRequestObject("this client signs its requests")
    if jkt is not None and fields.setdefault("dpop_jkt", jkt) != jkt:  # RFC 9449 section 10.1
        raise dpop.InvalidProof("dpop_jkt is not the key of the proof")
    try:
        target = requests.proven_target(fields, frozenset(), house.clients.find)[1]
    except NotRedirectable:
        refusals.not_redirectable(house, "par", fields, frozenset())
        raise refusals.because(InvalidRequestError("redirect_uri is missing or not registered, or state cannot be returned"), "") from None
    refusals.scopes(house, "par", client, fields.get("scope", ""))
    requests.check(fields, frozenset(), client, target)
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
    if len(text) > MAX_STORED:
        raise InvalidRequestError("the request is too large")
    if key is not None and not once.spend(house.deps, key, request_object.LONGEST + request_object.SKEW):
        raise InvalidRequestObject("the request object was used before")
    return text


def _key(uri: str) -> str:
    return once.key(once.PUSHED, uri)


def named(fields: Mapping[str, str]) -> str | None:
    """The name of a pushed request that these parameters hold, or None: no other request_uri is ever looked at (RFC 9101
    section 10.4)."""
    uri = fields.get("request_uri", "")
    return uri if uri.startswith(URN) else None


def find(deps: Deps, uri: str, client_id: str | None) -> dict[str, str] | None:
    """The parameters of the request, for its own client, until it has led to an answer: a member may open the page twice
    (section 7.3). Nothing beside them counts (section 4)."""
    text = deps.ephemeral.get(_key(uri)) if len(uri) <= MAX_URI else None
    fields: dict[str, str] | None = json.loads(text) if text else None
    return fields if fields and fields["client_id"] == client_id else None


def mark(deps: Deps, uri: str) -> tuple[str, int]:
    """What a journey keeps of it."""
    return once.mark(deps, _key(uri))
