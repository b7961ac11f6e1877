"""A store is killed or frozen under a running service: it says so within seconds, keeps what it can, and recovers by itself."""

from concurrent.futures import ThreadPoolExecutor
from typing import Callable

import pytest
import requests

from tests.faults.conftest import Fragile
from tests.running import Browser, Form, answer_of, exchange, form_of, new_name
from tests.services import wait_until
from tests.stopwatch import stopwatch

PATIENCE = 12.0  # seconds until every request under way has its answer
HARM = {
    "killed": ("kill", "start"),
    "frozen": ("freeze", "thaw"),
}


class UnderWay:
    """A member signed in, another one at the sign-in form, a code not yet redeemed, an access token."""

    def __init__(self, fragile: Fragile):
        idp, portal = fragile.idp, fragile.portal
        self.fragile, self.name = fragile, new_name()
        idp.account(self.name)
        self.member, self.visitor = Browser(idp), Browser(idp)
        answer = answer_of(self.member.sign_in(self.member.authorize(portal, scope="openid offline_access"), self.name))
        tokens = exchange(idp, portal, answer["code"]).json()
        self.token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        self.spare = exchange(idp, portal, answer_of(self.member.authorize(portal))["code"]).json()["access_token"]
        self.code = answer_of(self.member.authorize(portal))["code"]
        self.form: Form = form_of(self.visitor.authorize(portal))
        self.filled = {"identifier": self.name, "password": "Kawa7Sumire"}

    def pages(self) -> dict[str, Callable[[], requests.Response]]:
        """What a member does."""
        return {
            "sign-in form": lambda: self.visitor.get(f"{self.fragile.idp.issuer}/login", params={"j": self.form.fields["j"]}),
            "sign-in": lambda: self.visitor.submit(self.form, follow=False, **self.filled),
            "home": lambda: self.member.get(f"{self.fragile.idp.issuer}/"),
            "authorize": lambda: self.member.authorize(self.fragile.portal),
        }

    def calls(self) -> dict[str, Callable[[], requests.Response]]:
        """What a portal's back end does."""
        bearer = {"Authorization": f"Bearer {self.token}"}
        return {
            "token": lambda: exchange(self.fragile.idp, self.fragile.portal, self.code),
            "refresh": lambda: self.asked("token", grant_type="refresh_token", refresh_token=self.refresh_token),
            "introspection": lambda: self.asked("introspect", token=self.token),
            "revocation": lambda: self.asked("revoke", token=self.spare),
            "userinfo": lambda: requests.get(f"{self.fragile.idp.issuer}/userinfo", headers=bearer, timeout=60),
        }


    def asked(self, path: str, **fields: str) -> requests.Response:
        """A request of the portal's, which proves itself."""
        portal = self.fragile.portal
        proof = (portal["client_id"], portal["client_secret"])
        return requests.post(f"{self.fragile.idp.issuer}/{path}", data=fields, auth=proof, timeout=60)


def all_at_once(actions: dict[str, Callable[[], requests.Response]]) -> dict[str, requests.Response]:
    """Do everything at the same time; each answer by its name."""
    with ThreadPoolExecutor(len(actions)) as pool:
        pending = {name: pool.submit(action) for name, action in actions.items()}
        return {name: one.result() for name, one in pending.items()}


@pytest.fixture
def under_way(fragile: Fragile) -> UnderWay:
    """Everything in good health, with members under way."""
    return UnderWay(fragile)


@pytest.mark.parametrize("harm", HARM)
@pytest.mark.parametrize("store", ["database", "ephemeral"])
def test_the_service_says_so_keeps_what_it_can_and_recovers(under_way: UnderWay, store: str, harm: str) -> None:
    fragile = under_way.fragile
    server = fragile.servers[store]
    hurt, heal = (getattr(server, name) for name in HARM[harm])
    hurt()
    try:
        with stopwatch() as taken:
            answers = all_at_once(under_way.pages() | under_way.calls())
            assert taken.seconds() < PATIENCE
        # tokens that are out need the database only
        free = {"userinfo", "refresh", "introspection", "revocation"} if store == "ephemeral" else {"sign-in form"}
        for name, answer in answers.items():
            if name in free:
                assert answer.status_code == 200, name
            else:
                unavailable(name, answer)
        stays_served(fragile, store)
    finally:
        heal()
    wait_until(lambda: requests.get(f"{fragile.idp.issuer}/health/ready", timeout=9).raise_for_status())
    recovers(under_way)


def unavailable(name: str, answer: requests.Response) -> None:
    """503 with Retry-After and a message, and nothing given out."""
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0, name
    assert "Set-Cookie" not in answer.headers or "idp-session" not in answer.headers["Set-Cookie"], name
    assert "Location" not in answer.headers and "Traceback" not in answer.text, name
    if "json" in answer.headers["Content-Type"]:
        assert answer.json()["error"] == "temporarily_unavailable" and answer.json()["error_description"], name
    else:
        assert "1分ほど待ってから" in answer.text, name


def stays_served(fragile: Fragile, store: str) -> None:
    """Keys, discovery and liveness go on; readiness names what is away."""
    for path in ("/jwks", "/.well-known/openid-configuration", "/health/live", "/metrics"):
        for _ in range(2):
            with stopwatch() as taken:
                assert requests.get(fragile.idp.issuer + path, timeout=60).status_code == 200, path
                assert taken.seconds() < PATIENCE, path
    ready = requests.get(f"{fragile.idp.issuer}/health/ready", timeout=60)
    assert ready.status_code == 503 and ready.headers["Retry-After"]
    parts = ready.json()["parts"]
    assert parts[store] == "unavailable" and [name for name, state in parts.items() if state != "ok"] == [store]


def recovers(under_way: UnderWay) -> None:
    """Without a restart the same members go on where they were."""
    fragile = under_way.fragile
    done = under_way.visitor.submit(under_way.form, **under_way.filled)
    assert exchange(fragile.idp, fragile.portal, answer_of(done)["code"]).status_code == 200
    assert answer_of(under_way.member.authorize(fragile.portal, prompt="none")).get("code")
