"""Each request has a name of its own, in the answer, in the audit record and in the log."""

import contextvars
import io
import json
import logging
import re

import requests
import structlog

from idp.services import request_ids
from tests import services
from tests.courier.conftest import logged
from tests.running import Browser, Idp, new_name

__all__ = ["logged"]


def test_every_answer_names_its_request(idp: Idp) -> None:
    paths = ("/jwks", "/login", "/nowhere", "/health/live", "/token", "/logout", "/static/x")
    answers = [requests.get(idp.issuer + path, timeout=10, allow_redirects=False) for path in paths * 2]
    names = [answer.headers[request_ids.HEADER] for answer in answers]
    assert all(re.fullmatch("[a-z2-9]{16}", name) for name in names) and len(set(names)) == len(names)
    elsewhere = requests.get(idp.issuer + "/jwks", headers={"Host": "elsewhere.example"}, timeout=10)
    assert elsewhere.status_code == 421 and request_ids.HEADER in elsewhere.headers


def test_a_name_that_somebody_brings_is_not_taken(idp: Idp) -> None:
    answer = requests.get(idp.issuer + "/jwks", headers={request_ids.HEADER: "mine"}, timeout=10)
    assert answer.headers[request_ids.HEADER] != "mine"


def test_the_audit_row_carries_it(idp: Idp, portal: dict) -> None:
    name, browser = new_name(), Browser(idp)
    subject = contextvars.Context().run(idp.account, name)  # as in a process that has answered nothing
    answer = browser.sign_in(browser.authorize(portal), name)
    asked = [one.headers[request_ids.HEADER] for one in (*answer.history, answer)]
    (row,) = [row for row in idp.audit("sign_in") if row["account_id"] == subject]
    assert re.fullmatch("[a-z2-9]{16}", row["request_id"]) and len(asked) >= 1
    (added,) = [row for row in idp.audit("account_added") if row["account_id"] == subject]
    assert added["request_id"] is None, "nobody requested it over HTTP"


def test_two_requests_of_one_connection_have_two_names(idp: Idp, portal: dict) -> None:
    name, browser = new_name(), Browser(idp)
    subject = idp.account(name)
    for password in ("Wrong7Word", "Wrong8Word"):
        browser.sign_in(browser.authorize(portal), name, password)
    rows = [row["request_id"] for row in idp.audit("sign_in") if row["account_id"] == subject]
    assert len(rows) == 2 and len(set(rows)) == 2


def test_no_two_threads_and_no_two_workers_share_a_name() -> None:
    contextvars.copy_context().run(request_ids.begin)
    in_threads = services.race(8, lambda: [request_ids.begin() for _ in range(1_000)])
    in_workers = services.race_processes(4, lambda: [request_ids.begin() for _ in range(300)])
    names = [name for found in (*in_threads, *in_workers) for name in found]
    assert len(set(names)) == len(names) == 9_200


def _answered() -> str:
    name = request_ids.begin()
    structlog.get_logger("idp.test").info("ours")
    logging.getLogger("library").error("theirs")
    return name


def test_the_line_of_a_request_has_its_name(logged: io.StringIO) -> None:
    name = contextvars.copy_context().run(_answered)
    assert [json.loads(line)["request_id"] for line in logged.getvalue().splitlines()] == [name, name]
