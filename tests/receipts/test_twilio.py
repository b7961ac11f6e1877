"""Callbacks of Twilio: signed over our public address and every parameter."""

import base64
import hashlib
import hmac
from typing import Iterator
from urllib.parse import urlencode

import pytest

from idp.features.receipts import forms
from tests.input.wire import FORM
from tests.receipts.post import BEARER, FIRST, SECOND, SECRET, Post

TWILIO = f'profile = "twilio"\n[sms.gateway.receipt]\nsecret = "{SECRET}"\n'


@pytest.fixture(scope="module")
def twilio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """Twilio alone."""
    yield Post(tmp_path_factory.mktemp("twilio"), TWILIO)


def test_without_a_secret_there_is_no_endpoint(twilio: Post) -> None:
    for headers in ((), BEARER, (("Authorization", "Bearer "),)):
        answer = twilio.post({"id": "1", "result": "received"}, SECOND, headers=headers)
        assert answer.status == 404 and answer.json()["error_description"]


def signature(fields: dict[str, str], query: str = "", secret: str = SECRET, issuer: str = "http://localhost:8000") -> tuple[tuple[str, str], ...]:
    text = issuer + FIRST + query + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
    return (("X-Twilio-Signature", base64.b64encode(digest).decode()),)


def callback(provider_id: str, word: str) -> dict[str, str]:
    """As Twilio posts it."""
    numbers = {"To": "+819012345678", "From": "+15005550006", "AccountSid": "AC1", "ApiVersion": "2010-04-01", "ErrorCode": ""}
    return {"SmsSid": provider_id, "SmsStatus": word, "MessageStatus": word, "MessageSid": provider_id, **numbers}


def test_twilio(twilio: Post) -> None:
    words = {"queued": "accepted", "sent": "accepted", "delivered": "delivered", "undelivered": "unreachable", "failed": "failed"}
    for word in words:
        twilio.taken(f"SM{word}")
        fields = callback(f"SM{word}", word)
        assert twilio.post(fields, kind=FORM, headers=signature(fields)).status == 200
    assert {word: twilio.outcomes()[f"SM{word}"] for word in words} == words
    # late, and with a query of the operator's own
    fields = callback("SMdelivered", "sent")
    assert twilio.post(fields, kind=FORM, headers=signature(fields, "?a=b&c=%20"), query=b"a=b&c=%20").status == 200
    assert twilio.outcomes()["SMdelivered"] == "delivered"


def test_a_forged_callback_of_twilio_changes_nothing(twilio: Post) -> None:
    twilio.taken("SMforged")
    before, fields = twilio.stored(), callback("SMforged", "delivered")
    for headers in (
        (),
        BEARER,
        signature({**fields, "MessageStatus": "failed"}),
        signature(fields, secret="another"),
        signature(fields, query="?a=b"),
        signature(fields, issuer="http://localhost"),
        (("X-Twilio-Signature", ""),),
        (("X-Twilio-Signature", "\xff"),),
        (("X-Twilio-Signature", signature(fields)[0][1].lower()),),
    ):
        assert twilio.post(fields, kind=FORM, headers=headers).status == 403
    # nor with another name for us: only the issuer counts
    headers = (*signature(fields, issuer="http://evil.example"), ("X-Forwarded-Host", "evil.example"))
    assert twilio.post(fields, kind=FORM, headers=headers).status == 403
    assert twilio.stored() == before


def test_the_signature_of_twilios_own_example() -> None:
    # from Twilio's documentation of its request validation
    fields = {"CallSid": "CA1234567890ABCDE", "Caller": "+12349013030", "Digits": "1234", "From": "+12349013030", "To": "+18005551212"}
    url, body = "https://mycompany.com/myapp.php?foo=1&bar=2", urlencode(fields).encode()
    assert forms.signed_by_twilio("12345", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", url, body)
    assert not forms.signed_by_twilio("12346", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", url, body)
