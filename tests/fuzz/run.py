"""`make fuzz SECONDS=…`: the fuzzers for as long as asked, at random; by coverage where atheris can be installed.

What is found is printed with the bytes or the steps that lead to it, and the exit code is 1.
"""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Callable

TOP = Path(__file__).parents[2]
sys.path.insert(0, str(TOP))

from hypothesis import HealthCheck, given, settings  # noqa: E402

from tests.fuzz.targets import PIECES, TARGETS, recipe  # noqa: E402

JOURNEYS = "journeys"


def by_coverage(kind: str, seconds: int, seed: int = 0) -> int:
    """One target in a process of its own, with its pieces as dictionary and first corpus; `seed` 0: another one every time."""
    with tempfile.TemporaryDirectory(prefix="idp-fuzz-") as folder:
        for number, piece in enumerate(PIECES[kind]):
            (Path(folder) / str(number)).write_bytes(piece)
        command = [sys.executable, "-m", "tests.fuzz.atheris_run", kind, f"-max_total_time={seconds}", f"-seed={seed}"]
        command += ["-max_len=4096", "-print_final_stats=1", f"-artifact_prefix={folder}/", folder]
        done = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    lines = done.stdout.splitlines()
    wanted = lines[-60:] if done.returncode else [line for line in lines if "number_of_executed_units" in line]
    print(f"{kind:10} by coverage:", *wanted, sep="\n  ", flush=True)
    return done.returncode


def _until(seconds: float, once: Callable[[], None]) -> int:
    """How often it ran before the time was over."""
    deadline, count = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        once()
        count += 1
    return count


def _at_random(kind: str, seconds: float) -> int:
    """One target with hypothesis' own bytes; or the journeys."""
    examples = 5 if kind == JOURNEYS else 200
    chosen = settings(max_examples=examples, database=None, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck))

    def once() -> None:
        if kind == JOURNEYS:
            from hypothesis.stateful import run_state_machine_as_test

            from tests.fuzz.house import STEPS
            from tests.fuzz.journeys import Journeys
            from tests.fuzz.registrations import Registrations

            for machine in (Journeys, Registrations):
                run_state_machine_as_test(machine, settings=settings(chosen, stateful_step_count=2 * STEPS))
        else:
            chosen(given(recipe(kind))(TARGETS[kind]))()

    try:
        rounds = _until(seconds, once)
    except Exception:
        traceback.print_exc()
        return 1
    print(f"{kind:10} at random: {rounds * examples} examples", flush=True)
    return 0


def main() -> None:
    """Share the time among all fuzzers, half of it for the journeys."""
    parser = argparse.ArgumentParser(description=__doc__, prog="make fuzz", formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seconds", type=int)
    parser.add_argument("--only", choices=[*TARGETS, JOURNEYS], action="append")
    wish = parser.parse_args()
    kinds = wish.only or [*TARGETS, JOURNEYS]
    weights = {kind: len(TARGETS) if kind == JOURNEYS else 1 for kind in kinds}
    covered = importlib.util.find_spec("atheris") is not None
    if not covered:
        print("atheris is not installed: bytes are tried at random")
    bad = 0
    for kind in kinds:
        share = wish.seconds * weights[kind] / sum(weights.values())
        bad |= by_coverage(kind, max(1, round(share))) if covered and kind != JOURNEYS else _at_random(kind, share)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
