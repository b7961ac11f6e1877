"""What staff change about clients, contracts and staff is on record with why, from where, and what it was before (requirement AD-06)."""

import json
import re
from typing import Any

import pytest

from idp.services import client_changes
from tests.console.conftest import Built
from tests.console.files import send
from tests.console.people import Inside
from tests.console.test_audit import rows_of
from tests.console.test_clients import CB, FORM, add, row, seen
from tests.console.test_register import ROWS, bring, work
from tests.contractor.files import JAPANESE, text
from tests.running import new_name

HERE = "203.0.113.77"
JWK = {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "alg": "ES256"}

@pytest.fixture
def admin(built: Built) -> Inside:
    """An administrator at a network of their own."""
    found = built.colleague("administrator")
    found.client.environ_base["REMOTE_ADDR"] = HERE
    return found

def last(built: Built, event: str) -> dict[str, Any]:
    """The newest row of an event, its detail read."""
    found = built.idp.audit(event)[-1]
    return {**found, "detail": json.loads(found["detail"])}

def test_a_client_is_registered_for_a_reason_and_its_metadata_are_on_record(built: Built, admin: Inside) -> None:
    before = len(built.idp.audit("client_registered"))
    for path, form in (("/new", FORM), ("/new-json", {"json": json.dumps({"redirect_uris": [CB]}), "reason": "契約"})):
        for wrong in ({"reason": " "}, {"reason": "x" * 201}, {"ticket": "x" * 65}):
            refused = admin.post("/console/clients" + path, **{**form, **wrong})
            assert refused.status_code == 400 and 'id="error-summary"' in refused.text and CB in refused.text
        assert len(built.idp.audit("client_registered")) == before
        assert admin.post("/console/clients" + path, ticket="T-1", **form).status_code == 303
        made, before = last(built, "client_registered"), before + 1
        assert (made["address"], made["actor"], made["detail"]["reason"], made["detail"]["ticket"]) == (HERE, admin.account.id, form["reason"], "T-1")
        assert made["detail"]["changed"]["redirect_uris"] == ["", json.dumps([CB])]

def test_a_change_names_what_was_and_what_is(built: Built, admin: Inside) -> None:
    page = add(built, default_max_age=77, redirect_uris=[CB, CB + "/old"])
    form = admin.get(page + "/edit")
    assert admin.post(page + "/edit", **{**FORM, "client_name": "窓口", "redirect_uris": f"{CB}\n{CB}/new", "seen": seen(form)}).status_code == 303
    made = last(built, "client_changed")
    assert (made["address"], made["detail"]["reason"]) == (HERE, FORM["reason"])
    assert made["detail"]["changed"]["redirect_uris"] == [f'["{CB}/old"]', f'["{CB}/new"]']
    assert made["detail"]["changed"]["client_name"] == ["", "窓口"] and "default_max_age" not in made["detail"]["changed"]
    (shown,) = [one for one in rows_of(admin.get(f"/console/audit?event=client_changed&client={row(built, page)['id']}"))]
    assert f"{CB}/old" in shown and f"{CB}/new" in shown and "client_name – → 窓口" in shown and HERE in shown and FORM["reason"] in shown

def test_of_keys_and_secrets_only_that_they_changed(built: Built, admin: Inside) -> None:
    page = add(built, event_delivery_uri="https://portal.example.jp/events", event_delivery_token="t" * 32)
    wish = {**row(built, page)["metadata"], "jwks": {"keys": [JWK]}, "token_endpoint_auth_method": "private_key_jwt", "event_delivery_token": "n" * 32}
    admin.post(page + "/json", json=json.dumps(wish), reason="鍵の交換", seen=seen(admin.get(page + "/json")))
    made = last(built, "client_changed")
    assert (made["detail"]["changed"]["jwks"], made["detail"]["changed"]["event_delivery_token"]) == (None, None)
    back = {**wish, "token_endpoint_auth_method": "client_secret_post"}
    del back["jwks"], back["event_delivery_token"]
    answer = admin.post(page + "/json", json=json.dumps(back), reason="もとへ", seen=seen(admin.get(page + "/json")))
    secret = re.search(r'class="secret">([^<]{43})<', admin.get(answer.headers["Location"]).text)
    assert secret and last(built, "client_changed")["detail"]["changed"]["client_secret"] is None
    shown = admin.get("/console/audit?event=client_changed&client=" + row(built, page)["id"]).text
    rows = str(built.idp.audit("client_changed")) + shown
    assert JWK["x"] not in rows and "n" * 32 not in rows and secret[1] not in rows and "変更（値は記録しません）" in shown

@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"a": 1, "b": True}, {"a": 1, "b": False}, {"b": ["true", "false"]}),
        ({}, {"name": "x" * 500}, {"name": ["", "x" * 199 + "…"]}),
        ({"uris": ["a", "b"]}, {"uris": ["b", "a"]}, {"uris": ["", ""]}),
        ({"jwks": {"keys": []}, "jwks_uri": "https://a"}, {"jwks_uri": "https://b"}, {"jwks": None, "jwks_uri": ["https://a", "https://b"]}),
        ({"operations": {"pay": {"ja": "支払い"}}}, {}, {"operations": ['{"pay": {"ja": "支払い"}}', ""]}),
        ({"a": [1]}, {"a": [1]}, {}),
    ],
    ids=range(6),
)
def test_differences_are_short(before: dict, after: dict, told: dict) -> None:
    assert client_changes.differences(before, after) == told

@pytest.mark.parametrize("value", ["<b>x", "\u202egnp", "=cmd|x", "{{7*7}}", "a@b.example"], ids=range(5))
def test_whatever_stood_in_the_metadata_is_inert_in_the_record(built: Built, admin: Inside, value: str) -> None:
    page = add(built)
    client = row(built, page)["id"]
    with built.deps.database.write() as connection:
        client_changes._note(connection, built.deps, "client_changed", admin.account, client, HERE, changed={"client_name": [value, value], "jwks": None})
    shown = admin.get(f"/console/audit?event=client_changed&client={client}")
    assert shown.status_code == 200 and len(rows_of(shown)) == 1
    assert "<b>x" not in shown.text and "\u202e" not in shown.text and "49" not in rows_of(shown)[0].partition("client_name")[2][:20]

def test_what_else_is_done_to_a_client_is_on_record_with_its_address(built: Built, admin: Inside) -> None:
    page = add(built)
    admin.post(page + "/secret", reason="交代", keep="0")
    for action in ("off", "on", "remove"):
        admin.post(page + "/off", action=action, reason="試験")
    events = ("client_secret_rotated", "client_disabled", "client_enabled", "client_removed")
    assert [last(built, event)["address"] for event in events] == [HERE] * 4

def test_imports_and_invitations_are_on_record_with_their_address(built: Built, admin: Inside) -> None:
    where = bring(admin, ROWS)
    work(built)
    admin.post(where, action="again")
    work(built)
    admin.post(where, action="apply", reason="月次")
    work(built)
    admin.post(where, action="undo", reason="まちがい")
    work(built)
    admin.post(send(admin, text(ROWS, JAPANESE).encode()).headers["Location"], action="drop")
    events = ("contracts_uploaded", "contracts_tried", "contracts_applied", "contracts_undone", "contracts_dropped")
    assert [(last(built, event)["address"], last(built, event)["actor"]) for event in events] == [(HERE, admin.account.id)] * 5
    name = new_name()
    assert admin.post("/console/staff/invite", login_id=name, email="new@example.jp", role="desk", reason="増員").status_code == 303
    assert [last(built, event)["address"] for event in ("account_added", "staff_invited")] == [HERE, HERE]
    assert last(built, "staff_invited")["detail"]["reason"] == "増員"
