"""What is begun on one node goes on at another, step by step."""

import requests

from tests.console.people import Colleague
from tests.nodes.house import Nodes
from tests.running import CALLBACK, VERIFIER, answer_of, authorization_parameters, claims_of, form_of, new_name


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
