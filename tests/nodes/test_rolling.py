"""All nodes are restarted one after the other, under load, and no request fails."""

import contextlib
import threading
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

import pytest
import requests

from tests import running, services
from tests.nginx import in_front
from tests.nodes.house import node, second_config
from tests.ports.smtp_server import self_made_certificate
from tests.running import CALLBACK, VERIFIER, Browser, Idp, answer_of, new_name


class Load:
    """Members who sign in and portals that ask for tokens, all the time, through nginx."""

    def __init__(self, idp: Idp, chain: Path):
        self.idp, self.chain, self.stop = idp, chain, threading.Event()
        self.client = idp.client(grant_types=["authorization_code", "client_credentials"], scope="openid contracts:read")
        self.name = new_name()
        idp.account(self.name)
        self.done, self.failed = Counter[str](), list[str]()

    def _token(self, session: requests.Session, form: dict[str, str]) -> None:
        auth = (self.client["client_id"], self.client["client_secret"])
        answer = session.post(f"{self.idp.issuer}/token", data=form, auth=auth, timeout=20)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text[:200]}"

    def _trusts(self, session: requests.Session) -> None:
        session.trust_env = False  # a bundle named in the environment would come before ours
        session.verify = str(self.chain)

    def portal(self) -> None:
        """One back end."""
        with requests.Session() as session:
            self._trusts(session)
            self._always("token", lambda: self._token(session, {"grant_type": "client_credentials"}))

    def member(self) -> None:
        """One sign-in after the other, each in a fresh browser."""
        self._always("sign-in", self._sign_in)

    def _sign_in(self) -> None:
        browser = Browser(self.idp)
        self._trusts(browser)
        code = answer_of(browser.sign_in(browser.authorize(self.client), self.name))["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        self._token(browser, form)

    def _always(self, what: str, do: Any) -> None:
        while not self.stop.is_set():
            try:
                do()
                self.done[what] += 1
            except Exception as error:
                self.failed.append(f"{what}: {error!r}"[:500])

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """While the block lasts."""
        threads = [threading.Thread(target=work) for work in (self.portal, self.portal, self.member, self.member)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()

    def goes_on(self) -> None:
        """Return when both kinds have been done some times more."""
        before = Counter(self.done)
        services.wait_until(lambda: all(self.done[what] >= before[what] + 3 for what in ("token", "sign-in")), story=lambda: str(self.failed[:3]))


@pytest.fixture
def idp(tmp_path: Path, fresh_postgres: str, redis_url: str) -> Idp:
    """An installation whose issuer is nginx's own address, not running yet."""
    front = services.free_port()
    idp = running.configure(tmp_path, fresh_postgres, redis_url, front, server="trusted_proxies = 1\nworkers = 1")
    issuer = f"https://127.0.0.1:{front}"
    idp.config.write_text(idp.config.read_text().replace(idp.issuer, issuer, 1))
    return Idp(tmp_path, issuer)


def test_no_request_fails(idp: Idp, tmp_path: Path) -> None:
    chain, front = self_made_certificate(tmp_path), int(idp.issuer.rpartition(":")[2])
    ports = (services.free_port(), services.free_port())
    configs = {port: second_config(idp, port) for port in ports}
    with contextlib.ExitStack() as first, contextlib.ExitStack() as second, contextlib.ExitStack() as stack:
        nodes = dict(zip(ports, (first, second)))
        for port, place in nodes.items():
            place.enter_context(node(idp, configs[port], port))
        stack.enter_context(in_front(idp.config, front, chain, *ports, limits=False))
        load = Load(idp, chain)
        with load.running():
            load.goes_on()
            for port, place in nodes.items():
                place.close()  # SIGTERM, and until it has stopped
                load.goes_on()
                place.enter_context(node(idp, configs[port], port))
                load.goes_on()
    assert not load.failed
