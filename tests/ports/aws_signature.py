"""AWS Signature Version 4 as the receiver checks it: everything is computed again from the request, without the library
that signed it ("Create a signed AWS API request", IAM User Guide)."""

import hashlib
import hmac
import re

from tests.ports.http_gateway import Asked

KEY_ID, SECRET, REGION = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "ap-northeast-1"
_HEAD = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/([0-9]{8})/([^/]+)/sns/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def problem(asked: Asked) -> str:
    """Why the signature is refused; empty if it is right."""
    found = _HEAD.fullmatch(asked.headers.get("authorization", ""))
    if not found:
        return "no signature of the fourth version"
    key_id, day, region, names, given = found.groups()
    moment = asked.headers.get("x-amz-date", "")
    if (key_id, region) != (KEY_ID, REGION) or not re.fullmatch(rf"{day}T[0-9]{{6}}Z", moment):
        return "another key, region or day"
    if not {"host", "x-amz-date", "content-type"} <= set(names.split(";")) and asked.method == "POST":
        return "host, date and type are not signed"
    headers = "".join(f"{name}:{' '.join(asked.headers[name].split())}\n" for name in names.split(";"))
    canonical = "\n".join([asked.method, asked.path, "", headers, names, hashlib.sha256(asked.body).hexdigest()])
    scope = f"{day}/{region}/sns/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = _mac(_mac(_mac(_mac(b"AWS4" + SECRET.encode(), day), region), "sns"), "aws4_request")
    return "" if hmac.compare_digest(_mac(key, text).hex(), given) else "another signature"


def answer(asked: Asked) -> tuple[int, bytes]:
    """What Amazon SNS says to Publish, or to a wrong signature."""
    if why := problem(asked):
        error = f"<Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>{why}</Message></Error>"
        return 403, f"<ErrorResponse>{error}</ErrorResponse>".encode()
    result = "<PublishResult>\n  <MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId>\n</PublishResult>"
    return 200, f'<PublishResponse xmlns="https://sns.amazonaws.com/doc/2010-03-31/">{result}</PublishResponse>'.encode()
