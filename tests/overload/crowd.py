"""A crowd: visitors who ask again as soon as they are answered, and portals who go on with their work meanwhile."""

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Callable

import requests
from requests.adapters import HTTPAdapter

from tests.connection import Connection
from tests.running import Browser, Idp, answer_of, exchange

SECONDS = 30.0  # for one answer; nobody waits that long


@dataclass
class Seen:
    """What came back: statuses, and the answers that asked to come again."""

    statuses: Counter[int] = field(default_factory=Counter)
    refusals: list[requests.Response] = field(default_factory=list)

    def note(self, answer: requests.Response) -> requests.Response:
        """One more answer."""
        self.statuses[answer.status_code] += 1
        if answer.status_code in (429, 503):
            self.refusals.append(answer)
        return answer


class Crowd:
    """Within the block, `visitors` threads call `visit(number, seen)` over and over; `seen` is whatever they got. The first
    exception of any is raised at the end."""

    def __init__(self, visitors: int, visit: Callable[[int, Seen], Any]):
        self.seen, self._visit, self._over = Seen(), visit, threading.Event()
        self._failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._come, args=(number,)) for number in range(visitors)]

    def _come(self, number: int) -> None:
        try:
            while not self._over.is_set():
                self._visit(number, self.seen)
        except BaseException as error:
            self._failures.append(error)

    def __enter__(self) -> Seen:
        for thread in self._threads:
            thread.start()
        return self.seen

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]


def until(true: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether it becomes true within a generous time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def codes(idp: Idp, portal: dict[str, Any], member: str, count: int) -> list[str]:
    """Codes that wait to be redeemed, of a member who has signed in."""
    browser = Browser(idp)
    found = [answer_of(browser.sign_in(browser.authorize(portal), member))["code"]]
    return found + [answer_of(browser.authorize(portal, prompt="none"))["code"] for _ in range(count - 1)]


def portal_works(idp: Idp, portal: dict[str, Any], waiting: list[str]) -> Counter[tuple[str, int]]:
    """Redeem each code, ask who it was, and fetch the keys; (what, status) of every answer."""
    found: Counter[tuple[str, int]] = Counter()
    for code in waiting:
        tokens = exchange(idp, portal, code)
        found["token", tokens.status_code] += 1
        bearer = {"Authorization": f"Bearer {json.loads(tokens.text).get('access_token')}"}
        found["userinfo", requests.get(f"{idp.issuer}/userinfo", headers=bearer, timeout=SECONDS).status_code] += 1
        found["jwks", requests.get(f"{idp.issuer}/jwks", timeout=SECONDS).status_code] += 1
    return found


def line(idp: Idp) -> requests.Session:
    """One kept connection."""
    session = Connection()
    session.mount(idp.issuer, HTTPAdapter(pool_maxsize=1))
    return session
