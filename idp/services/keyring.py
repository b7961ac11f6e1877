"""Signing keys: made, sealed, rotated, and kept parsed in process (a PEM or JWK parse costs 65 ms)."""

import json
from dataclasses import dataclass, replace
from typing import Any, Mapping, Sequence

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.deps import Deps
from idp.domain import keys as rules
from idp.domain.client import ID_TOKEN_ALGS
from idp.domain.keys import StoredKey
from idp.services.stamped import Stamped
from idp.tables import keys as table
from idp.tables import stamps
from idp.vault import random_id

AT_ONCE = 3  # seconds, the one that runs among them: workers look once a second, and none signs with a key that another does not know


@dataclass(frozen=True)
class Ring:
    """All keys in use: the public set as RFC 7517 JSON bytes, verification keys by kid, signing keys by algorithm
    with the time from which each may sign."""

    jwks: bytes
    verification: Mapping[str, Any]
    signing: Mapping[str, Sequence[tuple[int, str, Any]]]

    def signer(self, alg: str, now: int) -> tuple[str, Any]:
        """(kid, key) of the key that signs now."""
        started = [row for row in self.signing[alg] if row[0] <= now]
        return (started or self.signing[alg])[-1][1:]


def _generate(alg: str, kid: str) -> Any:
    options = {"kid": kid, "alg": alg, "use": "sig"}
    if alg in ("RS256", "PS256"):
        return RSAKey.generate_key(2048, options)
    if alg == "ES256":
        return ECKey.generate_key("P-256", options)
    return OKPKey.generate_key("Ed25519", options)


def _parse(jwk: dict[str, Any]) -> Any:
    return {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}[jwk["kty"]].import_key(jwk)


def ensure(deps: Deps, rotate: bool = False, lead: int | None = None) -> list[StoredKey]:
    """Make the keys that are due by schedule, or with `rotate` a next key for every algorithm that has none, or with
    `lead` a key for every algorithm that starts so many seconds from now; remove those long retired. Returns what was
    made. Key generation runs outside the transaction; of two processes that do this at once one wins."""
    now, rule = deps.now(), deps.policy.keys
    with deps.database.read() as connection:
        stored = table.rows(connection)
    wanted = rules.due(stored, ID_TOKEN_ALGS, rule, now)
    if rotate:
        # a key that waits for its time is no help where another must sign at once
        waiting = {key.alg for key in stored if key.active_from > now and lead is None}
        start = now + (rule.publish_before if lead is None else lead)
        wanted |= {alg: start for alg in ID_TOKEN_ALGS if alg not in waiting}
    made = []
    for alg, start in wanted.items():
        kid = random_id(16)
        key = _generate(alg, kid)
        public = json.dumps(key.as_dict(private=False), sort_keys=True)
        sealed = deps.vault.seal(json.dumps(key.as_dict(private=True)).encode(), f"signing_keys:{kid}")
        made.append(StoredKey(kid, alg, public, sealed, now, start))
    gone = [kid for kid, state in rules.states(stored, rule, now).items() if state == "gone"]
    if not made and not gone:
        return []
    if lead is not None:
        made = [replace(key, active_from=deps.now() + lead) for key in made]  # making them took its time
    with deps.database.write() as connection:
        made = [key for key in made if table.add(connection, key)]
        table.remove(connection, gone)
        stamps.raise_stamp(connection, "keys")
    return made


def withdraw(deps: Deps, kid: str) -> rules.State | None:
    """Forget a key that signs nothing now: it is published no more, and what it has signed is refused. Returns the state that
    it was in; None: there is no such key; "current": it signs now, and stays."""
    with deps.database.write() as connection:
        state = rules.states(table.rows(connection), deps.policy.keys, deps.now()).get(kid)
        if state not in (None, "current"):
            table.remove(connection, [kid])
            stamps.raise_stamp(connection, "keys")
    return state


class Keyring:
    """The process's view of the signing keys."""

    def __init__(self, deps: Deps):
        self._deps = deps
        self._parsed: dict[str, Any] = {}
        self._ring: Stamped[tuple[StoredKey, ...]] = Stamped(deps, "keys", table.rows)
        self._built: tuple[tuple[StoredKey, ...] | None, Ring | None] = (None, None)

    def ring(self) -> Ring:
        """Keys as of at most a second ago."""
        stored = self._ring.get()
        if self._built[0] is not stored:
            self._built = (stored, self._build(stored))
        assert self._built[1] is not None
        return self._built[1]

    def _build(self, stored: tuple[StoredKey, ...]) -> Ring:
        signing: dict[str, list[tuple[int, str, Any]]] = {}
        states = rules.states(stored, self._deps.policy.keys, self._deps.now())
        live = [key for key in stored if states[key.kid] != "gone"]
        for key in live:
            if key.kid not in self._parsed:
                private = self._deps.vault.open(key.sealed_jwk, f"signing_keys:{key.kid}")
                self._parsed[key.kid] = _parse(json.loads(private))
            signing.setdefault(key.alg, []).append((key.active_from, key.kid, self._parsed[key.kid]))
        public = [json.loads(key.public_jwk) for key in live]
        jwks = json.dumps({"keys": public}, separators=(",", ":"), sort_keys=True).encode()
        return Ring(jwks, {jwk["kid"]: _parse(jwk) for jwk in public}, signing)

    def warm(self) -> None:
        """Parse every key now, and sign once with each, before the workers fork: the first use loads much code."""
        for alg, rows in self.ring().signing.items():
            jws.serialize_compact({"alg": alg}, b"{}", rows[-1][2], algorithms=[alg])
