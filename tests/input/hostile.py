"""What hostile outsiders write into fields, and what every answer to them must look like."""

import json
import re
from dataclasses import replace
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st

from idp.features.oidc import end_session
from idp.features.oidc.request import KNOWN
from idp.services import console_client
from idp.web.headers import constant_headers
from tests.input.inside import Inside
from tests.input.wire import FORM, Answer, Page, Request
from tests.running import CALLBACK

# whatever field they stand in, the request is refused before anything is read into it
MALFORMED = {
    "NUL": b"%00",
    "a raw NUL": b"a\0b",
    "escape": b"%1b%5b31m",
    "DEL": b"a%7f",
    "a lone continuation byte": b"%80",
    "a lone surrogate": b"%ed%a0%80",
    "an overlong slash": b"%c0%af",
    "beyond Unicode": b"%f4%90%80%80",
    "cut off in the middle of a character": b"%e3%81",
    "Shift_JIS": quote_from_bytes("花子".encode("cp932")).encode(),
    "a broken escape": b"%4",
    "no escape at all": b"100%",
}
# well-formed, and odd
ODD = {
    "empty": "",
    "blank": " \u3000\t ",
    "full-width": "ｈａｎａｋｏ１",
    "half-width kana": "ﾊﾅｺ",
    "zero-width": "ha\u200bna\u200dko\ufeff",
    "right to left": "\u202eokanah\u2066",
    "combining marks": "e" + "\u0301" * 500,
    "emoji": "👩\u200d👩\u200d👧" * 40,
    "noncharacters": "\ufffe\uffff\U0010ffff",
    "markup": "\"'><zq onmouseover=alert(1)><!--",
    "a template": "{{7*7}}${7*7}<%=7*7%>{brand}{0.__class__}",
    "SQL": "' OR '1'='1'; DROP TABLE accounts;--",
    "a shell command": "$(id)`id`|id;id",
    "a path": "../../../../etc/passwd",
    "an address elsewhere": "//evil.example/\\evil.example",
    "a script address": "javascript:alert(1)",
    "lines": "a\r\nSet-Cookie: zq=1\r\n\r\n<zq>",
    "a format": "%s%n%x%(a)s",
    "a huge number": "9" * 400,
    "a negative number": "-1",
    "not a number": "NaN",
    "Arabic digits": "١٢٣",
    "true": "true",
    "null": "null",
    "an array": "[]",
    "JSON of another shape": '{"id_token":{"acr":{"values":[1,null]},"sub":{"value":[1]}},"userinfo":7}',
    "deep JSON": "[" * 3_000,
    "a thousand characters": "あ" * 1_000,
    "ten thousand characters": "x" * 10_000,
}
TOO_LONG = 1_048_576

# what protocol endpoints understand; the fields of pages are read off the pages
PARAMETERS = {
    "/authorize": sorted(KNOWN),
    "/end-session": sorted(end_session.KNOWN),
    "/token": ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret", "scope", "refresh_token", "resource", "device_code",
               "client_assertion", "client_assertion_type"],
    "/par": [*sorted(KNOWN), "client_secret", "client_assertion", "client_assertion_type"],
    "/device_authorization": ["client_id", "client_secret", "client_assertion", "client_assertion_type", "scope", "resource", "acr_values", "max_age"],
    "/revoke": ["token", "token_type_hint", "client_id", "client_secret", "client_assertion", "client_assertion_type"],
    "/introspect": ["token", "token_type_hint", "client_id", "client_secret", "client_assertion", "client_assertion_type"],
    "/userinfo": ["access_token"],
    "/console/backchannel-logout": ["logout_token"],
    "/portal/events": ["client_id", "client_secret", "jti", "event"],
    "/sms/receipts": ["MessageSid", "MessageStatus"],
    "/sms/receipts/fallback": ["id", "result"],
}
_GOOD = ["openid", "code", "S256", "none", "authorization_code", "query", "form_post", "login", "en", CALLBACK, "v" * 43]
_HEADERS = ["Authorization", "Origin", "Accept-Language", "X-Forwarded-For", "Forwarded", "X-Real-IP", "If-None-Match", "Sec-Fetch-Site"]
_HEADERS += ["DPoP", "Range", "Expect", "Content-Encoding", "X-HTTP-Method-Override", "Access-Control-Request-Method", "Referer", "Cookie2"]
_HEADER_VALUES = ["Basic Og==", "Basic " + "A" * 3_000, "Bearer a.b.c", "Bearer W10.W10.W10", "Bearer eyJhbGciOiJub25lIn0.e30.e30"]
_HEADER_VALUES += ["null", "*", "same-origin", "::1", "1.2.3.4, 5", "\xff\xfe", '"', "x" * 5_000, "gzip", "DELETE", "localhost:8000", "ja;q=\x9f"]
_TYPES = [FORM] * 8 + [FORM + "; charset=utf-16", "application/json", "multipart/form-data; boundary=x", "text/plain", "", None, "\xff/\xfe"]
_METHODS = ["GET", "POST"] * 5 + ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "get", "X" * 300]
_LENGTHS = [None] * 10 + ["0", "7", "70000", "99999999999999999999"]


@st.composite
def requests(draw: st.DrawFn, inside: Inside) -> Request:
    """Any request at all, most of them a form or a call that would be good, with something changed."""
    page = draw(st.sampled_from([*inside.pages.values(), *inside.calls.values()]))
    names = [*page.form.fields, *PARAMETERS.get(page.path, ()), "lang", "j", "zz"]
    fields = draw(st.one_of(_fields(names, page, inside), _fields(names, page, inside), st.binary(max_size=200), st.just(b"x" * 70_000)))
    good = page.raw(fields)
    return replace(
        good,
        method=good.method if draw(st.integers(0, 2)) else draw(st.sampled_from(_METHODS)),
        path=good.path if draw(st.integers(0, 3)) else draw(_paths(inside)),
        query=good.query or draw(st.one_of(st.just(b""), st.just(b""), _fields(names, None, inside), st.binary(max_size=40))),
        content_type=draw(st.sampled_from(_TYPES)),
        cookies=draw(_cookies(page)),
        headers=tuple(draw(st.lists(st.tuples(st.sampled_from(_HEADERS), st.sampled_from(_HEADER_VALUES)), max_size=3))),
        length=draw(st.sampled_from(_LENGTHS)),
        chunked=draw(st.integers(0, 5)) == 0,
    )


def _paths(inside: Inside) -> st.SearchStrategy[str]:
    known = st.sampled_from(inside.paths)
    ends = ["/", "//", "/..", "%00", "\0", "/\xff", ";a=b", ".json", "\\", "/zz", " "]
    return st.one_of(known, known, known, st.builds(str.__add__, known, st.sampled_from(ends)), st.text(max_size=9).map(_as_path))


def _as_path(text: str) -> str:
    return "/" + text.encode("utf-8", "surrogatepass").decode("latin-1")


@st.composite
def _fields(draw: st.DrawFn, names: list[str], page: Page | None, inside: Inside) -> bytes:
    """URL-encoded fields: those of the page, if there is one, with some replaced, added or doubled."""
    fields = [(name, quote_from_bytes(value.encode()).encode()) for name, value in page.form.fields.items()] if page else []
    ids = [client["client_id"] for client in (inside.portal, inside.third)]
    good = st.sampled_from(_GOOD + ids).map(lambda text: quote_from_bytes(text.encode()).encode())
    odd = st.sampled_from(list(ODD.values())).map(lambda text: quote_from_bytes(text.encode()).encode())
    any_text = st.text(max_size=20).map(lambda text: quote_from_bytes(text.encode("utf-8", "surrogatepass")).encode())
    values = st.one_of(good, good, odd, any_text, st.sampled_from(list(MALFORMED.values())))
    for name, value in draw(st.lists(st.tuples(st.sampled_from(names), values), max_size=6, unique_by=lambda row: row[0])):
        if not draw(st.integers(0, 9)):
            fields.append((name, value))
        else:
            fields = [row for row in fields if row[0] != name] + [(name, value)]
    return b"&".join(name.encode() + b"=" + value for name, value in fields)


def _cookies(page: Page) -> st.SearchStrategy[str]:
    ours = page.cookie
    others = ["idp-browser=" + "a" * 43, "idp-session=a; idp-session=b", "idp-session=" + "a" * 26 + "." + "a" * 43, "idp-language=xx", "=;;=", "idp-browser=\xff", "a=" + "b" * 4_000]
    mixed = st.sampled_from(others).map(lambda other: f"{ours}; {other}")
    return st.one_of(st.just(ours), st.just(ours), st.just(ours), mixed, st.sampled_from(others))


def problems(inside: Inside, request: Request, answer: Answer) -> list[str]:
    """What is wrong with an answer, whatever the request was."""
    found = []
    # nobody listens at the issuer's address here, which is what the console asks first
    asks_the_provider = request.path in ("/console/sign-in", console_client.LOGOUT) and answer.status == 503 and answer.header("Retry-After")
    if (answer.status >= 500 or answer.status < 200) and not asks_the_provider:
        found.append(f"status {answer.status}")
    names = [name.lower() for name, _ in answer.headers]
    wanted = [name for name, _ in constant_headers(inside.deps.settings)]
    found += [f"{name} stands there {names.count(name.lower())} times" for name in wanted if names.count(name.lower()) != 1]
    found += [f"{name}: control characters" for name, value in answer.headers if re.search("[\x00-\x1f\x7f]", value)]
    if answer.status == 405 and not answer.header("Allow"):
        found.append("405 without Allow")
    location = answer.header("Location")
    if not re.match(r"$|/(?![/\\])|" + re.escape(CALLBACK), location):
        found.append(f"leads away to {location}")
    for cookie in (value for name, value in answer.headers if name.lower() == "set-cookie"):
        if not re.fullmatch(r"idp-\w+=[\w.-]*;.* HttpOnly; Path=/; SameSite=Lax", cookie) or "no-store" not in answer.header("Cache-Control"):
            found.append(f"cookie {cookie}")
    return found + _body_problems(request, answer)


def _body_problems(request: Request, answer: Answer) -> list[str]:
    kind = answer.header("Content-Type").split(";")[0]
    if request.method == "HEAD" or answer.status in (204, 304):
        return ["a body where none may be"] if answer.body else []
    found = [f"shows {word!r}" for word in ("Traceback", "site-packages", "sqlalchemy", "werkzeug", 'File "') if word.encode() in answer.body]
    # a QR code is a long row of numbers, and a clock may show any
    if kind == "text/html" and re.search(rb"<zq|7\*7=|\b49\b.*\b49\b", re.sub(rb"(?s)<svg.*?</svg>|[0-9]+(?:\xe6\x99\x82|:)[0-9]+", b"", answer.body)):
        found.append("markup came through")
    if answer.status >= 400:
        found += _message_problems(kind, answer)
    return found


def _message_problems(kind: str, answer: Answer) -> list[str]:
    """An error says what is wrong: in JSON to machines, on a page to people."""
    if kind == "application/json":
        data = json.loads(answer.body)
        good = (data.get("error") and data.get("error_description")) or (data.get("err") and data.get("description"))  # RFC 8935
    elif kind == "text/html":
        good = re.search(r'<p class="lead">[^<]{8,}', answer.text) and '<html lang="' in answer.text
    else:  # RFC 6750 section 3.1: who sends no token at all gets the bare challenge
        good = (answer.status, kind) == (421, "text/plain") or (answer.status == 401 and answer.header("WWW-Authenticate"))
    return [] if good else [f"{answer.status} without a message"]
