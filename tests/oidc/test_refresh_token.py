"""The refresh grant: who gets a refresh token, and what the tokens that it brings say (RFC 6749 section 6, OIDC Core sections
11 and 12)."""

import json
import time
from typing import Callable

import pytest
from sqlalchemy import select

from idp.tables import schema
from tests.oidc.installation import BRIEF, Installation
from tests.oidc.offline import SCOPE, age, begin, begin_by_consent, refresh, refreshed, row
from tests.oidc.relying_party import Portal, half_hash
from tests.oidc.test_token_endpoint import refusal
from tests.running import Browser, claims_of, form_of

DAY = 86_400


@pytest.fixture
def offline(house: Installation) -> Portal:
    """A confidential portal of the operator's that may refresh."""
    return house.portals["offline"]


def test_offline_access_brings_one_to_the_operators_own_portals(house: Installation, signed_in: Browser) -> None:
    """OIDC Core section 11; decisions.md, consent: nobody is asked."""
    for name in ("offline", "offline-other", "offline-public", "offline-native"):
        found = begin(house.portals[name], signed_in)
        assert found["scope"] == SCOPE and "id_token" in found
    assert "refresh_token" not in house.portals["offline"].tokens(signed_in, scope="openid email")


def test_a_client_without_the_grant_gets_none(house: Installation, signed_in: Browser) -> None:
    """OIDC Core section 11 (requirement TK-12): offline_access is ignored, and the answer says what was granted."""
    for name in ("plain", "public", "claims"):
        found = house.portals[name].tokens(signed_in, scope=SCOPE)
        assert "refresh_token" not in found and found["scope"] == "openid email"


def test_a_third_party_has_the_member_asked(house: Installation) -> None:
    """OIDC Core section 11: without prompt=consent offline_access is ignored; with it the page names it."""
    third, browser = house.portals["offline-third"], house.browser(house.member())
    page = third.ask(browser, scope=SCOPE)
    assert "ログインしていない間も" not in page.text
    found = third.granted(third.redeem(third.reply(browser.submit(form_of(page), answer="yes"))["code"]))
    assert "refresh_token" not in found and found["scope"] == "openid email"
    page = third.ask(browser, scope=SCOPE, prompt="consent")
    assert "ログインしていない間も" in page.text
    assert "while you are away" in third.ask(browser, scope=SCOPE, prompt="consent", ui_locales="en").text
    assert refreshed(third, begin_by_consent(third, browser)["refresh_token"])["scope"] == SCOPE


def test_a_refresh_brings_tokens_of_the_same_sign_in(each: Installation) -> None:
    """OIDC Core section 12.2: iss, sub, aud, auth_time, acr, amr and sid as before; iat, jti and at_hash new; no nonce."""
    portal, browser = each.portals["offline"], each.browser(each.member())
    before = begin(portal, browser)
    time.sleep(1.1)
    answer = refresh(portal, before["refresh_token"])
    found = portal.granted(answer)
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    assert set(found) == {"access_token", "token_type", "expires_in", "scope", "id_token", "refresh_token"}
    old, new = portal.id_claims(before), portal.id_claims(found)
    same = ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid")
    assert {name: new[name] for name in same} == {name: old[name] for name in same}
    assert new["iat"] > old["iat"] and new["jti"] != old["jti"] and new["at_hash"] == half_hash(found["access_token"], "sha256")
    assert old["nonce"] == "nonce-1" and "nonce" not in new and "azp" not in new
    access = claims_of(found["access_token"])
    assert access["auth_time"] == new["auth_time"] < access["iat"] and access["sub"] == new["sub"]
    assert portal.provider.userinfo(found["access_token"]).json()["sub"] == new["sub"]


def test_the_id_token_is_signed_and_filled_as_the_client_registered(house: Installation, signed_in: Browser) -> None:
    """OIDC Core section 12.2: scope_claims_in_id_token holds for refreshed ones too."""
    other = house.portals["offline-other"]
    found = other.id_claims(refreshed(other, begin(other, signed_in)["refresh_token"]))
    assert found["email"] == "hanako@example.jp"


def test_claims_asked_for_one_by_one_stay(house: Installation, offline: Portal, signed_in: Browser) -> None:
    """OIDC Core section 5.5 goes on through section 12."""
    asked = json.dumps({"userinfo": {"name": None}, "id_token": {"nickname": None}})
    found = refreshed(offline, begin(offline, signed_in, claims=asked)["refresh_token"])
    assert offline.id_claims(found)["nickname"] == "はなこ"
    assert offline.provider.userinfo(found["access_token"]).json()["name"] == "見本花子"


def test_scope_is_narrowed_for_one_token_and_never_widened(each: Installation) -> None:
    """RFC 6749 section 6 (requirement TK-15): the refresh token keeps all that was granted."""
    for name in ("offline", "offline-public"):
        portal, browser = each.portals[name], each.browser(each.member())
        token = begin(portal, browser)["refresh_token"]
        for wide in ("openid profile", SCOPE + " phone", "openid  email", " openid", "admin", 'a"b', "OPENID", "x" * 5000):
            refusal(refresh(portal, token, scope=wide), "invalid_scope")
        narrow = refreshed(portal, token, scope="openid")
        assert narrow["scope"] == claims_of(narrow["access_token"])["scope"] == "openid"
        assert set(portal.provider.userinfo(narrow["access_token"]).json()) == {"sub"}
        plain = refreshed(portal, narrow["refresh_token"], scope="email")
        assert plain["scope"] == "email" and "id_token" not in plain
        assert refreshed(portal, plain["refresh_token"])["scope"] == SCOPE


@pytest.mark.parametrize("bend", [lambda t: t[:-1], lambda t: t + "=", lambda t: t + "A", lambda t: t.swapcase(), lambda t: " " + t,
                                  lambda t: t + "\n", lambda t: "1" + t[1:], lambda t: "0" + t, lambda t: t[:30] + "AB"[t[30] == "A"] + t[31:],
                                  lambda t: t[:-43] + "A" * 43, lambda t: t[2:], lambda t: "x" * 60_000, lambda t: "日本",
                                  lambda t: "' OR 1=1 --", lambda t: "0." + "a" * 86, lambda t: t.replace("0", "٠", 1)])  # fmt: skip
def test_only_the_exact_token_is_a_token(house: Installation, signed_in: Browser, bend: Callable[[str], str]) -> None:
    """RFC 6749 section 10.10 (requirement TK-17); what somebody made up does the right one no harm."""
    public = house.portals["offline-public"]
    token = begin(public, signed_in)["refresh_token"]
    assert bend(token) != token
    refusal(refresh(public, bend(token)), "invalid_grant")
    assert refresh(public, token).status_code == 200


def test_without_a_token_the_request_is_invalid(offline: Portal) -> None:
    """RFC 6749 section 5.2."""
    for form in ({}, {"refresh_token": ""}):
        refusal(offline.post({"grant_type": "refresh_token", **form}, offline.basic()), "invalid_request")


def test_no_other_token_of_ours_is_a_refresh_token(house: Installation, offline: Portal, signed_in: Browser) -> None:
    """Requirement JW-04."""
    tokens = begin(offline, signed_in)
    for wrong in (tokens["access_token"], tokens["id_token"], offline.code(signed_in), offline.client["client_secret"]):
        refusal(refresh(offline, wrong), "invalid_grant")


OWNERS = [("offline", "offline-other"), ("offline-public", "offline"), ("offline", "offline-public"), ("offline-public", "offline-native")]


@pytest.mark.parametrize(("owner", "thief"), OWNERS)
def test_a_token_is_good_for_its_own_client_only(house: Installation, signed_in: Browser, owner: str, thief: str) -> None:
    """RFC 6749 section 6 (requirement TK-15); the owner loses nothing."""
    mine, theirs = house.portals[owner], house.portals[thief]
    token = begin(mine, signed_in)["refresh_token"]
    refusal(refresh(theirs, token), "invalid_grant")
    with house.deps.database.read() as connection:
        query = select(schema.audit).where(schema.audit.c.event == "refresh_refused").order_by(schema.audit.c.id.desc())
        last = dict(connection.execute(query).mappings().first() or {})
    assert (last["result"], last["client_id"], last["account_id"]) == ("another_client", theirs.id, house.subjects["hanako"])
    assert refresh(mine, token).status_code == 200


def test_client_authentication_is_the_registered_one(house: Installation, offline: Portal, signed_in: Browser) -> None:
    """RFC 6749 section 6: a confidential client must prove itself."""
    token = begin(offline, signed_in)["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    for fields, headers in (({}, {}), ({"client_id": offline.id}, {}), ({"client_id": offline.id, "client_secret": offline.client["client_secret"]}, {})):
        refusal(offline.post({**form, **fields}, headers), "invalid_client", 401)
    assert refresh(offline, token).status_code == 200


def test_only_its_fingerprint_is_stored(each: Installation) -> None:
    """Requirement TK-17: 256 random bits, of which the database knows a hash."""
    portal = each.portals["offline-public"]
    first = begin(portal, each.browser(each.member()))["refresh_token"]
    second = refreshed(portal, first)["refresh_token"]
    stored = json.dumps(row(each, second))
    for token in (first, second):
        assert len(token) >= 88 and token not in stored and token[2:45] not in stored and token[45:] not in stored


def test_it_ends_without_use_and_in_any_case(each: Installation) -> None:
    """Requirement TK-16: idle 14 days, moved by each use; absolute 30 days, moved by nothing."""
    portal, browser = each.portals["offline"], each.browser(each.member())
    token = begin(portal, browser)["refresh_token"]
    for _ in range(2):
        age(each, token, 13 * DAY)
        assert refresh(portal, token).status_code == 200
    age(each, token, 3 * DAY)
    assert refresh(portal, token).status_code == 200
    age(each, token, DAY)
    refusal(refresh(portal, token), "invalid_grant")
    idle = begin(portal, browser)["refresh_token"]
    age(each, idle, 14 * DAY + 1)
    refusal(refresh(portal, idle), "invalid_grant")


def test_a_client_may_have_shorter_lifetimes(house: Installation, signed_in: Browser) -> None:
    """Requirement TK-16: lifetimes as client metadata."""
    brief = house.portals["offline-brief"]
    found = begin(brief, signed_in)
    assert found["expires_in"] == BRIEF["access_token_lifetime"]
    for token, life in ((found["access_token"], "access_token_lifetime"), (found["id_token"], "id_token_lifetime")):
        assert claims_of(token)["exp"] - claims_of(token)["iat"] == BRIEF[life]
    stored = row(house, found["refresh_token"])
    assert stored and stored["expires_at"] - stored["used_at"] == BRIEF["refresh_token_idle_lifetime"]
    assert stored["ends_at"] - stored["used_at"] == BRIEF["refresh_token_lifetime"]
    age(house, found["refresh_token"], 400)
    following = refreshed(brief, found["refresh_token"])
    later = row(house, following["refresh_token"])
    assert following["expires_in"] == BRIEF["access_token_lifetime"] and later and later["expires_at"] == later["ends_at"]
