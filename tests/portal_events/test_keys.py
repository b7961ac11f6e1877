"""Events of portals that prove themselves by a key: an assertion beside the event, or the event itself signed (RFC 8935)."""

import json
import time
import uuid
from types import SimpleNamespace
from typing import Any, Iterator

import pytest
from joserfc.jwk import OctKey
from sqlalchemy import func, select

from idp import app, config, parts
from idp.domain.account import Account
from idp.services import client_registration
from idp.tables.schema import received_events
from idp.web.machine import MachineRequest
from tests import running, services
from tests.input.wire import Answer
from tests.oidc import forging, signing
from tests.portal_events.post import SECRET, Post, event

SET = "application/secevent+jwt"
TYPE = "urn:x-idp:event-type:"
ISSUER = "http://localhost:8000"


class Keyed(Post):
    """Beside those: "key-portal" proves itself by its key; "teller-key" by a secret, and has a key for events; "key-mute" may
    not send any."""

    def __init__(self, folder: Any):
        super().__init__(folder)
        by_key = {"token_endpoint_auth_method": "private_key_jwt", "jwks": signing.jwks("portal-ES256", "portal-RS256")}
        wishes = {
            "key-portal": {**by_key, "may_send_events": True},
            "teller-key": {"client_secret": SECRET, "jwks": signing.jwks("portal-PS256"), "may_send_events": True},
            "key-mute": by_key,
        }
        for name, more in wishes.items():
            client_registration.register(self.deps, {"client_id": name, "redirect_uris": [running.CALLBACK], **more})

    def push(self, token: str | bytes, **more: Any) -> Answer:
        """Push a security event token."""
        return self.post(token if isinstance(token, bytes) else token.encode(), more.pop("client", None), kind=SET, **more)


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    """One installation for the file."""
    yield Keyed(tmp_path_factory.mktemp("keyed"))


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good token with changes; None leaves one out."""
    said = {"iss": "key-portal", "aud": ISSUER, "iat": int(time.time()), "jti": uuid.uuid4().hex, "events": deleted("nobody@isp.example"), **changes}
    return {name: value for name, value in said.items() if value is not None}


def deleted(address: str) -> dict[str, Any]:
    """The event of a mailbox that went."""
    return {TYPE + "mailbox.deleted": {"address": address}}


def token(key: str = "portal-ES256", header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A good token with changes."""
    return signing.signed(signing.KEYS[key], claims(**changes), **{"typ": "secevent+jwt", **(header or {})})


def asserted(**changes: Any) -> dict[str, str]:
    """The members of private_key_jwt."""
    portal = SimpleNamespace(id="key-portal", provider=SimpleNamespace(issuer=ISSUER), client={"jwks": signing.jwks("portal-ES256")})
    return signing.proof(portal, signing.assertion(portal, **changes))


def refused(answer: Answer, err: str, status: int = 400) -> None:
    """An error of RFC 8935 section 2.3."""
    assert (answer.status, answer.json()["err"]) == (status, err), answer.text
    assert answer.json()["description"] and answer.header("Content-Language") == "en" and "no-store" in answer.header("Cache-Control")


def mailbox(inside: Keyed, member: Account) -> str | None:
    """The member's mailbox as it is now."""
    found: str | None = inside.read(member).mailbox
    return found


def test_an_assertion_proves_who_sends_and_is_good_once(inside: Keyed) -> None:
    """RFC 7523 section 3; beside the plain form."""
    member, proof = inside.member(), asserted()
    sent = event("mailbox.deleted", address=member.mailbox)
    assert inside.post(sent | proof, None).status == 202 and mailbox(inside, member) is None
    refused(inside.post(sent | proof, None), "authentication_failed", 401)
    assert inside.post(sent | asserted() | {"client_id": "key-portal"}, None).status == 202


@pytest.mark.parametrize("changes", [
    {"client_id": "teller"}, {"client_id": 7}, {"client_secret": SECRET}, {"client_assertion": "a.b.c"}, {"client_assertion": 7},
    {"client_assertion_type": "x"}, {"client_assertion_type": None},
], ids=repr)  # fmt: skip
def test_an_assertion_stands_alone_and_whole(inside: Keyed, changes: dict[str, Any]) -> None:
    """RFC 6749 section 2.3: one method, one name."""
    member = inside.member()
    sent = event("mailbox.deleted", address=member.mailbox) | asserted() | changes
    refused(inside.post(sent, None), "authentication_failed", 401)
    refused(inside.post(event("mailbox.deleted", address=member.mailbox) | asserted(), "teller"), "authentication_failed", 401)
    assert mailbox(inside, member) == member.mailbox


def test_an_assertion_for_somebody_else_is_none_for_us(inside: Keyed) -> None:
    """CVE-2025-27370: the audience is the issuer, alone."""
    for changes in ({"aud": "https://other.example"}, {"aud": [ISSUER, "https://other.example"]}, {"exp": 1}, {"iss": "teller"}):
        refused(inside.post(event("mailbox.deleted", address="a@isp.example") | asserted(**changes), None), "authentication_failed", 401)


@pytest.mark.parametrize(("issuer", "key"), [("key-portal", "portal-ES256"), ("key-portal", "portal-RS256"), ("teller-key", "portal-PS256")])
def test_a_signed_event_is_taken(inside: Keyed, issuer: str, key: str) -> None:
    """RFC 8417 section 2.2, RFC 8935 section 2.1: by the keys of the portal that it names as `iss`."""
    member = inside.member()
    answer = inside.push(token(key, iss=issuer, events=deleted(member.mailbox or "")))
    assert (answer.status, answer.body) == (202, b"") and mailbox(inside, member) is None


def test_every_event_can_be_signed(inside: Keyed) -> None:
    member = inside.member(contractor_id="0099887766")
    new = f"new-{member.mailbox}"
    assert inside.push(token(events={TYPE + "mailbox.renamed": {"old": member.mailbox, "new": new}})).status == 202
    assert mailbox(inside, member) == new
    assert inside.push(token(events={TYPE + "contract.ended": {"sub": member.id}})).status == 202
    refused(inside.push(token(events={TYPE + "mailbox.deleted": {"address": "x"}})), "invalid_request")
    refused(inside.push(token(events={TYPE + "mailbox.added": {"address": "a@isp.example"}})), "invalid_request")


def test_an_event_counts_once_signed_or_not(inside: Keyed) -> None:
    """RFC 8417 section 2.2, jti: durable, whatever form it comes in."""
    member = inside.member()
    address = member.mailbox or ""
    first = token(jti="same", events=deleted("nobody@isp.example"))
    assert inside.push(first).status == 202
    for again in (first, token(jti="same", events=deleted(address))):
        assert inside.push(again).status == 202
    assert inside.post(event("mailbox.deleted", address=address) | {"jti": "same"} | asserted(), None).status == 202
    assert mailbox(inside, member) == member.mailbox


def test_forgeries_are_not_believed(inside: Keyed) -> None:
    """RFC 8725 sections 3.1 and 3.2: none, an HMAC with the public key, a foreign kid, another header."""
    member, before = inside.member(), inside.column("SELECT COUNT(*) FROM received_events")
    good = token(events=deleted(member.mailbox or ""))
    count = 0
    for what, text in forging.forgeries_of(signing.jwks("portal-ES256")["keys"][0], good):
        answer = inside.push(text.encode())
        assert answer.status in (400, 413) and answer.json()["err"] in ("invalid_key", "invalid_request"), what
        count += 1
    assert count > 30 and mailbox(inside, member) == member.mailbox and inside.column("SELECT COUNT(*) FROM received_events") == before


@pytest.mark.parametrize("name", ["key-mute", "nobody", "open", "mute", "teller-key", 7, None, ["key-portal"]], ids=str)
def test_only_the_portal_of_the_key_may_speak(inside: Keyed, name: Any) -> None:
    """RFC 8935 section 2: one answer for issuers without this key, known or not."""
    answer = inside.push(token(iss=name))
    refused(answer, *(("access_denied", 403) if name == "key-mute" else ("invalid_key", 400)))


@pytest.mark.parametrize("typ", [None, "JWT", "at+jwt", "logout+jwt", "dpop+jwt", "client-authentication+jwt", "oauth-authz-req+jwt", ""], ids=str)
def test_another_token_of_the_portals_is_no_event(inside: Keyed, typ: Any) -> None:
    """RFC 8725 section 3.11: the type is compared, and has no default."""
    refused(inside.push(token(header={"typ": typ})), "invalid_request")


def test_an_assertion_is_no_event_and_an_event_no_assertion(inside: Keyed) -> None:
    refused(inside.push(asserted()["client_assertion"]), "invalid_request")
    proof = asserted() | {"client_assertion": token(sub="key-portal", exp=int(time.time()) + 60)}
    refused(inside.post(event("mailbox.deleted", address="a@isp.example") | proof, None), "authentication_failed", 401)


@pytest.mark.parametrize(("changes", "err"), [
    ({"aud": "https://other.example"}, "invalid_audience"), ({"aud": None}, "invalid_audience"), ({"aud": 7}, "invalid_audience"),
    ({"aud": [ISSUER, "https://other.example"]}, "invalid_audience"), ({"aud": ISSUER + "/"}, "invalid_audience"), ({"iat": None}, "invalid_request"),
    ({"iat": "now"}, "invalid_request"), ({"iat": True}, "invalid_request"), ({"iat": 1}, "invalid_request"), ({"iat": 2**40}, "invalid_request"),
    ({"exp": 1}, "invalid_request"), ({"exp": "x"}, "invalid_request"), ({"jti": None}, "invalid_request"), ({"jti": 7}, "invalid_request"),
    ({"jti": "a" * 129}, "invalid_request"), ({"events": None}, "invalid_request"), ({"events": {}}, "invalid_request"),
    ({"events": [TYPE]}, "invalid_request"), ({"events": {"mailbox.deleted": {"address": "a@isp.example"}}}, "invalid_request"),
    ({"events": {**deleted("a@isp.example"), TYPE + "contract.ended": {"sub": "x"}}}, "invalid_request"),
    ({"events": {TYPE + "mailbox.deleted": "a@isp.example"}}, "invalid_request"),
    ({"events": {TYPE + "mailbox.deleted": {"address": "a@isp.example", "jti": "x"}}}, "invalid_request"),
    ({"events": {TYPE + "mailbox.deleted": {"address": "a@isp.example", "client_id": "teller"}}}, "invalid_request"),
], ids=repr)  # fmt: skip
def test_claims_that_do_not_do(inside: Keyed, changes: dict[str, Any], err: str) -> None:
    """RFC 8417 section 2.2, RFC 8935 section 2.4."""
    refused(inside.push(token(**changes)), err)


def test_an_event_may_have_waited_for_a_day(inside: Keyed) -> None:
    now = int(time.time())
    assert inside.push(token(iat=now - 86_000)).status == 202
    refused(inside.push(token(iat=now - 86_500)), "invalid_request")
    refused(inside.push(token(iat=now + 60)), "invalid_request")
    assert inside.push(token(aud=[ISSUER], exp=now + 60)).status == 202


def test_whoever_proves_itself_beside_a_token_is_the_same(inside: Keyed) -> None:
    """RFC 8935 section 2: two answers to who sends it are none."""
    good = {"key": "portal-PS256", "iss": "teller-key"}
    assert inside.push(token(**good), client="teller-key").status == 202
    for client, secret in (("teller", SECRET), ("teller-key", "wrong-wrong-wrong")):
        refused(inside.push(token(**good), client=client, secret=secret), "authentication_failed", 401)


@pytest.mark.parametrize("body", [b"", b"a", b"a.b.c", b"..", b"\xff\xfe", b"{}", b"a." * 100, "あ.い.う".encode()], ids=repr)
def test_what_is_no_token(inside: Keyed, body: bytes) -> None:
    assert inside.push(body).status == 400


def test_a_token_that_is_too_large(inside: Keyed) -> None:
    refused(inside.push(token(more="x" * 9_000)), "invalid_request", 413)
    assert inside.push(b"x" * 70_000).status == 413


def test_a_shared_secret_is_no_key(inside: Keyed) -> None:
    """RFC 8725 section 3.1."""
    text = signing.signed(OctKey.import_key(SECRET), claims(iss="teller"), alg="HS256", typ="secevent+jwt")
    assert inside.push(text).status == 400


def test_of_sixteen_at_once_one_counts(inside: Keyed, tmp_path: Any, postgres_url: str) -> None:
    """Requirement of the house: claimed by one atomic statement, on each engine."""
    for folder, url in ((tmp_path / "embedded", "sqlite:///idp.db"), (tmp_path / "production", postgres_url)):
        _race(folder, url)


def _race(folder: Any, url: str) -> None:
    installed = running.configure(folder, url, "sqlite:///ephemeral.db", 8000)
    deps = parts.open_deps(*config.load(str(installed.config)))
    name = "racer-" + uuid.uuid4().hex[:8]
    metadata = {"client_id": name, "redirect_uris": [running.CALLBACK], "jwks": signing.jwks("portal-ES256"), "may_send_events": True}
    client_registration.register(deps, json.dumps(metadata))
    endpoint = app.machine_endpoints(app.build(deps))["/portal/events"]
    environ = {"CONTENT_TYPE": SET, "REQUEST_METHOD": "POST"}
    body = token(iss=name, jti=name).encode()
    before = _taken(deps)
    answers = services.race(16, lambda: endpoint.answer(MachineRequest("POST", environ, body=body)).status)
    assert answers == [202] * 16 and _taken(deps) == before + 1
    parts.close_deps(deps)


def _taken(deps: Any) -> int:
    with deps.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(received_events)).scalar() or 0)
