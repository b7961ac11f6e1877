"""What is begun on one node goes on at another, step by step."""

import re

import requests

from idp.domain.client import DEVICE_CODE
from tests.console.people import Colleague
from tests.nodes.house import Nodes
from tests.registration.applicant import PASSWORD as REGISTERED
from tests.registration.applicant import Applicant, new_contracts
from tests.running import CALLBACK, VERIFIER, answer_of, authorization_parameters, claims_of, form_of, new_name
from tests.settings.member import title


def redeemed(nodes: Nodes, node: int, client: dict, code: str) -> requests.Response:
    """The code, redeemed at one node."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return nodes.ask(node, "POST", "/token", data=form, auth=(client["client_id"], client["client_secret"]))


def test_a_sign_in(nodes: Nodes) -> None:
    client, name = nodes.idp.client(), new_name()
    subject, browser = nodes.idp.account(name), nodes.browser()
    answer = answer_of(browser.sign_in(browser.authorize(client), name))
    assert set(browser.visited) == {0, 1}
    token = redeemed(nodes, 1 - browser.visited[-1], client, answer["code"]).json()
    assert claims_of(token["id_token"])["sub"] == subject
    for node in (0, 1):
        shown = nodes.ask(node, "GET", "/userinfo", headers={"Authorization": f"Bearer {token['access_token']}"})
        assert shown.json()["sub"] == subject
    assert redeemed(nodes, browser.visited[-1], client, answer["code"]).json()["error"] == "invalid_grant"


def test_a_sign_in_with_a_code_by_mail_and_the_remembered_browser(nodes: Nodes) -> None:
    client, name = nodes.idp.client(), new_name()
    nodes.idp.account(name, "--email", f"{name}@mail.example", "--second-factor", "email")
    browser = nodes.browser()
    form = form_of(browser.sign_in(browser.authorize(client), name))
    typed = {form.named("one-time-code"): nodes.idp.wait_for_code(f"{name}@mail.example"), "remember": "yes"}
    assert "code" in answer_of(browser.submit(form, **typed))
    browser.cookies = requests.cookies.cookiejar_from_dict({k: v for k, v in browser.cookies.items() if "trust" in k})  # type: ignore[assignment]
    assert "code" in answer_of(browser.sign_in(browser.authorize(client), name))


def test_a_pushed_request_and_a_refresh(nodes: Nodes) -> None:
    client = nodes.idp.client(grant_types=["authorization_code", "refresh_token"])
    name, auth = new_name(), (client["client_id"], client["client_secret"])
    nodes.idp.account(name)
    asked = authorization_parameters(client, scope="openid offline_access")
    pushed = nodes.ask(0, "POST", "/par", data=asked, auth=auth).json()
    browser = nodes.browser()
    page = browser.go(f"/authorize?client_id={client['client_id']}&request_uri={pushed['request_uri']}")
    token = redeemed(nodes, 1, client, answer_of(browser.sign_in(page, name))["code"]).json()
    for node in (0, 1, 0):
        form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
        token = nodes.ask(node, "POST", "/token", data=form, auth=auth).json()
        assert token["access_token"]


def test_a_sign_in_to_the_console(nodes: Nodes) -> None:
    colleague = Colleague(nodes.idp, "desk")
    colleague.browser = browser = nodes.browser()
    page = colleague.go("/console/")
    assert page.status_code == 200 and page.url.endswith("/console/") and len(browser.visited) > 5


def test_a_registration(nodes: Nodes) -> None:
    applicant = Applicant(nodes.idp, new_contracts(nodes.idp, 1)[0])
    applicant.browser = browser = nodes.browser()
    applicant.registered()
    assert len(applicant.accounts) == 1 and set(browser.visited) == {0, 1} and len(browser.visited) > 6
    other = nodes.browser()
    assert "code" in answer_of(other.sign_in(other.authorize(nodes.idp.client()), applicant.name, REGISTERED))


def test_a_forgotten_password(nodes: Nodes) -> None:
    client, name = nodes.idp.client(), new_name()
    nodes.idp.account(name, "--email", f"{name}@mail.example")
    browser = nodes.browser()
    page = browser.submit(form_of(browser.go("/recovery?kind=pw")), by="login_id", login_id=name, dest="mail")
    browser.submit(form_of(page))
    link = re.findall(r"http://\S+/reset/\S+", nodes.idp.wait_for_mails(f"{name}@mail.example", 1)[0].get_content())[0]
    done = browser.submit(form_of(browser.go(link)), new_password=REGISTERED)
    assert "/recovery/changed" in done.url and len(browser.visited) > 4
    other = nodes.browser()
    assert "code" in answer_of(other.sign_in(other.authorize(client), name, REGISTERED))


def test_a_television(nodes: Nodes) -> None:
    client = nodes.idp.client(grant_types=[DEVICE_CODE, "refresh_token"], redirect_uris=[])
    name, auth = new_name(), (client["client_id"], client["client_secret"])
    subject = nodes.idp.account(name)
    begun = nodes.ask(0, "POST", "/device_authorization", data={"scope": "openid offline_access"}, auth=auth).json()
    browser = nodes.browser()
    page = browser.sign_in(browser.submit(form_of(browser.go("/device")), user_code=begun["user_code"]), name)
    assert title(browser.submit(form_of(page), answer="yes")) == "テレビを接続しました" and set(browser.visited) == {0, 1}
    polled = {"grant_type": DEVICE_CODE, "device_code": begun["device_code"]}
    token = nodes.ask(1, "POST", "/token", data=polled, auth=auth).json()
    assert claims_of(token["id_token"])["sub"] == subject
    again = nodes.ask(0, "POST", "/token", data=polled, auth=auth)
    assert again.json()["error"] in ("invalid_grant", "slow_down", "expired_token")
    refreshed = nodes.ask(0, "POST", "/token", data={"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}, auth=auth)
    assert refreshed.status_code == 200
