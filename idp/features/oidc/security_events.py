"""Signs security events and pushes them to the portals that receive them (RFC 8417, RFC 8935)."""

import json
from dataclasses import dataclass
from typing import Any

from idp.deps import Deps
from idp.domain import security_event
from idp.domain.letter import Letter
from idp.features.oidc import jose
from idp.ports import Fetched, Fetcher, Sent, Unavailable
from idp.services.client_register import ClientRegister
from idp.services.keyring import Keyring
from idp.services.portal_events import facts_of, token_place
from idp.services.subjects import Subjects

ERRORS = frozenset(
    "invalid_request invalid_key invalid_issuer invalid_audience authentication_failed access_denied".split()
)  # RFC 8935 section 2.4
AGAIN = (408, 425, 429)


@dataclass(frozen=True)
class Deliveries:
    """What the courier delivers events with."""

    deps: Deps
    keyring: Keyring
    clients: ClientRegister
    subjects: Subjects
    fetcher: Fetcher


def deliver(with_: Deliveries, letter: Letter) -> Sent:
    """Sign the event and push it to its portal. The token of each attempt is the same event: its `jti` is the letter's key
    and its `iat` when it happened. Raises `Unavailable` when it is worth trying again later (RFC 8935 section 2.2 and 4).
    A portal that says no for good has the event parked, with its reason."""
    deps, client = with_.deps, with_.clients.find(letter.recipient)
    if client is None or not client.event_delivery_uri:
        return Sent("failed", reason="the portal receives no events any more")
    member = with_.subjects.told(client, letter.account_id or "")
    about = security_event.claims(deps.settings.issuer, client.id, member, letter.key, letter.template, facts_of(deps, letter))
    alg = client.id_token_signed_response_alg
    token = jose.sign(with_.keyring.ring(), alg, security_event.TYP, about, deps.now())
    headers = {"Content-Type": security_event.MEDIA_TYPE, "Accept": "application/json"}
    if client.event_token:
        headers["Authorization"] = "Bearer " + deps.vault.open(client.event_token, token_place(client.id)).decode()
    return _outcome(with_.fetcher.post(client.event_delivery_uri, token.encode(), headers))


def _outcome(answer: Fetched) -> Sent:
    if answer.status == 202:
        return Sent("accepted")
    if answer.status >= 500 or answer.status in AGAIN:
        raise Unavailable(f"the portal answers {answer.status}")
    return Sent("parked", reason=f"{answer.status}{_said(answer)}")


def _said(answer: Fetched) -> str:
    """The error code of RFC 8935 section 2.3, if there is one; the description is the portal's own and stays outside."""
    try:
        data: Any = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    code = data.get("err") if isinstance(data, dict) else None
    return f" {code}" if isinstance(code, str) and code in ERRORS else ""
