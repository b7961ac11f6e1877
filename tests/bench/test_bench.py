"""`make bench` still runs, measures both sides and says what it measured; how fast anything is, is not tested."""

import json
import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).with_name("run.py")


def test_the_bench_measures_ours_and_the_reference(tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    command = [sys.executable, str(RUN), "--quick", "--only", "jwks", "--only", "memory", "--only", "letters", "--json", str(found)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "JWKS" in done.stdout
    jwks, memory, letters = json.loads(found.read_text())["stores"]["embedded"]
    assert len(jwks["rounds"]) > 1 and min(jwks["rounds"]) > 0
    assert jwks["raw"]["CPU ms"] > 0 and jwks["raw"]["bare CPU ms"] > 0
    assert memory["raw"]["loaded pss"] > 1
    assert len(letters["rounds"]) > 1 and min(letters["rounds"]) > 0 and letters["raw"]["CPU ms"] > 0
    assert (letters["target"], letters["met"]) == (None, None) and "mails per second" in done.stdout
