"""Restored while it serves: nobody stays signed in, nothing used since is good, and members sign in as before."""

import json
from pathlib import Path
from typing import Iterator

import pytest
import requests

from tests import running, services
from tests.running import Browser, Idp, answer_of, exchange


@pytest.fixture
def alone(tmp_path: Path, store_urls: tuple[str, str]) -> Iterator[Idp]:
    """A service of this test's own, without a courier, so that letters wait."""
    installed = running.configure(tmp_path, *store_urls, services.free_port(), server="courier = false")
    with running.serving(installed):
        yield installed


def refresh(idp: Idp, portal: dict, token: str) -> requests.Response:
    """A public client's refresh."""
    given = {"grant_type": "refresh_token", "refresh_token": token, "client_id": portal["client_id"]}
    return requests.post(f"{idp.issuer}/token", data=given, timeout=20)


def test_used_after_the_backup_dead_after_the_restore(alone: Idp) -> None:
    grants = ["authorization_code", "refresh_token"]
    app = alone.client(token_endpoint_auth_method="none", grant_types=grants)
    portal = alone.client(backchannel_logout_uri="https://portal.example/logout")
    alone.account("hanako")
    browser = Browser(alone)
    code = answer_of(browser.sign_in(browser.authorize(app, scope="openid offline_access"), "hanako"))["code"]
    tokens = exchange(alone, app, code).json()
    reached = answer_of(browser.authorize(portal))["code"]
    alone.run("backup", str(alone.folder / "copy"))

    newer = refresh(alone, app, tokens["refresh_token"]).json()
    waiting = answer_of(browser.authorize(portal))["code"]
    assert exchange(alone, portal, reached).status_code == 200
    said = alone.run("restore", str(alone.folder / "copy"), "--over").stdout
    assert "Restored 1 account(s)" in said and "\n1 message(s) tell portals" in said

    assert answer_of(browser.authorize(portal, prompt="none"))["error"] == "login_required"
    for token in (tokens["refresh_token"], newer["refresh_token"]):
        assert refresh(alone, app, token).json()["error"] == "invalid_grant"
    for one in (waiting, reached):
        assert exchange(alone, portal, one).json()["error"] == "invalid_grant"
    for token in (tokens["access_token"], newer["access_token"]):
        asked = requests.get(f"{alone.issuer}/userinfo", headers={"Authorization": f"Bearer {token}"}, timeout=20)
        assert asked.status_code == 401

    assert requests.get(f"{alone.issuer}/health/ready", timeout=20).status_code == 200
    code = answer_of(browser.sign_in(browser.authorize(portal), "hanako"))["code"]
    fresh = exchange(alone, portal, code)
    assert fresh.status_code == 200 and fresh.json()["id_token"]
    assert json.loads(alone.run("account", "show", "hanako").stdout)["status"] == "active"
