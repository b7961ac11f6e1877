"""What portals do with a code: redeem it, look at the member, refresh, introspect, revoke; each now and then more than once."""

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from tests.faults.storm.ledger import Held, Member
from tests.faults.storm.visitor import Broken, Visitor, together
from tests.running import CALLBACK, VERIFIER

if TYPE_CHECKING:
    from tests.faults.storm.houses import House


@dataclass
class Granted:
    """The tokens of one sign-in."""

    member: Member
    client: dict[str, Any]
    family: str
    access: Held
    refresh: Held
    id_token: str


def _first(answers: "list[requests.Response | Exception]", status: int) -> Any:
    return next((one.json() for one in answers if isinstance(one, requests.Response) and one.status_code == status), None)


def _lost(answers: "list[requests.Response | Exception]") -> Exception | None:
    return next((one for one in answers if isinstance(one, Exception)), None)


def redeem(house: "House", visitor: Visitor, member: Member, client: dict[str, Any], code: str, family: str, times: int) -> Granted | None:
    """Redeem the code, `times` at once; None if it was shown more than once, which ends what came of it (RFC 6749 section 4.1.2)."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    backends = [Visitor(house) for _ in range(times)]
    answers = together(times, lambda n: backends[n].asked(client, "token", **form))
    found = [one.json() for one in answers if isinstance(one, requests.Response) and one.status_code == 200]
    for body in found:
        house.ledger.used("authorization code", code, body["access_token"])
        visitor.proven(member, body["id_token"])
    if not found:
        raise _lost(answers) or Broken("the code is refused")
    body = found[0]
    held = [house.ledger.holds(kind, body[f"{kind}_token"], member, client, family) for kind in ("access", "refresh")]
    house.ledger.secret(body["id_token"])
    if times > 1:
        if _first(answers, 400):
            house.ledger.end("its code was shown twice", held)
        house.ledger.doubt(held)
        return None
    return Granted(member, client, family, held[0], held[1], body["id_token"])


def refresh(house: "House", granted: Granted) -> None:
    """Use the refresh token; of a public client it is another one afterwards, the same for whoever asks again at once."""
    old, client = granted.refresh.value, granted.client
    granted.refresh.sure = False
    backends = [Visitor(house) for _ in range(1 + house.often())]
    answers = together(len(backends), lambda n: backends[n].asked(client, "token", grant_type="refresh_token", refresh_token=old))
    body = _first(answers, 200)
    for one in answers:
        if isinstance(one, requests.Response) and one.status_code == 200:
            house.ledger.used("refresh token", old, one.json()["refresh_token"])
    if body is None:
        raise _lost(answers) or Broken("the refresh token is refused")
    granted.refresh.value = body["refresh_token"]
    house.ledger.secret(body["refresh_token"])
    house.ledger.holds("access", body["access_token"], granted.member, client, granted.family)
    granted.refresh.sure = not _lost(answers)
    house.ledger.act("refresh", "ok")


def revoke(house: "House", rng: random.Random, visitor: Visitor, granted: Granted) -> None:
    """Revoke the access token, or the refresh token with everything that came of it, and try it."""
    if rng.random() < 0.5:
        ends, shown = [granted.access], granted.access
    else:
        ends, shown = [one for one in house.ledger.of(family=granted.family) if one.kind != "session"], granted.refresh
    house.ledger.doubt(ends)
    answer = visitor.asked(granted.client, "revoke", token=shown.value)
    if answer.status_code != 200:
        raise Broken(f"not revoked: {answer.status_code}")
    house.ledger.end("revoked", ends)
    house.ledger.act("revocation", "ok")
    for one in ends:
        if works(house, visitor, one):
            house.ledger.revived.append(f"{one.kind} token of {one.member}: revoked")


def live(house: "House", rng: random.Random, visitor: Visitor, granted: Granted) -> None:
    """What a portal does with its tokens."""
    shown = visitor.userinfo(granted.access.value)
    if shown.status_code != 200:
        raise Broken(f"userinfo: {shown.status_code}")
    house.ledger.act("userinfo", "ok")
    if granted.client.get("client_secret"):
        if not visitor.asked(granted.client, "introspect", token=granted.access.value).json()["active"]:
            raise Broken("introspection: inactive")
        house.ledger.act("introspection", "ok")
    for _ in range(rng.randrange(3)):
        refresh(house, granted)
    if rng.random() < 0.4:
        revoke(house, rng, visitor, granted)


def works(house: "House", visitor: Visitor, held: Held) -> bool:
    """Whether a token or session is good for anything."""
    if held.kind == "access":
        if visitor.userinfo(held.value).status_code == 200:
            return True
        introspected = visitor.asked(held.client, "introspect", token=held.value) if held.client.get("client_secret") else None
        return introspected is not None and introspected.json().get("active") is True
    if held.kind == "refresh":
        answer = visitor.asked(held.client, "token", grant_type="refresh_token", refresh_token=held.value)
        if answer.status_code == 200:
            held.value = answer.json()["refresh_token"]
        return answer.status_code == 200
    browser = Visitor(house)
    browser.cookies.set("idp-session", held.value, domain="localhost.local", path="/")
    page = browser.authorize(held.client, prompt="none")
    return page.is_redirect and "code=" in page.headers["Location"]
