"""SMS through an HTTP gateway that config.toml describes: one POST per message."""

import json
import re
import time
from datetime import datetime
from typing import Any, Callable
from urllib.parse import parse_qsl, quote_plus, urlsplit

import requests

from idp.adapters.sms_number import FORMS, in_form
from idp.adapters.sms_sigv4 import Signer
from idp.config import LOOPBACK_NAMES
from idp.domain.letter import JST
from idp.ports import Sent, Unavailable
from idp.sms_settings import GatewaySettings, with_profile

TIMEOUT = (3.05, 10.0)  # seconds: to connect, and between two bytes of the answer
MAX_ANSWER = 65_536
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
XML = "xml:"  # before an id_field that names an element instead of a JSON path
_WORD, _LONG = re.compile("[0-9A-Za-z]+"), re.compile("[0-9]{6}")
_PLAIN = frozenset({"code", "number", "password"})  # of our own texts, and needed to read what a gateway answers
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
# these answers speak of us (password, address, pace), not of this message: it waits for the operator to mend it
_ABOUT_US = frozenset({401, 403, 404, 405, 407, 408, 425, 429})
# and Amazon's ways of saying 429 and 401 under the status 400 ("Common errors" of its Query APIs)
_ABOUT_US_400 = re.compile(rb"<Code>(Throttl\w*|RequestExpired|IncompleteSignature)</Code>")


class HttpSms:
    """`Sms` by POST to `url`. Raises ValueError for settings that cannot be used.

    Placeholders of the body: {to} {body} {sender} {idempotency_key} {expires_at} (Unix seconds) {expires_at_iso}
    (Japan's time, ISO 8601) {expires_in} (seconds, 1 to 36000) {receipt_url}, each encoded for the content type; in header
    values {idempotency_key} and {sender}. `name` is what the outbox calls this gateway, `receipt_url` where it may report.
    """

    def __init__(
        self,
        url: str,
        settings: GatewaySettings,
        clock: Callable[[], float] = time.time,
        timeout: tuple[float, float] = TIMEOUT,
        name: str = "",
        receipt_url: str = "",
    ):
        parts = urlsplit(url)
        if not parts.hostname or (parts.scheme != "https" and parts.hostname not in LOOPBACK_NAMES):
            raise ValueError("the gateway's address starts with https://")
        self._url, self._settings, self._clock, self._timeout = url, with_profile(settings), clock, timeout
        self._name, self._receipt_url = name, receipt_url
        self._json = self._settings.content_type.split(";")[0].strip().lower() == JSON
        _check(self._settings, self._json)
        self._sign = Signer(self._settings, url) if self._settings.profile == "sns" else None

    def send(self, to_e164: str, body: str, expires_at: int, idempotency_key: str) -> Sent:
        """See `idp.ports.Sms`. Accepted on any 2xx whose text matches `success`, if that is set; the provider's id is read
        from `id_field` if there is one."""
        try:
            to = in_form(to_e164, self._settings.number_form)
        except ValueError as error:
            return Sent("rejected", reason=str(error))
        headers, data = self._filled(to, body, expires_at, idempotency_key)
        status, answer = self._ask("POST", data, headers)
        said = f"{status} {_harmless(answer, body)}"[:160]
        if 200 <= status < 300:
            if re.search(self._settings.success, answer.decode("utf-8", "replace")) is None:
                # an answer that broke off proves neither
                return Sent("rejected" if answer else "unknown", reason=said, gateway=self._name)
            return Sent("accepted", _pick(answer, self._settings.id_field), gateway=self._name)
        if 400 <= status < 500 and status not in _ABOUT_US and not _ABOUT_US_400.search(answer):
            return Sent("rejected", reason=said, gateway=self._name)
        raise Unavailable(f"sms gateway: {said}"[:160])

    def _filled(self, to: str, body: str, expires_at: int, idempotency_key: str) -> tuple[dict[str, str], bytes]:
        """Headers and body of the request."""
        left = min(max(1, expires_at - int(self._clock())), 36_000)
        values = {
            "to": to,
            "body": body.encode("utf-8", "replace").decode(),
            "sender": self._settings.sender,
            "idempotency_key": idempotency_key,
            "expires_at": str(expires_at),
            "expires_at_iso": datetime.fromtimestamp(expires_at, JST).isoformat(),
            "expires_in": str(left),
            "receipt_url": self._receipt_url,
        }
        headers = {name: _fill(value, values, str) for name, value in self._settings.headers.items()}
        headers["Content-Type"] = self._settings.content_type
        data = _fill(self._settings.body, values, _in_json if self._json else quote_plus)
        return headers, data.encode()

    def ping(self) -> None:
        """See `idp.ports.Sms`: asks with HEAD, which sends nothing; any answer below 500 shows that somebody is there."""
        status, _ = self._ask("HEAD", b"", {})
        if status >= 500:
            raise Unavailable(f"sms gateway: {status}")

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        # as an auth callable, so that a ~/.netrc of the service's user is never looked at
        if self._sign:
            self._sign(request)
        elif self._settings.token:
            request.headers["Authorization"] = f"Bearer {self._settings.token}"
        elif self._settings.user:
            requests.auth.HTTPBasicAuth(self._settings.user.encode(), self._settings.password.encode())(request)
        return request

    def _ask(self, method: str, data: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            # redirects are not followed: they would carry the text and the token to another place
            options: dict[str, Any] = {"timeout": self._timeout, "allow_redirects": False, "stream": True}
            with requests.request(method, self._url, data=data, headers=headers, auth=self._authorize, **options) as response:
                return response.status_code, _read(response, time.monotonic() + self._timeout[1])
        except (requests.RequestException, OSError, UnicodeError) as error:
            # not the error's own text: it may hold the address with its account number
            raise Unavailable(f"sms gateway: {type(error).__name__}") from error


def _read(response: requests.Response, until: float) -> bytes:
    """The answer as far as it comes in time: the status has come, so the gateway has decided, and one that dribbles must not
    hold the letter until its lease runs out and another courier sends it again."""
    answer = b""
    try:
        while len(answer) < MAX_ANSWER and time.monotonic() < until:
            if not (some := response.raw.read1(MAX_ANSWER - len(answer), decode_content=True)):
                return answer
            answer += some
    except Exception:
        return b""
    return answer


def _check(settings: GatewaySettings, is_json: bool) -> None:
    if not is_json and settings.content_type.split(";")[0].strip().lower() != FORM:
        raise ValueError(f"gateway.content_type is {FORM} or {JSON}")
    if settings.number_form not in FORMS:
        raise ValueError(f"gateway.number_form is one of {', '.join(FORMS)}")
    if settings.token and settings.user:
        raise ValueError("write gateway.token or gateway.user, not both")
    for name, value in settings.headers.items():
        if not re.fullmatch(r"[A-Za-z0-9-]+", name) or not re.fullmatch(r"[\x20-\x7e]*", value):
            raise ValueError(f"the header {name!r} is not one line of ASCII")
    try:
        re.compile(settings.success)
    except re.error as error:
        raise ValueError(f"gateway.success is not a regular expression: {error}") from None
    if not {"to", "body"} <= set(_PLACEHOLDER.findall(settings.body)):
        raise ValueError("gateway.body must hold {to} and {body}")
    if not is_json and not re.fullmatch(r"[\x21-\x7e]+", settings.body):
        raise ValueError("gateway.body of a form is one line of name=value joined by &, encoded, without spaces")
    # try it with the worst text there may be
    nasty = 'a"b\\c\n&=+%{to} \u00e9'
    names = ("to", "sender", "idempotency_key", "expires_at", "expires_at_iso", "expires_in", "receipt_url")
    sample = {**dict.fromkeys(names, "1"), "body": nasty}
    for value in settings.headers.values():
        _fill(value, {"idempotency_key": "1", "sender": "1"}, str)
    filled = _fill(settings.body, sample, _in_json if is_json else quote_plus)
    try:
        found = _leaves(json.loads(filled)) if is_json else [value for _, value in parse_qsl(filled, strict_parsing=True)]
    except ValueError as error:
        raise ValueError(f"gateway.body is not {settings.content_type}: {error}") from None
    if not any(nasty in str(value) for value in found):
        raise ValueError("gateway.body must hold {body} as a value of its own, in JSON between quotes")


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for item in value for leaf in _leaves(item)] if isinstance(value, list) else [value]


def _fill(template: str, values: dict[str, str], encode: Callable[[str], str]) -> str:
    def one(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise ValueError(f"{{{found[1]}}} is not known here; known are {', '.join(values)}")
        return encode(values[found[1]])

    return _PLACEHOLDER.sub(one, template)  # once over: a text that holds {to} stays a text


def _in_json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _pick(answer: bytes, path: str) -> str:
    if not path:
        return ""
    if path.startswith(XML):  # no parser: an answer is no place for entities, and the id is plain text
        element = re.escape(path.removeprefix(XML))
        inside = re.search(rf"<{element}>\s*([^<>\s]+)\s*</{element}>", answer.decode("utf-8", "replace"))
        return inside[1][:200] if inside else ""
    try:
        found = json.loads(answer)
        for name in path.split("."):
            found = found[int(name)] if isinstance(found, list) else found[name]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return str(found)[:200] if isinstance(found, (str, int)) else ""


def _harmless(answer: bytes, body: str) -> str:
    """What the gateway says, without what it repeats of the message: this is kept and shown to staff, who must see no code, link or
    login ID of a member. Numbers as long as a code go whatever the message holds."""
    secret = {word for word in _WORD.findall(body) if len(word) >= 4} - _PLAIN

    def shown(found: re.Match[str]) -> str:
        return "****" if found[0] in secret or _LONG.search(found[0]) else found[0]

    return _WORD.sub(shown, re.sub(r"[^\x20-\x7e]+", " ", answer.decode("ascii", "replace")))
