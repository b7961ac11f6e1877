"""Signing out of a service that really runs, its courier beside it, on both kinds of stores."""

from typing import Any
from urllib.parse import urlencode

import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from tests import services
from tests.ports.listener import Server, listening
from tests.portal_events.test_delivery import answer
from tests.running import Browser, Idp, answer_of, claims_of, exchange, form_of
from tests.settings.member import Member

OUT = "https://portal.example/out"
OK = answer("200 OK")


def heard(idp: Idp, server: Server, count: int) -> list[dict[str, Any]]:
    """The logout tokens that came, verified by the published keys as a portal would."""
    services.wait_until(lambda: len(server.heard) >= count, story=lambda: (idp.folder / "server.log").read_text()[-2000:])
    keys = KeySet.import_key_set(requests.get(f"{idp.issuer}/jwks", timeout=9).json())
    bodies = [one.split(b"\r\n\r\n", 1)[1].decode() for one in server.heard]
    return [jwt.decode(body.removeprefix("logout_token="), keys).claims for body in bodies]


def test_a_sign_out_at_one_portal_reaches_the_other(idp: Idp) -> None:
    """RP-initiated at one, back-channel to both; the sid is that of the ID tokens (requirement LO-05)."""
    with listening(lambda caller: caller.sendall(OK)) as server:
        uri = f"http://localhost:{server.port}/logout"
        first, second = (idp.client(backchannel_logout_uri=uri, post_logout_redirect_uris=[OUT]) for _ in range(2))
        member, browser = Member(idp), Browser(idp)
        code = answer_of(browser.sign_in(browser.authorize(first), member.name))["code"]
        tokens = [exchange(idp, first, code).json(), exchange(idp, second, answer_of(browser.authorize(second))["code"]).json()]
        asked = {"id_token_hint": tokens[0]["id_token"], "post_logout_redirect_uri": OUT, "state": "s"}
        assert browser.go("/end-session?" + urlencode(asked)).headers["Location"] == OUT + "?state=s"
        told = heard(idp, server, 2)
        sid = claims_of(tokens[0]["id_token"])["sid"]
        assert {one["aud"] for one in told} == {first["client_id"], second["client_id"]} and {one["sid"] for one in told} == {sid}
        assert {one["sub"] for one in told} == {member.subject} and claims_of(tokens[1]["id_token"])["sid"] == sid
        assert answer_of(browser.authorize(second, prompt="none"))["error"] == "login_required"


def test_our_own_sign_out_and_the_shell_are_told(idp: Idp) -> None:
    with listening(lambda caller: caller.sendall(OK)) as server:
        client = idp.client(backchannel_logout_uri=f"http://localhost:{server.port}/logout")
        member = Member(idp)
        answer_of(member.browser.sign_in(member.browser.authorize(client), member.name))
        page = member.browser.submit(form_of(member.browser.go("/")))
        assert page.url.endswith("/logout") and len(heard(idp, server, 1)) == 1
        answer_of(member.browser.sign_in(member.browser.authorize(client), member.name))
        idp.within("account", "sign-out-everywhere", member.name)
        first, second = heard(idp, server, 2)
        assert first["sub"] == second["sub"] == member.subject and first["sid"] != second["sid"]


def test_a_portal_that_hangs_holds_nobody_up(idp: Idp) -> None:
    """Requirement LO-05: the answer to the member does not wait for any portal."""
    with listening(lambda caller: services.wait_until(lambda: closed)) as server:
        closed: list[bool] = []
        client = idp.client(backchannel_logout_uri=f"http://localhost:{server.port}/logout")
        browser, member = Browser(idp), Member(idp)
        answer_of(browser.sign_in(browser.authorize(client), member.name))
        page = browser.submit(form_of(browser.go("/")))
        assert page.status_code == 200 and page.url.endswith("/logout") and "idp-session" not in browser.cookies
        services.wait_until(lambda: server.heard)
        assert answer_of(browser.sign_in(browser.authorize(client), member.name))["code"], "and it goes on while the portal hangs"
        closed.append(True)
