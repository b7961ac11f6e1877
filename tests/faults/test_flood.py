"""More passwords at once than the machine can check: some are asked to come back, nobody loses a try, tokens go on (PW-06)."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from tests import running, services
from tests.running import Browser, Form, form_of
from tests.stopwatch import stopwatch

VISITORS = 80  # a worker of eight threads has six at work and lets 48 wait


def test_a_flood_of_sign_ins_is_bounded_and_costs_nobody_a_try(tmp_path: Path) -> None:
    idp = running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port(), server="workers = 1")
    portal = idp.client()
    with running.serving(idp):
        visitors = [Browser(idp) for _ in range(VISITORS)]
        forms = [form_of(visitor.authorize(portal)) for visitor in visitors]

        def sign_in(number: int, visitor: Browser, form: Form) -> requests.Response:
            # full-width: checked twice, as typed and folded
            return visitor.submit(form, follow=False, identifier=f"nobody{number}", password="ｗｒｏｎｇ" * 20)

        def fetch_keys(_: int) -> float:
            with stopwatch() as taken:
                assert requests.get(f"{idp.issuer}/jwks", timeout=30).status_code == 200
                return taken.seconds()

        with ThreadPoolExecutor(VISITORS + 4) as pool:
            pending = [pool.submit(sign_in, n, *row) for n, row in enumerate(zip(visitors, forms))]
            slowest = max(pool.map(fetch_keys, range(8)))
            answers = [one.result() for one in pending]
    busy = [answer for answer in answers if answer.status_code == 503]
    assert {answer.status_code for answer in answers} == {303, 503} and slowest < 10
    assert all(int(answer.headers["Retry-After"]) > 0 and "混み合っています" in answer.text for answer in busy)
    with sqlite3.connect(tmp_path / "idp.db") as connection:
        for question in ("SELECT count(*) FROM audit WHERE event = 'sign_in'", "SELECT sum(count) FROM failures"):
            assert connection.execute(question).fetchone() == (VISITORS - len(busy),), "whoever was asked to come back has not tried"
