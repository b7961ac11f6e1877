"""The authorization request: what is accepted, what is refused, and where the refusal goes (OIDC Core section 3.1.2)."""

import re

import pytest
import requests

from tests.oidc.installation import Installation
from tests.oidc.relying_party import SECONDS, Portal, is_error_page
from tests.running import CALLBACK, Browser

EVIL = "https://evil.example/callback"
KNOWN = (
    "response_type scope nonce response_mode code_challenge code_challenge_method prompt max_age login_hint id_token_hint "
    "ui_locales claims acr_values display"
).split()
STATES = [
    "a&b=c", "a#b", "%0d%0aSet-Cookie: x=1", "\r\nX: y", "🍣日本語", '"><script>alert(1)</script>', "'", "\\", "a b+c%20d",
    "\t", "=", "&&", "s" * 1024, "日" * 341, "https://evil.example/?code=1&iss=2", "{\"json\":[1]}",
]  # fmt: skip


@pytest.mark.parametrize(
    "response_type", ["token", "id_token", "code token", "code id_token", "none", "CODE", "code ", 'cöde"\\']
)
def test_only_the_code_flow_exists(portal: Portal, browser: Browser, response_type: str) -> None:
    """RFC 9700 section 2.1.2; RFC 6749 section 4.1.2.1 (requirement AZ-01)."""
    assert portal.error(browser, response_type=response_type) == "unsupported_response_type"
    assert is_error_page(portal.ask(browser, response_type=response_type, redirect_uri=EVIL))


@pytest.mark.parametrize("response_type", [None, ""])
def test_a_missing_response_type_is_an_invalid_request(portal: Portal, browser: Browser, response_type: str | None) -> None:
    """RFC 6749 section 4.1.2.1."""
    assert portal.error(browser, response_type=response_type) == "invalid_request"
    assert is_error_page(portal.ask(browser, response_type=response_type, redirect_uri=EVIL))


WRONG = [
    {}, {"response_type": "token"}, {"response_type": None}, {"scope": None}, {"prompt": "none"}, {"prompt": "none login"},
    {"max_age": "x"}, {"request": "x"}, {"response_mode": "form_post"}, {"response_mode": "fragment"}, {"code_challenge": None},
    {"state": "s" * 2000}, {"claims": "{"},
]  # fmt: skip


@pytest.mark.parametrize("changes", WRONG, ids=str)
def test_nothing_goes_to_an_address_that_is_not_proven(
    house: Installation, portal: Portal, signed_in: Browser, changes: dict
) -> None:
    """RFC 6749 section 4.1.2.1 (requirement AZ-03): unknown client or bad address with every other mistake."""
    other = house.portals["other"].id
    for unproven in (
        {"client_id": "unknown"}, {"client_id": None}, {"client_id": ""}, {"client_id": other}, {"client_id": portal.id.upper()},
        {"redirect_uri": EVIL}, {"redirect_uri": None}, {"redirect_uri": ""},
    ):  # fmt: skip
        assert is_error_page(portal.ask(signed_in, **{**changes, **unproven})), unproven


def test_the_error_page_tells_no_known_client_from_an_unknown_one(portal: Portal, browser: Browser) -> None:
    """RFC 6749 section 4.1.2.1: the address of the request is shown to nobody."""
    shown = [portal.ask(browser, **wrong).text for wrong in ({"redirect_uri": EVIL}, {"client_id": "unknown"})]
    known, unknown = (re.sub(r'href="[^"]*&amp;(?:lang|look)=[^"]*"', "", page) for page in shown)  # the same request in English, or in large type
    assert known == unknown and "evil.example" not in known and "My Portal" not in known


@pytest.mark.parametrize("name", KNOWN + ["unheard_of"])
def test_a_parameter_that_stands_twice_is_refused(portal: Portal, browser: Browser, name: str) -> None:
    """RFC 6749 section 3.1 (requirement AZ-05); also when both are the same, empty, or spelled differently."""
    value = portal.request().get(name, "x")
    for pair in (
        f"{name}={value}&{name}={value}",
        f"{name}={value}&{name}=",
        f"{name}={value}&%{ord(name[0]):x}{name[1:]}=other",
    ):
        address = portal.address(**{name: None}) + "&" + pair
        assert portal.reply(browser.go(address))["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state"])
def test_what_decides_where_the_answer_goes_may_least_of_all_stand_twice(portal: Portal, signed_in: Browser, name: str) -> None:
    """RFC 6749 sections 3.1 and 4.1.2.1."""
    for value in (portal.request()[name], EVIL, ""):
        assert is_error_page(signed_in.go(f"{portal.address()}&{name}={value}"))


@pytest.mark.parametrize("state", STATES)
def test_the_state_comes_back_unchanged_with_success_and_error(portal: Portal, signed_in: Browser, state: str) -> None:
    """RFC 6749 section 4.1.2 (requirement AZ-06)."""
    portal.code(signed_in, state=state)
    portal.error(signed_in, state=state, response_type="token")
    portal.error(signed_in, state=state, prompt="login none")


@pytest.mark.parametrize("state", [None, ""])
def test_without_a_state_none_is_invented(portal: Portal, signed_in: Browser, state: str | None) -> None:
    """RFC 6749 sections 3.1 and 4.1.2."""
    assert "code" in portal.reply(portal.ask(signed_in, state=state), None)


@pytest.mark.parametrize("state", ["s" * 1025, "日" * 342])
def test_a_state_too_long_to_come_back_is_refused_not_cut(portal: Portal, signed_in: Browser, state: str) -> None:
    """Requirement: accepted up to 1024 bytes, returned unchanged or refused."""
    assert is_error_page(portal.ask(signed_in, state=state))


@pytest.mark.parametrize("broken", ["state=%ff%fe", "state=%zz", "state=%", "nonce=%c0%80", "%ff=1", "x=%ed%a0%80", "state=a%00b",
                                    "nonce=%01", "x=%7f"])  # fmt: skip
def test_what_is_not_utf8_text_is_refused(portal: Portal, browser: Browser, broken: str) -> None:
    """Requirement IP-01; RFC 6749 appendix B."""
    assert is_error_page(browser.go(portal.address(state=None) + "&" + broken))


def test_more_fields_than_anybody_needs_are_refused(portal: Portal, browser: Browser) -> None:
    """Requirement IP-01."""
    assert is_error_page(browser.go(portal.address() + "".join(f"&p{n}=" for n in range(101))))


def test_unknown_parameters_are_ignored(portal: Portal, signed_in: Browser) -> None:
    """RFC 6749 section 3.1."""
    portal.code(signed_in, unheard_of="x", audience="y", resources="https://elsewhere.example")


@pytest.mark.parametrize(
    "name", sorted(set(KNOWN) - {"response_type", "scope", "code_challenge", "code_challenge_method"} | {"request"})
)
def test_a_parameter_without_a_value_counts_as_left_out(portal: Portal, signed_in: Browser, name: str) -> None:
    """RFC 6749 section 3.1."""
    portal.code(signed_in, **{name: ""})


@pytest.mark.parametrize("name", ["request", "request_uri", "registration"])
def test_request_objects_are_refused_by_the_name_of_the_error(portal: Portal, signed_in: Browser, name: str) -> None:
    """OIDC Core sections 3.1.2.6 and 6; discovery says that they are not supported."""
    for value in ("eyJhbGciOiJub25lIn0.e30.", "https://portal.example/request.jwt", "{}"):
        assert portal.error(signed_in, **{name: value}) == f"{name}_not_supported"


@pytest.mark.parametrize(
    "scope", [None, "", "email", "profile email", "OpenID", "openid\temail", "openid  email", 'openid "', "openid é"]
)
def test_a_scope_without_openid_or_malformed_is_refused(portal: Portal, browser: Browser, scope: str | None) -> None:
    """OIDC Core section 3.1.2.1; RFC 6749 section 3.3."""
    assert portal.error(browser, scope=scope) == "invalid_scope"


CHALLENGES = [
    {"code_challenge": None, "code_challenge_method": None}, {"code_challenge_method": "plain"}, {"code_challenge_method": None},
    {"code_challenge_method": ""}, {"code_challenge": None}, {"code_challenge": ""}, {"code_challenge": "c" * 42},
    {"code_challenge": "c" * 44}, {"code_challenge": "c" * 42 + "="}, {"code_challenge": "c" * 42 + "+"},
    {"code_challenge": "ç" * 43},
    {"code_challenge_method": "s256"}, {"code_challenge_method": "S256 "}, {"code_challenge_method": "S512"},
    {"code_challenge": "c" * 42 + "\n"},
]  # fmt: skip


@pytest.mark.parametrize("changes", CHALLENGES, ids=str)
def test_pkce_with_s256_is_demanded_here_already(house: Installation, signed_in: Browser, changes: dict) -> None:
    """RFC 9700 section 2.1.1; RFC 7636 section 4.4.1 (requirement TK-05, traps T-01 and T-02), for both kinds of client."""
    for name in ("plain", "public"):
        assert house.portals[name].error(signed_in, **changes) == "invalid_request"


@pytest.mark.parametrize("changes", CHALLENGES[1:], ids=str)
def test_who_may_go_without_pkce_is_held_to_it_once_it_is_begun(house: Installation, signed_in: Browser, changes: dict) -> None:
    """decisions.md, PKCE."""
    relaxed = house.portals["relaxed"]
    relaxed.code(signed_in, code_challenge=None, code_challenge_method=None)
    assert relaxed.error(signed_in, **changes) == "invalid_request"


@pytest.mark.parametrize("where", ["same", "cross-site"])
def test_the_request_may_be_a_form_post(house: Installation, portal: Portal, hanako: str, where: str) -> None:
    """OIDC Core section 3.1.2.1 (requirement AZ-17). A cross-site post comes without SameSite=Lax cookies: it is
    answered by a redirect to the same request by GET, with which they come."""
    browser = house.browser(hanako)
    sender = browser if where == "same" else requests
    endpoint = portal.provider.endpoint("authorization")
    posted = sender.post(endpoint, data=portal.request(state="日 本&#"), allow_redirects=False, timeout=SECONDS)
    assert posted.status_code == 303 and posted.headers["Location"].startswith("/authorize?")
    assert "code" in portal.reply(browser.go(posted.headers["Location"]), "日 本&#")


def test_a_form_post_is_checked_like_a_get(portal: Portal, signed_in: Browser) -> None:
    """Requirements AZ-05 and AZ-17."""
    endpoint = portal.provider.endpoint("authorization")
    pairs = [*portal.request().items(), ("scope", "openid")]
    twice = signed_in.post(endpoint, data=pairs, allow_redirects=False)
    assert portal.reply(signed_in.go(twice.headers["Location"]))["error"] == "invalid_request"
    assert is_error_page(signed_in.post(endpoint, json=portal.request(), allow_redirects=False), 415)
    assert is_error_page(signed_in.post(portal.address(), data=portal.request(), allow_redirects=False))
    assert is_error_page(signed_in.post(endpoint, files=portal.request(), allow_redirects=False), 415)


def test_a_client_gets_only_scopes_it_registered_and_is_told_so(house: Installation, signed_in: Browser) -> None:
    """RFC 6749 section 3.3 (requirement AZ-24)."""
    tokens = house.portals["narrow"].tokens(signed_in, scope="openid email phone admin")
    assert tokens["scope"] == "openid email"
    assert house.portals["narrow"].tokens(signed_in, scope="email openid")["scope"] == "email openid"


def test_a_client_without_the_grant_gets_no_code(house: Installation, signed_in: Browser) -> None:
    """RFC 6749 section 4.1.2.1, unauthorized_client (requirement TK-12)."""
    assert house.portals["grantless"].error(signed_in) == "unauthorized_client"


def test_codes_cannot_be_guessed(portal: Portal, signed_in: Browser) -> None:
    """RFC 6749 section 10.10: 256 bits, never the same twice."""
    codes = {portal.code(signed_in) for _ in range(5)}
    assert len(codes) == 5 and all(len(code) >= 43 and code.isascii() for code in codes)


@pytest.mark.parametrize("name", ["plain", "query"])
def test_the_callback_keeps_its_own_query(house: Installation, signed_in: Browser, name: str) -> None:
    """RFC 6749 section 3.1.2: the query of the registered address is retained."""
    portal = house.portals[name]
    location = portal.ask(signed_in).headers["Location"]
    assert location.startswith(portal.callback + ("&" if "?" in portal.callback else "?")) and CALLBACK in location
