"""`make bench`: what the hot paths cost, as ratios to unavoidable work measured in turn in the same run.

CPU per operation is what the worker process used, the load runs on another core. Ratios travel from machine to
machine; the raw figures beside them do not.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import pytest  # noqa: E402

from idp.cli.check import affordable, hash_seconds  # noqa: E402
from idp.domain.policy import Argon2Cost  # noqa: E402
from tests.bench import house, measure, report  # noqa: E402


def cost(time_cost: int | None) -> Argon2Cost:
    """What a password hash costs; None: what this machine can afford, as the security requirements ask for."""
    return Argon2Cost(time_cost=time_cost or affordable(Argon2Cost(), hash_seconds(Argon2Cost())))


def main() -> None:
    """Measure and print; exit code 0 whether targets are met or not."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], prog="make bench")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write everything that was measured")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, 10,000 contracts in place of 1,000,000, embedded stores only unless --stores says otherwise")
    parser.add_argument("--only", metavar="NAME", choices=measure.NAMES, action="append", help=", ".join(measure.NAMES) + "; memory alone: a worker over a million requests, with --quick over 20,000")
    parser.add_argument("--stores", choices=["embedded", "production", "both"], help="default: both; production is PostgreSQL and Redis")
    parser.add_argument("--time-cost", type=int, metavar="N", help="of every password hash; default: what `idp check` proposes here, as an operator sets it; 2: as shipped, the least")
    wish = parser.parse_args()
    kinds = {"both": ["embedded", "production"], None: ["embedded"] if wish.quick else ["embedded", "production"]}
    found: dict[str, list[measure.Figure]] = {}
    hashing = cost(wish.time_cost)
    about = {**report.machine(), "password": f"{hash_seconds(hashing) * 1000:.0f} ms a hash with time_cost = {hashing.time_cost}"}
    print("\n".join(f"{name:10} {value}" for name, value in about.items()), flush=True)
    os.sched_setaffinity(0, house.LOAD_CORE)
    for kind in kinds.get(wish.stores, [wish.stores]):
        print(f"\n{kind} stores\n{report.HEADING}", flush=True)
        found[kind] = []
        try:
            with tempfile.TemporaryDirectory(prefix="idp-bench-") as folder, house.stores(kind, Path(folder)) as urls:
                for figure in measure.measure(Path(folder), urls, wish.only or measure.NAMES, wish.quick, hashing):
                    found[kind].append(figure)
                    print(report.line(figure), flush=True)
        except pytest.fail.Exception as problem:  # a server that is not installed, in one sentence
            print(problem)
    if wish.json:
        wish.json.write_text(json.dumps(report.plain(about, found), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
