"""Names of members that clients of different sectors cannot put together: the same at every exit, understood at every entry
(OIDC Core sections 8 and 8.1)."""

import json
import re
import threading
from dataclasses import dataclass
from typing import Any, Callable, Iterator

import pytest

from idp import app, courier
from idp.adapters.fetch import SafeFetcher
from idp.domain.client import DEVICE_CODE
from idp.services import client_registration, portal_events
from idp.services.client_registration import Rejected
from idp.tables import accounts
from tests.oidc import televisions
from tests.oidc.installation import API, REFRESHING, Installation
from tests.oidc.offline import about, begin, refreshed
from tests.oidc.relying_party import Portal
from tests.oidc.test_end_session import asks, leave
from tests.portal_events.test_delivery import answer
from tests.ports.listener import Server, listening
from tests.running import Browser, claims_of

_JWT = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
OUT = "https://shop.example/out"


def seen(*texts: str) -> str:
    """What was received, and whatever is to be read in the tokens in it."""
    whole = "\n".join(texts)
    return "\n".join([whole, *(seen(json.dumps(claims_of(token))) for token in _JWT.findall(whole))])


@dataclass
class Walk:
    """A member at three pairwise portals, of which "one" and "two" are of one sector; `subject`, `sid`: how we ourselves call
    the member and the session; `server`: where "one" hears of events."""

    house: Installation
    portals: dict[str, Portal]
    server: Server
    browser: Browser
    subject: str
    tokens: dict[str, dict[str, Any]]

    @property
    def sub(self) -> str:
        """How "one" calls the member."""
        return str(claims_of(self.tokens["one"]["id_token"])["sub"])

    @property
    def sid(self) -> str:
        """How we call the session, as a portal with public names sees it."""
        return str(claims_of(self.house.portals["plain"].tokens(self.browser)["id_token"])["sid"])

    def heard(self) -> str:
        """What the courier brings "one" now."""
        send, before = courier.by_event(self.house.deps, SafeFetcher(loopback=True)), len(self.server.heard)
        while courier.deliver_next(self.house.deps, "event", send, threading.Event()):
            pass
        found = [one.decode() for one in self.server.heard[before:]]
        assert found
        return "\n".join(found)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Says yes to whatever it hears."""
    yes = {b"/ev": answer("202 Accepted"), b"/lo": answer("200 OK")}
    with listening(lambda caller: caller.sendall(yes[found.heard[-1][5:8]])) as found:
        yield found


@pytest.fixture
def walk(each: Installation, server: Server) -> Walk:
    """A member of its own, signed in everywhere."""
    here = f"http://localhost:{server.port}"
    told = {"event_delivery_uri": here + "/ev", "backchannel_logout_uri": here + "/lo", "post_logout_redirect_uris": [OUT], "may_send_events": True}
    hosts = {"one": ("shop.example/cb", told), "two": ("shop.example:8443/other", {}), "far": ("bank.example/cb", {})}
    portals = {}
    for name, (where, more) in hosts.items():
        wish = {"client_id": f"pairwise-{name}", "client_secret": "pairwise-secret-1", "subject_type": "pairwise", "resources": [API]}
        wish |= {"redirect_uris": [f"https://{where}"], "grant_types": [*REFRESHING, DEVICE_CODE], **more}
        portals[name] = Portal(each.provider, client_registration.register(each.deps, json.dumps(wish)))
    login_id = each.member(email="pair@example.jp", verified=True)
    browser = each.browser(login_id)
    tokens = {name: begin(portal, browser) for name, portal in portals.items()}
    return Walk(each, portals, server, browser, each.subjects[login_id], tokens)


def told_of_events(walk: Walk) -> str:
    """Every kind of event that there is."""
    with walk.house.deps.database.write() as connection:
        for event in portal_events.Event.__args__:  # type: ignore[attr-defined]
            portal_events.tell(connection, walk.house.deps, walk.subject, event)
    return walk.heard()


def told_of_logout(walk: Walk) -> str:
    """The session ends."""
    hint = walk.tokens["one"]["id_token"]
    left = leave(walk.browser, walk.portals["one"], id_token_hint=hint, post_logout_redirect_uri=OUT, state="s")
    assert left.headers["Location"].startswith(OUT), "the hint proves the session, by the names that the portal has for it"
    return left.headers["Location"] + walk.heard()


def introspected(walk: Walk, asker: str, token: str, accept: str = "application/json") -> str:
    """What the client learns, or the API that the token is for."""
    portal = walk.portals.get(asker) or walk.house.portals[asker]
    found = about(portal, "introspection", token, {"Accept": accept})
    assert '"active":true' in seen(found.text).replace(" ", "")
    return found.text


def for_the_api(walk: Walk) -> str:
    """An access token for another audience, which reads it and asks about it."""
    token = begin(walk.portals["one"], walk.browser, resource=API)["access_token"]
    return token + introspected(walk, "api", token)


SIGNED = "application/token-introspection+jwt"
# by endpoint or way out: what a portal receives there
EXITS: dict[str, Callable[[Walk], str]] = {
    "/token": lambda walk: json.dumps(walk.tokens["one"]),
    "/token refreshed": lambda walk: json.dumps(refreshed(walk.portals["one"], walk.tokens["one"]["refresh_token"])),
    "/token for an API": for_the_api,
    "/token for a television": lambda walk: json.dumps(televisions.connected(walk.house, walk.portals["one"], walk.browser)),
    "/userinfo": lambda walk: walk.house.provider.userinfo(walk.tokens["one"]["access_token"]).text,
    "/introspect": lambda walk: introspected(walk, "one", walk.tokens["one"]["access_token"]),
    "/introspect refresh": lambda walk: introspected(walk, "one", walk.tokens["one"]["refresh_token"]),
    "/introspect signed": lambda walk: introspected(walk, "one", walk.tokens["one"]["access_token"], SIGNED),
    "events": told_of_events,
    "logout": told_of_logout,
}
# and where no name of a member stands
SILENT: dict[str, Callable[[Walk], str]] = {
    "/authorize": lambda walk: walk.portals["one"].ask(walk.browser).headers["Location"],
    "/authorize signed": lambda walk: walk.portals["one"].ask(walk.browser, response_mode="jwt").headers["Location"],
    "/authorize refused": lambda walk: walk.portals["one"].ask(walk.browser, prompt="none", max_age="0").headers["Location"],
    "/device_authorization": lambda walk: televisions.lay_down(walk.portals["one"]).text,
    "/revoke": lambda walk: about(walk.portals["one"], "revocation", walk.tokens["one"]["access_token"]).text,
    "/par": lambda walk: walk.portals["one"].http.post(walk.house.provider.endpoint("pushed_authorization_request"), data=walk.portals["one"].request(), headers=walk.portals["one"].basic(), timeout=30).text,
}
# which know no member
PLAIN = {"/jwks", "/metrics", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/portal/events"}
# the console is a portal of our own, and the API for the operator's programs knows members as the console does: by public names


@pytest.mark.parametrize("way", EXITS)
def test_at_every_exit_the_member_has_the_name_of_the_sector(walk: Walk, way: str) -> None:
    sid = walk.sid
    told = seen(EXITS[way](walk))
    assert walk.sub in told, "it is an exit"
    assert walk.subject not in told and sid not in told, "the name that everybody could know"


@pytest.mark.parametrize("way", SILENT)
def test_where_no_name_is_needed_there_is_none(walk: Walk, way: str) -> None:
    sid, told = walk.sid, seen(SILENT[way](walk))
    assert not [name for name in (walk.subject, walk.sub, sid) if name in told]


def test_the_table_holds_every_endpoint(house: Installation) -> None:
    """A new one needs its row, or is said to know no member."""
    endpoints = {path for path in app.machine_endpoints(app.build(house.deps)) if not path.startswith(("/static/", "/health/", "/sms/", "/console/", "/admin/"))}
    assert endpoints == {way.split()[0] for way in (*EXITS, *SILENT) if way.startswith("/")} - {"/authorize"} | PLAIN


def test_names_are_those_of_the_sector(walk: Walk) -> None:
    """Section 8.1: a port makes no other host; two hosts have nothing in common, sid included."""
    one, two, far = (claims_of(walk.tokens[name]["id_token"]) for name in ("one", "two", "far"))
    assert (one["sub"], one["sid"]) == (two["sub"], two["sid"])
    assert one["sub"] != far["sub"] and one["sid"] != far["sid"] and walk.subject not in (one["sub"], far["sub"])
    assert re.fullmatch(r"[A-Za-z0-9_-]{56}", one["sub"]) and len(far["sub"]) == 56, "of a length that tells nothing"
    again = claims_of(walk.portals["one"].tokens(walk.house.browser(_login(walk)))["id_token"])
    assert again["sub"] == one["sub"] and again["sid"] != one["sid"], "in another session the same member"


def _login(walk: Walk) -> str:
    return next(name for name, subject in walk.house.subjects.items() if subject == walk.subject)


def _silently(walk: Walk, **asked: str) -> dict[str, str]:
    portal = walk.portals["one"]
    return portal.reply(portal.ask(walk.browser, prompt="none", **asked))


def test_a_hint_means_the_member_by_the_name_of_the_sector(walk: Walk) -> None:
    """OIDC Core section 3.1.2.1; certification.md, oidcc-id-token-hint."""
    assert "code" in _silently(walk, id_token_hint=walk.tokens["one"]["id_token"])
    other = walk.portals["one"].tokens(walk.house.browser(walk.house.member()))
    assert _silently(walk, id_token_hint=other["id_token"])["error"] == "login_required"
    assert _silently(walk, id_token_hint=walk.tokens["far"]["id_token"])["error"] == "invalid_request"


@pytest.mark.parametrize("where", ["id_token", "userinfo"])
def test_a_claim_that_names_the_member_means_the_name_of_the_sector(walk: Walk, where: str) -> None:
    """OIDC Core section 5.5.1: any other value is nobody."""
    far = claims_of(walk.tokens["far"]["id_token"])["sub"]
    for name, known in ((walk.sub, True), (walk.subject, False), (far, False), ("x", False), ("あ", False), (walk.sub[:-1], False)):
        found = _silently(walk, claims=json.dumps({where: {"sub": {"value": name}}}))
        assert ("code" in found) == known and found.get("error") == (None if known else "login_required"), name


def test_a_hint_with_another_name_asks_before_it_signs_out(walk: Walk) -> None:
    """Requirement LO-01."""
    other = walk.portals["one"].tokens(walk.house.browser(walk.house.member()))["id_token"]
    assert asks(leave(walk.browser, walk.portals["one"], id_token_hint=other, post_logout_redirect_uri=OUT))


@pytest.mark.parametrize(("name", "ends"), [("sector", True), ("public", False), ("far", False)])
def test_an_event_of_the_portal_names_the_member_by_the_name_of_the_sector(walk: Walk, name: str, ends: bool) -> None:
    """portals.md 1.4: what the portal was not told it cannot name."""
    far = claims_of(walk.tokens["far"]["id_token"])["sub"]
    body = {"jti": walk.subject + name, "event": "contract.ended", "sub": {"sector": walk.sub, "public": walk.subject, "far": far}[name]}
    sent = walk.portals["one"].http.post(walk.house.provider.issuer + "/portal/events", json=body, headers=walk.portals["one"].basic(), timeout=30)
    with walk.house.deps.database.read() as connection:
        account = accounts.by_id(connection, walk.subject)
    assert sent.status_code == 202 and account and bool(account.closes_at) == ends


def test_a_token_of_one_sector_is_nothing_to_another(walk: Walk) -> None:
    assert about(walk.portals["far"], "introspection", walk.tokens["one"]["access_token"]).json() == {"active": False}


@pytest.mark.parametrize("change", [{"subject_type": "public"}, {"redirect_uris": ["https://elsewhere.example/cb"]}])
def test_a_client_in_use_does_not_lose_the_names_that_it_has(walk: Walk, change: dict[str, Any]) -> None:
    """OIDC Core section 8: a subject never changes."""
    wish = {"client_id": "pairwise-two", "subject_type": "pairwise", "redirect_uris": ["https://shop.example/new"]}
    with pytest.raises(Rejected, match="other names"):
        client_registration.register(walk.house.deps, {**wish, **change})


def test_a_public_client_does_not_become_pairwise(house: Installation) -> None:
    wish = {"client_id": "was-public", "redirect_uris": ["https://a.example/cb"]}
    client_registration.register(house.deps, wish)
    with pytest.raises(Rejected, match="other names"):
        client_registration.register(house.deps, {**wish, "subject_type": "pairwise"})
