"""The console as a relying party of a running provider: in, step-up, out, and told out (requirements AD-01, AD-02, LO-07)."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from idp.services import console_client, console_sessions, keyring
from idp.domain import logout_token
from idp.features.oidc import jose
from tests.console.people import Colleague
from tests.running import Idp, form_of
from tests.settings.member import inside


@pytest.fixture
def colleague(idp: Idp) -> Colleague:
    """A desk agent who has an app and is not signed in."""
    return Colleague(idp, "desk")


def test_password_and_app_lead_to_the_page_that_was_wanted(colleague: Colleague) -> None:
    page = colleague.go("/console/?lang=en")
    assert page.status_code == 200 and page.url.endswith("/console/?lang=en") and "Dashboard" in page.text
    assert "idp-console" in colleague.browser.cookies


def test_the_request_is_pushed_and_names_nothing(colleague: Colleague) -> None:
    answer = colleague.browser.get(colleague.idp.issuer + "/console/sign-in", allow_redirects=False)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert set(query) == {"client_id", "request_uri"} and query["client_id"] == [console_client.CLIENT_ID]


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/account", "/console/../account", "/console/\\evil"])
def test_no_other_page_is_led_to(colleague: Colleague, to: str) -> None:
    page = colleague.prove(colleague.browser.go(requests.Request("GET", colleague.idp.issuer + "/console/sign-in", params={"to": to}).prepare().url or ""))
    assert page.status_code == 200 and urlsplit(page.url).path == "/console/"


def test_a_member_is_shown_the_door(idp: Idp) -> None:
    member = Colleague(idp, "member")
    page = member.go("/console/")
    assert page.status_code == 403 and "スタッフのアカウント" in page.text
    assert idp.audit("console_signed_in")[-1]["result"] == "refused"


def test_an_answer_is_good_once_and_in_its_browser(colleague: Colleague) -> None:
    begun = colleague.browser.go("/console/")
    form = form_of(begun)
    page = colleague.browser.submit(form, **{form.named("username"): colleague.name, form.named("current-password"): "Kawa7Sumire"})
    code = form_of(page)
    answer = colleague.browser.submit(code, follow=False, **{code.named("one-time-code"): colleague.code()})
    while console_client.CALLBACK not in answer.headers["Location"]:
        answer = colleague.browser.get(requests.compat.urljoin(answer.url, answer.headers["Location"]), allow_redirects=False)
    back = answer.headers["Location"]
    assert requests.get(back, timeout=10).status_code == 403  # another browser
    assert colleague.browser.get(back, allow_redirects=False).status_code == 403  # who has used it up


@pytest.mark.parametrize("change", ["state=x&code=y", "state=&code=", "error=access_denied&state=", "state=" + "s" * 5000])
def test_answers_of_nobody(colleague: Colleague, change: str) -> None:
    assert colleague.browser.get(f"{colleague.idp.issuer}{console_client.CALLBACK}?{change}").status_code == 403


def test_signing_out_ends_the_providers_session_too(colleague: Colleague) -> None:
    page = colleague.browser.submit(form_of(colleague.go("/console/")))
    assert page.url.endswith(console_client.SIGNED_OUT) and "ログアウトしました" in page.text
    assert "current-password" in colleague.browser.go("/console/").text


def test_a_step_up_ends_the_console_session_before(colleague: Colleague) -> None:
    colleague.go("/console/")
    old = colleague.browser.cookies["idp-console"]
    assert colleague.go("/console/sign-in?fresh=1").status_code == 200
    with inside(colleague.idp) as deps:
        assert console_sessions.find(deps, old) is None and console_sessions.find(deps, colleague.browser.cookies["idp-console"])


def test_signing_out_ends_every_console_session_of_the_sign_in_at_once(colleague: Colleague) -> None:
    page = colleague.go("/console/")
    with inside(colleague.idp) as deps:
        found = console_sessions.find(deps, colleague.browser.cookies["idp-console"])
        assert found
        session, account = found
        cookies = [console_sessions.start(deps, account, sid, session.auth_time, "token") for sid in (session.sid, "another")]
        cookies.append(colleague.browser.cookies["idp-console"])
        colleague.browser.submit(form_of(page), follow=False)  # so that the provider hears nothing, and tells nothing
        assert [console_sessions.find(deps, cookie) is not None for cookie in cookies] == [False, True, False]


def test_who_has_only_left_the_console_comes_in_again(colleague: Colleague) -> None:
    colleague.browser.submit(form_of(colleague.go("/console/")), follow=False)
    time.sleep(1)  # what ended was started in this second or before
    assert "current-password" not in colleague.browser.go("/console/").text


def test_who_signs_out_at_the_provider_is_out_of_the_console(colleague: Colleague) -> None:
    colleague.go("/console/")
    colleague.browser.submit(form_of(colleague.browser.go("/logout")))
    ends = time.monotonic() + 20
    while "current-password" not in colleague.browser.go("/console/").text:
        assert time.monotonic() < ends, "the courier has not told the console"


def _told(idp: Idp, token: str) -> int:
    return requests.post(idp.issuer + console_client.LOGOUT, data={"logout_token": token}, timeout=10).status_code


def _token(idp: Idp, colleague: Colleague, typ: str = logout_token.TYP, alg: str = console_client.ALG, **changes: object) -> str:
    with inside(idp) as deps:
        about = logout_token.claims(idp.issuer, console_client.CLIENT_ID, colleague.subject, None, "j" + colleague.name, deps.now())
        return jose.sign(keyring.Keyring(deps).ring(), alg, typ, {**about, **changes}, deps.now())


@pytest.mark.parametrize(
    ("typ", "alg", "changes"),
    [
        ("JWT", "ES256", {}),
        ("at+jwt", "ES256", {}),
        (logout_token.TYP, "RS256", {}),
        (logout_token.TYP, "ES256", {"aud": "another"}),
        (logout_token.TYP, "ES256", {"iss": "https://evil.example"}),
        (logout_token.TYP, "ES256", {"nonce": "n"}),
        (logout_token.TYP, "ES256", {"events": {}}),
        (logout_token.TYP, "ES256", {"events": "x"}),
        (logout_token.TYP, "ES256", {"jti": None}),
        (logout_token.TYP, "ES256", {"sub": None}),
        (logout_token.TYP, "ES256", {"exp": 1}),
        (logout_token.TYP, "ES256", {"iat": "now"}),
    ],
    ids=str,
)
def test_what_is_no_logout_token_ends_nothing(colleague: Colleague, typ: str, alg: str, changes: dict) -> None:
    colleague.go("/console/")
    kept = {name: value for name, value in changes.items()}
    assert _told(colleague.idp, _token(colleague.idp, colleague, typ, alg, **kept)) == 400
    assert "current-password" not in colleague.browser.go("/console/").text


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.", "x" * 9000, "é" * 10])
def test_rubbish_is_no_logout_token(colleague: Colleague, token: str) -> None:
    assert _told(colleague.idp, token) == 400


def test_a_logout_token_counts_once(colleague: Colleague) -> None:
    colleague.go("/console/")
    token = _token(colleague.idp, colleague)
    assert [_told(colleague.idp, token) for _ in range(3)] == [200, 400, 400]
    with inside(colleague.idp) as deps:
        assert console_sessions.find(deps, colleague.browser.cookies["idp-console"]) is None
