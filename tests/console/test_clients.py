"""Clients in the console: registered, changed, given new secrets, tested, switched off and removed."""

import html
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Iterator

import pytest

from idp.features.console_clients import flow
from idp.services import client_changes, client_registration, console_client, doctor
from idp.services.client_register import ClientRegister
from idp.services.client_registration import Rejected
from idp.tables import clients
from tests.console.conftest import Built
from tests.console.people import Inside
from tests.running import new_name
from tests.services import race

CB = "https://portal.example.jp/cb"
FORM = {"client_name": "ポータル", "redirect_uris": CB, "scope": "openid profile", "token_endpoint_auth_method": "client_secret_basic", "first_party": "yes", "reason": "新しい窓口"}


@pytest.fixture
def admin(built: Built) -> Inside:
    return built.colleague("administrator")


def add(built: Built, **metadata: Any) -> str:
    """A client; returns its page."""
    wish = {"client_id": new_name(), "redirect_uris": [CB], **metadata}
    client_registration.register(built.deps, wish)
    return "/console/clients/" + flow.key_of(wish["client_id"])


def row(built: Built, page: str) -> dict[str, Any]:
    with built.deps.database.read() as connection:
        return next(one for one in clients.rows(connection) if page.endswith(flow.key_of(one["id"])))


def seen(page: Any) -> str:
    found = re.search(r'name="seen" value="([0-9]+)"', page.text)
    assert found
    return found[1]


def test_a_client_is_registered_and_its_secret_shown_once(built: Built, admin: Inside) -> None:
    answer = admin.post("/console/clients/new", **FORM)
    shown = admin.get(answer.headers["Location"])
    secret = re.search(r'class="secret">([^<]{43})<', shown.text)
    assert secret and "今回だけ表示" in shown.text and "登録しました" in shown.text
    page = answer.headers["Location"].partition("?")[0]
    assert secret[1] not in admin.get(page).text + str(row(built, page)) + str(built.idp.audit("client_registered"))
    client = ClientRegister(built.deps).find(row(built, page)["id"])
    assert ClientRegister(built.deps).secret_matches(client, secret[1])
    assert built.idp.audit("client_registered")[-1]["actor"] == admin.account.id


def test_a_form_changes_what_it_shows_and_leaves_the_rest(built: Built, admin: Inside) -> None:
    page = add(built, default_max_age=77, contacts_of_no_meaning=1, operations={"pay": {"ja": "支払い", "en": "Pay"}})
    before = row(built, page)
    form = admin.get(page + "/edit")
    assert CB in form.text
    answer = admin.post(page + "/edit", **{**FORM, "redirect_uris": f"{CB}\r\n\r\n {CB}/2 ", "first_party": "", "seen": seen(form)})
    assert answer.status_code == 303
    after = row(built, page)
    assert after["metadata"]["redirect_uris"] == [CB, CB + "/2"] and after["metadata"]["first_party"] is False
    assert after["metadata"]["default_max_age"] == 77 and after["metadata"]["operations"]["pay"]["en"] == "Pay"
    assert (after["secret_hash"], after["created_at"]) == (before["secret_hash"], before["created_at"])


def test_what_cannot_be_registered_is_told_and_typed_text_stays(admin: Inside) -> None:
    answer = admin.post("/console/clients/new", **{**FORM, "redirect_uris": "http://portal.example.jp/cb#x\n*"})
    assert answer.status_code == 400 and "redirect_uris" in answer.text and "cb#x" in answer.text and 'role="alert"' in answer.text
    for text in ("", "x", "[]", '{"redirect_uris": 1}', "{" * 5_000, '{"client_id": "idp-console", "redirect_uris": ["https://x.example/"]}'):
        assert admin.post("/console/clients/new-json", json=text, reason="r").status_code == 400, text[:20]


WRONG: dict[str, dict[str, Any]] = {
    "redirect_uris": {"redirect_uris": ["http://portal.example.jp/cb#<b>x", 5]}, "scope": {"scope": "profile nobody"}, "client_name": {"client_name": ""},
    "token_endpoint_auth_method": {"token_endpoint_auth_method": "magic"}, "grant_types": {"grant_types": ["refresh_token"]}, "require_pkce": {"require_pkce": "no"},
    "jwks": {"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}, "jwks_uri": {"jwks_uri": "https://u@portal.example.jp/"}, "resources": {"resources": ["x" * 300]},
    "access_token_lifetime": {"access_token_lifetime": 10**9}, "id_token_lifetime": {"id_token_lifetime": 3}, "operations": {"operations": {"pay": 1}},
    "client_id": {"client_id": "あ"}, "client_secret": {"client_secret": "short"}, "default_max_age": {"default_max_age": "1"}, "default_acr_values": {"default_acr_values": [""]},
    "profile": {"profile": "fapi2", "token_endpoint_auth_method": "none"}, "subject_type": {"subject_type": "pairwise", "redirect_uris": [CB, "https://b.example/"]},
    "event_delivery_token": {"event_delivery_token": "x" * 20}, "sector_identifier_uri": {"sector_identifier_uri": "http://x.example/"},
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_in_the_language_of_the_page(built: Built, admin: Inside, name: str) -> None:
    """Machines get English sentences (RFC 7591 section 3.2.2); staff do not."""
    wish = {"redirect_uris": [CB], **WRONG[name]}
    with pytest.raises(Rejected) as refused:
        client_changes.create(built.deps, admin.account, json.dumps(wish), None)  # type: ignore[arg-type]
    page = admin.post("/console/clients/new-json", json=json.dumps(wish), reason="r")
    assert page.status_code == 400
    shown = re.findall(r'<[^>]*class="message"[^>]*>(.*?)</p>', page.text, re.S) or [page.text.split("<form")[0]]
    for _, problem in refused.value.said:
        assert problem.code != "other" and str(problem) not in html.unescape(page.text)
    assert any("。" in one or "：" in one for one in shown) and "<b>x" not in page.text


def test_json_changes_all_of_it(built: Built, admin: Inside) -> None:
    page = add(built, default_max_age=77)
    form = admin.get(page + "/json")
    text = json.dumps({"redirect_uris": [CB + "/new"], "scope": "openid"})
    assert admin.post(page + "/json", json=text, reason="r", seen=seen(form)).status_code == 303
    assert row(built, page)["metadata"] == {"redirect_uris": [CB + "/new"], "scope": "openid"}
    late = admin.post(page + "/json", json=text, reason="r", seen=seen(form))
    assert late.status_code == 400 and "ほかの人が先に変更しました" in late.text
    named = admin.post(page + "/json", json=json.dumps({"client_id": "x", "redirect_uris": [CB]}), reason="r", seen=seen(admin.get(page + "/json")))
    assert named.status_code == 400


def test_of_many_who_save_at_once_one_does(built: Built, admin: Inside) -> None:
    page = add(built)
    known = row(built, page)

    def save() -> bool:
        try:
            client_changes.change(built.deps, admin.account, known["id"], known["updated_at"], {"redirect_uris": [CB]}, None)  # type: ignore[arg-type]
        except Rejected:
            return False
        return True

    assert race(16, save).count(True) == 1


def test_a_new_secret_overlaps_with_the_one_before(built: Built, admin: Inside) -> None:
    page = add(built, client_secret="o" * 43)
    assert admin.post(page + "/secret", reason="", keep="3600").status_code == 400
    assert admin.post(page + "/secret", reason="r", keep="5").status_code == 400
    answer = admin.post(page + "/secret", reason="交代", keep="3600")
    secret = re.search(r'class="secret">([^<]{43})<', admin.get(answer.headers["Location"]).text)
    register = ClientRegister(built.deps)
    client = register.find(row(built, page)["id"])
    assert secret and register.secret_matches(client, secret[1]) and register.secret_matches(client, "o" * 43)
    assert "前のシークレットが使える期限" in admin.get(page).text
    assert add(built, token_endpoint_auth_method="none") and admin.get(add(built, token_endpoint_auth_method="none") + "/secret").status_code == 303


def test_switched_off_nobody_knows_it_and_switched_on_all_is_there(built: Built, admin: Inside) -> None:
    page = add(built)
    name = row(built, page)["id"]
    assert admin.post(page + "/off", action="off", reason="").status_code == 400
    admin.post(page + "/off", action="off", reason="漏えい")
    assert ClientRegister(built.deps).find(name) is None
    assert "停止しています" in admin.get(page).text and "停止中" in admin.get("/console/clients").text
    admin.post(page + "/off", action="on", reason="解決")
    assert ClientRegister(built.deps).find(name)
    admin.post(page + "/off", action="remove", reason="終了")
    assert admin.get(page).status_code == 404 and ClientRegister(built.deps).find(name) is None
    assert [built.idp.audit(event)[-1]["client_id"] for event in ("client_disabled", "client_enabled", "client_removed")] == [name] * 3


@pytest.mark.parametrize("path", ["/secret", "/off"])
def test_what_destroys_needs_a_fresh_proof(built: Built, path: str) -> None:
    page, stale = add(built), built.colleague("administrator", 3_600)
    for answer in (stale.get(page + path), stale.post(page + path, action="remove", reason="r")):
        assert answer.status_code == 303 and "fresh=1" in answer.headers["Location"]
    assert row(built, page)


def test_the_console_itself_is_shown_and_nobodys_to_change(built: Built, admin: Inside) -> None:
    console_client.ensure(built.deps)
    page = "/console/clients/" + flow.key_of(console_client.CLIENT_ID)
    assert "管理画面そのもの" in admin.get(page).text and page + "/edit" not in admin.get(page).text
    for path in ("/edit", "/json", "/secret", "/off"):
        assert admin.get(page + path).status_code == admin.post(page + path, action="remove", reason="r").status_code == 403
    assert row(built, page)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\u202egnp\u2066", "{{7*7}}", "=cmd|x", "x" * 80], ids=range(5))
def test_whatever_a_client_is_called_its_name_does_nothing(built: Built, admin: Inside, name: str) -> None:
    page = add(built)
    known = row(built, page)
    with built.deps.database.write() as connection:  # as if it had been registered by an older version
        clients.put(connection, client_registration.client_from({**known["metadata"], "client_name": name}, known["id"]))
    shown = admin.get(page).text
    assert "<script>alert" not in shown and "49" not in re.findall(r"<h1>(.*?)</h1>", shown)[0]
    assert "\u202e" not in re.findall(r"<h1>(.*?)</h1>", shown)[0]


def test_a_finding_is_shown_with_the_difference_marked(built: Built, staff: dict[str, Inside]) -> None:
    page = add(built, redirect_uris=[CB + "/"])
    client = ClientRegister(built.deps).find(row(built, page)["id"])
    assert client
    doctor.note(built.deps, client, "authorize", "redirect", among=client.redirect_uris, sent=CB)
    doctor.note(built.deps, client, "auth", "assertion_expired", seconds=95)
    shown = staff["viewer"].get(page).text
    assert f"{CB}<mark>/</mark>" in shown and f"{CB}<mark> </mark>" in shown and "95秒" in shown
    assert "戻り先（redirect_uri）が登録と違います" in shown


class _Portal(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # noqa: N802
        body = b'{"keys": [{}, {}]}' if self.path == "/jwks" else b"hello"
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def portal() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Portal)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def test_a_look_at_its_addresses(built: Built, admin: Inside, portal: str) -> None:
    page = add(
        built, redirect_uris=[portal + "/cb", "https://10.0.0.1/cb", "http://127.0.0.1:1/cb"], jwks_uri=portal + "/jwks",
        token_endpoint_auth_method="private_key_jwt", backchannel_logout_uri=portal + "/broken",
    )  # fmt: skip
    assert "鍵を" not in admin.get(page + "/test").text, "looking asks nobody"
    shown = admin.post(page + "/test").text
    for words in ("鍵を2件読み取りました", "サーバーが応答しました（200）", "正常ではありません（500）", "この宛先には接続しません（10.0.0.1: not a public address）", "つながりません（127.0.0.1"):
        assert words in shown, words
    answers = [admin.post(page + "/test").status_code for _ in range(flow.LOOKS)]
    assert answers[-1] == 429
