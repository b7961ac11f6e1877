"""`make bench` still runs, measures both sides and says what it measured; how fast anything is, is not tested."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

RUN = Path(__file__).with_name("run.py")


def quick(folder: Path, *names: str, stores: str = "embedded") -> tuple[str, list[Any]]:
    """What a quick run prints, and the figures that it wrote."""
    found = folder / "found.json"
    command = [sys.executable, str(RUN), "--quick", *(word for name in names for word in ("--only", name)), "--stores", stores, "--json", str(found)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(found.read_text())["stores"][stores]


def test_the_bench_measures_ours_and_the_reference(tmp_path: Path) -> None:
    printed, (jwks, memory, letters) = quick(tmp_path, "jwks", "memory", "letters")
    assert "JWKS" in printed
    assert len(jwks["rounds"]) > 1 and min(jwks["rounds"]) > 0
    assert jwks["raw"]["CPU ms"] > 0 and jwks["raw"]["bare CPU ms"] > 0
    assert memory["raw"]["loaded pss"] > 1
    assert len(letters["rounds"]) > 1 and min(letters["rounds"]) > 0 and letters["raw"]["CPU ms"] > 0
    assert (letters["target"], letters["met"]) == (None, None) and "mails per second" in printed


def test_the_bench_measures_the_grants_against_their_cryptography(tmp_path: Path) -> None:
    printed, found = quick(tmp_path, "refresh", "back-end", "introspect")
    assert [one["target"] for one in found] == [5.0, 12.0, 12.0] and "client credentials" in printed
    for one in found:
        assert len(one["rounds"]) > 1 and min(one["rounds"]) > 1 and one["raw"]["crypto CPU ms"] > 0


def test_the_bench_measures_pushed_requests_and_bound_tokens(tmp_path: Path) -> None:
    printed, (par, dpop) = quick(tmp_path, "par", "dpop")
    assert "pushed request" in printed and "DPoP" in printed and (par["target"], dpop["target"]) == (2.0, 6.0)
    assert par["raw"]["plain CPU ms"] > 0 and dpop["raw"]["crypto CPU ms"] > 0 and min(dpop["rounds"]) > 1


def test_the_bench_measures_passkeys_against_passwords(tmp_path: Path) -> None:
    printed, [passkey] = quick(tmp_path, "passkey")
    assert "passkey" in printed and (passkey["target"], len(passkey["rounds"])) == (1.0, 3)
    assert min(passkey["rounds"]) > 0 and passkey["raw"]["password CPU ms"] > 0


def test_the_bench_imports_contracts_and_finds_one(tmp_path: Path) -> None:
    printed, (imported, matching) = quick(tmp_path, "import", "matching")
    assert "rows 10000" in printed and "contracts 10000" in printed, "a quick run says that it took fewer"
    assert (imported["target"], matching["target"]) == (300.0, 1.2)
    assert 20 < imported["median"] < 300 and imported["raw"]["rows/s"] > 0 and imported["raw"]["again rows/s"] > 0
    assert len(matching["rounds"]) > 1 and min(matching["rounds"]) > 0 and matching["raw"]["wall"] > 0


def test_the_bench_measures_the_peer_beside_us(tmp_path: Path) -> None:
    printed, found = quick(tmp_path, "peer-exchange", "peer-jwks", stores="production")
    assert "oidc-provider" in printed and [one["target"] for one in found] == [1.0, 0.5]
    for one in found:
        assert len(one["rounds"]) > 1 and min(one["rounds"]) > 0 and one["raw"]["peer CPU ms"] > 0


def test_the_bench_searches_among_many_members(tmp_path: Path) -> None:
    printed, (search,) = quick(tmp_path, "search")
    assert "members 10000" in printed and search["target"] == 1.5
    assert len(search["rounds"]) > 1 and min(search["rounds"]) > 0 and search["raw"]["wall"] > 0


def test_the_bench_looks_through_a_long_record(tmp_path: Path) -> None:
    printed, (audit,) = quick(tmp_path, "audit")
    assert "rows 20000" in printed and audit["target"] == 1.5
    assert len(audit["rounds"]) > 1 and min(audit["rounds"]) > 0 and audit["raw"]["days+event+client"] > 0


def test_the_bench_brings_contracts_through_the_console(tmp_path: Path) -> None:
    """Ten rows are broken, and two come again with another address: each is named in the list of what was left out. Two come
    again as they were, and are counted only."""
    printed, (imported,) = quick(tmp_path, "console-import")
    assert "rows 10004" in printed and imported["target"] == 300.0 and 20 < imported["median"] < 300
    assert imported["raw"]["left out"] == 12 and imported["raw"]["tried rows/s"] > 0 and imported["raw"]["applied rows/s"] > 0
