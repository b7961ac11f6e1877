"""The API's addresses below `/admin/`: who asks is known before anything that was sent is read."""

import re
from functools import cache, partial
from typing import Callable

from idp.domain import admin
from idp.features.admin_api import once, reading
from idp.features.admin_api.calls import Call, Operation, Problem, part
from idp.features.admin_api.operations import OPERATIONS
from idp.services import limits, records
from idp.vault import fingerprint
from idp.web.bearer import Admission, refused
from idp.web.house import House
from idp.web.machine import NO_STORE, Endpoint, MachineRequest, Reply, error_reply, json_reply

DOCUMENT = "/admin/openapi.json"
MINUTE = 60

Admitted = Callable[[MachineRequest], Admission]


@cache
def _addresses() -> tuple[tuple[re.Pattern[str], dict[str, Operation]], ...]:
    """Addresses with their operations by method; those with more words of their own come before those that a word fits into."""
    found: dict[str, dict[str, Operation]] = {}
    for one in OPERATIONS:
        found.setdefault(one.path, {})[one.method] = one

    def pattern(path: str) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", lambda name: f"(?P<{name[1]}>{part(name[1])})", admin.PATH + path))

    paths = sorted(found, key=lambda path: -sum(not piece.startswith("{") for piece in path.split("/")))
    return tuple((pattern(path), found[path]) for path in paths)


def _routed(request: MachineRequest) -> tuple[Operation, dict[str, str]] | Reply:
    """What is asked for, or which methods the address has. Raises `Problem` 404."""
    hits = ((hit, known) for pattern, known in _addresses() if (hit := pattern.fullmatch(request.path)))
    hit, known = next(hits, (None, {}))
    if hit is None:
        raise Problem(404, "not_found", "there is nothing at this address")
    method = "GET" if request.method == "HEAD" else request.method
    if method in known:
        return known[method], hit.groupdict()
    allow = (("Allow", ", ".join((*sorted(known), *(("HEAD",) if "GET" in known else ()), "OPTIONS"))),)
    if method == "OPTIONS":
        return Reply(204, headers=allow)
    return error_reply(405, "method_not_allowed", f"use {' or '.join(sorted(known))} here", allow)


def _answer(house: House, admitted: Admitted, request: MachineRequest) -> Reply:
    try:
        routed = _routed(request)
        if isinstance(routed, Reply):
            return routed
        operation, named = routed
        admission = admitted(request)
        client = admission.client
        if client is None or admission.refusal:
            return _not_admitted(house, admission, operation, request)
        call = Call(house, client, request, named)
        if house.deps.ephemeral.hit("admin-calls:" + fingerprint(client.id), MINUTE) > house.deps.policy.rates.admin_calls_per_client_per_minute:
            _refused(house, admission, operation, request, "rate")
            raise Problem(429, "too_many_requests", "too many calls of this client in this minute", retry=MINUTE)
        if operation.scope not in admission.scope:
            _refused(house, admission, operation, request, "scope")
            return refused(403, "insufficient_scope", f"this needs the scope {operation.scope}", operation.scope)
        return _called(call, operation)
    except Problem as problem:
        return _problem(problem)


def _called(call: Call, operation: Operation) -> Reply:
    request = call.request
    query = reading.query(operation.query, request.query)
    sent = reading.raw(request) if operation.body else b""
    body = reading.body(operation.body, sent) if operation.body else {}
    whole = Call(call.house, call.client, request, call.named, query, body)

    def act() -> Reply:
        found = operation.act(whole)
        return found if isinstance(found, Reply) else json_reply(operation.status, found)

    key = once.key_of(request.header(once.HEADER)) if operation.once else None
    return once.answered(whole, key, sent, act) if key else act()


def _not_admitted(house: House, admission: Admission, operation: Operation, request: MachineRequest) -> Reply:
    reply = admission.refusal
    assert reply
    if admission.client:
        _refused(house, admission, operation, request, "token")
    if reply.body:
        return reply
    return error_reply(reply.status, "unauthorized", "send an access token", reply.headers)


def _refused(house: House, admission: Admission, operation: Operation, request: MachineRequest, why: str) -> None:
    """Put it on record, once a minute for each client and kind: a flood must not fill the record."""
    deps, client = house.deps, admission.client
    if client is None or not deps.ephemeral.add(f"admin-refused:{fingerprint(client.id)}:{why}", b"1", MINUTE):
        return
    with deps.database.write() as connection:
        records.add(
            connection, deps, "admin_refused", why, client_id=client.id, actor=Call(house, client, request).actor.id,
            address=limits.network_of(request.address), detail={"operation": operation.name},
        )  # fmt: skip


def _problem(problem: Problem) -> Reply:
    headers: tuple[tuple[str, str], ...] = (("Retry-After", str(problem.retry)),) if problem.retry else ()
    said = {"error": problem.error, "error_description": problem.words}
    return json_reply(problem.status, {**said, **({"problems": list(problem.problems)} if problem.problems else {})}, (*NO_STORE, *headers))


def endpoints(house: House, admitted: Callable[[MachineRequest, str], Admission]) -> dict[str, Endpoint]:
    """The endpoints of this room, by path; `admitted` judges tokens for a resource."""
    here = admin.resource(house.deps.settings.issuer)
    judge: Admitted = lambda request: admitted(request, here)  # noqa: E731

    @cache
    def told() -> Reply:
        from idp.features.admin_api import document  # what makes it is not loaded before anybody asks

        return document.reply(house.deps)

    return {
        DOCUMENT: Endpoint(lambda request: told(), ("GET",)),
        "/admin/*": Endpoint(partial(_answer, house, judge), ()),
    }
