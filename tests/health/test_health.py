"""Liveness, readiness, and metrics that add up over all workers."""

import json
import os
import re
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator

import pytest
import requests

from tests import running, services
from tests.input.inside import Inside
from tests.input.wire import Request
from tests.running import Browser, Idp, answer_of, exchange, new_name

SIGN_INS, TOKENS = "idp_sign_ins_total", "idp_tokens_issued_total"


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """Two workers and no courier, so that letters wait."""
    folder = tmp_path_factory.mktemp("health")
    installed = running.configure(
        folder, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port(), server="workers = 2\ncourier = false"
    )
    with running.serving(installed) as process:
        (folder / "pid").write_text(str(process.pid))
        yield installed


@pytest.fixture(scope="module")
def portal(idp: Idp) -> dict[str, Any]:
    """The operator's own portal."""
    return idp.client()


def metrics(idp: Idp) -> dict[str, float]:
    """Every sample by its name and labels."""
    answer = requests.get(f"{idp.issuer}/metrics", timeout=9)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4") and answer.status_code == 200
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def grown(before: dict[str, float], after: dict[str, float], *names: str) -> list[float]:
    """By how much samples have grown."""
    return [after.get(name, 0) - before.get(name, 0) for name in names]


def test_live_needs_nothing_and_ready_names_every_part(idp: Idp) -> None:
    live, ready = (requests.get(f"{idp.issuer}/health/{what}", timeout=9) for what in ("live", "ready"))
    assert live.json() == {"status": "ok"} and live.headers["Cache-Control"] == "no-store"
    assert ready.json() == {"status": "ok", "parts": {"database": "ok", "ephemeral": "ok", "keys": "ok"}}


def test_monitoring_needs_no_host_name(idp: Idp) -> None:
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert requests.get(idp.issuer + path, headers={"Host": "10.0.0.7"}, timeout=9).status_code == 200
        assert requests.head(idp.issuer + path, timeout=9).status_code == 200
        assert requests.post(idp.issuer + path, timeout=9).headers["Allow"]


def test_sign_ins_and_tokens_add_up_over_all_workers(idp: Idp, portal: dict[str, Any]) -> None:
    names = [new_name() for _ in range(2)]
    for name in names:
        idp.account(name)
    idp.within("account", "lock", names[1])
    before = metrics(idp)
    for _ in range(4):
        browser = Browser(idp)
        page = browser.sign_in(browser.authorize(portal), names[0], "Wrong1wrong")
        assert exchange(idp, portal, answer_of(browser.sign_in(page, names[0]))["code"]).status_code == 200
    browser = Browser(idp)
    browser.sign_in(browser.authorize(portal), names[1])
    labels = [f'{SIGN_INS}{{outcome="{outcome}"}}' for outcome in ("ok", "wrong", "suspended")]
    for _ in range(8):  # whichever worker answers
        assert grown(before, metrics(idp), *labels, f'{TOKENS}{{grant="authorization_code"}}') == [4, 4, 1, 4]


def test_durations_are_counted_by_kind_and_status(idp: Idp) -> None:
    before = metrics(idp)
    for path, times in (("/jwks", 5), ("/", 3), ("/nowhere", 2), ("/token", 1)):
        for _ in range(times):
            requests.get(idp.issuer + path, timeout=9)
    names = ["machine", "2xx"], ["pages", "2xx"], ["pages", "4xx"], ["machine", "4xx"]
    samples = [f'idp_request_seconds_count{{kind="{kind}",status="{status}"}}' for kind, status in names]
    counted = grown(before, metrics(idp), *samples)
    assert counted[0] in (5, 6) and counted[1:] == [3, 2, 1]  # the look at the metrics is an answer too
    assert any(name.startswith('idp_request_seconds_bucket{kind="pages"') for name in metrics(idp))


def test_waits_and_the_queue_of_letters_are_shown(idp: Idp, portal: dict[str, Any]) -> None:
    name, letter = new_name(), new_name()
    idp.account(name)
    idp.account(letter, "--letter", "--email", f"{letter}@example.jp", password="Letter2pass")
    before = metrics(idp)
    browser = Browser(idp)
    page = browser.authorize(portal)
    for _ in range(5):
        page = browser.sign_in(page, name, "Wrong1wrong")
    browser = Browser(idp)
    form = running.form_of(browser.sign_in(browser.authorize(portal), letter, "Letter2pass"))
    browser.submit(form, **{form.named("new-password"): running.PASSWORD})
    after = metrics(idp)
    assert grown(before, after, "idp_accounts_waiting", "idp_outbox_waiting") == [1, 1]
    services.wait_until(lambda: metrics(idp)["idp_outbox_oldest_seconds"] >= 1)


def test_no_name_and_no_address_of_a_member_stands_in_the_metrics(idp: Idp, portal: dict[str, Any]) -> None:
    text = requests.get(f"{idp.issuer}/metrics", timeout=9).text
    assert not re.search(r"@|127\.0\.0\.1|" + re.escape(portal["client_id"]), text)


def test_what_a_worker_counted_survives_its_death(idp: Idp, portal: dict[str, Any]) -> None:
    before = metrics(idp)
    for child in services.children(int((idp.folder / "pid").read_text())):
        os.kill(child, signal.SIGKILL)
    services.wait_until(lambda: requests.get(f"{idp.issuer}/health/ready", timeout=9).raise_for_status())
    after = metrics(idp)
    counters = [name for name in before if name.startswith((SIGN_INS, TOKENS, "idp_request_seconds_"))]
    assert counters and all(change >= 0 for change in grown(before, after, *counters))
    name = new_name()
    idp.account(name)
    browser = Browser(idp)
    browser.sign_in(browser.authorize(portal), name)
    assert grown(after, metrics(idp), f'{SIGN_INS}{{outcome="ok"}}') == [1]


def asked_from(inside: Inside, address: str, forwarded: str = "") -> int:
    """How /metrics answers this address."""
    headers = (("X-Forwarded-For", forwarded),) if forwarded else ()
    answer = inside.call(replace(Request("GET", "/metrics", content_type=None, headers=headers), address=address))
    assert answer.status == 200 or json.loads(answer.body)["error_description"]
    return answer.status


def test_metrics_are_for_the_networks_of_the_settings(tmp_path: Path) -> None:
    inside = Inside(tmp_path, server='metrics_from = ["10.1.0.0/16", "2001:db8::/32"]')
    assert [asked_from(inside, one) for one in ("10.1.2.3", "2001:db8::7")] == [200, 200]
    assert [asked_from(inside, one) for one in ("127.0.0.1", "10.2.0.1", "::1", "2001:db9::7", "::ffff:10.2.0.1")] == [403] * 5
    assert [asked_from(inside, "192.0.2.1", "10.1.2.3"), asked_from(inside, "192.0.2.1", "10.1.2.3, 10.1.2.3")] == [403, 403]


def test_behind_a_proxy_the_asker_is_whom_the_proxy_saw(tmp_path: Path) -> None:
    inside = Inside(tmp_path, server='metrics_from = ["10.1.0.0/16"]\ntrusted_proxies = 1')
    assert asked_from(inside, "127.0.0.1", "192.0.2.1, 10.1.2.3") == 200
    assert asked_from(inside, "127.0.0.1", "10.1.2.3, 192.0.2.1") == 403


def test_an_address_is_taken_for_what_it_is(tmp_path: Path) -> None:
    inside = Inside(tmp_path, server='metrics_from = ["10.1.0.0/16"]')
    assert asked_from(inside, "::ffff:10.1.2.3") == 200  # IPv4 on a socket for both
    assert asked_from(inside, "") == 200  # a unix socket
    assert [asked_from(inside, rubbish) for rubbish in ("10.1.2.3 ", "somewhere", "10.1")] == [403] * 3
