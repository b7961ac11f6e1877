"""The embedded stores are files: locked, removed, replaced or full of rubbish under a running service."""

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any, Iterator

import pytest
import requests

from tests import running, services
from tests.running import Browser, Idp, answer_of, exchange, form_of, new_name
from tests.services import wait_until
from tests.stopwatch import stopwatch


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """`idp serve` on files."""
    installed = running.configure(tmp_path_factory.mktemp("files"), "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port())
    with running.serving(installed):
        yield installed


@pytest.fixture(scope="module")
def portal(idp: Idp) -> dict[str, Any]:
    """The operator's own portal."""
    return idp.client()


@pytest.fixture(scope="module")
def name(idp: Idp) -> str:
    """A member."""
    typed = new_name()
    idp.account(typed)
    return typed


def files(folder: Path, database: str) -> list[Path]:
    """The file and what SQLite keeps beside it."""
    return [path for path in (folder / f"{database}.db{ending}" for ending in ("", "-wal", "-shm")) if path.exists()]


def works(idp: Idp, portal: dict[str, Any], name: str) -> bool:
    """Whether a member can sign in and the portal gets tokens."""
    browser = Browser(idp)
    answer = answer_of(browser.sign_in(browser.authorize(portal), name))
    return exchange(idp, portal, answer["code"]).status_code == 200


def refuses(answer: requests.Response) -> None:
    """503 with Retry-After and a sentence."""
    assert answer.status_code == 503 and answer.headers["Retry-After"] and "Traceback" not in answer.text
    assert "idp-session" not in answer.headers.get("Set-Cookie", "") and "Location" not in answer.headers


def parts(idp: Idp) -> dict[str, str]:
    """What readiness says of each part."""
    found: dict[str, str] = requests.get(f"{idp.issuer}/health/ready", timeout=20).json()["parts"]
    return found


def test_nobody_else_on_the_machine_can_read_the_files(idp: Idp, name: str) -> None:
    for path in (*files(idp.folder, "idp"), *files(idp.folder, "ephemeral"), idp.folder / "var/secrets.txt"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_no_link_of_a_letter_stands_in_the_log_of_what_went_wrong(idp: Idp) -> None:
    holders = [sqlite3.connect(idp.folder / f"{store}.db", isolation_level=None) for store in ("idp", "ephemeral")]
    for holder in holders:
        holder.execute("BEGIN EXCLUSIVE")
    try:
        for path in ("/reset/", "/register/open/", "/console/invited/link/"):
            Browser(idp).get(f"{idp.issuer}{path}geheim{'x' * 37}")
    finally:
        for holder in holders:
            holder.close()
    said = (idp.folder / "server.log").read_text()
    assert '"path": "/reset/<' in said and "geheim" not in said


@pytest.mark.parametrize("store", ["idp", "ephemeral"])
def test_a_locked_file_ends_requests_in_503_and_nothing_else(idp: Idp, portal: dict[str, Any], name: str, store: str) -> None:
    browser = Browser(idp)
    form = form_of(browser.authorize(portal))
    holder = sqlite3.connect(idp.folder / f"{store}.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with stopwatch() as taken:
            refuses(browser.submit(form, follow=False, identifier=name, password=running.PASSWORD))
            assert taken.seconds() < 15
        for path in ("/jwks", "/.well-known/openid-configuration", "/health/live"):
            assert requests.get(idp.issuer + path, timeout=9).status_code == 200
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert "code" in answer_of(browser.submit(form, identifier=name, password=running.PASSWORD))


def test_a_removed_database_is_missed_and_used_again_when_it_is_back(idp: Idp, portal: dict[str, Any], name: str) -> None:
    browser = Browser(idp)
    form = form_of(browser.authorize(portal))
    away = idp.folder / "away"
    away.mkdir()
    moved = [shutil.move(path, away) for path in files(idp.folder, "idp")]
    try:
        refuses(browser.submit(form, follow=False, identifier=name, password=running.PASSWORD))
        assert parts(idp)["database"] == "unavailable" and parts(idp)["ephemeral"] == "ok"
        for path in ("/jwks", "/.well-known/openid-configuration", "/health/live"):
            assert requests.get(idp.issuer + path, timeout=9).status_code == 200
        assert not (idp.folder / "idp.db").exists(), "an empty one took its place"
    finally:
        for path in reversed(moved):  # the database last: whoever finds it finds its log beside it
            shutil.move(path, idp.folder)
    assert "code" in answer_of(browser.submit(form, identifier=name, password=running.PASSWORD))


def test_a_restored_backup_is_used_at_once_by_every_worker(idp: Idp, portal: dict[str, Any], name: str) -> None:
    backup = idp.folder / "backup.db"
    with sqlite3.connect(idp.folder / "idp.db") as source, sqlite3.connect(backup) as target:
        source.backup(target)
    later = new_name()
    idp.account(later)
    assert works(idp, portal, later)
    for path in files(idp.folder, "idp"):
        path.unlink()
    backup.rename(idp.folder / "idp.db")
    for _ in range(6):
        assert works(idp, portal, name)
    browser = Browser(idp)
    assert "current-password" in browser.sign_in(browser.authorize(portal), later).text, "the member of the lost file"


def test_a_database_full_of_rubbish_is_no_error_of_the_members(idp: Idp, portal: dict[str, Any], name: str) -> None:
    good = idp.folder / "good.db"
    with sqlite3.connect(idp.folder / "idp.db") as source, sqlite3.connect(good) as target:
        source.backup(target)
    browser = Browser(idp)
    form = form_of(browser.authorize(portal))
    for path in files(idp.folder, "idp"):
        path.unlink()
    (idp.folder / "idp.db").write_bytes(os.urandom(65_536))
    try:
        refuses(browser.submit(form, follow=False, identifier=name, password=running.PASSWORD))
        assert parts(idp)["database"] == "unavailable"
    finally:
        for path in files(idp.folder, "idp"):
            path.unlink()
        good.rename(idp.folder / "idp.db")
    assert "code" in answer_of(browser.submit(form, identifier=name, password=running.PASSWORD))


def test_a_removed_ephemeral_file_costs_a_retry(idp: Idp, portal: dict[str, Any], name: str) -> None:
    browser = Browser(idp)
    browser.sign_in(browser.authorize(portal), name)
    for path in files(idp.folder, "ephemeral"):
        path.unlink()
    assert answer_of(browser.authorize(portal, prompt="none"))["error"] == "login_required"
    for _ in range(6):
        assert works(idp, portal, name)
    wait_until(lambda: parts(idp) == {"database": "ok", "ephemeral": "ok", "keys": "ok"})
    assert (idp.folder / "ephemeral.db").stat().st_mode & 0o077 == 0
