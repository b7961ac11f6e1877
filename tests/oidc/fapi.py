"""A portal of a FAPI 2.0 profile, as the certification suite drives it: pushed requests, an assertion and a proof with each,
and where the profile is Message Signing, signed requests and signed answers (certification.md)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests

from idp.domain.fapi import SIGNING
from tests.oidc import proofs, pushing, signing
from tests.oidc.certification import ID_TOKEN, entropy
from tests.oidc.installation import Installation
from tests.oidc.relying_party import SECONDS, Portal, header_of
from tests.oidc.test_jarm import by_query, opened
from tests.oidc.test_request_object import signed
from tests.running import Browser

PAR = "pushed_authorization_request"
ASSERTION_REFUSALS = ("invalid_client", "invalid_request")


@dataclass
class Party:
    """One registered portal, and the installation that it is known to."""

    house: Installation
    portal: Portal

    @property
    def signs(self) -> bool:
        """Whether requests and answers are signed."""
        return bool(self.portal.client["profile"] == SIGNING)

    def form(self, **changes: Any) -> dict[str, str]:
        """What is pushed, with changes of the parameters; None leaves one out."""
        if not self.signs:
            return self.portal.request(**changes)
        return {"client_id": self.portal.id, "request": signed(self.portal, response_mode="jwt", **changes)}

    def push(self, form: dict[str, str] | None = None, text: str | None = None, dpop: str | None = None, **changes: Any) -> requests.Response:
        """Push a request: this form or a good one; proven by this assertion or a good one; with a proof of possession or none."""
        headers = {} if dpop is None else {"DPoP": dpop}
        given = self.form(**changes) if form is None else form
        proven = signing.proof(self.portal, text)
        return self.portal.http.post(self.portal.provider.endpoint(PAR), data={**given, **proven}, headers=headers, timeout=SECONDS)

    def pushed(self, **changes: Any) -> str:
        """The request_uri of a good one (RFC 9126 section 2.2)."""
        answer = self.push(**changes)
        assert answer.status_code == 201 and 5 <= answer.json()["expires_in"] < 600, answer.text
        uri = str(answer.json()["request_uri"])
        assert entropy(uri.rpartition(":")[2]) > 96
        return uri

    def come(self, browser: Browser, uri: str, **beside: str) -> requests.Response:
        """The browser at the authorization endpoint."""
        return pushing.come(self.portal, browser, uri, **beside)

    def plain(self, browser: Browser, **changes: Any) -> requests.Response:
        """A request without a push."""
        return browser.go(self.portal.provider.endpoint("authorization") + "?" + urlencode(self.form(**changes)))

    def answer(self, page: requests.Response, state: str | None = "state-1") -> dict[str, str]:
        """The authorization response, which is for us and from the issuer."""
        if not self.signs:
            return self.portal.reply(page, state)
        found = opened(self.portal, [one for one in by_query(page) if not one[0].startswith("dummy")], "ES256")
        assert found.get("state") == state
        return found

    def reply(self, browser: Browser, **changes: Any) -> dict[str, str]:
        """Push, go, and read the answer."""
        return self.answer(self.come(browser, self.pushed(**changes)), changes.get("state", "state-1"))

    def code(self, browser: Browser, **changes: Any) -> str:
        """A code for the member who is signed in."""
        code = self.reply(browser, **changes)["code"]
        assert len(code) * 6 >= 128 and entropy(code) > 96
        return code

    def redeem(self, code: str, text: str | None = None, dpop: str | None = None, key: Any = proofs.KEY, **changes: str | None) -> requests.Response:
        """Exchange a code, with this assertion and this proof or good ones; an empty `dpop` sends no proof."""
        dpop = proofs.proof(self.portal.provider.endpoint("token"), key=key) if dpop is None else dpop
        form = self.portal.token_form(code, **{**signing.proof(self.portal, text), **changes})
        return self.portal.post(form, {"DPoP": dpop} if dpop else {})

    def checked(self, answer: requests.Response) -> dict[str, Any]:
        """The token response and the ID token, checked as in every module."""
        found = self.portal.granted(answer)
        assert found["token_type"] == "DPoP" and 0 < found["expires_in"] < 3_600 and "no-store" in answer.headers["Cache-Control"]
        assert header_of(found["id_token"])["alg"] in ("PS256", "ES256", "EdDSA")
        found["claims"] = self.portal.id_claims(found)
        assert set(found["claims"]) <= ID_TOKEN and found["claims"]["acr"]
        return found

    def tokens(self, browser: Browser, key: Any = proofs.KEY, **changes: Any) -> dict[str, Any]:
        """Tokens for the member who is signed in, which open UserInfo."""
        found = self.checked(self.redeem(self.code(browser, **changes), key=key, **redirect(changes)))
        answer = proofs.userinfo(self.portal.provider, found["access_token"], key=key)
        assert answer.status_code == 200 and answer.json()["sub"] == found["claims"]["sub"]
        return found


def redirect(changes: dict[str, Any]) -> dict[str, Any]:
    """The redirect_uri among these changes, which the token request repeats."""
    return {name: value for name, value in changes.items() if name == "redirect_uri"}


def is_refused(answer: requests.Response, *errors: str) -> bool:
    """Whether a back channel says no with one of these, and says it properly (RFC 6749 section 5.2)."""
    assert answer.status_code in (400, 401) and answer.headers["Content-Type"] == "application/json", answer.text
    return answer.json()["error"] in errors
