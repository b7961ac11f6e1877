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


@dataclass(frozen=True)
class Span:
    """One key in time, in Unix seconds: published from the first to the last, signing from the second to the third. What is
    still to come is as the schedule has it."""

    key: StoredKey
    state: State
    published: int
    signs: int
    ends: int
    gone: int


def spans(keys: Sequence[StoredKey], rule: Keys, now: int) -> list[Span]:
    """Every key that is published, by algorithm and then by its start."""
    state = states(keys, rule, now)
    found = []
    for alg in sorted({key.alg for key in keys}):
        row = sorted((key for key in keys if key.alg == alg), key=lambda key: key.active_from)
        for key, successor in zip(row, [*row[1:], None]):
            ends = successor.active_from if successor else key.active_from + rule.period
            if state[key.kid] != "gone":
                found.append(Span(key, state[key.kid], key.created_at, key.active_from, ends, ends + rule.publish_after))
    return found


Warning = Literal["none", "overdue", "soon"]


def warnings(keys: Sequence[StoredKey], algs: Sequence[str], rule: Keys, now: int) -> dict[str, Warning]:
    """Algorithms for which the schedule is not kept: "none" signs; the one that signs is past its time, "overdue"; its next
    one should have been published by now, "soon". A key more than an hour late was not made by a courier."""
    late: dict[str, Warning] = {}
    for alg in algs:
        starts = [key.active_from for key in keys if key.alg == alg]
        if not any(start <= now for start in starts):
            late[alg] = "none"
        elif max(starts) <= now - rule.period:
            late[alg] = "overdue"
        elif max(starts) <= now and now >= max(starts) + rule.period - rule.publish_before + min(3_600, rule.publish_before // 2):
            late[alg] = "soon"
    return late
