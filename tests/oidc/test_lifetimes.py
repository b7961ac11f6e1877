"""Codes and tokens end when the policy says, neither earlier nor later; one wait of ten seconds for all of them."""

import time
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.oidc.installation import Installation
from tests.oidc.relying_party import Portal
from tests.oidc.test_token_endpoint import refusal
from tests.running import claims_of

LIFE, EARLY = 10, 6


@dataclass
class Waited:
    """What was got at the beginning, and how it fared before and after its end."""

    portal: Portal
    tokens: dict[str, Any]
    early: dict[str, requests.Response]
    late: dict[str, requests.Response]


@pytest.fixture(scope="module")
def waited(short: Installation) -> Waited:
    """Everything made within a second, tried before and after ten seconds."""
    found = next((found for _ in range(3) if (found := _tried(short))), None)
    assert found, "the machine is too slow for this test"
    return found


def _tried(short: Installation) -> Waited | None:
    portal, browser = short.portals["plain"], short.browser(short.member())
    began = time.time()
    codes, tokens = [portal.code(browser) for _ in range(3)], portal.tokens(browser)
    used = portal.granted(portal.redeem(codes[2]))
    made = time.time()

    def tried(code: str) -> dict[str, requests.Response]:
        return {
            "code": portal.redeem(code),
            "userinfo": portal.provider.userinfo(tokens["access_token"]),
            "other": portal.provider.userinfo(used["access_token"]),
        }

    time.sleep(max(0.0, began + EARLY - time.time()))
    early = tried(codes[0])
    if time.time() > began + LIFE - 1:
        return None
    again = {"used": portal.redeem(codes[2])}
    early |= {"after reuse": portal.provider.userinfo(used["access_token"])}
    time.sleep(max(0.0, made + LIFE + 0.1 - time.time()))
    late = tried(codes[1]) | again
    late["hint"] = portal.ask(browser, prompt="none", id_token_hint=tokens["id_token"])
    return Waited(portal, tokens, early, late)


def test_a_code_lives_to_the_second(waited: Waited) -> None:
    """RFC 6749 section 4.1.2 (requirement TK-04)."""
    assert waited.early["code"].status_code == 200
    refusal(waited.late["code"], "invalid_grant")


def test_an_access_token_lives_to_the_second(waited: Waited) -> None:
    """RFC 6749 section 5.1, expires_in; RFC 9068 section 4, exp."""
    assert waited.tokens["expires_in"] == LIFE and waited.early["userinfo"].status_code == 200
    answer = waited.late["userinfo"]
    assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_code_shown_again_after_seconds_ends_its_tokens(waited: Waited) -> None:
    """RFC 6749 section 4.1.2 (requirement TK-02); OIDF module codereuse-30seconds."""
    assert waited.early["other"].status_code == 200
    refusal(waited.late["used"], "invalid_grant")
    assert waited.early["after reuse"].status_code == 401


def test_an_id_token_that_has_expired_is_still_a_hint(waited: Waited) -> None:
    """OIDC Core section 3.1.2.1."""
    assert claims_of(waited.tokens["id_token"])["exp"] <= time.time()
    assert "code" in waited.portal.reply(waited.late["hint"])
