"""What a portal asks for when it sends a member to sign out (OpenID Connect RP-Initiated Logout 1.0)."""

import json
from dataclasses import dataclass
from typing import Any, Callable, Mapping
from urllib.parse import urlencode

from idp.deps import Deps
from idp.domain.client import ID_TOKEN_ALGS, Client
from idp.features.oidc import jose
from idp.features.oidc.parameters import MAX_ECHO
from idp.services.keyring import Ring
from idp.vault import VaultError

KNOWN = frozenset("id_token_hint logout_hint client_id post_logout_redirect_uri state ui_locales".split())

Find = Callable[[str | None], Client | None]


class TooLong(Exception):
    """A state that could not be returned unchanged."""


@dataclass(frozen=True)
class Wish:
    """A request of a proven client, or of nobody. `sid` and `subject`: the session that the hint names; `uri`: where the
    member goes afterwards, one that the client has registered; without it, a page of ours."""

    client: Client | None = None
    sid: str | None = None
    subject: str | None = None
    uri: str | None = None
    state: str | None = None

    @property
    def back(self) -> str | None:
        """Where to go afterwards, with the state (section 3)."""
        if self.uri is None or self.state is None:
            return self.uri
        return f"{self.uri}{'&' if '?' in self.uri else '?'}{urlencode({'state': self.state})}"

    def means(self, sid: str, subject: str) -> bool:
        """Whether the hint proves that this is the session that is to end; else the member is asked (section 2)."""
        return (self.sid, self.subject) == (sid, subject)


def read(fields: Mapping[str, str], ring: Ring, issuer: str, find: Find) -> Wish:
    """What is asked for. If anything of it is wrong it counts as asked by nobody: the member is asked, and nothing leads
    away (section 4; requirements LO-02, LO-03). Raises `TooLong`.

    `logout_hint` is taken and not looked at. It says which of several members signed in at a browser is meant: here there is
    one at most, whom the page that asks names. And nobody has signed it, so that it could never stand in for that page."""
    fields = {name: value for name, value in fields.items() if value}
    state, named, uri = fields.get("state"), fields.get("client_id"), fields.get("post_logout_redirect_uri")
    if state is not None and len(state.encode()) > MAX_ECHO:
        raise TooLong
    hint = _claims(fields["id_token_hint"], ring, issuer) if "id_token_hint" in fields else {}
    if hint is None or (hint and named not in (None, hint["aud"])):
        return Wish()
    client = find(hint.get("aud", named))
    if client is None or (uri is not None and uri not in client.post_logout_redirect_uris):
        return Wish()
    return Wish(client, hint.get("sid"), hint.get("sub"), uri, state)


def _claims(hint: str, ring: Ring, issuer: str) -> dict[str, Any] | None:
    """The claims of an ID token of ours, expired or not; None for anything else (traps T-13; requirement JW-04)."""
    try:
        # a logout token may be of the same type where an old portal wants that
        claims = jose.verify(ring, hint, "JWT", list(ID_TOKEN_ALGS), issuer)
    except jose.BadToken:
        return None
    said = [claims.get(name) for name in ("aud", "sub", "sid")]
    return claims if all(isinstance(one, str) for one in said) and not {"client_id", "events"} & set(claims) else None


def seal(deps: Deps, wish: Wish, browser: str) -> str:
    """The wish for the hidden field of the page that asks, for this browser (fingerprint of its cookie) only."""
    kept = {"client_id": wish.client.id if wish.client else None, "uri": wish.uri, "state": wish.state}
    return deps.vault.seal(json.dumps(kept).encode(), _place(browser))


def reopen(deps: Deps, sealed: str, browser: str, find: Find) -> Wish:
    """What `seal` kept, if it is this browser's and the client still has that address; else nobody's wish."""
    try:
        kept = json.loads(deps.vault.open(sealed, _place(browser)))
    except VaultError:
        return Wish()
    client = find(kept["client_id"])
    known = client is not None and kept["uri"] in client.post_logout_redirect_uris
    return Wish(client, uri=kept["uri"], state=kept["state"]) if known else Wish()


def _place(browser: str) -> str:
    return "end-session:" + browser
