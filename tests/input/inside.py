"""An installation inside the test's own process: bytes reach it as gunicorn would hand them on, and every write shows."""

import json
import re
import sqlite3
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from werkzeug.test import run_wsgi_app

from idp import app, config, parts
from idp.domain.client import DEVICE_CODE
from idp.services import accounts, client_registration, console_client
from idp.services.accounts import NewAccount
from tests import running
from tests.input.console import console_calls, console_pages, invited_page
from tests.input.device import device_calls, device_pages
from tests.input.passkeys import passkey_pages
from tests.input.recovery import recovery_pages
from tests.input.registration import registration_pages
from tests.input.settings import settings_pages
from tests.input.wire import Answer, Page, Request
from tests.running import CALLBACK, Form

LETTER_PASSWORD = "Letter2pass"


def _filled(pattern: str) -> str:
    return re.sub("<[^>]+>", "something", pattern)


class Visitor:
    """A browser."""

    def __init__(self, inside: "Inside", address: str = "127.0.0.1"):
        self._inside, self._address = inside, address
        self.cookies: dict[str, str] = {}

    def go(self, request: Request) -> Answer:
        """Send the request, follow redirects that stay here, keep cookies."""
        while True:
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            where = self._address if request.address == "127.0.0.1" else request.address
            answer = self._inside.call(replace(request, cookies=cookies, address=where))
            for name, value in answer.headers:
                if name.lower() == "set-cookie":
                    self.cookies |= {key: one.value for key, one in SimpleCookie(value).items()}
            if answer.status != 303 or not answer.header("Location").startswith("/"):
                return answer
            path, _, query = answer.header("Location").partition("?")
            request = Request("GET", path, query.encode())

    def page(self, answer: Answer) -> Page:
        """The form of a page."""
        return Page(running.form_of(answer), dict(self.cookies))  # type: ignore[arg-type]

    def authorize(self, client: dict[str, Any], **changes: str | None) -> Answer:
        """Begin as a portal would send us."""
        query = urlencode(running.authorization_parameters(client, **changes))
        return self.go(Request("GET", "/authorize", query.encode()))

    def sign_in(self, client: dict[str, Any], name: str, password: str = running.PASSWORD) -> Answer:
        """From the portal's request over the sign-in form to wherever that leads."""
        form = self.page(self.authorize(client))
        return self.go(form.request(fields={"identifier": name, "password": password}))


class Inside:
    """The service on embedded stores below `folder`, two portals, a television, an app, members, and a page of each kind.

    `how`: as `running.configure` takes it."""

    def __init__(self, folder: Path, **how: Any):
        # so that one page offers the second factor
        how["policy"] = {"second_factor": {"mode": '"recommended"'}, **how.get("policy", {})}
        installed = running.configure(folder, "sqlite:///idp.db", "sqlite:///ephemeral.db", 8000, **how)
        settings, base = config.load(str(installed.config))
        self.deps = parts.open_deps(settings, base)
        self.house = app.build(self.deps)
        pages: list[Flask] = []
        self.wsgi = app.create_wsgi(self.house, lambda inner: pages.append(inner) or inner)  # type: ignore[func-returns-value,arg-type]
        self.endpoints = app.machine_endpoints(self.house)
        self.rules = [rule for rule in pages[0].url_map.iter_rules()]
        self._durable = sqlite3.connect(folder / "idp.db", isolation_level=None)
        self._ephemeral = sqlite3.connect(folder / "ephemeral.db", isolation_level=None)
        self.portal = self._client(client_name="Portal", redirect_uris=[CALLBACK], token_endpoint_auth_method="client_secret_post", post_logout_redirect_uris=[CALLBACK + "/out"])
        self.third = self._client(client_name="Third", redirect_uris=[CALLBACK + "/third"], first_party=False)
        self.television = self._client(client_name="Television", grant_types=[DEVICE_CODE], token_endpoint_auth_method="none")
        self.app = self._client(client_name="App", redirect_uris=[CALLBACK + "/app"], token_endpoint_auth_method="none", grant_types=["authorization_code", "refresh_token"], scope="openid offline_access")
        self._member("hanako", running.PASSWORD, letter=False)
        self._member("letter", LETTER_PASSWORD, letter=True)
        self._member("coded", running.PASSWORD, letter=False, email="coded@mail.example", verified=True, usual="email")
        self._member("offered", running.PASSWORD, letter=False, offered_at=0)
        self._member("enrolling", running.PASSWORD, letter=False, offered_at=0)
        self._member("keyed", running.PASSWORD, letter=False, email="keyed@mail.example", verified=True, usual="email")
        self.pages = self._pages()
        self.calls = self._calls()
        # that a client could not prove itself is put on record once a minute: this minute it has been
        for client_id in ("", console_client.CLIENT_ID, *(one["client_id"] for one in (self.portal, self.third, self.television, self.app))):
            self.deps.ephemeral.put(f"client-refused:{client_id}", b"1", 86_400)
        # what has run out is swept by whichever request comes then, which would look like something it has stored
        self._kept = self._ephemeral.execute("SELECT key, value, expires + 86400, uses FROM facts WHERE key LIKE 'v:%'").fetchall()
        self._kept_durable = sqlite3.connect(":memory:")
        self._durable.backup(self._kept_durable)
        self._version = self.stored()[0]

    def _client(self, **metadata: Any) -> dict[str, Any]:
        return client_registration.register(self.deps, json.dumps(metadata))

    def _member(self, name: str, password: str, letter: bool, offered_at: int | None = None, **more: Any) -> None:
        wish = NewAccount(login_id=name, password=password, letter=letter, **more)
        new = accounts.new_account(self.deps, self.house.hasher, wish)
        new = replace(new, offered_at=self.deps.now() if offered_at is None else offered_at)
        with self.deps.database.write() as connection:
            accounts.store(connection, self.deps, new, "test", "test")

    def _pages(self) -> dict[str, Page]:
        stranger, letter, member, waiting, coded, offered = (Visitor(self, f"192.0.2.{n}") for n in range(6))
        code_page = coded.sign_in(self.portal, "coded")
        found = {
            "login": stranger.page(stranger.authorize(self.portal)),
            "first_password": letter.page(letter.sign_in(self.portal, "letter", LETTER_PASSWORD)),
            "consent": member.page(member.sign_in(self.third, "hanako")),
            "code": coded.page(code_page),
            "offer": offered.page(offered.sign_in(self.portal, "offered")),
        }
        found |= passkey_pages(self, found["login"], Visitor(self, "192.0.2.31"), Visitor(self, "192.0.2.32"))
        ways = Request("GET", "/code/ways", urlencode({"j": found["code"].form.fields["j"]}).encode())
        found["ways"] = coded.page(coded.go(ways))
        waiting.sign_in(self.portal, "hanako")
        found["sign_out"] = waiting.page(waiting.go(Request("GET", "/")))
        found["end_session"] = waiting.page(waiting.go(Request("GET", "/end-session", urlencode(self._leaving()).encode())))
        found["choose"] = waiting.page(waiting.authorize(self.portal, prompt="select_account"))
        found |= settings_pages(self, *(Visitor(self, f"192.0.2.{n}") for n in range(6, 9)))
        found |= recovery_pages(self, *(Visitor(self, f"192.0.2.{n}") for n in range(9, 13)))
        found |= registration_pages(self, *(Visitor(self, f"192.0.2.{n}") for n in range(20, 24)))
        found |= device_pages(self, Visitor(self, "192.0.2.30"))
        found |= console_pages(self)
        found["invited"] = invited_page(self, Visitor(self, "192.0.2.33"))
        # the buttons are part of what is sent
        for name, button in (("consent", ("answer", "yes")), ("choose", ("action", "continue"))):
            found[name].form.fields |= {button[0]: button[1]}
        return found

    def _leaving(self) -> dict[str, str]:
        """A portal's request to sign out, without a hint."""
        return {"client_id": self.portal["client_id"], "post_logout_redirect_uri": CALLBACK + "/out", "state": "s", "ui_locales": "ja"}

    def _calls(self) -> dict[str, Page]:
        client = {"client_id": self.portal["client_id"], "client_secret": self.portal["client_secret"]}
        code = {"grant_type": "authorization_code", "code": "c" * 43, "redirect_uri": CALLBACK, "code_verifier": running.VERIFIER}
        stranger = self.pages["login"].cookies
        return {
            "authorize": Page(Form("/authorize", "get", running.authorization_parameters(self.portal)), stranger),
            "authorize by POST": Page(Form("/authorize", "post", running.authorization_parameters(self.portal)), {}),
            "end session": Page(Form("/end-session", "get", self._leaving()), self.pages["end_session"].cookies),
            "end session by POST": Page(Form("/end-session", "post", self._leaving()), {}),
            "token": Page(Form("/token", "post", code | client), {}),
            "refresh": Page(Form("/token", "post", {"grant_type": "refresh_token", "refresh_token": "0." + "r" * 86} | client), {}),
            "client credentials": Page(Form("/token", "post", {"grant_type": "client_credentials"} | client), {}),
            "par": Page(Form("/par", "post", running.authorization_parameters(self.portal) | client), {}),
            "pushed": Page(Form("/authorize", "get", {"client_id": client["client_id"], "request_uri": "urn:ietf:params:oauth:request_uri:" + "p" * 43}), stranger),
            **device_calls(self),
            **console_calls(),
            "revoke": Page(Form("/revoke", "post", {"token": "0." + "r" * 86} | client), {}),
            "introspect": Page(Form("/introspect", "post", {"token": "W10.W10.W10"} | client), {}),
            "userinfo": Page(Form("/userinfo", "post", {"access_token": "W10.W10.W10"}), {}),
        }

    @property
    def paths(self) -> list[str]:
        """Every address there is; the parts of a pattern that vary are filled in with something. What routes itself, which is the
        API for the operator's programs, is attacked by tests/admin_api."""
        return sorted({_filled(rule.rule) for rule in self.rules} | {path for path in self.endpoints if not path.endswith("/*")})

    def methods(self, path: str) -> set[str]:
        """What an address answers beside OPTIONS and HEAD."""
        if path in self.endpoints:
            return set(self.endpoints[path].methods)
        return {method for rule in self.rules if _filled(rule.rule) == path for method in rule.methods or ()} - {"HEAD", "OPTIONS"}

    def call(self, request: Request) -> Answer:
        """One request."""
        parts, status, headers = run_wsgi_app(self.wsgi, request.environ(), buffered=True)
        return Answer(int(status[:3]), list(headers), b"".join(parts), "http://localhost:8000" + request.path)

    def stored(self) -> tuple[int, list[Any]]:
        """Changes with every write to the durable store, and with every value in the ephemeral one. None of these are the counts
        of the limits, when staff were last seen, that a client's refusal is on record this minute, and the few last refused
        requests of a client, which are kept for its doctor."""
        values = self._ephemeral.execute(
            "SELECT key, value FROM facts WHERE key LIKE 'v:%' AND key <> 'v:ping' AND key NOT LIKE 'v:console:%'"
            " AND key NOT LIKE 'v:client-refused:%' AND key NOT LIKE 'v:doctor:%' ORDER BY key"
        )
        return self.column("PRAGMA data_version")[0], values.fetchall()

    def column(self, question: str) -> list[Any]:
        """The first column of what the durable store answers."""
        return [row[0] for row in self._durable.execute(question)]

    def rewind(self, counts: bool = True) -> None:
        """Put the members under way back to their pages, and what they have changed; with `counts` the limits' counts too."""
        if self.stored()[0] != self._version:
            self._kept_durable.backup(self._durable)
            self._version = self.stored()[0]
        self._ephemeral.execute("BEGIN IMMEDIATE")
        self._ephemeral.execute("DELETE FROM facts WHERE key LIKE ?", ("%" if counts else "v:%",))
        self._ephemeral.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?, ?, ?)", self._kept)
        self._ephemeral.execute("COMMIT")
