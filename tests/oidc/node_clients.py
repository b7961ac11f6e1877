"""Relying parties of other people on Node.js: started with what a portal knows, and driven line by line."""

import json
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.oidc import signing
from tests.oidc.relying_party import Portal
from tests.running import Browser

FOLDER = Path(__file__).parents[2] / ".cache" / "node"
SCRIPTS = Path(__file__).parent / "node"
PACKAGES = ("openid-client@6.9.0", "oauth4webapi@3.8.8")  # as tests/install.sh fetches them
SECONDS = 120


def _node(library: str) -> str:
    """The program; the test fails with what to install."""
    node, there = shutil.which("node"), (FOLDER / "node_modules" / library / "build" / "index.js").exists()
    if node is None or not there:
        line = f"npm install --no-audit --no-fund --ignore-scripts --prefix .cache/node {' '.join(PACKAGES)}"
        pytest.fail(f"{library} or Node.js is missing. Install Debian's npm, then: {line}", pytrace=False)
    return node


def run(library: str, portal: Portal, browser: Browser, rotate: Callable[[], None] = lambda: None, **options: Any) -> dict[str, Any]:
    """What the relying party has found when it has done. It asks for two things on its way: to send the member's browser to an
    address and be told where that led, and to have the provider's keys changed (`rotate`)."""
    told = {
        "folder": str(FOLDER), "issuer": portal.provider.issuer, "client": portal.client, "redirect": portal.callback, **options,
        "key": signing.key_of(portal).as_dict(private=True) if portal.client.get("jwks") else None,
    }  # fmt: skip
    command = [_node(library), str(SCRIPTS / f"{library}.mjs"), json.dumps(told)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout and process.stderr
    timer = threading.Timer(SECONDS, process.kill)
    timer.start()
    try:
        for line in process.stdout:
            asked = json.loads(line)
            if "done" in asked:
                return dict(asked["done"])
            answer = browser.go(asked["go"]).headers["Location"] if "go" in asked else rotate()
            process.stdin.write(json.dumps(answer) + "\n")
            process.stdin.flush()
        pytest.fail(f"{library} gave up: {process.stderr.read()[-3_000:]}")
    finally:
        timer.cancel()
        process.kill()
        process.communicate()
