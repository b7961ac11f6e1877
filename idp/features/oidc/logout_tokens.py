"""Signs logout tokens and pushes them to the portals of a session that has ended (OpenID Connect Back-Channel Logout 1.0)."""

from urllib.parse import urlencode

from idp.domain import logout_token
from idp.domain.letter import Letter
from idp.features.oidc import jose
from idp.features.oidc.security_events import AGAIN, Deliveries
from idp.ports import Sent, Unavailable
from idp.services import logouts
from idp.web.strict_form import TYPE


def deliver(with_: Deliveries, letter: Letter) -> Sent:
    """Sign a token and push it to its portal (section 2.5). Each attempt has a token of its own, as it lives two minutes.
    Raises `Unavailable` when it is worth trying again later; a portal that says no has the letter parked (section 2.8)."""
    deps, client = with_.deps, with_.clients.find(letter.recipient)
    if client is None or not client.backchannel_logout_uri:
        return Sent("failed", reason="the portal hears of no logout any more")
    now, jti = deps.now(), f"{letter.key}.{letter.attempts}"
    member, sid = with_.subjects.told(client, letter.account_id or ""), logouts.sid_of(deps, letter)
    sid = with_.subjects.session(client, sid) if sid else None
    about = logout_token.claims(deps.settings.issuer, client.id, member, sid, jti, now)
    alg, typ = client.id_token_signed_response_alg, client.backchannel_logout_token_typ
    token = jose.sign(with_.keyring.ring(), alg, typ, about, now)
    body = urlencode({"logout_token": token}).encode()
    answer = with_.fetcher.post(client.backchannel_logout_uri, body, {"Content-Type": TYPE})
    if answer.status in (200, 204):
        return Sent("accepted")
    if answer.status >= 500 or answer.status in AGAIN:
        raise Unavailable(f"the portal answers {answer.status}")
    return Sent("parked", reason=str(answer.status))
