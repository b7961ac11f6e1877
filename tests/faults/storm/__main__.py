"""`make faults`: both installations under a storm for as long as asked, then the checker."""

import contextlib
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.storm import checker, evidence, report
from tests.faults.storm.houses import House, embedded, production
from tests.faults.storm.storm import calm, storm

PEOPLE, CONTRACTS = 48, 20_000


def run(house: House, seed: str, seconds: float) -> dict[str, list[str]]:
    """Calm, storm, calm, and what was broken."""
    calm(house, "before")
    storm(house, seed, seconds)
    calm(house, "afterwards")
    return checker.violations(house.ledger, evidence.found(house))


def main() -> int:
    """SECONDS (600) and SEED (drawn) stand in the environment; ONLY names one of the installations. Exit code 1 for a violation."""
    seconds, seed = float(os.environ.get("SECONDS") or 600), os.environ.get("SEED") or str(time.time_ns() % 1_000_000)
    only = os.environ.get("ONLY", "")
    print(f"Faults for {seconds:.0f} s on each installation, SEED={seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="idp-faults-") as folder, contextlib.ExitStack() as stack, ThreadPoolExecutor() as pool:
        makers = {name: make for name, make in (("embedded", embedded), ("production", production)) if only in ("", name)}
        houses = list(pool.map(lambda name: stack.enter_context(makers[name](Path(folder) / name, PEOPLE, CONTRACTS)), makers))
        broken = list(pool.map(lambda house: run(house, seed, seconds), houses))
        for house, found in zip(houses, broken):
            print("\n".join(report.lines(house.name, house.ledger, found)), flush=True)
    return 1 if any(broken) else 0


if __name__ == "__main__":
    sys.exit(main())
