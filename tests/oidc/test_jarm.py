"""Signed authorization responses: JARM, success and error alike."""

from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from tests.oidc.installation import Installation
from tests.oidc.pushing import come, pushed
from tests.oidc.relying_party import PageForm, Portal
from tests.running import claims_of

TYPE = "oauth-authz-resp+jwt"


def opened(portal: Portal, pairs: list[tuple[str, str]], alg: str = "RS256") -> dict[str, str]:
    """The parameters inside, checked as JARM section 2.4 says: nothing stands beside them."""
    assert [name for name, _ in pairs] == ["response"]
    claims = portal.provider.verified(pairs[0][1], [alg], TYPE)
    assert (claims.pop("iss"), claims.pop("aud")) == (portal.provider.issuer, portal.id)
    assert claims.pop("exp") > 0
    return claims


def by_query(answer: requests.Response) -> list[tuple[str, str]]:
    """What stands in the redirect to the portal."""
    assert answer.status_code == 303
    return parse_qsl(urlsplit(answer.headers["Location"]).query, strict_parsing=True)


@pytest.mark.parametrize("mode", ["jwt", "query.jwt"])
def test_a_signed_answer_by_query(each: Installation, mode: str) -> None:
    """JARM section 2.3.1; also for a request that was pushed."""
    portal, browser = each.portals["plain"], each.browser(each.member())
    found = opened(portal, by_query(portal.ask(browser, response_mode=mode)))
    assert set(found) == {"code", "state"} and found["state"] == "state-1"
    assert portal.redeem(found["code"]).status_code == 200
    assert "code" in opened(portal, by_query(come(portal, browser, pushed(portal, response_mode=mode))))


def test_a_signed_answer_by_form_post(each: Installation) -> None:
    """JARM section 2.3.3."""
    portal, browser = each.portals["plain"], each.browser(each.member())
    form = PageForm(portal.ask(browser, response_mode="form_post.jwt", state="a\nb").text)
    assert (form.method, form.action) == ("post", portal.callback)
    assert opened(portal, form.fields)["state"] == "a\nb"


def test_errors_are_signed_too(each: Installation) -> None:
    """JARM section 2.1."""
    portal, browser = each.portals["plain"], each.browser()
    for changes, error in (({"prompt": "none"}, "login_required"), ({"scope": "email"}, "invalid_scope")):
        found = opened(portal, by_query(portal.ask(browser, response_mode="jwt", **changes)))
        assert set(found) == {"error", "error_description", "state"} and found["error"] == error


def test_the_client_chooses_the_algorithm(each: Installation) -> None:
    """JARM section 3: `authorization_signed_response_alg`; and the answer is good for some minutes."""
    portal, browser = each.portals["PS256"], each.browser(each.member())
    pairs = by_query(portal.ask(browser, response_mode="jwt"))
    assert "code" in opened(portal, pairs, "PS256")
    assert 10 <= claims_of(pairs[0][1])["exp"] - each.deps.now() <= 600


def test_a_signed_answer_is_no_other_token(each: Installation) -> None:
    """Requirement JW-04: neither a hint nor a token."""
    portal, browser = each.portals["plain"], each.browser(each.member())
    text = by_query(portal.ask(browser, response_mode="jwt"))[0][1]
    assert portal.error(browser, id_token_hint=text, prompt="none") == "invalid_request"
    assert portal.provider.userinfo(text).status_code == 401
