"""`idp serve` and what it starts: stops within seconds however it is told to, leaves nobody behind, and keeps the data."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

import pytest
import requests

from tests import running, services
from tests.cli.shell import SECRET
from tests.cli.shell import idp as shell
from tests.cli.shell import plain
from tests.running import Browser, Idp, answer_of, new_name

SOON = 15.0  # seconds, on a busy machine


@pytest.fixture
def idp(tmp_path: Path) -> Idp:
    """An installation on the embedded stores, not running."""
    return running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port())


@contextlib.contextmanager
def family(idp: Idp) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """`idp serve`, and the ids of the processes that it has started: two workers and a courier."""
    with running.serving(idp) as process:
        services.wait_until(lambda: len(services.children(process.pid)) == 3)
        services.wait_until(lambda: "courier started" in (idp.folder / "server.log").read_text())
        yield process, services.children(process.pid)


def alive(pids: list[int]) -> list[int]:
    """Which of these processes still run."""
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.append(pid)
    return found


def nobody_left(pids: list[int]) -> None:
    """All of them are gone, or will be soon."""
    deadline = time.monotonic() + SOON
    while alive(pids):
        assert time.monotonic() < deadline, [Path(f"/proc/{pid}/cmdline").read_text() for pid in alive(pids)]
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_it_stops_soon_and_nobody_lives_on(idp: Idp, number: signal.Signals) -> None:
    with family(idp) as (process, children):
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(SOON) == (-9 if number == signal.SIGKILL else 0)
        nobody_left(children)
        assert time.monotonic() - began < SOON
    log = (idp.folder / "server.log").read_text()
    assert "courier stopped" in log and "Traceback" not in log and '"level": "error"' not in log


def test_a_request_under_way_is_finished_first(idp: Idp) -> None:
    with family(idp) as (process, children):
        wire = socket.create_connection(("127.0.0.1", int(idp.issuer.rpartition(":")[2])))
        head = f"POST /token HTTP/1.1\r\nHost: {idp.issuer[7:]}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        wire.sendall(head.encode() + b"Content-Length: 3\r\n\r\na")
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        wire.sendall(b"=b")
        assert wire.recv(65_536).startswith(b"HTTP/1.1 400 ")
        wire.close()
        assert process.wait(SOON) == 0
        nobody_left(children)


def test_a_worker_or_courier_that_dies_is_replaced(idp: Idp) -> None:
    with family(idp) as (process, children):
        for child in children:
            os.kill(child, signal.SIGKILL)
        services.wait_until(lambda: len(services.children(process.pid)) == 3 and not alive(children))
        services.wait_until(lambda: requests.get(f"{idp.issuer}/health/ready", timeout=9).raise_for_status())
        services.wait_until(lambda: (idp.folder / "server.log").read_text().count("courier started") == 2)


def test_a_second_start_keeps_members_portals_keys_and_sessions(idp: Idp) -> None:
    name = new_name()
    browser = Browser(idp)
    with running.serving(idp):
        portal = idp.client()
        idp.account(name)
        browser.sign_in(browser.authorize(portal), name)
        keys = requests.get(f"{idp.issuer}/jwks", timeout=9).json()
    with running.serving(idp):
        assert requests.get(f"{idp.issuer}/jwks", timeout=9).json() == keys
        assert "code" in answer_of(browser.authorize(portal, prompt="none"))
        assert "code" in answer_of(browser.sign_in(browser.authorize(portal, prompt="login"), name))


def test_a_port_in_use_is_told_soon_and_nobody_is_left(idp: Idp) -> None:
    with socket.create_server(("127.0.0.1", int(idp.issuer.rpartition(":")[2]))):
        done = shell(idp.folder, "serve", seconds=services.START_SECONDS)
    assert done.returncode == 1
    assert re.fullmatch(r"\[server\] bind: 127\.0\.0\.1:\d+ cannot be listened on: Address already in use\.\n", plain(done))


def test_without_a_courier_none_is_started(tmp_path: Path) -> None:
    idp = running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port(), server="courier = false\nworkers = 1")
    with running.serving(idp) as process:
        time.sleep(0.5)
        assert len(services.children(process.pid)) == 1


def test_a_courier_alone_stops_when_told(idp: Idp) -> None:
    command = [sys.executable, "-m", "idp", "--config", str(idp.config), "courier"]
    log = idp.folder / "courier.log"
    with services.process(command, log, lambda: "courier started" in log.read_text(), cwd=idp.folder) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(SOON) == 0
    assert "courier stopped" in log.read_text() and "Traceback" not in log.read_text()


@pytest.mark.parametrize(
    "settings, part",
    [
        ('[database]\nurl = "postgresql://x:geheim@127.0.0.1:{port}/x"\n', "database"),
        ('[ephemeral]\nurl = "sqlite:///config.toml/x.db"\n', "config.toml"),
    ],
)
def test_a_store_that_is_away_at_the_start_is_one_sentence(tmp_path: Path, settings: str, part: str) -> None:
    (tmp_path / "config.toml").write_text(settings.replace("{port}", str(services.free_port())))
    for command in ("serve", "migrate"):
        done = shell(tmp_path, command)
        assert done.returncode == 1 and part in plain(done).splitlines()[0] and "geheim" not in plain(done)
        assert len(plain(done).splitlines()) <= 2


def test_keys_sealed_with_another_secret_are_told_plainly(tmp_path: Path) -> None:
    port = services.free_port()
    shell(tmp_path, "migrate", IDP_CONFIG=str(settings_with(tmp_path, "first.toml", port, SECRET)))
    done = shell(tmp_path, "serve", IDP_CONFIG=str(settings_with(tmp_path, "second.toml", port, SECRET.replace("MDEy", "MDEz"))))
    assert done.returncode == 1 and "Put that key back" in plain(done) and len(plain(done).splitlines()) <= 2


def settings_with(folder: Path, name: str, port: int, secret: str) -> Path:
    """Settings with this secret key."""
    file = folder / name
    file.write_text(f'issuer = "http://localhost:{port}"\n[secrets]\nkeys = ["{secret}"]\n')
    return file
