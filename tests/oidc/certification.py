"""The checks that the OpenID Foundation's suite makes in every module, for code without PKCE (certification.md)."""

import math
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import requests

from tests.oidc.installation import Installation
from tests.oidc.relying_party import Portal
from tests.oidc.test_response_modes import posted
from tests.running import Browser

ID_TOKEN = set("iss sub aud exp iat auth_time nonce acr amr azp at_hash c_hash nbf jti sid s_hash txn".split())
TYPES = {"email_verified": bool, "phone_number_verified": bool, "updated_at": int, "address": dict}


def entropy(text: str) -> float:
    """Shannon entropy in bits."""
    return -sum(n * math.log2(n / len(text)) for n in Counter(text).values())


@dataclass
class Suite:
    """One plan: a client that may go without PKCE, and the response mode under test."""

    house: Installation
    portal: Portal
    mode: str
    member: str

    def ask(self, browser: Browser, **changes: str | None) -> requests.Response:
        """Begin a module's authorization request."""
        mode = {} if self.mode == "query" else {"response_mode": self.mode}
        return self.portal.ask(browser, **{"code_challenge": None, "code_challenge_method": None, **mode, **changes})

    def answer(self, page: requests.Response, state: str | None = "state-1") -> dict[str, str]:
        """The authorization response, in the mode under test only."""
        found = self.portal.reply(page, state) if self.mode == "query" else posted(self.portal, page, state)
        assert set(found) <= {"code", "error", "error_description", "error_uri", "state", "session_state", "iss"}
        return found

    def error(self, browser: Browser, **changes: str | None) -> str:
        """The error of an authorization response."""
        return self.answer(self.ask(browser, **changes), changes.get("state", "state-1"))["error"]

    def signed_in(self, **changes: str | None) -> tuple[Browser, dict[str, Any]]:
        """A browser in which the user has just signed in for this request, and the tokens."""
        browser = self.house.browser()
        page = browser.sign_in(self.ask(browser, **changes), self.member)
        return browser, self.tokens(self.answer(page, changes.get("state", "state-1")))

    def again(self, browser: Browser, **changes: str | None) -> dict[str, Any]:
        """The tokens of a further request without any page."""
        return self.tokens(self.answer(self.ask(browser, **changes), changes.get("state", "state-1")))

    def tokens(self, answer: dict[str, str], **changes: str | None) -> dict[str, Any]:
        """The code's entropy, the token response and the ID token, checked as in every module."""
        code = answer["code"]
        assert len(code) * 6 >= 128 and entropy(code) > 96
        response = self.portal.redeem(code, **{"code_verifier": None, **changes})
        assert response.headers["Content-Type"] == "application/json" and "no-store" in response.headers["Cache-Control"]
        found = self.portal.granted(response)
        assert found["access_token"] and found["token_type"].lower() == "bearer" and 0 < found["expires_in"] < 3600
        found["claims"] = claims = self.portal.id_claims(found)
        assert set(claims) <= ID_TOKEN and abs(claims["iat"] - time.time()) < 300 and time.time() < claims["exp"]
        assert claims["acr"] and isinstance(claims["sub"], str)
        return found

    def userinfo(self, tokens: dict[str, Any], *args: Any, **options: Any) -> dict[str, Any]:
        """The UserInfo response with its types checked."""
        response = self.portal.provider.userinfo(*(args or (tokens["access_token"],)), **options)
        assert response.status_code == 200 and response.headers["Content-Type"].startswith("application/json"), response.text
        found: dict[str, Any] = response.json()
        assert found["sub"] == tokens["claims"]["sub"]
        assert all(type(value) is TYPES.get(name, str) and value not in ("", "null") for name, value in found.items())
        return found
