"""Refresh tokens: one family per sign-in, of whose tokens one is good (RFC 6749 section 6, RFC 9700 section 4.14).

A token is `generation.series+mark`: the series is random and known to us by its fingerprint only, the mark is a keyed hash of
both. So every token that we ever gave out is known again although one row stands for all of them, a successor given out
twice is the same, and nothing that somebody made up does a family any harm.
"""

import re
from dataclasses import dataclass
from typing import Any, Callable

from authlib.oauth2.rfc6749 import InvalidGrantError

from idp import vault
from idp.deps import Deps
from idp.domain import lifetimes
from idp.domain.account import Account
from idp.domain.client import Client
from idp.domain.grant import Grant
from idp.services import records
from idp.tables import grants, holders, refresh_families
from idp.tables.database import Connection
from idp.tables.refresh_families import Family
from idp.vault import Vault, fingerprint

NEVER = 2**62  # a consent withdrawn takes the families with it
GRACE = 10  # seconds in which an answer that was lost may be asked for again (decisions.md, refresh tokens)
_TOKEN = re.compile(r"((?:0|[1-9][0-9]{0,8})\.[A-Za-z0-9_-]{43})([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class Token:
    """A token that we gave out at some time; `head` is what the mark is made of."""

    head: str

    @property
    def generation(self) -> int:
        """How many tokens of the family came before it."""
        return int(self.head.partition(".")[0])

    @property
    def series_hash(self) -> str:
        """What the family is found by."""
        return fingerprint(self.head.partition(".")[2])

    def text(self, keys: Vault, generation: int) -> str:
        """The family's token of this generation."""
        head = f"{generation}.{self.head.partition('.')[2]}"
        return head + keys.keyed_hash("refresh_token", head)


def read(keys: Vault, text: str) -> Token | None:
    """The token, or None if it is none of ours; no store is asked."""
    found = _TOKEN.fullmatch(text)
    return Token(found[1]) if found and keys.matches("refresh_token", found[1], found[2]) else None


def begin(connection: Connection, deps: Deps, client: Client, grant: Grant, now: int) -> str:
    """Begin a family for a sign-in; returns its first token. `connection`: in the transaction that looks at the account."""
    first, rule = Token("0." + vault.random_token()), deps.policy.tokens
    idle, life = lifetimes.refresh_idle(client, rule), lifetimes.refresh(client, rule)
    refresh_families.add(connection, first.series_hash, grant, now, idle, life)
    return first.text(deps.vault, 0)


def use(deps: Deps, client: Client, text: str, now: int, check: Callable[[Grant], Any]) -> tuple[Grant, Account, str]:
    """What a token stands for, whose it is, and the token to go on with: for public clients its successor. Raises
    `InvalidGrantError`, in the same words whatever is wrong, or what `check` raises: then the token is as it was."""
    token, found = read(deps.vault, text), None
    if token:
        with deps.database.write() as connection:
            found = _used(connection, deps, client, token, now)
            if found:
                check(found[0].grant)
    if token is None or found is None:
        raise InvalidGrantError("the refresh token is not valid")
    family, account = found
    return family.grant, account, token.text(deps.vault, family.generation)


def _used(connection: Connection, deps: Deps, client: Client, token: Token, now: int) -> tuple[Family, Account] | None:
    # who proves itself by a secret needs no other token, and loses none (RFC 9700 section 2.2.2)
    following = token.generation + 1 if client.public else token.generation
    idle = lifetimes.refresh_idle(client, deps.policy.tokens)
    family = refresh_families.use(connection, token.series_hash, client.id, token.generation, following, now, idle)
    family = family or _shown_again(connection, deps, client, token, now)
    if family is None:
        return None
    account = holder(connection, client, family.grant)
    if account is None:
        refresh_families.end(connection, token.series_hash)
        return None
    return family, account


def holder(connection: Connection, client: Client, grant: Grant) -> Account | None:
    """The member, unless something has ended the grant: the account's state or epoch, a revocation, a consent withdrawn
    (requirement TK-15)."""
    account = holders.account(connection, grant.subject, grant.grant_id, None, None, client.id, NEVER)
    if account is None or account.status != "active" or account.epoch != grant.epoch:
        return None
    if not client.first_party and not set(grant.scope) <= grants.consented_scope(connection, account.id, client.id):
        return None
    return account


def _shown_again(connection: Connection, deps: Deps, client: Client, token: Token, now: int) -> Family | None:
    """The family of a token that has been replaced, if it was a moment ago and by the same client; else whoever shows it
    has copied it, or was copied, and the family ends (requirement TK-13)."""
    family = refresh_families.by_series(connection, token.series_hash)
    if family is None or family.expires_at <= now:
        return None
    if family.grant.client_id != client.id:
        _refused(connection, deps, family.grant, client, "another_client")
        return None
    if token.generation == family.generation - 1 and now - family.used_at <= GRACE:
        return family
    if token.generation < family.generation and end(connection, deps, token, family.grant, now):
        _refused(connection, deps, family.grant, client, "used_again")
    return None


def end(connection: Connection, deps: Deps, token: Token, grant: Grant, now: int) -> bool:
    """End the family and every access token that came of it; false if somebody just did."""
    grants.revoke(connection, grant.grant_id, now + deps.policy.tokens.access)
    return refresh_families.end(connection, token.series_hash)


def _refused(connection: Connection, deps: Deps, grant: Grant, client: Client, result: str) -> None:
    records.add(connection, deps, "refresh_refused", result, account_id=grant.subject, client_id=client.id)
