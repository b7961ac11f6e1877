"""The token endpoint: what a code is good for, how often, and in what form it must come (RFC 6749 sections 3.2, 4.1 and 5)."""

import json
from typing import Callable
from urllib.parse import urlencode

import pytest
import requests
from sqlalchemy import select

from idp.tables.schema import audit
from tests import services
from tests.oidc.installation import Installation
from tests.oidc.relying_party import SECONDS, Portal
from tests.running import VERIFIER, Browser


def refusal(answer: requests.Response, error: str, status: int = 400) -> None:
    """An error of RFC 6749 section 5.2 that no cache keeps."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json"), answer.text
    found = answer.json()
    assert found["error"] == error and set(found) == {"error", "error_description"}
    assert all(char.isascii() and char.isprintable() and char not in '"\\' for char in found["error_description"])
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_a_code_becomes_tokens(portal: Portal, signed_in: Browser) -> None:
    """RFC 6749 section 5.1; OIDC Core section 3.1.3.3."""
    answer = portal.redeem(portal.code(signed_in))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    found = answer.json()
    assert set(found) == {"access_token", "token_type", "expires_in", "scope", "id_token"}
    assert (found["token_type"], found["scope"]) == ("Bearer", "openid") and "WWW-Authenticate" not in answer.headers


def test_of_many_presentations_at_once_one_wins(each: Installation) -> None:
    """RFC 6749 section 4.1.2 (requirement TK-01, trap T-03): 64 at once, on each pair of stores; as the code was
    shown twice, the winner's token is dead too (requirement TK-02)."""
    portal, browser = each.portals["plain"], each.browser(each.member())
    for _ in range(3):
        code = portal.code(browser)
        form, headers, address = portal.token_form(code), portal.basic(), portal.provider.endpoint("token")
        answers = services.race(64, lambda: requests.post(address, data=form, headers=headers, timeout=SECONDS))
        won = [one for one in answers if one.status_code == 200]
        assert len(won) == 1
        for one in answers:
            if one not in won:
                refusal(one, "invalid_grant")
        assert portal.provider.userinfo(won[0].json()["access_token"]).status_code == 401


def test_showing_a_used_code_ends_what_it_brought_and_nothing_else(each: Installation) -> None:
    """RFC 6749 section 4.1.2 (requirement TK-02, trap T-04)."""
    portal, browser = each.portals["plain"], each.browser(each.member())
    code, other = portal.code(browser), portal.tokens(browser)
    tokens = portal.granted(portal.redeem(code))
    assert portal.provider.userinfo(tokens["access_token"]).status_code == 200
    for _ in range(2):
        refusal(portal.redeem(code), "invalid_grant")
        assert portal.provider.userinfo(tokens["access_token"]).status_code == 401
    assert portal.provider.userinfo(other["access_token"]).status_code == 200
    assert "code" in portal.reply(portal.ask(browser, prompt="none"))


MATRIX = [
    ("plain", "other"),
    ("plain", "public"),
    ("public", "plain"),
    ("post", "plain"),
    ("plain", "post"),
    ("relaxed", "public"),
]


@pytest.mark.parametrize(("owner", "thief"), MATRIX)
def test_a_code_is_good_for_its_own_client_only(house: Installation, signed_in: Browser, owner: str, thief: str) -> None:
    """RFC 6749 section 5.2; OIDC Core section 3.1.3.2 (requirement TK-03). Whoever shows another's code has stolen it:
    it is spent then, and the attempt stands in the audit log."""
    mine, theirs = house.portals[owner], house.portals[thief]
    code = mine.code(signed_in)
    refusal(theirs.redeem(code, redirect_uri=mine.callback), "invalid_grant")
    refusal(mine.redeem(code), "invalid_grant")
    with house.deps.database.read() as connection:
        rows = (
            connection.execute(select(audit).where(audit.c.event == "code_refused").order_by(audit.c.id.desc()))
            .mappings()
            .fetchmany(2)
        )
    assert {(row["result"], row["client_id"]) for row in rows} == {("another_client", theirs.id), ("used_again", mine.id)}
    assert all(row["account_id"] == house.subjects["hanako"] and code not in json.dumps(dict(row)) for row in rows)


@pytest.mark.parametrize(
    "address", [None, "", "https://portal.example/callback/", "https://portal.example", "https://evil.example/"]
)
def test_the_redirect_uri_must_be_the_same_again(portal: Portal, signed_in: Browser, address: str | None) -> None:
    """RFC 6749 section 4.1.3 (trap T-06)."""
    answer = portal.redeem(portal.code(signed_in), redirect_uri=address)
    refusal(answer, "invalid_grant" if address else "invalid_request")


def test_it_must_be_the_address_of_this_very_request(house: Installation, signed_in: Browser) -> None:
    """RFC 6749 section 4.1.3: another registered one will not do."""
    other = house.portals["other"]
    refusal(other.redeem(other.code(signed_in), redirect_uri=other.client["redirect_uris"][1]), "invalid_grant")


VERIFIERS = [None, "", "w" * 64, VERIFIER[:-1], VERIFIER + "v", "v" * 42, "v" * 129, "é" * 64, VERIFIER + " ", VERIFIER.upper(),
             "v" * 63 + "+",
             "v" * 63 + "=", " "]  # fmt: skip


@pytest.mark.parametrize("verifier", VERIFIERS, ids=ascii)
@pytest.mark.parametrize("name", ["plain", "public", "relaxed"])
def test_only_the_verifier_of_the_challenge_opens_the_code(
    house: Installation, signed_in: Browser, name: str, verifier: str | None
) -> None:
    """RFC 7636 section 4.6, for confidential and public clients and for those who may go without (requirement TK-06)."""
    portal = house.portals[name]
    refusal(portal.redeem(portal.code(signed_in), code_verifier=verifier), "invalid_grant")


def test_the_challenge_itself_is_no_verifier(portal: Portal, signed_in: Browser) -> None:
    """RFC 7636 section 4.6: `plain` does not exist (trap T-01)."""
    code = portal.code(signed_in, code_challenge=VERIFIER[:43])
    refusal(portal.redeem(code, code_verifier=VERIFIER[:43]), "invalid_grant")


def test_a_verifier_nobody_announced_is_refused(house: Installation, signed_in: Browser) -> None:
    """RFC 9700 section 4.8.2 (requirement TK-06): the challenge was stripped on the way."""
    relaxed = house.portals["relaxed"]
    without = {"code_challenge": None, "code_challenge_method": None}
    assert relaxed.redeem(relaxed.code(signed_in, **without), code_verifier=None).status_code == 200
    assert relaxed.redeem(relaxed.code(signed_in, **without), code_verifier="").status_code == 200
    refusal(relaxed.redeem(relaxed.code(signed_in, **without)), "invalid_grant")


@pytest.mark.parametrize("bend", [lambda c: c[:-1], lambda c: c + "=", lambda c: c + "A", str.swapcase, lambda c: " " + c,
                                  lambda c: c + "\n",
                                  lambda c: "x" * 5000, lambda c: "日本", lambda c: "' OR 1=1 --",
                                  lambda c: "code:" + c])  # fmt: skip
def test_only_the_exact_code_is_a_code(portal: Portal, signed_in: Browser, bend: Callable[[str], str]) -> None:
    """RFC 6749 section 10.10 (requirement TK-17); a wrong one does the right one no harm."""
    code = portal.code(signed_in)
    refusal(portal.redeem(bend(code)), "invalid_grant")
    assert portal.redeem(code).status_code == 200


@pytest.mark.parametrize("grant", ["password", "implicit", "refresh_token ", "client-credentials",
                                   "urn:ietf:params:oauth:grant-type:jwt-bearer",
                                   "AUTHORIZATION_CODE", "authorization_code ", 'x"y\\z', "日本", "x" * 5000])  # fmt: skip
def test_other_grants_do_not_exist(portal: Portal, signed_in: Browser, grant: str) -> None:
    """RFC 9700 sections 2.1.2 and 2.4 (requirement TK-11)."""
    form = portal.token_form("x", grant_type=grant, username="hanako", password="Kawa7Sumire", refresh_token="x")
    refusal(portal.post(form, portal.basic()), "unsupported_grant_type")


@pytest.mark.parametrize("changes", [{"grant_type": None}, {"grant_type": ""}, {"code": None}, {"code": ""}], ids=str)
def test_what_is_missing_is_an_invalid_request(portal: Portal, changes: dict) -> None:
    """RFC 6749 sections 3.2 and 5.2."""
    refusal(portal.post({**portal.token_form("x"), **changes}, portal.basic()), "invalid_request")


def test_a_client_without_the_grant_gets_nothing(house: Installation) -> None:
    """RFC 6749 section 5.2, unauthorized_client (requirement TK-12)."""
    refusal(house.portals["grantless"].redeem("x"), "unauthorized_client")
    for grant in ("refresh_token", "client_credentials"):
        for name in ("plain", "grantless"):
            portal = house.portals[name]
            refusal(portal.post({"grant_type": grant, "refresh_token": "x"}, portal.basic()), "unauthorized_client")


@pytest.mark.parametrize("name", ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "unheard_of"])
def test_a_field_that_stands_twice_is_refused(portal: Portal, signed_in: Browser, name: str) -> None:
    """RFC 6749 section 3.2 (requirement TK-07); the code stays good."""
    code = portal.code(signed_in)
    form = [*portal.token_form(code).items(), (name, "x"), (name, "x")]
    refusal(portal.post(form, portal.basic()), "invalid_request")
    assert portal.redeem(code).status_code == 200


def test_parameters_in_the_address_are_refused(portal: Portal, signed_in: Browser) -> None:
    """RFC 6749 section 3.2 (requirement TK-07, trap T-07): no secret belongs there, and none is taken from there."""
    code, endpoint = portal.code(signed_in), portal.provider.endpoint("token")
    form = portal.token_form(code)
    for query, body in ((form, {}), ({"x": "1"}, form), ({"grant_type": form["grant_type"]}, form)):
        answer = requests.post(f"{endpoint}?{urlencode(query)}", data=body, headers=portal.basic(), timeout=SECONDS)
        refusal(answer, "invalid_request")
    assert portal.redeem(code).status_code == 200


def test_only_a_form_is_read(portal: Portal, signed_in: Browser) -> None:
    """RFC 6749 section 3.2 (requirement TK-07)."""
    code, endpoint, headers = portal.code(signed_in), portal.provider.endpoint("token"), portal.basic()
    form = portal.token_form(code)
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = requests.request(method, endpoint, data=form, headers=headers, timeout=SECONDS)
        refusal(answer, "invalid_request", 405)
        assert answer.headers["Allow"] == "POST, OPTIONS"
    refusal(requests.post(endpoint, json=form, headers=headers, timeout=SECONDS), "invalid_request", 415)
    refusal(
        requests.post(endpoint, files={k: (None, v) for k, v in form.items()}, headers=headers, timeout=SECONDS),
        "invalid_request",
        415,
    )
    plain = {**headers, "Content-Type": "text/plain"}
    refusal(requests.post(endpoint, data=urlencode(form), headers=plain, timeout=SECONDS), "invalid_request", 415)
    charset = {**headers, "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    assert requests.post(endpoint, data=urlencode(form), headers=charset, timeout=SECONDS).status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"grant_type=%ff", b"grant_type=%zz", b"\xff\xfe", b"a=1&" * 101, b"x" * 300 + b"=1", b"a=%00"],
    ids=lambda raw: ascii(raw[:20]),
)
def test_a_malformed_form_is_refused(portal: Portal, body: bytes) -> None:
    """Requirement IP-01."""
    headers = {**portal.basic(), "Content-Type": "application/x-www-form-urlencoded"}
    refusal(portal.post(body, headers), "invalid_request")


def test_a_body_too_large_is_refused(portal: Portal) -> None:
    """Requirement: form bodies of at most 64 KiB."""
    refusal(portal.post({"grant_type": "x" * 70_000}, portal.basic()), "invalid_request", 413)


def test_a_member_who_was_locked_since_gets_no_tokens(house: Installation, portal: Portal) -> None:
    """Requirement AZ-27: each step after the lock fails."""
    name = house.member()
    browser = house.browser(name)
    code, tokens = portal.code(browser), portal.tokens(browser)
    waiting = portal.ask(house.browser(), login_hint=name)
    house.idp.within("account", "lock", name)
    refusal(portal.redeem(code), "invalid_grant")
    assert portal.provider.userinfo(tokens["access_token"]).status_code == 401
    assert portal.error(browser, prompt="none") == "login_required"
    assert waiting.status_code == 200 and "Location" not in portal.sign_in(house.browser(), name).headers
