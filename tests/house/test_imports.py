"""The import contracts of setup.cfg hold, and each of them is broken by an import that breaks it."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.house.tree import TOP

# contract → (file that is changed or made, the import that breaks it)
BREACHES = {
    "floors": ("idp/domain/breach.py", "import idp.web"),
    "rooms": ("idp/features/health/breach.py", "import idp.features.login.flow"),
    "adapters": ("idp/services/breach.py", "import idp.adapters.ephemeral_sqlite"),
    "tables": ("idp/web/breach.py", "from idp.tables import accounts"),
    "drivers": ("idp/services/breach.py", "import sqlite3"),
    "tokens": ("idp/services/breach.py", "from joserfc import jwt"),
    "passkeys": ("idp/features/health/breach.py", "import webauthn"),
    "http": ("idp/services/breach.py", "import flask"),
}


def _contracts() -> dict[str, str]:
    config = configparser.ConfigParser()
    config.read(TOP / "setup.cfg")
    return {name.split(":")[2]: config[name]["name"] for name in config.sections() if name.startswith("importlinter:contract:")}


def _lint(top: Path) -> tuple[int, dict[str, str], str]:
    """Exit code, verdict by contract, and the whole report."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=top, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "COLUMNS": "200"})
    flat = re.sub(r"\s+", " ", done.stdout)
    verdicts = {key: found[1] for key, name in _contracts().items() if (found := re.search(re.escape(name) + r" (KEPT|BROKEN)", flat))}
    return done.returncode, verdicts, done.stdout + done.stderr


def test_the_house_keeps_its_contracts() -> None:
    code, verdicts, report = _lint(TOP)
    assert code == 0, "\n" + report
    assert verdicts == dict.fromkeys(_contracts(), "KEPT")


def test_every_contract_finds_its_breach(tmp_path: Path) -> None:
    shutil.copytree(TOP / "idp", tmp_path / "idp", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "setup.cfg", tmp_path)
    for path, line in BREACHES.values():
        with open(tmp_path / path, "a") as out:
            out.write(line + "\n")
    code, verdicts, report = _lint(tmp_path)
    assert code == 1 and verdicts == dict.fromkeys(BREACHES, "BROKEN"), "\n" + report


def test_a_new_floor_must_be_declared(tmp_path: Path) -> None:
    shutil.copytree(TOP / "idp", tmp_path / "idp", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "setup.cfg", tmp_path)
    (tmp_path / "idp/attic.py").write_text("")
    _, verdicts, report = _lint(tmp_path)
    assert verdicts["floors"] == "BROKEN" and "idp.attic" in report


def test_every_contract_has_a_breach_to_find() -> None:
    assert set(_contracts()) == set(BREACHES)
