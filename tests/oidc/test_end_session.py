"""RP-initiated logout: at once, after a question, or not at all, and where it leads (OpenID Connect RP-Initiated Logout 1.0)."""

from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests.oidc import forging
from tests.oidc.installation import Installation
from tests.oidc.offline import begin, refresh, refreshed
from tests.oidc.relying_party import Portal
from tests.oidc.test_sign_in_request import shows_sign_in
from tests.running import Browser, Form, form_of

OUT = "https://portal.example/out"


def leave(browser: Browser, portal: Portal, **asked: str | None) -> requests.Response:
    """Send the browser to sign out; the first page of the provider's, or its redirect to us."""
    given = {name: value for name, value in asked.items() if value is not None}
    return browser.go(portal.provider.endpoint("end_session") + "?" + urlencode(given))


def alive(browser: Browser, portal: Portal) -> bool:
    """Whether the member still is signed in, as the portal sees it."""
    return "code" in portal.reply(portal.ask(browser, prompt="none"))


def asks(page: requests.Response) -> bool:
    """A page of ours that asks, and leads nowhere yet."""
    return page.status_code == 200 and form_of(page).action.endswith("/end-session/confirm") and "http-equiv" not in page.text


def signed_out(page: requests.Response) -> bool:
    """Our own page that says so."""
    return page.status_code == 200 and page.url.partition("?")[0].endswith("/logout") and "<form" not in page.text


@pytest.fixture
def leaving(each: Installation) -> tuple[Portal, Browser, str]:
    """A portal that registered where members come back to, a browser with a session, and its ID token."""
    portal, browser = each.portals["leaving"], each.browser(each.member())
    return portal, browser, portal.tokens(browser)["id_token"]


Leaving = tuple[Portal, Browser, str]


def test_with_a_hint_the_session_ends_and_the_member_comes_back_with_the_state(leaving: Leaving) -> None:
    """Section 2 and 3; certification.md, oidcc-rp-initiated-logout (requirement LO-03)."""
    portal, browser, hint = leaving
    old, state = browser.cookies["idp-session"], "s&=%20あ" + "x" * 120
    answer = leave(browser, portal, id_token_hint=hint, post_logout_redirect_uri=OUT, state=state, client_id=portal.id)
    assert answer.status_code == 303 and answer.headers["Location"] == f"{OUT}?{urlencode({'state': state})}"
    assert answer.headers["Cache-Control"] == "no-store" and "idp-session" not in browser.cookies
    browser.cookies.set("idp-session", old, domain="localhost.local", path="/")
    assert not alive(browser, portal), "requirement LO-04: the old cookie is dead"


def test_no_state_is_invented_and_a_query_is_kept(leaving: Leaving) -> None:
    """certification.md, no-state."""
    portal, browser, hint = leaving
    assert leave(browser, portal, id_token_hint=hint, post_logout_redirect_uri=OUT).headers["Location"] == OUT
    answer = leave(browser, portal, id_token_hint=hint, post_logout_redirect_uri=OUT + "?tenant=1", state="s")
    assert answer.headers["Location"] == OUT + "?tenant=1&state=s", "the session was over, the hint still proves the portal"


def test_by_post_it_is_the_same(leaving: Leaving) -> None:
    """Section 2: GET and POST. A cross-site POST comes without cookies, the GET that follows has them."""
    portal, browser, hint = leaving
    form = {"id_token_hint": hint, "post_logout_redirect_uri": OUT, "state": "s"}
    bare = requests.post(portal.provider.endpoint("end_session"), data=form, allow_redirects=False, timeout=30)
    assert bare.status_code == 303 and bare.headers["Location"].startswith("/end-session?") and not bare.cookies
    assert browser.go(bare.headers["Location"]).headers["Location"] == OUT + "?state=s" and not alive(browser, portal)


def test_an_expired_hint_counts(each: Installation, leaving: Leaving) -> None:
    """Section 2: the provider should accept ID tokens that have expired."""
    portal, browser, hint = leaving
    old = forging.ours(each, hint, iat=1, exp=2)
    assert leave(browser, portal, id_token_hint=old, post_logout_redirect_uri=OUT).headers["Location"] == OUT


@pytest.mark.parametrize("alg", ["ES256", "PS256", "EdDSA"])
def test_hints_of_every_algorithm_are_read(house: Installation, alg: str) -> None:
    """And without an address the member sees that it is done."""
    portal, browser = house.portals[alg], house.browser(house.member())
    assert signed_out(leave(browser, portal, id_token_hint=portal.tokens(browser)["id_token"])) and not alive(browser, portal)


@pytest.mark.parametrize("uri", [OUT + "/", OUT + "?x=1", OUT + "?", OUT + "#x", OUT.upper(), OUT + "%2f", "http" + OUT[5:], OUT[:-1], "//portal.example/out",
                                 "https://portal.example:443/out", "https://portal.example/x/../out", "https://x@portal.example/out", "javascript:alert(1)",
                                 "https://portal.example/callback", "https://other.example/out", "/account"])  # fmt: skip
def test_an_address_that_is_not_registered_is_never_led_to(house: Installation, uri: str) -> None:
    """Requirement LO-02; certification.md, bad-post-logout-redirect-uri, query-added: also after a yes."""
    portal, browser = house.portals["leaving"], house.browser(house.member())
    page = leave(browser, portal, id_token_hint=portal.tokens(browser)["id_token"], post_logout_redirect_uri=uri, state="s")
    assert asks(page) and uri not in page.text and alive(browser, portal)
    assert signed_out(browser.submit(form_of(page))) and not alive(browser, portal)


def hints(house: Installation, portal: Portal, tokens: dict[str, Any]) -> dict[str, str]:
    """Hints that prove nothing, by what is wrong."""
    good = tokens["id_token"]
    changed: dict[str, Any] = {"iss": "https://evil.example", "aud": "nobody", "client_id": "x", "sub": None, "sid": None}
    found = {f"{name}={value}": forging.ours(house, good, **{name: value}) for name, value in changed.items()}
    found |= {typ: forging.ours(house, good, typ=typ) for typ in ("at+jwt", "logout+jwt", "secevent+jwt")}
    found |= {"aud of another": forging.ours(house, good, aud=house.portals["other"].id), "access token": tokens["access_token"]}
    return found | {name: hint[:7_000] for name, hint in forging.forgeries(portal.provider, good)}


def test_a_hint_that_proves_nothing_asks_and_leads_nowhere(house: Installation) -> None:
    """Requirements LO-01, LO-03, JW-02, JW-04, trap T-13; certification.md, modified and bad id-token-hint."""
    portal, browser = house.portals["leaving"], house.browser(house.member())
    for name, hint in hints(house, portal, portal.tokens(browser)).items():
        page = leave(browser, portal, id_token_hint=hint, post_logout_redirect_uri=OUT, state="s", client_id=portal.id)
        assert asks(page) and OUT not in page.text and "https:" not in page.headers["Content-Security-Policy"], name
    assert signed_out(browser.submit(form_of(page))) and not alive(browser, portal)


def test_a_hint_of_another_session_or_member_asks_first(each: Installation, leaving: Leaving) -> None:
    """Requirement LO-01: the portal is proven, the session is not."""
    portal, browser, _ = leaving
    other = each.member()
    for login_id in (other, next(name for name, sub in each.subjects.items() if sub == portal.id_claims(portal.tokens(browser))["sub"])):
        hint = portal.tokens(each.browser(login_id))["id_token"]
        page = leave(browser, portal, id_token_hint=hint, post_logout_redirect_uri=OUT, state="s 1")
        assert asks(page) and portal.client["client_name"] in page.text and alive(browser, portal)
    answer = browser.submit(form_of(page))
    assert (answer.status_code, answer.headers["Location"]) == (303, OUT + "?state=s+1") and not alive(browser, portal)


def test_a_client_id_without_a_hint_asks_and_then_leads_back(leaving: Leaving) -> None:
    """Requirement LO-02: client_id and a confirmation; the page lets its form lead there, and nowhere else."""
    portal, browser, _ = leaving
    page = leave(browser, portal, client_id=portal.id, post_logout_redirect_uri=OUT, state="s", logout_hint="hanako")
    assert asks(page) and alive(browser, portal) and "form-action 'self' https:" in page.headers["Content-Security-Policy"]
    assert browser.submit(form_of(page)).headers["Location"] == OUT + "?state=s" and not alive(browser, portal)
    assert signed_out(leave(browser, portal, client_id=portal.id, post_logout_redirect_uri=OUT)), "nobody has said yes to that"


@pytest.mark.parametrize("asked", [{}, {"state": "s"}, {"post_logout_redirect_uri": OUT}, {"client_id": "nobody", "post_logout_redirect_uri": OUT},
                                   {"id_token_hint": "", "post_logout_redirect_uri": OUT}], ids=str)  # fmt: skip
def test_who_is_sent_by_nobody_is_asked_and_sees_the_end(house: Installation, asked: dict[str, str]) -> None:
    """certification.md, no-params, only-state, no-id-token-hint."""
    portal, browser = house.portals["leaving"], house.browser(house.member())
    page = leave(browser, portal, **asked)
    assert asks(page) and alive(browser, portal)
    assert signed_out(browser.submit(form_of(page))) and not alive(browser, portal)
    assert signed_out(leave(browser, portal, **asked)), "nobody is signed in any more"


def test_a_request_of_a_wrong_shape_is_refused(house: Installation) -> None:
    portal, browser = house.portals["leaving"], house.browser(house.member())
    address = portal.provider.endpoint("end_session")
    for query in ("state=a&state=b", "state=%00", "state=" + "x" * 1_025, "client_id=%ff"):
        assert browser.go(f"{address}?{query}").status_code == 400 and alive(browser, portal), query


def test_another_site_cannot_say_yes(house: Installation) -> None:
    """Requirement LO-01: the yes is guarded against forgery, and what is sealed is one browser's."""
    portal, browser, stranger = house.portals["leaving"], house.browser(house.member()), house.browser(house.member())
    mine, other = (form_of(leave(one, portal, client_id=portal.id, post_logout_redirect_uri=OUT)) for one in (browser, stranger))
    for fields in ({}, {"csrf": "A" * 43}, {"csrf": other.fields["csrf"]}):
        answer = browser.submit(Form(mine.action, "post", {"request": mine.fields["request"]}), **fields)
        assert answer.status_code == 403 and alive(browser, portal)
    assert signed_out(browser.submit(mine, request=other.fields["request"])), "it ends, and leads nowhere"


@pytest.mark.parametrize(("locales", "language"), [("en", "en"), ("fr-FR en-GB", "en"), ("ja", "ja"), ("xx", "ja"), ("", "ja")])
def test_the_pages_speak_the_language_that_the_portal_asks_for(house: Installation, locales: str, language: str) -> None:
    portal, browser = house.portals["leaving"], house.browser(house.member())
    page = leave(browser, portal, client_id=portal.id, ui_locales=locales)
    assert asks(page) and f'<html lang="{language}"' in page.text
    hint = portal.tokens(browser)["id_token"]
    assert f'<html lang="{language}"' in leave(browser, portal, id_token_hint=hint, ui_locales=locales).text


def test_offline_access_outlives_a_sign_out_and_nothing_more(each: Installation) -> None:
    """Back-Channel Logout section 2.7: tokens with offline_access are not to be revoked; signing out everywhere is more."""
    portal, login_id = each.portals["offline"], each.member()
    browser = each.browser(login_id)
    tokens = begin(portal, browser)
    assert signed_out(leave(browser, portal, id_token_hint=tokens["id_token"])) and not alive(browser, portal)
    again = refreshed(portal, tokens["refresh_token"])
    assert portal.id_claims(again)["sid"] == portal.id_claims(tokens)["sid"]
    own = each.browser(login_id)
    own.submit(form_of(own.go("/account/sessions")), end="all")
    assert refresh(portal, tokens["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("which", ["others", "the sid"])
def test_ended_from_another_device_it_ends_what_was_given_there(each: Installation, which: str) -> None:
    """The device may be lost: its tokens end with its session, those of this session do not."""
    portal, login_id = each.portals["offline"], each.member()
    here, there = each.browser(login_id), each.browser(login_id)
    kept, lost = begin(portal, here), begin(portal, there)
    here.submit(form_of(here.go("/account/sessions")), end="others" if which == "others" else portal.id_claims(lost)["sid"])
    assert refresh(portal, lost["refresh_token"]).json()["error"] == "invalid_grant"
    assert portal.provider.userinfo(lost["access_token"]).status_code == 401
    assert refreshed(portal, kept["refresh_token"])["access_token"] and not alive(there, portal) and shows_sign_in(portal.ask(there))
