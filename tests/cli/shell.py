"""Runs `idp …` as an operator does."""

import os
import subprocess
import sys
from pathlib import Path

SECRET = "first:" + "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY="  # 32 different bytes
HTTPS = f'issuer = "https://id.example.jp"\n[secrets]\nkeys = ["{SECRET}"]\n'


def idp(folder: Path, *arguments: str, stdin: bytes = b"", seconds: float = 60, **variables: str) -> subprocess.CompletedProcess[str]:
    """`idp ARGUMENTS` in a folder, with no settings from outside but `variables`."""
    environ = {key: value for key, value in os.environ.items() if key not in ("IDP_CONFIG", "PROMETHEUS_MULTIPROC_DIR")}
    environ |= variables
    done = subprocess.run(
        [sys.executable, "-m", "idp", *arguments], cwd=folder, input=stdin, capture_output=True, timeout=seconds, env=environ
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def plain(done: subprocess.CompletedProcess[str]) -> str:
    """What was said, which is no traceback, no statement and no object."""
    said = done.stdout + done.stderr
    assert not any(word in said for word in ("Traceback", 'File "', "SELECT", "[SQL", "sqlalche.me", "<class", "object at 0x")), said
    return said
