"""`idp policy`: what an operator sees and which exit code a script gets."""

import subprocess
import sys
from pathlib import Path

from idp.policy_file import load
from idp.services.policy_explain import explain

ROOT = Path(__file__).resolve().parents[2]


def idp(*args: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, started from a bare checkout."""
    command = [sys.executable, "-m", "idp", "policy", *args]
    env = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "PATH": ""}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60)


def test_a_good_file_says_how_many_examples_hold(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes((ROOT / "policies" / "two-kinds.toml").read_bytes())
    done = idp("check", "own.toml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "own.toml: all right. Version two-kinds-2, 25 examples hold.\n"


def test_a_loosened_file_is_refused_one_sentence_a_problem(tmp_path: Path) -> None:
    loose = (ROOT / "policies" / "exact-eight.toml").read_text(encoding="utf-8").replace("personal = true", "personal = false")
    (tmp_path / "own.toml").write_text(loose, encoding="utf-8")
    done = idp("check", "own.toml", cwd=tmp_path)
    assert done.returncode == 1 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 2 and "Traceback" not in done.stderr
    assert '"Mitsuko5" is to be password.personal, but is accepted' in done.stderr


def test_explain_prints_every_sentence_in_either_language() -> None:
    for locale in ("ja", "en"):
        done = idp("explain", "standard", "--locale", locale)
        assert done.returncode == 0
        assert done.stdout.splitlines() == explain(load("standard", ROOT), locale)
    assert idp("explain", "standard").stdout.splitlines() == explain(load("standard", ROOT), "ja")


def test_wrong_usage_and_unknown_names() -> None:
    assert idp("check").returncode == 2
    assert idp("explain", "standard", "--locale", "fr").returncode == 2
    unknown = idp("check", "nope")
    assert unknown.returncode == 1 and len(unknown.stderr.splitlines()) == 1


def test_help_teaches_how_to_start() -> None:
    shown = idp("--help").stdout
    assert "idp policy check ./policy.toml" in shown and "exact-eight" in shown
    assert "ends with" in idp("check", "--help").stdout
