"""The courier's counting for the dashboard: what is settled in audit and outbox goes into counts per hour, off the hot path."""

import json
import threading
from collections import Counter
from typing import Any, Iterable, Mapping

from idp.deps import Deps
from idp.domain import rollup
from idp.domain.rollup import Count
from idp.tables import rollups

BATCH, ROUNDS = 2_000, 20


def roll(deps: Deps, stop: threading.Event | None = None) -> int:
    """Count what has settled since the last time, in small transactions; returns how many rows were counted here.

    Rows are read in the order of their ids up to the first that is too young: on PostgreSQL a lower id may be committed
    after a higher one, but not a minute later, since no transaction of ours may take so long. A row from the future (another
    machine's clock) holds nobody up. Raises `Unavailable`.
    """
    return sum(_source(deps, source, stop) for source in (rollups.AUDIT, rollups.OUTBOX))


def _source(deps: Deps, source: str, stop: threading.Event | None) -> int:
    done = 0
    for _ in range(ROUNDS):
        if stop is not None and stop.is_set():
            break
        with deps.database.read() as connection:
            old = rollups.counted_to(connection, source)
            found = _settled(source, rollups.rows_after(connection, source, old, BATCH), deps.now())
        if not found:
            break
        counts = _counts(source, found, deps.now() - rollup.KEEP)
        with deps.database.write() as connection:
            if rollups.add(connection, source, old, found[-1]["id"], counts):
                done += len(found)
        if len(found) < BATCH:
            break
    return done


def _settled(source: str, rows: list[Mapping[str, Any]], now: int) -> list[Mapping[str, Any]]:
    column, age = ("at", rollup.YOUNG) if source == rollups.AUDIT else ("created_at", rollup.SETTLED)
    for number, row in enumerate(rows):
        if now - age < row[column] <= now + age:
            return rows[:number]
    return rows


def _counts(source: str, rows: Iterable[Mapping[str, Any]], oldest: int) -> Counter[Count]:
    counts: Counter[Count] = Counter()
    for row in rows:
        if source == rollups.AUDIT:
            counts[rollup.of_event(row["at"], row["event"], row["result"], json.loads(row["detail"]))] += 1
        else:
            facts = (row["channel"], row["recipient"], row["template"], row["outcome"], row["created_at"], row["outcome_at"], row["gateway"])
            counts.update(rollup.of_letter(*facts))
    return Counter({one: count for one, count in counts.items() if one.hour >= oldest})
