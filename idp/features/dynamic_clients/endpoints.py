"""`POST /clients` registers a client (RFC 7591 section 3); GET, PUT and DELETE below it are for that client (RFC 7592)."""

import re
from functools import partial

from idp.services import dynamic_clients
from idp.services.client_registration import MAX_JSON, Rejected
from idp.services.dynamic_clients import NotAllowed
from idp.web import bearer
from idp.web.house import House
from idp.web.machine import NO_STORE, Endpoint, MachineRequest, Reply, error_reply, json_reply

PATH = "/clients"
MAX_DESCRIPTION = 600
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9_-]{43})")
_ID = re.compile(r"[a-z2-9]{20}")  # as we make them
# RFC 6749 section 5.2: what a description may hold
_ALLOWED = {chr(c) for c in range(0x20, 0x7F)} - {'"', "\\"}


def _refused(error: str, problems: list[str]) -> Reply:
    """An error of RFC 7591 section 3.2.2."""
    description = "".join(char for char in " ".join(problems).replace('"', "'") if char in _ALLOWED)
    return error_reply(400, error, description[:MAX_DESCRIPTION])


def _not_allowed(request: MachineRequest) -> Reply:
    """One answer to every token that does not do, whatever is wrong; to none at all what is wanted, and no error (RFC 6750 section
    3.1)."""
    if request.header("Authorization").split(" ")[0].lower() != "bearer":
        return Reply(401, b"", (*NO_STORE, *bearer.challenge()))
    return bearer.refused(401, "invalid_token", "the token is not good for this")


def _token(request: MachineRequest) -> str:
    """The bearer token of the header: from nowhere else. Raises `NotAllowed`."""
    found = _BEARER.fullmatch(request.header("Authorization"))
    if found is None:
        raise NotAllowed
    return found[1]


def _text(request: MachineRequest) -> str:
    """The metadata that were sent. Raises `Rejected`."""
    if request.content_type != "application/json":
        raise Rejected((), ["Send application/json."])
    if len(request.body) > MAX_JSON:
        raise Rejected((), ["The metadata is larger than 64 KiB."])
    try:
        return request.body.decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected((), ["The metadata is not UTF-8 text."]) from None


def _guarded(answer: partial[Reply], request: MachineRequest) -> Reply:
    try:
        return answer(request)
    except NotAllowed:
        return _not_allowed(request)
    except Rejected as error:
        of_redirects = any(problem.startswith("redirect_uris:") for problem in error.problems)
        return _refused("invalid_redirect_uri" if of_redirects else "invalid_client_metadata", error.problems)


def _register(house: House, request: MachineRequest) -> Reply:
    token = _token(request)
    told, own = dynamic_clients.create(house.deps, token, partial(_text, request), house.fetcher, request.address)
    return json_reply(201, {**told, **_managed(house, told["client_id"], own)})


def _manage(house: House, request: MachineRequest) -> Reply:
    token, client_id = _token(request), request.path.removeprefix(PATH + "/")
    if not _ID.fullmatch(client_id):
        raise NotAllowed
    if request.method == "DELETE":
        dynamic_clients.remove(house.deps, client_id, token, request.address)
        return Reply(204, headers=NO_STORE)
    if request.method == "PUT":
        told = dynamic_clients.change(house.deps, client_id, token, partial(_text, request), house.fetcher, request.address)
    else:
        told = dynamic_clients.read(house.deps, client_id, token)
    return json_reply(200, {**told, **_managed(house, client_id, token)})


def _managed(house: House, client_id: str, token: str) -> dict[str, str]:
    """How the client goes on from here (RFC 7592 section 3)."""
    return {"registration_client_uri": f"{house.deps.settings.issuer}{PATH}/{client_id}", "registration_access_token": token}


def endpoints(house: House) -> dict[str, Endpoint]:
    """The endpoints of this room, by path; none unless the operator has them."""
    if not house.deps.settings.client_registration.enabled:
        return {}
    return {
        PATH: Endpoint(partial(_guarded, partial(_register, house)), ("POST",), body=True),
        PATH + "/": Endpoint(partial(_guarded, partial(_manage, house)), ("GET", "PUT", "DELETE"), body=True),
    }
