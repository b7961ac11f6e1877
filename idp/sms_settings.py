"""The SMS part of config.toml: a folder, or one or two HTTP gateways, each described by keys or by a ready profile."""

import re
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, Iterator

from idp.domain.letter import REPORTED

# the path of the endpoint for receipts, and what stands in the outbox, of the first gateway and of the second
FIRST, SECOND = "gateway", "fallback"
RECEIPT_PATHS = {FIRST: "/sms/receipts", SECOND: "/sms/receipts/fallback"}
SIGNATURES = ("secret", "twilio")
SECRET_MIN = 16


@dataclass(frozen=True)
class ReceiptSettings:
    """How the gateway reports later what became of a message, by POST to RECEIPT_PATHS."""

    secret: str = ""
    signature: str = ""
    header: str = ""
    results_field: str = ""
    id_field: str = ""
    status_field: str = ""
    outcomes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GatewaySettings:
    """An HTTP SMS gateway: what to post and how to read the answer."""

    profile: str = "generic"
    user: str = ""
    password: str = ""
    token: str = ""
    sender: str = ""
    region: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    content_type: str = "application/x-www-form-urlencoded"
    number_form: str = "e164"
    id_field: str = ""
    success: str = ""
    yen: int = 0
    receipt: ReceiptSettings = field(default_factory=ReceiptSettings)


@dataclass(frozen=True)
class FallbackSettings(GatewaySettings):
    """The gateway that takes what the first one cannot; `url` is its address, empty without one."""

    url: str = ""


@dataclass(frozen=True)
class SmsSettings:
    """Outgoing text messages. `link_url`: the short address that links in them start with; empty: the issuer's own."""

    url: str = "folder:var/sms"
    gateway: GatewaySettings = field(default_factory=GatewaySettings)
    fallback: FallbackSettings = field(default_factory=FallbackSettings)
    link_url: str = ""

    def gateways(self) -> dict[str, tuple[str, GatewaySettings]]:
        """Address and settings of each HTTP gateway, in the order in which they are tried, by the name that the outbox
        keeps; empty when `url` is a folder."""
        if self.url.startswith("folder:"):
            return {}
        second = {SECOND: (self.fallback.url, self.fallback)} if self.fallback.url else {}
        return {FIRST: (self.url, self.gateway), **second}


PROFILES: dict[str, GatewaySettings] = {
    # Twilio, Messages resource: the url is …/2010-04-01/Accounts/{AccountSid}/Messages.json; user and password.
    # Receipts as in "Track the Message Status of Outbound Messages"; their secret is the account's auth token
    "twilio": GatewaySettings(
        body="To={to}&From={sender}&Body={body}&ValidityPeriod={expires_in}",
        id_field="sid",
        receipt=ReceiptSettings(
            signature="twilio",
            id_field="MessageSid",
            status_field="MessageStatus",
            outcomes={
                **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), "accepted"),
                **dict.fromkeys(("delivered", "read"), "delivered"),
                "undelivered": "unreachable",
                **dict.fromkeys(("failed", "canceled"), "failed"),
            },
        ),
    ),
    # NTT Com Online, Karaden SMS API: the url is …/api/{tenant_id}/messages; token; sender is the service_id
    "karaden": GatewaySettings(
        body="service_id={sender}&to={to}&body={body}&limited_at={expires_at_iso}",
        headers={"Karaden-Version": "2023-01-01"},
        number_form="domestic",
        id_field="id",
        receipt=ReceiptSettings(
            id_field="id",
            status_field="result",
            outcomes={
                "none": "accepted",
                "received": "delivered",
                "unconnected": "unreachable",
                "error": "failed",
                "unknown": "unknown",
            },
        ),
    ),
    # Amazon SNS, Query API of 2010-03-31: the url is https://sns.{region}.amazonaws.com/; user is the access key id and
    # password the secret key. Codes must not wait behind advertisements, so they go as "Transactional"
    "sns": GatewaySettings(
        body="Action=Publish&Version=2010-03-31&PhoneNumber={to}&Message={body}"
        "&MessageAttributes.entry.1.Name=AWS.SNS.SMS.SMSType&MessageAttributes.entry.1.Value.DataType=String"
        "&MessageAttributes.entry.1.Value.StringValue=Transactional",
        id_field="xml:MessageId",
    ),
}


def _changed(mine: Any) -> dict[str, Any]:
    """The fields that the operator has set."""
    found = {}
    for item in fields(mine):
        default = item.default_factory() if item.default_factory is not MISSING else item.default
        if getattr(mine, item.name) != default:
            found[item.name] = getattr(mine, item.name)
    return found


def with_profile(mine: GatewaySettings) -> GatewaySettings:
    """The settings with what the profile says where they say nothing. Raises ValueError for a profile that there is not,
    and for a body beside one."""
    if mine.profile == "generic":
        return mine
    if mine.profile not in PROFILES:
        raise ValueError(f"the profile is generic or one of {', '.join(PROFILES)}")
    if mine.body:
        raise ValueError(f"the profile {mine.profile} has its own body; remove gateway.body")
    ready = PROFILES[mine.profile]
    if mine.profile == "twilio" and mine.receipt.secret:  # it reports nothing unless it is told where
        ready = replace(ready, body=ready.body + "&StatusCallback={receipt_url}")
    outcomes = {**ready.receipt.outcomes, **mine.receipt.outcomes}
    receipt = replace(ready.receipt, **{**_changed(mine.receipt), "outcomes": outcomes})
    names = {item.name for item in fields(GatewaySettings)}
    changed = {name: value for name, value in _changed(mine).items() if name in names}
    return replace(ready, **{**changed, "headers": {**ready.headers, **mine.headers}, "receipt": receipt})


def problems(sms: SmsSettings) -> Iterator[tuple[tuple[str, ...], str]]:
    """(path of the key, what to do) of everything about gateways that shows without trying them."""
    if sms.fallback.url and not sms.gateways():
        yield ("sms", "fallback", "url"), "sms.url is a folder, which needs no second gateway; describe the first one, or remove this"
    for name, (_, mine) in sms.gateways().items():
        try:
            ready = with_profile(mine)
        except ValueError as error:
            yield ("sms", name, "profile"), str(error)
            continue
        for key, message in _receipt_problems(ready.receipt):
            yield ("sms", name, "receipt", key), message


def _receipt_problems(receipt: ReceiptSettings) -> Iterator[tuple[str, str]]:
    if receipt.signature and receipt.signature not in SIGNATURES:
        yield "signature", f"write one of {', '.join(SIGNATURES)}"
    if not re.fullmatch(r"[A-Za-z0-9-]*", receipt.header):
        yield "header", "write the name of one header, or leave it empty"
    if wrong := sorted(set(receipt.outcomes.values()) - set(REPORTED)):
        yield "outcomes", f'"{wrong[0]}" is no outcome; write {", ".join(REPORTED)}'
    if receipt.secret:
        if len(receipt.secret) < SECRET_MIN or not receipt.secret.isascii():
            yield "secret", f"write at least {SECRET_MIN} letters, digits and symbols of ASCII"
        for key in ("id_field", "status_field"):
            if not getattr(receipt, key):
                yield key, "say where it stands in what the gateway posts"
