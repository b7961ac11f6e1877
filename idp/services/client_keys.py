"""The public keys of portals: checked when registered, parsed once, or fetched from their `jwks_uri` (OIDC Core section 10.1.1)."""

import json
import threading
import warnings
from dataclasses import dataclass, replace
from typing import Any, Mapping, Sequence

import structlog
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.deps import Deps
from idp.domain.client import PROOF_ALGS, Client
from idp.domain.problem import Problem
from idp.ports import Fetched, Fetcher, NotFetched, Unavailable

# it warns of keys that are too short, which are refused here
warnings.filterwarnings("ignore", category=SecurityWarning)
log = structlog.get_logger("idp.client_keys")

MAX_KEYS = 20
MIN_BITS, MAX_BITS = 2_048, 4_096
FRESH = 600  # seconds for which fetched keys are taken as they are
AGAIN = 60  # seconds between two looks at one client's address, whatever is asked with
LAST = 3_600  # seconds after which keys that could not be fetched again count no more
PATIENCE = 2.0  # seconds for which a key that somebody else may be fetching is waited for
TYPES = ("application/json", "application/jwk-set+json")
PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")


class BadKey(Exception):
    """Not a public key that a client can sign with; `problem` says why."""

    def __init__(self, problem: Problem):
        super().__init__(problem)
        self.problem = problem


class OtherKey(BadKey):
    """Nothing is wrong with the key, but it is for something else: encryption, or what we do not know."""


def public_key(jwk: Any) -> Any:
    """The parsed key of a public JWK (RFC 7517 section 4). Raises `BadKey`; `OtherKey` for one that a set may hold beside it."""
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kty"), str):
        raise BadKey(Problem("key_object", "a key is an object with kty"))
    if any(name in jwk for name in PRIVATE) or jwk["kty"] == "oct":
        raise BadKey(Problem("key_private", "only public keys belong here; make a new pair, for this one has been shown"))
    ops = jwk.get("key_ops", ["verify"])
    if not all(isinstance(jwk.get(name, ""), str) for name in ("crv", "alg", "use")) or not isinstance(ops, list):
        raise BadKey(Problem("key_malformed", "the key is malformed"))
    if not algs_of(jwk):
        raise OtherKey(Problem("key_kind", "use an RSA, P-256 or Ed25519 key for {algs}", algs=", ".join(PROOF_ALGS)))
    if jwk.get("use", "sig") != "sig" or ops != ["verify"]:
        raise OtherKey(Problem("key_use", "the key is not for signatures"))
    if not isinstance(jwk.get("kid", ""), str) or len(jwk.get("kid", "")) > 200:
        raise BadKey(Problem("key_kid", "kid is text of at most 200 characters"))
    public = {name: value for name, value in jwk.items() if name in ("kty", "crv", "x", "y", "n", "e", "kid", "alg")}
    try:
        key: Any = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}[jwk["kty"]].import_key(public)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise BadKey(Problem("key_malformed", "the key is malformed")) from None
    if jwk["kty"] == "RSA" and not MIN_BITS <= key.public_key.key_size <= MAX_BITS:
        raise BadKey(Problem("key_bits", "an RSA key has {low} to {high} bits", low=MIN_BITS, high=MAX_BITS))
    return key


def algs_of(jwk: Mapping[str, Any]) -> tuple[str, ...]:
    """The algorithms that a key may sign with: those of its kind, or of these the one that it names itself."""
    kind = ("RSA",) if jwk.get("kty") == "RSA" else (jwk.get("kty"), jwk.get("crv"))
    kinds: dict[Any, tuple[str, ...]] = {("RSA",): ("PS256", "RS256"), ("EC", "P-256"): ("ES256",), ("OKP", "Ed25519"): ("EdDSA",)}
    return tuple(alg for alg in kinds.get(kind, ()) if jwk.get("alg", alg) == alg)


def _rows(jwks: Any) -> list[Any] | None:
    rows = jwks.get("keys") if isinstance(jwks, dict) else None
    return rows if isinstance(rows, list) and 0 < len(rows) <= MAX_KEYS else None


def problem(jwks: Any) -> Problem | None:
    """Why this is no JWK Set of a client's public keys (requirement DC-02), or None. Keys for something else may stand in it, as
    long as one is for signatures (RFC 7517 section 5); what is private, symmetric or malformed may not."""
    rows = _rows(jwks)
    if rows is None:
        return Problem("keys", 'write {"keys": [...]} with 1 to {n} keys', n=MAX_KEYS)
    kids, other = [], None
    for row in rows:
        try:
            kids.append(public_key(row).get("kid"))
        except OtherKey as error:
            other = other or error.problem
        except BadKey as error:
            return error.problem
    if not kids:
        return other
    return Problem("keys_kids", "give every key a kid of its own") if len(kids) > 1 and (None in kids or len(set(kids)) < len(kids)) else None


def usable(jwks: Any) -> tuple[Any, ...]:
    """The keys of a set that can be used; others, such as those for encryption, are passed over."""
    found = []
    for row in _rows(jwks) or ():
        try:
            found.append(public_key(row))
        except BadKey:
            continue
    return tuple(found)


def _chosen(keys: Sequence[Any], kid: str | None, alg: str) -> Any:
    able = [key for key in keys if alg in algs_of(key.dict_value) and kid in (None, key.get("kid"))]
    return able[0] if len(able) == 1 else None


@dataclass(frozen=True)
class _Kept:
    """Keys of one client from `source`; `read`: when they were, `tried`: when that was last tried (Unix seconds)."""

    source: Any
    keys: tuple[Any, ...] = ()
    read: float = float("-inf")
    tried: float = float("-inf")


class ClientKeys:
    """The keys of every client that signs, as this process knows them."""

    def __init__(self, deps: Deps, fetcher: Fetcher, patience: float = PATIENCE):
        self._deps, self._fetcher, self._patience = deps, fetcher, patience
        self._kept: dict[str, _Kept] = {}
        self._locks: dict[str, threading.Lock] = {}
        # who fetches or waits for it holds one, so that addresses that do not answer leave threads for everybody else
        self._slots = threading.Semaphore(deps.settings.server.threads // 2)

    def find(self, client: Client, kid: str | None, alg: str) -> Any:
        """The one key of the client with this kid and for this algorithm, or without a kid the only one for it; or None. Raises
        `Unavailable` where nobody knows, because too many look at once, or one has looked for too long."""
        if client.jwks is not None:
            kept = self._kept.get(client.id)
            if kept is None or kept.source is not client.jwks:
                kept = self._kept[client.id] = _Kept(client.jwks, usable(client.jwks))
            return _chosen(kept.keys, kid, alg)
        if client.jwks_uri is None:
            return None
        kept = self._known(client.id, client.jwks_uri)
        known = _chosen(kept.keys, kid, alg) is not None
        # a quarter: by then a place in good health has answered, and made room for the next to look
        if self._due(kept, kid, alg) and self._slots.acquire(timeout=0.0 if known else self._patience / 4):
            try:
                self._follow(client.id, client.jwks_uri, kid, alg, 0.0 if known else self._patience)
            finally:
                self._slots.release()
        kept = self._known(client.id, client.jwks_uri)
        found = _chosen(kept.keys, kid, alg) if self._deps.clock() - kept.read < LAST else None
        if found is None and self._due(kept, kid, alg):
            raise Unavailable(f"{client.jwks_uri}: not looked up")
        return found

    def _known(self, client_id: str, uri: str) -> _Kept:
        kept = self._kept.get(client_id)
        return kept if kept is not None and kept.source == uri else _Kept(uri)

    def _due(self, kept: _Kept, kid: str | None, alg: str) -> bool:
        now = self._deps.clock()
        return now - kept.tried >= AGAIN and (now - kept.read >= FRESH or _chosen(kept.keys, kid, alg) is None)

    def _follow(self, client_id: str, uri: str, kid: str | None, alg: str, patience: float) -> None:
        """Keep what stands there now. One thread asks; another one waits for it for so many seconds."""
        lock = self._locks.setdefault(client_id, threading.Lock())
        if not lock.acquire(timeout=patience):
            return
        try:
            if self._due(kept := self._known(client_id, uri), kid, alg):  # who comes second finds what the first one fetched
                self._kept[client_id] = self._fetched(client_id, kept)
        finally:
            lock.release()

    def _fetched(self, client_id: str, kept: _Kept) -> _Kept:
        now, uri = self._deps.clock(), kept.source
        try:
            return _Kept(uri, _read(self._fetcher.get(uri, ", ".join(TYPES))), now, now)
        except (Unavailable, NotFetched) as error:
            log.warning("client_keys_not_fetched", client=client_id, reason=str(error))
            return replace(kept, tried=now)


def _read(answer: Fetched) -> tuple[Any, ...]:
    if answer.status != 200 or answer.content_type not in TYPES:
        raise NotFetched(f"jwks_uri answers {answer.status} {answer.content_type[:60]}")
    try:
        return usable(json.loads(answer.body))
    except (ValueError, RecursionError):
        raise NotFetched("jwks_uri holds no JSON") from None
