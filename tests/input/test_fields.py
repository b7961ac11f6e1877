"""Every field of every form and call, filled with what hostile outsiders write: the right refusal, and nothing stored."""

import re
from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest

from idp.services import console_client
from tests.input import hostile
from tests.input.hostile import MALFORMED, ODD, PARAMETERS, TOO_LONG
from tests.input.inside import Inside
from tests.input.wire import FORM, Answer, Page, Request
from tests.running import CALLBACK


def places(inside: Inside) -> list[tuple[str, Page, str]]:
    """Every field there is: (name of the page or call, the good request, name of the field)."""
    found = []
    for name, page in (inside.pages | inside.calls).items():
        found += [(name, page, field) for field in dict.fromkeys([*page.form.fields, *PARAMETERS.get(page.path, ())])]
    return found


def with_raw(page: Page, field: str, value: bytes) -> Request:
    """The good request with raw bytes as one field's value."""
    others = {name: text for name, text in page.form.fields.items() if name != field}
    return page.raw(urlencode(others).encode() + b"&" + field.encode() + b"=" + value)


def refused(inside: Inside, request: Request, status: int, where: str) -> None:
    """The request is answered with this status, decently, and nothing is stored."""
    before = inside.stored()
    answer = inside.call(request)
    assert (answer.status, hostile.problems(inside, request, answer)) == (status, []), where
    assert inside.stored() == before, where


@pytest.mark.parametrize("kind", MALFORMED)
def test_what_is_not_well_formed_is_refused_in_every_field(fresh: Inside, kind: str) -> None:
    for name, page, field in places(fresh):
        refused(fresh, with_raw(page, field, MALFORMED[kind]), 400, f"{name}: {field}")
        refused(fresh, page.raw(MALFORMED[kind] + b"=1"), 400, f"{name}: as a field's name")


def test_a_field_too_long_for_any_request_is_refused_everywhere(fresh: Inside) -> None:
    for name, page, field in places(fresh):
        too_long = 400 if page.form.method == "get" else 413  # of addresses gunicorn lets 8 KiB through at most
        refused(fresh, with_raw(page, field, b"a" * TOO_LONG), too_long, f"{name}: {field}")
        if page.form.method == "post":
            refused(fresh, replace(with_raw(page, field, b"a" * TOO_LONG), chunked=True), 413, f"{name}: {field}, chunked")


def test_a_field_that_stands_there_twice_is_refused(fresh: Inside) -> None:
    for name, page, field in places(fresh):
        # the portal is told, see below; what another site posts is refused by the GET that follows
        if page.path != "/authorize" and name != "end session by POST":
            refused(fresh, with_raw(page, field, b"a&" + field.encode() + b"=a"), 400, f"{name}: {field}")


def test_a_doubled_parameter_of_a_portal_is_told_to_the_portal(fresh: Inside) -> None:
    page = fresh.calls["authorize"]
    for field in PARAMETERS["/authorize"]:
        answer = fresh.call(page.raw(urlencode(page.form.fields).encode() + f"&{field}=a&{field}=b".encode()))
        if field in ("client_id", "redirect_uri", "state"):
            assert answer.status == 400, field  # where to, or with what, is in doubt
        else:
            assert answer.header("Location").startswith(CALLBACK + "?error=invalid_request"), field


@pytest.mark.parametrize("kind", ODD)
def test_what_is_well_formed_and_odd_is_taken_or_refused_but_never_breaks(fresh: Inside, kind: str) -> None:
    for name, page, field in places(fresh):
        fresh.rewind()
        request = page.request(fields={field: ODD[kind]})
        answer = fresh.call(request)
        where = f"{name}: {field}"
        nobody = (404,) if "/something" in page.path else ()  # what the address names is not there
        assert hostile.problems(fresh, request, answer) == [] and answer.status in (200, 201, 303, 400, 401, 403, 409, 413, *nobody), where
        if answer.status == 303 and answer.header("Location").startswith("/"):
            follow_on(fresh, page, answer, where)


def follow_on(inside: Inside, page: Page, answer: Answer, where: str) -> None:
    """The page that a redirect leads to shows whatever was kept without harm."""
    path, _, query = answer.header("Location").partition("?")
    request = Request("GET", path, query.encode(), cookies=page.cookie)
    shown = inside.call(request)
    assert hostile.problems(inside, request, shown) == [] and shown.status in (200, 303, 400), where


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", "text/xml", FORM + "x", "\xff"])
def test_a_body_of_another_type_is_refused(fresh: Inside, kind: str) -> None:
    for name, page in (fresh.pages | fresh.calls).items():
        if page.form.method == "post":
            refused(fresh, page.request(content_type=kind), 415, name)


def test_a_length_beyond_all_bounds_is_refused_before_anything_is_read(fresh: Inside) -> None:
    for name, page in (fresh.pages | fresh.calls).items():
        if page.form.method == "post":
            refused(fresh, page.request(length="99999999999999999999"), 413, name)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "QUERY"])
def test_only_the_methods_of_an_address_are_answered(fresh: Inside, method: str) -> None:
    for path in fresh.paths:
        allowed = fresh.methods(path) | ({"HEAD"} if "GET" in fresh.methods(path) else set())
        request = Request(method, path, content_type=None)
        answer = fresh.call(request)
        assert hostile.problems(fresh, request, answer) == [], path
        assert (answer.status == 405) == (method not in allowed), path
        if answer.status == 405:
            assert fresh.methods(path) <= {word.strip() for word in answer.header("Allow").split(",")}, path


def test_options_names_the_methods_and_changes_nothing(fresh: Inside) -> None:
    before = fresh.stored()
    for path in fresh.paths:
        answer = fresh.call(Request("OPTIONS", path, content_type=None))
        assert answer.status in (200, 204) and fresh.methods(path) <= set(answer.header("Allow").split(", ")) and not answer.body
    assert fresh.stored() == before


def test_head_answers_like_get_without_a_body(fresh: Inside) -> None:
    for path in fresh.paths:
        if "GET" in fresh.methods(path):
            get, head = (fresh.call(Request(method, path, content_type=None)) for method in ("GET", "HEAD"))
            assert (head.status, head.body) == (get.status, b""), path
            assert head.header("Content-Type") == get.header("Content-Type"), path


def test_an_unknown_address_gets_a_page_with_a_way_on(fresh: Inside) -> None:
    for path in ("/zz", "/login/", "/login%00", "/.git/config", "/static/page.css", "/token/", "/" + "a" * 5_000):
        request = Request("GET", path, content_type=None)
        answer = fresh.call(request)
        assert answer.status == 404 and hostile.problems(fresh, request, answer) == [] and 'href="/"' in answer.text, path


def test_an_unknown_host_is_sent_away_from_everywhere_but_monitoring(fresh: Inside) -> None:
    for path in fresh.paths:
        for host in ("evil.example", "localhost", "localhost:8000.evil.example", "localhost:8000@evil.example", ""):
            answer = fresh.call(Request("GET", path, content_type=None, headers=(("Host", host),)))
            monitoring = path.startswith(("/health/", "/metrics"))
            assert answer.status == 200 if monitoring else answer.status == 421, (path, host)


def test_no_parameter_leads_away(fresh: Inside) -> None:
    elsewhere = quote("https://evil.example/", safe="")
    for path in fresh.paths:
        for name in ("next", "return_to", "redirect", "url", "continue", "goto", "redirect_uri", "lang", "j"):
            for value in (elsewhere, "//evil.example", "%5C%5Cevil.example", "/%5Cevil.example"):
                answer = fresh.call(Request("GET", path, f"{name}={value}".encode(), content_type=None))
                # the language switch keeps the parameters of its own page
                links = re.findall(r'(?:href|action|src|content)="(?!\?)([^"]*)', answer.text)
                # nor does the way over a sign-in back to the page that was asked for
                away = [link for link in [answer.header("Location"), *links] if "evil.example" in link]
                assert not [link for link in away if not link.startswith("/console/sign-in?to=%2Fconsole")], (path, name)


def _other(inside: Inside, page: Page) -> str:
    """A page in another browser."""
    return "consent" if page.cookies["idp-browser"] == inside.pages["login"].cookies["idp-browser"] else "login"


def test_a_form_without_the_proof_of_our_own_page_does_nothing(fresh: Inside) -> None:
    for name, page in fresh.pages.items():
        for changes in ({"csrf": ""}, {"csrf": "A" * 43}, {"csrf": fresh.pages[_other(fresh, page)].form.fields["csrf"]}):
            refused(fresh, page.request(fields=changes), 403, f"{name}: {changes}")
        for header in (("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"), ("Origin", "https://evil.example")):
            refused(fresh, page.request(headers=(header,)), 403, f"{name}: {header}")
        refused(fresh, page.request(cookies=""), 400, f"{name}: no cookie")


def test_looking_changes_nothing(fresh: Inside) -> None:
    """Whoever can make a browser GET an address (a picture, a link, a prefetch) cannot make it do anything."""
    # the member of this page has made a passkey since: nothing is left to do, and the journey goes on to its portal
    for page in [page for name, page in fresh.pages.items() if name != "passkey_offer"]:
        before = fresh.stored()[0]
        for path in set(fresh.paths) - {console_client.CALLBACK}:  # an answer that nobody asked for is put on record
            for query in (f"j={page.form.fields.get('j', '')}", "j=x&action=continue&answer=yes&lang=en&logout=1&_method=POST"):
                for method in ("GET", "HEAD", "OPTIONS"):
                    fresh.call(Request(method, path, query.encode(), cookies=page.cookie, content_type=None))
        assert fresh.stored()[0] == before
        signed_in = "idp-session" in page.cookies
        home = fresh.call(Request("GET", "/", cookies=page.cookie, content_type=None))
        assert ('action="/logout"' in home.text) == signed_in, page.path
