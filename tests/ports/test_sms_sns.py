"""What only SMS by Amazon SNS can meet: signatures, its answers in XML, its errors, and that the library may be absent."""

import subprocess
import sys
from dataclasses import replace

import pytest

from idp.adapters.sms_http import HttpSms
from idp.ports import Sent, Unavailable
from tests.ports import aws_signature
from tests.ports.http_gateway import Gateway, http_gateway
from tests.ports.sms_suite import BODIES, DESCRIBED, EXPIRES, clock, form_of

SNS = DESCRIBED["sns"]


def error(code: str) -> bytes:
    return f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>".encode()


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_signed_publish_is_taken(body: str) -> None:
    gateway = Gateway(answer=aws_signature.answer)
    with http_gateway(gateway) as url:
        sent = HttpSms(f"{url}/", SNS, clock, name="gateway").send("+819012345678", body, EXPIRES, "k")
    assert sent == Sent("accepted", "567910cd-659e-55d4-8ccb-5aaf14679dc0", gateway="gateway")
    form = form_of(gateway.asked[0])
    wanted = {"Action": "Publish", "Version": "2010-03-31", "PhoneNumber": "+819012345678", "Message": body}
    assert wanted.items() <= form.items() and form["MessageAttributes.entry.1.Value.StringValue"] == "Transactional"


@pytest.mark.parametrize("changes", [{"password": "another"}, {"user": "another"}, {"region": "us-east-1"}])
def test_a_wrong_signature_is_refused_and_the_message_waits(changes: dict[str, str]) -> None:
    with http_gateway(Gateway(answer=aws_signature.answer)) as url, pytest.raises(Unavailable, match="403 .*SignatureDoesNotMatch"):
        HttpSms(f"{url}/", replace(SNS, **changes), clock).send("+819012345678", "a", EXPIRES, "k")


def test_the_receiver_of_this_test_sees_every_change() -> None:
    gateway = Gateway(answer=aws_signature.answer)
    with http_gateway(gateway) as url:
        HttpSms(f"{url}/", SNS, clock).send("+819012345678", "a", EXPIRES, "k")
    (asked,) = gateway.asked
    assert aws_signature.problem(asked) == ""
    for changed in (replace(asked, body=asked.body + b"b"), replace(asked, path="/x"), replace(asked, method="GET")):
        assert aws_signature.problem(changed) == "another signature"
    for name in ("host", "content-type"):
        assert aws_signature.problem(replace(asked, headers={**asked.headers, name: "x"})) == "another signature"


@pytest.mark.parametrize("code", ["Throttling", "ThrottledException", "RequestExpired", "IncompleteSignature"])
def test_what_speaks_of_us_waits(code: str) -> None:
    with http_gateway(Gateway(status=400, body=error(code))) as url, pytest.raises(Unavailable, match=code):
        HttpSms(f"{url}/", SNS, clock).send("+819012345678", "a", EXPIRES, "k")


@pytest.mark.parametrize("code", ["InvalidParameter", "OptedOut", "InvalidParameterValue"])
def test_what_speaks_of_the_message_is_final(code: str) -> None:
    with http_gateway(Gateway(status=400, body=error(code))) as url:
        sent = HttpSms(f"{url}/", SNS, clock).send("+819012345678", "a", EXPIRES, "k")
    assert sent.outcome == "rejected" and code in sent.reason


@pytest.mark.parametrize("host", ["sns.ap-northeast-1.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn"])
def test_the_region_stands_in_the_address(host: str) -> None:
    HttpSms(f"https://{host}/", replace(SNS, region=""), clock)
    for other in ("sns.example.jp", "sns.amazonaws.com", "ap-northeast-1.amazonaws.com", f"{host}.example.jp"):
        with pytest.raises(ValueError, match="gateway.region"):
            HttpSms(f"https://{other}/", replace(SNS, region=""), clock)


def test_without_the_library_one_sentence_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['botocore'] = None\n"
        "from idp.adapters.sms_http import HttpSms\nfrom idp.sms_settings import GatewaySettings\n"
        "settings = GatewaySettings(profile='sns', user='a', password='b')\n"
        "try:\n    HttpSms('https://sns.ap-northeast-1.amazonaws.com/', settings)\n"
        "except ValueError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "the profile sns needs the library botocore; run: pip install 'idp[sns]'\n"


def test_other_gateways_do_without_the_library() -> None:
    program = "import sys, idp.courier; assert not [name for name in sys.modules if name.startswith('botocore')]"
    subprocess.run([sys.executable, "-c", program], check=True)
