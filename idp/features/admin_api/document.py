"""The OpenAPI 3.1 document, made of the table of operations and of the very schemas that read what is sent."""

import hashlib
import json
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from idp import __version__, texts
from idp.deps import Deps
from idp.domain import admin
from idp.features.admin_api import answers, forms, once
from idp.features.admin_api.calls import Operation, part
from idp.features.admin_api.operations import OPERATIONS
from idp.services.client_registration import Metadata
from idp.web.machine import Reply

MAX_AGE = 300
TAGS = {"members": "Members and their sessions", "clients": "Relying parties", "contract-imports": "The contract register",
        "audit": "The audit record", "keys": "Signing keys"}  # fmt: skip
ABOUT = """What the console does, for the operator's own programs.

**Access.** A client with the grant `client_credentials`, registered by people (`idp client add`, or in the console) with `"resources": ["{resource}"]` and some of the
scopes below, asks `{token}` for a token with `resource={resource}`. Tokens bound to a key (DPoP, RFC 9449) are taken as such. A member's
token is good for nothing here, and no client gets these scopes by registering itself.

**Rules.** A call acts as `client:` and its client_id, as one of the support desk: never on accounts of staff, of whom nobody hears here.
Every act demands a reason and a ticket; they are on record with client and request. Members are told as from the console. The operator's
program answers for having identified who asks.

**Not here.** To clear a second factor or change where codes go (S5), to change a member's contract (S9), to close an account, to rotate
keys at once, and an import that ends many contracts take two people, or one in front of the member: a program is neither. They are in
the console, as are accounts of staff, so that a stolen token can never give itself a person's rights.

**Limits.** {rate} calls a minute for each client, then 429; bodies of 64 KiB, files of contracts of 256 MiB. JSON in UTF-8, each member
once, unknown members refused. Of several requests with one `Idempotency-Key`, one sends its letters, and each gets its answer for a day.

**Errors** have the form of RFC 6749 section 5.2, those about tokens the header of RFC 6750 section 3."""
WORDS = {
    400: "What was sent is not as it has to be.", 401: "No token, or none that is good here.",
    403: "The token lacks the scope, or this is not to be had by this API.", 404: "There is no such thing, or none for programs.",
    409: "Not in this state.", 411: "Say the Content-Length.", 413: "Too large.", 415: "Another media type is needed.",
    422: "The Idempotency-Key was used for another request.", 429: "Too many; wait.", 503: "A part of the service does not answer; try again.",
}  # fmt: skip
ALWAYS, WITH_BODY, ONCE = (400, 401, 403, 429, 503), (413, 415), (409, 422)
JSON = "application/json"


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _name(shape: type[Schema]) -> str:
    return "ClientMetadata" if shape is Metadata else shape.__name__ + ("Query" if issubclass(shape, forms.Paged) else "Sent" if shape.__module__ == forms.__name__ else "")


def _spec(deps: Deps) -> tuple[APISpec, MarshmallowPlugin]:
    issuer = deps.settings.issuer
    plugin = MarshmallowPlugin(schema_name_resolver=lambda shape: _name(shape if isinstance(shape, type) else type(shape)))
    resource = admin.resource(issuer)
    about = ABOUT.format(resource=resource, token=issuer + "/token", rate=deps.policy.rates.admin_calls_per_client_per_minute)
    spec = APISpec(
        title="Admin API", version=__version__, openapi_version="3.1.0", plugins=[plugin], info={"description": about},
        servers=[{"url": resource}], tags=[{"name": name, "description": words} for name, words in TAGS.items()],
    )  # fmt: skip
    flow = {"tokenUrl": issuer + "/token", "scopes": dict(admin.SCOPES)}
    spec.components.security_scheme("oauth2", {"type": "oauth2", "flows": {"clientCredentials": flow}})
    spec.components.schema("Error", schema=answers.Error)
    for status, words in WORDS.items():
        spec.components.response(str(status), _error(status, words))
    return spec, plugin


def _error(status: int, words: str) -> dict[str, Any]:
    header = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}.get(status)
    headers = {"headers": {header: {"required": True, "schema": {"type": "string"}}}} if header else {}
    content: dict[str, Any] = {JSON: {"schema": _ref("schemas", "Error")}}
    if status == 400:
        content["text/plain"] = {"schema": {"type": "string"}}  # of the server underneath, to what is no HTTP
    return {"description": words, "content": content, **headers}


def _parameters(operation: Operation, plugin: MarshmallowPlugin) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^{part(name)}$"}}
        for name in [piece.strip("{}") for piece in operation.path.split("/") if piece.startswith("{")]
    ]
    if operation.once:
        words = "Makes it safe to try again. Different for each request that is meant to be one of its own."
        found.append({"name": once.HEADER, "in": "header", "description": words, "schema": {"type": "string", "pattern": f"^{once.KEY}$"}})
    if operation.query and plugin.converter:
        found += plugin.converter.schema2parameters(operation.query, location="query")
    return found


def _sent(operation: Operation) -> dict[str, Any] | None:
    if operation.takes:
        return {"required": True, "content": {operation.takes: {"schema": {"type": "string", "format": "binary"}}}}
    if not operation.body:
        return None
    content: dict[str, Any] = {"schema": operation.body}
    if operation.body is forms.Because:
        content["examples"] = {
            locale: {"value": {"reason": texts.text(locale, "admin.example.reason"), "ticket": "INC-2026-0417"}} for locale in texts.LOCALES
        }
    return {"required": True, "content": {JSON: content}}


def _operation(operation: Operation, plugin: MarshmallowPlugin) -> dict[str, Any]:
    bodies = WITH_BODY if operation.body or operation.takes else ()
    statuses = sorted({*ALWAYS, *operation.errors, *bodies, *(ONCE if operation.once else ())})
    content = {operation.gives: {"schema": {"type": "string"}}} if operation.gives else {JSON: {"schema": operation.answer}}
    found: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.path.split("/")[1]],
        "summary": operation.summary,
        "description": operation.words,
        "security": [{"oauth2": [operation.scope]}],
        "parameters": _parameters(operation, plugin),
        "responses": {str(operation.status): {"description": operation.summary, "content": content}}
        | {str(status): _ref("responses", str(status)) for status in statuses},
    }
    sent = _sent(operation)
    return {**found, "requestBody": sent} if sent else found


def made(deps: Deps) -> dict[str, Any]:
    """The document of this installation."""
    spec, plugin = _spec(deps)
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, plugin)
    for path, operations in paths.items():
        spec.path(path=path, operations=operations)
    return dict(spec.to_dict())


def reply(deps: Deps) -> Reply:
    """The same as an answer that may be kept for some minutes."""
    text = json.dumps(made(deps), ensure_ascii=False, separators=(",", ":")).encode()
    tag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    return Reply(200, text, (("Content-Type", JSON), ("Cache-Control", f"public, max-age={MAX_AGE}"), ("ETag", tag)))
