"""The shape of receipts: one or several results in JSON or a form, and the proof that the gateway sent them."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from idp.sms_settings import ReceiptSettings
from idp.web import strict_form
from idp.web.strict_form import BadForm

MAX_RESULTS = 1_000
MAX_VALUE = 200


@dataclass(frozen=True)
class Result:
    """What the gateway says of one message: its own id for it, and its own word for what became of it."""

    provider_id: str
    status: str


def read(settings: ReceiptSettings, content_type: str, body: bytes) -> list[Result]:
    """The results of a request; raises `BadForm` if the body is not what the settings describe.

    JSON: an object, a list of them, or either below `results_field`; `id_field` and `status_field` are paths with dots.
    A form: the two fields, or so many of each, in the same order.
    """
    if content_type == "application/json":
        return _from_json(settings, body)
    if content_type != strict_form.TYPE:
        raise BadForm(f"send application/json or {strict_form.TYPE}")
    pairs = strict_form.pairs(body)
    ids, words = ([value for name, value in pairs if name == wanted] for wanted in (settings.id_field, settings.status_field))
    if not ids or len(ids) != len(words):
        raise BadForm("id and status do not stand there for every result")
    return [Result(_text(one), _text(word)) for one, word in zip(ids, words)]


def _from_json(settings: ReceiptSettings, body: bytes) -> list[Result]:
    try:
        data = _below(json.loads(body), settings.results_field)
        rows = data if isinstance(data, list) else [data]
        if not rows or len(rows) > MAX_RESULTS:
            raise BadForm(f"send from 1 to {MAX_RESULTS} results")
        return [Result(_text(_below(row, settings.id_field)), _text(_below(row, settings.status_field))) for row in rows]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise BadForm("the JSON is not as the settings describe it") from None


def _below(data: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        data = data[int(name)] if isinstance(data, list) else data[name]
    return data


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)) or not (text := str(value)) or len(text) > MAX_VALUE:
        raise BadForm("an id or a status is empty, too long, or neither text nor number")
    return text


def bears_secret(settings: ReceiptSettings, given: str) -> bool:
    """Whether a header holds the secret: `Authorization: Bearer …`, or the header that the settings name by itself."""
    expected = settings.secret if settings.header else f"Bearer {settings.secret}"
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())


def signed_by_twilio(secret: str, given: str, url: str, body: bytes) -> bool:
    """Whether X-Twilio-Signature is right: Base64 of HMAC-SHA1 with the account's auth token over the full address and
    every parameter, names and values joined, sorted by name ("Validating requests" in Twilio's pages on security).

    Raises `BadForm` if the body is not a form.
    """
    text = url + "".join(name + value for name, value in sorted(strict_form.pairs(body)))
    expected = base64.b64encode(hmac.digest(secret.encode(), text.encode(), hashlib.sha1))
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected)
