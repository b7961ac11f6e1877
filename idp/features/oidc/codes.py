"""Authorization codes: one use, 60 seconds, and a memory of having been used (RFC 6749 section 4.1.2)."""

import json
from dataclasses import dataclass, fields
from typing import Any, Callable

from idp import vault
from idp.deps import Deps
from idp.domain import lifetimes
from idp.domain.client import Client
from idp.domain.grant import Grant
from idp.domain.kept import read_as
from idp.features.oidc import offline
from idp.services import records
from idp.tables import grants
from idp.vault import fingerprint

MAX_CODE = 128


@dataclass(frozen=True, kw_only=True)
class Code(Grant):
    """What the code stands for; times in Unix seconds. The getters are what Authlib asks of a code."""

    redirect_uri: str
    nonce: str | None
    code_challenge: str | None
    expires: int
    code_challenge_method: str = "S256"

    @property
    def grant(self) -> Grant:
        """The grant alone, without what only the code needs."""
        return Grant(**{item.name: getattr(self, item.name) for item in fields(Grant)})

    def get_redirect_uri(self) -> str:
        """The redirect URI of the authorization request, always stored and always compared (trap T-06)."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Granted scopes separated by spaces."""
        return " ".join(self.scope)


def _key(code: str) -> str:
    return "code:" + fingerprint(code)


def issue(deps: Deps, client: Client, **values: Any) -> str:
    """Store what a new code for this client stands for; returns the code, 256 bits."""
    life, code = lifetimes.code(client, deps.policy.tokens), vault.random_token()
    item = Code(grant_id=vault.random_id(), expires=deps.now() + life, client_id=client.id, **values)
    deps.ephemeral.put(_key(code), json.dumps(vars(item), separators=(",", ":")).encode(), life)
    return code


def known(deps: Deps, code: str) -> bool:
    """Whether we have given it out and still remember it."""
    return len(code) <= MAX_CODE and deps.ephemeral.get(_key(code)) is not None


def redeem(deps: Deps, code: str, client_id: str, why: Callable[[str], None] = lambda reason: None) -> Code | None:
    """What the code stands for, to the first caller only and only to its own client. Any presentation spends it:
    another client that shows it has stolen it. A second presentation revokes what the first one received
    (RFC 6749 section 4.1.2). Both are audited. `why`: is told what is wrong with it."""
    if len(code) > MAX_CODE:
        why("unknown")
        return None
    keep = deps.policy.tokens.access + deps.policy.tokens.code
    spent = deps.ephemeral.spend(_key(code), keep)
    if spent is None:
        why("unknown")
        return None
    item = read_as(Code, json.loads(spent.value))
    if not spent.first:
        why("used_again")
        return _refused(deps, item, client_id, "used_again", keep)
    if item.client_id != client_id:
        why("another_client")
        return _refused(deps, item, client_id, "another_client", keep)
    if deps.now() >= item.expires:
        why("expired")
        return None
    return item


def _refused(deps: Deps, item: Code, client_id: str, result: str, keep: int) -> None:
    now = deps.now()
    with deps.database.write() as connection:
        if result == "used_again":
            # a refresh token may come of the first use this very moment, so the mark stays as long as that could live
            life = deps.policy.tokens.refresh if offline.SCOPE in item.scope else 0
            grants.revoke(connection, item.grant_id, now + max(life, keep))
        records.add(connection, deps, "code_refused", result, account_id=item.subject, client_id=client_id)
