"""What only SMS by HTTP can meet: answers, ids, slow gateways, descriptions that cannot be used."""

import base64
import contextlib
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Iterator

import pytest

from idp.adapters.sms_http import FORM, JSON, HttpSms
from idp.ports import Sent, Unavailable
from idp.sms_settings import GatewaySettings, ReceiptSettings
from tests.ports.http_gateway import Gateway, http_gateway
from tests.ports.sms_suite import DESCRIBED, EXPIRES, clock, form_of

RECEIPTS = "https://id.example.jp/sms/receipts"


@contextlib.contextmanager
def described(settings: GatewaySettings, gateway: Gateway, timeout: float = 2.0) -> Iterator[HttpSms]:
    with http_gateway(gateway) as url:
        yield HttpSms(f"{url}/send?tenant=1", settings, clock, timeout=(timeout, timeout), receipt_url=RECEIPTS)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "accepted"), (201, "accepted"), (202, "accepted"), (204, "accepted"), (400, "rejected"), (422, "rejected")]
    + [(status, None) for status in (301, 401, 403, 404, 429, 500, 502, 503)],
)
def test_what_the_gateway_says(status: int, outcome: str | None) -> None:
    gateway = Gateway(status=status, headers={"Location": "/elsewhere"}, body=b"" if status == 204 else b"said\x1bwhy")
    with described(DESCRIBED["form"], gateway) as plug:
        if outcome is None:
            with pytest.raises(Unavailable, match=f"{status} " + ("" if status == 301 else "said why")):
                plug.send("+819012345678", "a", EXPIRES, "k")
        else:
            sent = plug.send("+819012345678", "a", EXPIRES, "k")
            assert (sent.outcome, sent.reason) == (outcome, f"{status} said why" if outcome == "rejected" else "")
    assert [one.path for one in gateway.asked] == ["/send?tenant=1"]  # no redirect followed, no second try


@pytest.mark.parametrize(
    ("body", "id_field", "expected"),
    [
        (b'{"id": "g-1"}', "id", "g-1"),
        (b'{"deep": [{"id": 7}]}', "deep.0.id", "7"),
        (b'{"id": "g-1"}', "", ""),
        (b'{"id": null}', "id", ""),
        (b"[]", "id", ""),
        (b"<html>", "id", ""),
        (b"[" * 50_000, "id", ""),
        (b"x" * 3_000_000, "id", ""),
        (b'{"id": "' + b"9" * 1000 + b'"}', "id", "9" * 200),
        (b"<a><MessageId>m-1</MessageId></a>", "xml:MessageId", "m-1"),
        (b"<a><MessageId>\n m-1\n </MessageId></a>", "xml:MessageId", "m-1"),
        (b"<a><messageid>m-1</messageid><MessageId/></a>", "xml:MessageId", ""),
        (b"<a><MessageId><b>m-1</b></MessageId></a>", "xml:MessageId", ""),
        (b"<MessageId>" + b"9" * 1000 + b"</MessageId>", "xml:MessageId", "9" * 200),
        (b"<MessageId>" * 5_000, "xml:MessageId", ""),
    ],
    ids=range(15),
)
def test_the_providers_own_id(body: bytes, id_field: str, expected: str) -> None:
    with described(replace(DESCRIBED["form"], id_field=id_field), Gateway(body=body)) as plug:
        assert plug.send("+819012345678", "a", EXPIRES, "k") == Sent("accepted", expected)


@pytest.mark.parametrize(
    ("body", "outcome", "provider_id"),
    [
        (b'{"result": "ok", "id": "g-1"}', "accepted", "g-1"),
        (b'{"result": "NG", "id": "g-1"}', "rejected", ""),
        (b"<html>", "rejected", ""),
        (b"", "unknown", ""),
    ],
)
def test_a_gateway_that_says_200_even_when_it_refuses(body: bytes, outcome: str, provider_id: str) -> None:
    with described(replace(DESCRIBED["form"], id_field="id", success='"result": *"ok"'), Gateway(body=body)) as plug:
        sent = plug.send("+819012345678", "a", EXPIRES, "k")
    assert (sent.outcome, sent.provider_id) == (outcome, provider_id)


def test_a_slow_gateway_does_not_hold_us() -> None:
    with described(DESCRIBED["form"], Gateway(delay=5), timeout=0.1) as plug:
        started = time.monotonic()
        with pytest.raises(Unavailable):
            plug.send("+819012345678", "a", EXPIRES, "k")
        assert time.monotonic() - started < 4


def test_a_gateway_that_dribbles_does_not_hold_us() -> None:
    gateway = Gateway(dribble=0.05, body=b'{"id": "' + b"9" * 600 + b'"}')
    with described(replace(DESCRIBED["form"], id_field="id"), gateway, timeout=2.0) as plug:
        assert plug.send("+819012345678", "a", EXPIRES, "k") == Sent("accepted")
        assert gateway.dribbled < 600


def test_everything_the_description_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # somebody's netrc must not take the place of the token
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login wrong password wrong")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    settings = GatewaySettings(
        token="t0ken",
        sender="0005-1234",
        headers={"Idempotency-Key": "{idempotency_key}", "X-From": "{sender}"},
        body="n={to}&b={body}&s={sender}&k={idempotency_key}&u={expires_at}&i={expires_at_iso}&l={expires_in}&r={receipt_url}",
        number_form="domestic",
    )
    gateway = Gateway()
    with described(settings, gateway) as plug:
        plug.send("+819012345678", "a", EXPIRES, "key-1")
    (asked,) = gateway.asked
    assert (asked.method, asked.headers["content-type"], asked.headers["authorization"]) == ("POST", FORM, "Bearer t0ken")
    assert (asked.headers["idempotency-key"], asked.headers["x-from"]) == ("key-1", "0005-1234")
    assert form_of(asked) == {
        "n": "09012345678",
        "b": "a",
        "s": "0005-1234",
        "k": "key-1",
        "u": "1800000600",
        "i": "2027-01-15T17:10:00+09:00",
        "l": "600",
        "r": RECEIPTS,
    }


def test_profiles() -> None:
    gateway = Gateway()
    with described(DESCRIBED["twilio"], gateway) as plug:
        assert plug.send("+819012345678", "a", EXPIRES, "k") == Sent("accepted", "SM1")
    assert gateway.asked[0].headers["authorization"] == "Basic " + base64.b64encode(b"AC1:secret").decode()
    assert form_of(gateway.asked[0]) == {"To": "+819012345678", "From": "+15005550006", "Body": "a", "ValidityPeriod": "600"}
    with described(replace(DESCRIBED["twilio"], receipt=ReceiptSettings(secret="t" * 32)), gateway) as plug:
        plug.send("+819012345678", "a", EXPIRES, "k")
    assert form_of(gateway.asked.pop())["StatusCallback"] == RECEIPTS
    with described(DESCRIBED["karaden"], gateway) as plug:
        assert plug.send("+819012345678", "a", EXPIRES, "k") == Sent("accepted", "g-1")
    asked = gateway.asked[1]
    assert (asked.headers["authorization"], asked.headers["karaden-version"]) == ("Bearer t0ken", "2023-01-01")
    assert form_of(asked) == {"service_id": "42", "to": "09012345678", "body": "a", "limited_at": "2027-01-15T17:10:00+09:00"}


@pytest.mark.parametrize(
    "settings",
    [
        GatewaySettings(),
        GatewaySettings(body="number={to}"),
        GatewaySettings(body="text={body}"),
        GatewaySettings(body="number={to}&text={body}&x={typo}"),
        GatewaySettings(body="number={to} text={body}"),
        GatewaySettings(body='{"number": "{to}", "text": {body}}', content_type=JSON),
        GatewaySettings(body='{"number": "{to}", "text": "{body}"', content_type=JSON),
        GatewaySettings(body="<to>{to}</to><body>{body}</body>", content_type="text/xml"),
        GatewaySettings(body="n={to}&b={body}", number_form="national"),
        GatewaySettings(body="n={to}&b={body}", token="a", user="b"),
        GatewaySettings(body="n={to}&b={body}", headers={"X-A": "b\r\nX-C: d"}),
        GatewaySettings(body="n={to}&b={body}", headers={"X A": "b"}),
        GatewaySettings(body="n={to}&b={body}", headers={"X-A": "{body}"}),
        GatewaySettings(body="n={to}&b={body}", profile="twilio"),
        GatewaySettings(profile="unheard-of"),
        GatewaySettings(body="n={to}&b={body}", success="("),
        GatewaySettings(profile="sns", user="a", password="b"),  # no region in this address
        GatewaySettings(profile="sns", user="a", region="ap-northeast-1"),
        GatewaySettings(profile="sns", password="b", region="ap-northeast-1"),
    ],
    ids=range(19),
)
def test_descriptions_that_cannot_be_used(settings: GatewaySettings) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        HttpSms("https://sms.example.jp/send", settings, clock)


@pytest.mark.parametrize("url", ["http://sms.example.jp/", "http://localhost.example.jp/", "https://", "https://:1/"])
def test_the_text_never_crosses_the_network_in_clear(url: str) -> None:
    with pytest.raises(ValueError):
        HttpSms(url, DESCRIBED["form"], clock)


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("secret", ["012345", "1234", "Zk3q-mm7w", "hanakoyamada"])
def test_of_what_the_gateway_repeats_of_the_message_nothing_is_kept(status: int, secret: str) -> None:
    text = f"Reset: https://id.example.jp/r/{secret} code: {secret}\n\n@id.example.jp #{secret}"
    gateway = Gateway(status=status, body=json.dumps({"code": 21211, "text": text, "to": "819012345678"}).encode())
    with described(replace(DESCRIBED["form"], success="never"), gateway) as plug:
        try:
            said = plug.send("+819012345678", text, EXPIRES, "k").reason
        except Unavailable as error:
            said = str(error)
    assert f"{status} " in said and '"code": 21211' in said
    assert all(part not in said for part in (*secret.split("-"), "12345678"))
