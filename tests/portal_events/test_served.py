"""Events to and from a service that really runs, its courier beside it, on both kinds of stores."""

import json
from typing import Any

import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.services import closing
from tests import services
from tests.ports.listener import Server, listening
from tests.running import PASSWORD, Browser, Idp, answer_of
from tests.settings.member import Member, inside, rows

TOKEN = "receiver-token-0123456789"
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


def heard(idp: Idp, server: Server, client: dict, count: int) -> list[dict[str, Any]]:
    """The events that came, verified by the published keys as a portal would."""
    services.wait_until(lambda: len(server.heard) >= count, story=lambda: (idp.folder / "server.log").read_text()[-2000:])
    keys, found = KeySet.import_key_set(requests.get(f"{idp.issuer}/jwks", timeout=9).json()), []
    for one in server.heard:
        head, body = one.split(b"\r\n\r\n", 1)
        assert f"Authorization: Bearer {TOKEN}".encode() in head
        token = jwt.decode(body.decode(), keys)
        assert (token.claims["iss"], token.claims["aud"], token.header["typ"]) == (idp.issuer, client["client_id"], "secevent+jwt")
        found.append(token.claims)
    return found


def kinds(events: list[dict[str, Any]], subject: str) -> list[str]:
    assert {one["sub_id"]["sub"] for one in events} == {subject}
    return [uri.rpartition("/")[2] for one in events for uri in one["events"]]


def test_a_portal_hears_of_its_member(idp: Idp) -> None:
    with listening(lambda caller: caller.sendall(ACCEPTED)) as server:
        uri = f"http://localhost:{server.port}/events"
        client = idp.client(event_delivery_uri=uri, event_delivery_token=TOKEN)
        shown = idp.run("client", "show", client["client_id"]).stdout
        assert json.loads(shown)["event_delivery_uri"] == uri and TOKEN not in shown + json.dumps(client)
        member, stranger = Member(idp), Member(idp)
        answer_of(member.browser.sign_in(member.browser.authorize(client), member.name))
        idp.within("account", "lock", stranger.name)
        page = member.at("/account/password")
        member.send(page, current_password=PASSWORD, new_password="Sumire8Kawa")
        heard(idp, server, client, 1)
        idp.within("account", "sign-out-everywhere", member.name)
        heard(idp, server, client, 2)
        idp.within("account", "lock", member.name)
        heard(idp, server, client, 3)
        idp.within("account", "unlock", member.name)
        heard(idp, server, client, 4)
        idp.within("account", "close", member.name)
        events = heard(idp, server, client, 5)
        wanted = ["credential-change", "session-revoked", "account-disabled", "account-enabled", "account-disabled"]
        assert kinds(events, member.subject) == wanted
        assert len({one["jti"] for one in events}) == 5


def test_an_erased_account_is_purged_at_its_portals(idp: Idp) -> None:
    with listening(lambda caller: caller.sendall(ACCEPTED)) as server:
        client = idp.client(event_delivery_uri=f"http://localhost:{server.port}/e", event_delivery_token=TOKEN)
        member = Member(idp)
        answer_of(member.browser.sign_in(member.browser.authorize(client), member.name))
        idp.within("account", "close", member.name)
        rows(idp, "UPDATE accounts SET erase_at = 1 WHERE id = :a", a=member.subject)
        with inside(idp) as deps:
            assert closing.erase(deps, member.subject)
        assert kinds(heard(idp, server, client, 2), member.subject) == ["account-disabled", "account-purged"]
    shown = json.loads(idp.run("account", "show", member.subject).stdout)
    assert (shown["status"], shown["login_id"], shown["destinations"]) == ("closed", "", [])
    assert "closed for good" in idp.run("account", "reopen", member.subject, check=False).stderr


def test_a_portal_tells_of_a_mailbox(idp: Idp) -> None:
    client = idp.client(may_send_events=True)
    member = Member(idp)
    old, new = f"{member.name}@isp.example", f"{member.name}.new@isp.example"
    other = Member(idp, "--email", old, "--mailbox", old, "--email-login")
    post = {"jti": member.name, "event": "mailbox.renamed", "old": old, "new": new, "old_valid_until": 4_000_000_000}
    basic = (client["client_id"], client["client_secret"])
    for _ in range(2):
        answer = requests.post(f"{idp.issuer}/portal/events", json=post, auth=basic, timeout=9)
        assert (answer.status_code, answer.content) == (202, b"")
    assert sorted(rows(idp, "SELECT address FROM destinations WHERE account_id = :a", a=other.subject)) == sorted([(old,), (new,)])
    (mail,) = idp.wait_for_mails(new, 1)
    assert "メールアドレスの変更" in mail["Subject"]
    answer_of((browser := Browser(idp)).sign_in(browser.authorize(client), old))
    refused = requests.post(f"{idp.issuer}/portal/events", json=post, auth=(client["client_id"], "wrong"), timeout=9)
    assert (refused.status_code, refused.json()["err"]) == (401, "authentication_failed")
