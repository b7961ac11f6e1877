"""What a portal may say of the sign-in it wants: prompt, max_age, hints, levels, languages (OIDC Core section 3.1.2.1)."""

import json
import re
import time

import pytest
import requests

from idp.services import client_registration
from tests.oidc.installation import Installation
from tests.oidc.relying_party import Portal
from tests.running import CALLBACK, Browser, form_of

LEVEL, AGAIN = "urn:x-idp:acr:1", "urn:x-idp:acr:1r"


def shows_sign_in(page: requests.Response) -> bool:
    """Whether the password is asked for."""
    return page.status_code == 200 and "current-password" in form_of(page).tokens


def test_prompt_none_without_a_session_is_login_required(portal: Portal, browser: Browser) -> None:
    """OIDC Core section 3.1.2.6 (requirement AZ-08); the state of 128 characters comes back whole."""
    assert portal.error(browser, prompt="none", state="s" * 128) == "login_required"
    assert "idp-session" not in browser.cookies


def test_prompt_none_with_a_session_answers_without_a_page(house: Installation, portal: Portal, signed_in: Browser) -> None:
    """OIDC Core section 3.1.2.1."""
    first, second = (portal.id_claims(portal.tokens(signed_in, prompt=prompt)) for prompt in (None, "none"))
    assert all(first[name] == second[name] for name in ("sub", "auth_time", "sid"))


@pytest.mark.parametrize("changes", [{"max_age": "0"}, {"max_age": "1"}, {"acr_values": AGAIN},
                                     {"claims": json.dumps({"id_token": {"acr": {"essential": True, "values": [AGAIN]}}})}],
                                     ids=str)  # fmt: skip
def test_prompt_none_with_too_old_a_session_is_login_required(portal: Portal, signed_in: Browser, changes: dict) -> None:
    """OIDC Core section 3.1.2.6 (requirement AZ-08)."""
    age = time.time() - portal.id_claims(portal.tokens(signed_in, prompt="none"))["auth_time"]
    time.sleep(max(0.0, 2.1 - age))
    assert portal.error(signed_in, prompt="none", **changes) == "login_required"


def test_prompt_none_never_asks_for_consent(house: Installation, hanako: str, signed_in: Browser) -> None:
    """OIDC Core section 3.1.2.6, consent_required."""
    assert house.portals["third"].error(signed_in, prompt="none") == "consent_required"


@pytest.mark.parametrize(
    "prompt", ["none login", "none consent", "login none", "sign_in", "Login", "login  consent", " login", "login ", '"']
)
def test_an_impossible_prompt_is_refused(portal: Portal, signed_in: Browser, prompt: str) -> None:
    """OIDC Core section 3.1.2.1."""
    assert portal.error(signed_in, prompt=prompt) == "invalid_request"


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "0"}, {"max_age": "1"}, {"prompt": "login select_account"},
                                     {"prompt": "login", "max_age": "10000"}], ids=str)  # fmt: skip
def test_a_fresh_sign_in_cannot_be_avoided(house: Installation, portal: Portal, changes: dict) -> None:
    """OIDC Core section 3.1.2.1, prompt=login and max_age (requirement AZ-09): not by going back, not by the page
    that offers to go on, not by another tab."""
    name = house.member()
    browser = house.browser(name)
    old = portal.id_claims(portal.tokens(browser))["auth_time"]
    time.sleep(2.1 if changes.get("max_age") == "1" else 1.1)
    page = portal.ask(browser, **changes)
    assert shows_sign_in(page)
    journey = form_of(page).fields["j"]
    for path in ("/login", "/login/choose", "/consent", "/login/first"):
        assert "Location" not in browser.go(f"{path}?j={journey}").headers
    choose = form_of(page)
    choose.action = choose.action.replace("/login", "/login/choose")
    assert shows_sign_in(browser.submit(choose, action="continue"))
    assert shows_sign_in(browser.go(page.url))
    fresh = portal.id_claims(portal.granted(portal.redeem(portal.reply(browser.sign_in(page, name))["code"])))
    assert fresh["auth_time"] > old and fresh["acr"] == LEVEL


def test_a_session_young_enough_is_good(portal: Portal, signed_in: Browser) -> None:
    """OIDC Core section 3.1.2.1, max_age=10000: no sign-in, and auth_time in the token."""
    claims = portal.id_claims(portal.tokens(signed_in, max_age="10000"))
    assert claims["auth_time"] <= claims["iat"]


@pytest.mark.parametrize("max_age", ["-1", "1.5", "x", "1e3", " 1", "１", "٣", "9" * 10, "0x10", "+1"])
def test_a_max_age_that_is_no_number_of_seconds_is_refused(portal: Portal, signed_in: Browser, max_age: str) -> None:
    """OIDC Core section 3.1.2.1 (trap T-14)."""
    assert portal.error(signed_in, max_age=max_age) == "invalid_request"


def test_a_clients_default_max_age_counts_and_is_overruled_by_the_request(house: Installation, hanako: str) -> None:
    """OIDC Registration section 2, default_max_age and require_auth_time."""
    aged, browser = house.portals["aged"], house.browser(hanako)
    time.sleep(2.1)
    assert shows_sign_in(aged.ask(browser))
    assert "auth_time" in aged.id_claims(aged.tokens(browser, max_age="10000"))


def test_signing_in_as_somebody_else_starts_another_session(house: Installation, portal: Portal) -> None:
    """Requirement AZ-11: nothing of the first member is left."""
    one, two = house.member(), house.member()
    browser = house.browser(one)
    first = portal.id_claims(portal.tokens(browser))
    old_cookie = browser.cookies["idp-session"]
    answer = portal.reply(browser.sign_in(portal.ask(browser, prompt="login"), two))
    second = portal.id_claims(portal.granted(portal.redeem(answer["code"])))
    assert second["sub"] == house.subjects[two] and second["sid"] != first["sid"]
    assert portal.id_claims(portal.tokens(browser, prompt="none"))["sub"] == house.subjects[two]
    old = house.browser()
    old.cookies.set("idp-session", old_cookie, domain="localhost.local")
    assert portal.error(old, prompt="none") == "login_required"


def test_select_account_lets_the_member_choose(house: Installation, portal: Portal, hanako: str) -> None:
    """OIDC Core section 3.1.2.1."""
    browser = house.browser(hanako)
    page = portal.ask(browser, prompt="select_account")
    assert "Location" not in page.headers and not form_of(page).tokens
    assert "code" in portal.reply(browser.submit(form_of(page), action="continue"))


def test_consent_can_be_asked_for_again(house: Installation, portal: Portal, hanako: str) -> None:
    """OIDC Core section 3.1.2.1, prompt=consent, even at the operator's own portal."""
    browser = house.browser(hanako)
    page = portal.ask(browser, prompt="consent")
    assert page.status_code == 200 and "consent" in form_of(page).action
    assert "code" in portal.reply(browser.submit(form_of(page), answer="yes"))


@pytest.mark.parametrize(
    "hint", ["hanako", "nobody-of-this-name", "'\"><script>alert(1)</script>", "buffy@example.jp", "x" * 5000]
)
def test_the_login_hint_is_filled_in_escaped_and_tells_nothing(
    house: Installation, portal: Portal, hanako: str, hint: str
) -> None:
    """OIDC Core section 3.1.2.1 (requirement AZ-13): the page is the same whether the name exists or not."""
    form = form_of(page := portal.ask(house.browser(), login_hint=hint))
    assert form.fields[form.named("username")] == hint[:256] and "<script>alert" not in page.text
    unknown = portal.ask(house.browser(), login_hint="z" * len(hint[:256]))
    bare = [re.sub(r' (?:value|data-options)="[^"]*"|j=[^&"]*', "", one.text) for one in (page, unknown)]
    assert bare[0] == bare[1] and page.status_code == unknown.status_code == 200


@pytest.mark.parametrize("changes", [{"display": "page"}, {"display": "popup"}, {"display": "unheard-of"}, {"ui_locales": "se"},
                                     {"ui_locales": "fr-CA fr en"}, {"claims_locales": "se"}, {"acr_values": "1 2"}],
                                     ids=str)  # fmt: skip
def test_wishes_that_cannot_be_met_are_no_error(portal: Portal, signed_in: Browser, changes: dict) -> None:
    """OIDC Core section 3.1.2.1: display, ui_locales, claims_locales, acr_values."""
    assert portal.id_claims(portal.tokens(signed_in, **changes))["acr"] == LEVEL


def test_an_acr_is_reached_by_asking_again_and_only_then_claimed(house: Installation, portal: Portal) -> None:
    """OIDC Core section 5.5.1.1 (requirements AZ-14, AZ-15)."""
    name = house.member()
    browser = house.browser(name)
    assert portal.id_claims(portal.tokens(browser, acr_values=LEVEL))["acr"] == LEVEL
    assert portal.id_claims(portal.tokens(browser, acr_values=f"{LEVEL} {AGAIN}"))["acr"] == LEVEL
    page = portal.ask(browser, acr_values=AGAIN)
    assert shows_sign_in(page)
    code = portal.reply(browser.sign_in(page, name))["code"]
    assert portal.id_claims(portal.granted(portal.redeem(code)))["acr"] == AGAIN
    assert portal.id_claims(portal.tokens(browser))["acr"] == LEVEL


@pytest.mark.parametrize("level", ["urn:x-idp:acr:3", "phr"])
def test_an_essential_acr_that_is_not_within_reach_is_refused_never_claimed(portal: Portal, signed_in: Browser, level: str) -> None:
    """OIDC Core section 5.5.1.1 (requirement AZ-14); RFC 9470 names the error."""
    for asked in ({"value": level}, {"values": [level, "other"]}):
        claims = json.dumps({"id_token": {"acr": {"essential": True, **asked}}})
        assert portal.error(signed_in, claims=claims) == "unmet_authentication_requirements"
    wish = json.dumps({"id_token": {"acr": {"values": [level]}}})
    assert portal.id_claims(portal.tokens(signed_in, claims=wish))["acr"] == LEVEL


BAD_CLAIMS = ["{", "null", "[]", "1", '"x"', '{"userinfo": []}', '{"id_token": 1}', '{"id_token": {"acr": 1}}', "[" * 2000,
              '{"id_token": {"acr": {"values": "x"}}}', '{"id_token": {"acr": {"values": [1]}}}', '{"userinfo": {"name": true}}',
              '{"id_token": {"acr": {"value": null, "essential": true}}}', '{"x": "' + "x" * 6000 + '"', "1" * 5000]  # fmt: skip


@pytest.mark.parametrize("claims", BAD_CLAIMS, ids=lambda text: text[:40])
def test_a_claims_parameter_that_is_not_what_it_should_be_is_refused(portal: Portal, signed_in: Browser, claims: str) -> None:
    """OIDC Core section 5.5 (trap T-11)."""
    assert portal.error(signed_in, claims=claims) == "invalid_request"


def test_asking_for_another_subject_is_like_a_hint_of_another(house: Installation, portal: Portal, signed_in: Browser) -> None:
    """OIDC Core section 5.5.1, sub with a value."""
    for place in ("id_token", "userinfo"):
        mine, other = (json.dumps({place: {"sub": {"value": one}}}) for one in (house.subjects["hanako"], "somebody-else"))
        portal.code(signed_in, claims=mine, prompt="none")
        assert portal.error(signed_in, claims=other, prompt="none") == "login_required"


def test_the_language_is_the_one_the_portal_asks_for(portal: Portal, house: Installation) -> None:
    """OIDC Core section 3.1.2.1, ui_locales in order of preference."""
    for wish, lang in (("en", "en"), ("ja", "ja"), ("fr en ja", "en"), ("ja-JP en", "ja"), ("xx", "ja")):
        assert f'<html lang="{lang}">' in portal.ask(house.browser(), ui_locales=wish).text


def test_a_client_registered_a_moment_ago_is_known_at_once(each: Installation) -> None:
    """RFC 7591 section 3.2.1: what was registered may be used; a worker must not go on with the register it knew."""
    browser = each.browser()
    assert shows_sign_in(each.portals["plain"].ask(browser))
    given = {"client_name": "New", "redirect_uris": [CALLBACK]}
    new = Portal(each.provider, client_registration.register(each.deps, json.dumps(given)))
    assert shows_sign_in(new.ask(browser))
