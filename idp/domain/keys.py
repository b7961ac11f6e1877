"""Which signing key is next, current or retiring: a pure reading of their start times."""

from dataclasses import dataclass
from typing import Literal, Sequence

from idp.domain.policy import Keys

State = Literal["next", "current", "retiring", "gone"]


@dataclass(frozen=True)
class StoredKey:
    """A key as stored: public JWK as JSON, private JWK sealed; times in Unix seconds."""

    kid: str
    alg: str
    public_jwk: str
    sealed_jwk: str
    created_at: int
    active_from: int


def states(keys: Sequence[StoredKey], rule: Keys, now: int) -> dict[str, State]:
    """State by kid. A key is current from its start until the next one's start, then published for
    `publish_after` so that what it signed stays verifiable (OIDC Core section 10.1.1)."""
    found: dict[str, State] = {}
    for alg in {key.alg for key in keys}:
        row = sorted((k for k in keys if k.alg == alg), key=lambda k: k.active_from)
        for key, successor in zip(row, [*row[1:], None]):
            if key.active_from > now:
                found[key.kid] = "next"
            elif successor is None or successor.active_from > now:
                found[key.kid] = "current"
            else:
                found[key.kid] = "retiring" if now < successor.active_from + rule.publish_after else "gone"
    return found


def due(keys: Sequence[StoredKey], algs: Sequence[str], rule: Keys, now: int) -> dict[str, int]:
    """Algorithms that need a new key, with the start time it should have: at once where none signs,
    else a `publish_before` ahead of the end of the current key's period."""
    wanted: dict[str, int] = {}
    for alg in algs:
        starts = [key.active_from for key in keys if key.alg == alg]
        if not any(start <= now for start in starts):
            wanted[alg] = now
        elif max(starts) <= now and now >= max(starts) + rule.period - rule.publish_before:
            wanted[alg] = now + rule.publish_before
    return wanted
