"""The invariants: each takes what the load knows and what was found afterwards, and names every violation."""

from dataclasses import dataclass, field
from typing import Callable

from tests.faults.storm.ledger import Ledger


@dataclass
class Found:
    """What the installation showed afterwards: ended things that work, acknowledged ones that do not, things in its tables that
    stand there twice, secrets with where they stand, and lines of its log that tell of an error of ours."""

    alive: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def _once(ledger: Ledger, found: Found) -> list[str]:
    twice = [f"{kind} {thing[:60]}: {len(effects)} effects" for (kind, thing), effects in ledger.effects.items() if len(effects) > 1]
    return twice + found.doubled


INVARIANTS: dict[str, Callable[[Ledger, Found], list[str]]] = {
    "nothing single-use has two effects": _once,
    "no acknowledged write is lost": lambda ledger, found: ledger.missing + found.lost,
    "no session without its factors": lambda ledger, found: ledger.unproven,
    "nothing revoked works": lambda ledger, found: ledger.revived + found.alive,
    "no secret in a log, table or page": lambda ledger, found: ledger.leaks + found.written,
    "no error of ours": lambda ledger, found: ledger.wrong + found.errors,
    "in good health by itself afterwards": lambda ledger, found: ledger.stuck,
}


def violations(ledger: Ledger, found: Found) -> dict[str, list[str]]:
    """Every invariant that does not hold, with what breaks it."""
    return {name: broken for name, rule in INVARIANTS.items() if (broken := rule(ledger, found))}
