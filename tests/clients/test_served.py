"""As the operator and a portal meet it: the command line, several workers, a sign-in with what was registered."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import running, services
from tests.clients.dynamic import JSON, ON, WISH
from tests.running import Idp


def shell(idp: Idp, *words: str) -> subprocess.CompletedProcess[str]:
    """`idp …` in a process of its own."""
    return subprocess.run([sys.executable, "-m", "idp", "--config", str(idp.config), *words], capture_output=True, text=True, timeout=60, cwd=idp.folder)


def test_a_portal_registers_itself_and_every_worker_knows_it_at_once(tmp_path: Path, store_urls: tuple[str, str]) -> None:
    idp = running.configure(tmp_path, *store_urls, services.free_port(), extra=ON, server="workers = 3\ncourier = false")
    with running.serving(idp):
        made = shell(idp, "client", "invite", "--uses", "5", "--valid", "1h")
        assert made.returncode == 0, made.stderr
        invitation = json.loads(made.stdout)
        found = requests.get(f"{idp.issuer}/.well-known/openid-configuration", timeout=20).json()
        assert found["registration_endpoint"] == invitation["registration_endpoint"]
        bearer = {"Authorization": f"Bearer {invitation['initial_access_token']}"}
        for _ in range(3):
            answer = requests.post(found["registration_endpoint"], json=WISH, headers=bearer, timeout=20)
            client: dict[str, Any] = answer.json()
            assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (201, JSON, "no-store")
            own = {"Authorization": f"Bearer {client['registration_access_token']}"}
            for _ in range(12):  # a new connection each time: whichever worker is free takes it
                page = requests.get(f"{idp.issuer}/authorize", params=running.authorization_parameters(client), timeout=20)
                assert page.status_code == 200 and "<form" in page.text
                assert requests.get(client["registration_client_uri"], headers=own, timeout=20).status_code == 200
            assert requests.delete(client["registration_client_uri"], headers=own, timeout=20).status_code == 204
            for _ in range(12):
                assert requests.get(client["registration_client_uri"], headers=own, timeout=20).status_code == 401
        assert shell(idp, "client", "uninvite").stdout == "ended 1\n"
        assert requests.post(found["registration_endpoint"], json=WISH, headers=bearer, timeout=20).status_code == 401


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--uses", "0"), "1 to 1000"), (("--valid", "x"), "--valid"), (("--valid", "0s"), "--valid"), (("--valid", "91d"), "90d"),
     (("--grant", "password"), "Grants are"), (("--scope", "openid bills:read"), "client_credentials")],
)  # fmt: skip
def test_what_makes_no_sense_is_said(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    idp = running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///ephemeral.db", 8000, extra=ON)
    found = shell(idp, "client", "invite", *words)
    assert (found.returncode, found.stdout) == (1, "") and said in found.stderr and len(found.stderr.splitlines()) == 1


def test_nobody_is_invited_to_a_shut_door(tmp_path: Path) -> None:
    idp = running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///ephemeral.db", 8000)
    found = shell(idp, "client", "invite")
    assert found.returncode == 1 and "[client_registration] enabled = true" in found.stderr
