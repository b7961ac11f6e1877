"""What sends letters is done once for each Idempotency-Key, however often and in parallel it is asked for; whoever asks again
gets the first answer (draft-ietf-httpapi-idempotency-key-header)."""

import base64
import hashlib
import json
import re
from typing import Callable

from idp.deps import Deps
from idp.features.admin_api.calls import Call, Problem
from idp.web.machine import Reply

HEADER = "Idempotency-Key"
KEY = r"[!-~]{1,255}"
KEPT, RUNNING = 86_400, 60  # seconds: an answer is remembered for; a claim of a worker that has died
_MARK = "running"


def key_of(call_header: str) -> str | None:
    """The key, or None if there is none. Raises `Problem` 400."""
    if not call_header:
        return None
    if not re.fullmatch(KEY, call_header):
        raise Problem(400, "invalid_request", f"{HEADER}: 1 to 255 visible ASCII characters")
    return call_header


def answered(call: Call, key: str, sent: bytes, act: Callable[[], Reply]) -> Reply:
    """The first answer to this key of this client, or that of `act` now. Raises `Problem`: 409 while the first call is at it,
    422 for another request with the same key; and `Unavailable`."""
    deps = call.house.deps
    place = "admin-once:" + hashlib.sha256(f"{call.client.id}\n{key}".encode()).hexdigest()
    asked = hashlib.sha256(b"\n".join((call.request.method.encode(), call.request.path.encode("latin-1", "replace"), sent))).hexdigest()
    if not deps.ephemeral.add(place, _written(asked), RUNNING):
        return _again(deps, place, asked)
    try:
        reply = act()
    except BaseException:
        deps.ephemeral.drop(place)  # it was not done, and may be tried again
        raise
    deps.ephemeral.put(place, _written(asked, reply), KEPT)
    return reply


def _written(asked: str, reply: Reply | None = None) -> bytes:
    done = {"status": reply.status, "body": base64.b64encode(reply.body).decode(), "headers": reply.headers} if reply else _MARK
    return json.dumps({"asked": asked, "done": done}).encode()


def _again(deps: Deps, place: str, asked: str) -> Reply:
    held = deps.ephemeral.get(place)
    found = json.loads(held) if held else {"asked": asked, "done": _MARK}
    if found["asked"] != asked:
        raise Problem(422, "key_reused", f"this {HEADER} was used for another request")
    if found["done"] == _MARK:
        raise Problem(409, "in_progress", "the first request with this key is not done yet", retry=1)
    done = found["done"]
    return Reply(done["status"], base64.b64decode(done["body"]), tuple((name, value) for name, value in done["headers"]))
