"""A real `idp serve` of its own for the tests that speak HTTP, and a browser without a screen to speak with it."""

import base64
import contextlib
import hashlib
import html
import json
import os
import re
import subprocess
import sys
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import requests
from click.testing import CliRunner
from sqlalchemy import select

from idp import config
from idp.cli import root
from idp.tables.database import Database
from idp.tables.schema import audit
from tests import connection, services
from tests.outgoing import Outgoing

PASSWORD = "Kawa7Sumire"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CALLBACK = "https://portal.example/callback"
POLICY = "rates-for-tests.toml"
_one_at_a_time = threading.Lock()  # what a command prints is caught for the whole process


def new_name() -> str:
    """A login ID that no other test uses."""
    return "m" + uuid.uuid4().hex[:12]


@dataclass
class Idp(Outgoing):
    """A configured installation: its settings file, its address, and its command line."""

    folder: Path
    issuer: str

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "config.toml"

    def run(self, *arguments: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """`idp --config … ARGUMENTS`; fails the test with what it printed if it does not exit with 0."""
        command = [sys.executable, "-m", "idp", "--config", str(self.config), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60)
        assert not check or done.returncode == 0, f"idp {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done

    def within(self, *arguments: str, stdin: str = "") -> str:
        """What the command prints, in this process: to start one takes longer than most tests."""
        with _one_at_a_time:
            done = CliRunner().invoke(root, ["--config", str(self.config), *arguments], input=stdin)
        assert done.exit_code == 0, f"idp {' '.join(arguments)}: {done.output}"
        return done.stdout

    def client(self, **metadata: Any) -> dict[str, Any]:
        """Register a client; returns what was registered."""
        given = {"client_name": "Test portal", "redirect_uris": [CALLBACK], **metadata}
        return dict(json.loads(self.within("client", "add", "-", stdin=json.dumps(given))))

    def account(self, login_id: str, *options: str, password: str = PASSWORD) -> str:
        """Add a member; returns the subject."""
        added = self.within("account", "add", "--login-id", login_id, "--nickname", "はなこ", *options, "--password-stdin", stdin=password)
        return str(json.loads(added)["sub"])

    def audit(self, event: str) -> list[dict[str, Any]]:
        """The audit rows of one event, the oldest first."""
        settings, _ = config.load(str(self.config))
        database = Database(settings.database.url)
        try:
            with database.read() as connection:
                rows = connection.execute(select(audit).where(audit.c.event == event).order_by(audit.c.id)).mappings()
                return [dict(row) for row in rows]
        finally:
            database.close()


def policy_text(changes: dict[str, dict[str, str]]) -> str:
    """The shipped standard policy without limits per address (one address makes all the requests of a test run; what
    these limits do is tested by itself), with `changes`: values as TOML writes them, by section and key."""
    text = (Path(__file__).parent.parent / "policies" / "standard.toml").read_text()
    rates = re.findall(r"(?m)^(\w+_per_minute\w*) = ", text.partition("[rates]")[2].partition("\n[")[0])
    plain = {"rates": dict.fromkeys(rates, "100000"), "codes": {"per_address_per_hour": "100000"}, "alarm": {"tries_per_address_per_hour": "100000"}}
    plain["contract_checks"] = dict.fromkeys(("per_address_per_hour", "failures_per_hour_before_friction"), "100000")
    for section, values in [*plain.items(), *changes.items()]:
        for key, value in values.items():
            text, found = re.subn(rf"(?ms)^(\[{section}\](?:(?!^\[).)*?^{key} *= *)[^\n]*", rf"\g<1>{value}", text)
            assert found == 1, f"no [{section}] {key} in the policy"
    return text


def configure(
    folder: Path,
    database: str,
    ephemeral: str,
    port: int,
    extra: str = "",
    policy: dict[str, dict[str, str]] | None = None,
    server: str = "",
) -> Idp:
    """Write a settings file; every store, folder and key of it lies below `folder`. `server`: more lines for [server],
    `extra`: more sections."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / POLICY).write_text(policy_text(policy or {}))
    issuer = f"http://localhost:{port}"
    (folder / "config.toml").write_text(
        f'issuer = "{issuer}"\npolicy = "{POLICY}"\n[server]\nbind = "127.0.0.1:{port}"\n{server}\n'
        f'[database]\nurl = "{database}"\n[ephemeral]\nurl = "{ephemeral}"\n{extra}'
    )
    return Idp(folder, issuer)


@contextlib.contextmanager
def serving(idp: Idp, command: str = "serve", module: str = "idp") -> Iterator[subprocess.Popen]:
    """`idp serve` (or `idp demo`) until the end of the block; `module`: what runs it."""
    environ = {key: value for key, value in os.environ.items() if key != "PROMETHEUS_MULTIPROC_DIR"}
    with services.process(
        [sys.executable, "-m", module, "--config", str(idp.config), command],
        idp.folder / "server.log",
        lambda: requests.get(f"{idp.issuer}/health/ready", timeout=2).raise_for_status(),
        cwd=idp.folder,
        env=environ,
    ) as process:
        yield process


@dataclass
class Form:
    """A form as found on a page."""

    action: str
    method: str
    fields: dict[str, str]
    tokens: dict[str, str] = field(default_factory=dict)

    def named(self, token: str) -> str:
        """The name of the field with this autocomplete token."""
        return self.tokens[token]


def attributes(tag: str) -> dict[str, str]:
    """Attributes of one HTML tag."""
    return {name: html.unescape(value) for name, value in re.findall(r'([a-z-]+)="([^"]*)"', tag)}


def form_of(page: requests.Response) -> Form:
    """The one form of a page, with hidden fields and values filled in."""
    head, inside = re.findall(r"<form([^>]*)>(.*?)</form>", page.text, re.S)[0]
    found = attributes(head)
    form = Form(urljoin(page.url, found.get("action", "")), found.get("method", "get"), {})
    for tag in re.findall(r"<input[^>]*>", inside):
        one = attributes(tag)
        unticked = one.get("type") in ("checkbox", "radio") and not re.search(r"\schecked(?=[\s>])", tag)
        if "name" in one and not unticked:
            form.fields[one["name"]] = one.get("value", "")
            if "autocomplete" in one:
                form.tokens[one["autocomplete"]] = one["name"]
    return form


class Browser(connection.Connection):
    """Follows our redirects, keeps cookies, stops at the portal's address."""

    def __init__(self, idp: Idp, **headers: str):
        super().__init__()
        self.idp = idp
        self.headers.update(headers)

    def go(self, address: str) -> requests.Response:
        """GET, following redirects that stay with us."""
        return self._follow(self.get(urljoin(self.idp.issuer, address), allow_redirects=False))

    def submit(self, form: Form, follow: bool = True, **values: str) -> requests.Response:
        """Send a form with some fields filled in."""
        headers = {"Origin": self.idp.issuer, "Sec-Fetch-Site": "same-origin"}
        answer = self.post(form.action, data={**form.fields, **values}, headers=headers, allow_redirects=False)
        return self._follow(answer) if follow else answer

    def _follow(self, answer: requests.Response) -> requests.Response:
        while answer.is_redirect and answer.headers["Location"].startswith(("/", self.idp.issuer)):
            answer = self.get(urljoin(answer.url, answer.headers["Location"]), allow_redirects=False)
        return answer

    def authorize(self, client: dict[str, Any], **parameters: str | None) -> requests.Response:
        """Begin at the authorization endpoint as a portal would send us; None leaves a parameter out."""
        asked = authorization_parameters(client, **parameters)
        return self.go("/authorize?" + urlencode(asked))

    def sign_in(self, page: requests.Response, identifier: str, password: str = PASSWORD) -> requests.Response:
        """Fill in the sign-in form and send it."""
        form = form_of(page)
        return self.submit(form, **{form.named("username"): identifier, form.named("current-password"): password})


def authorization_parameters(client: dict[str, Any], **changes: str | None) -> dict[str, str]:
    """A good request, with changes."""
    asked: dict[str, str | None] = {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": client["redirect_uris"][0],
        "scope": "openid",
        "state": "state-1",
        "nonce": "nonce-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not None}


def answer_of(response: requests.Response) -> dict[str, str]:
    """The parameters that an authorization response carries back to the portal."""
    assert response.is_redirect, f"no answer to the portal: {response.status_code} {response.text[:2000]}"
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def exchange(idp: Idp, client: dict[str, Any], code: str, **changes: str | None) -> requests.Response:
    """Redeem a code as the portal's back end would."""
    data: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client["redirect_uris"][0],
        "code_verifier": VERIFIER,
        **changes,
    }
    basic = (client["client_id"], client["client_secret"]) if client.get("client_secret") else None
    if basic is None:
        data["client_id"] = client["client_id"]
    given = {name: value for name, value in data.items() if value is not None}
    return requests.post(f"{idp.issuer}/token", data=given, auth=basic, timeout=20)


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a JWT, unverified."""
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found
