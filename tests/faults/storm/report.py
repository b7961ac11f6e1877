"""What a storm did, in a table of words."""

from collections import Counter
from typing import Iterator

from tests.faults.storm.ledger import Ledger


def _counts(counts: "Counter[str] | dict[str, int]") -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def lines(name: str, ledger: Ledger, broken: dict[str, list[str]]) -> Iterator[str]:
    """Operations by kind and outcome, faults by kind with the longest way back, answers by status, violations."""
    yield f"{name}:"
    for what in sorted({what for what, _ in ledger.acts}):
        yield f"  {what:20} " + _counts({outcome: count for (one, outcome), count in ledger.acts.items() if one == what})
    yield "  answers              " + _counts({str(status): count for status, count in ledger.answers.items()})
    yield f"  counted once         {len(ledger.effects)} things, held {len(ledger.held)}, ended {sum(bool(one.ended) for one in ledger.held)}"
    for why, times in ledger.reasons.most_common(12):
        yield f"  met instead {times:5}x   {why}"
    for fault, times in sorted(ledger.faults.items()):
        yield f"  {fault:33} {times:3}   ready again after {max(ledger.recovery[fault], default=0):.1f} s at most"
    yield f"  violations           {sum(map(len, broken.values()))}"
    for invariant, found in broken.items():
        yield f"  VIOLATED: {invariant}"
        yield from (f"    {one}" for one in found[:20])
