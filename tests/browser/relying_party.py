"""A portal as small as can be, on an address of its own: it sends people to sign in and checks what comes back."""

import contextlib
import secrets
import threading
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests import running
from tests.running import Idp

NAME = "My ひかりページ"


@dataclass
class RelyingParty:
    """`clients` by name, each registered with the provider; `begun` holds every sign-in that has had no answer yet."""

    idp: Idp
    address: str
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    begun: dict[str, dict[str, Any]] = field(default_factory=dict)

    def register(self, name: str, **metadata: Any) -> None:
        """Register a client of this name at `/NAME/callback`."""
        callback = f"{self.address}/{name}/callback"
        known = {"client_name": NAME, "client_uri": self.address, "redirect_uris": [callback]}
        self.clients[name] = self.idp.client(**{**known, **metadata})

    def start(self, name: str = "own", **parameters: str) -> str:
        """The address in the portal that begins a sign-in, with more parameters for the authorization request."""
        return f"{self.address}/{name}/start?{urlencode(parameters)}"

    def request(self, name: str, asked: dict[str, str]) -> str:
        """The authorization request of a new sign-in."""
        state, nonce = secrets.token_urlsafe(), secrets.token_urlsafe()
        self.begun[state] = {"client": self.clients[name], "nonce": nonce}
        return f"{self.idp.issuer}/authorize?" + urlencode(
            running.authorization_parameters(self.clients[name], state=state, nonce=nonce, **asked)
        )

    def check(self, answer: dict[str, str]) -> str:
        """The authorization response, redeemed and checked; returns what the portal's page says."""
        begun = self.begun.pop(answer.get("state", ""), None)
        if begun is None or answer.get("iss") != self.idp.issuer:
            return "Not an answer to a request of ours"
        if "error" in answer:
            return f"Refused: {answer['error']}"
        tokens = running.exchange(self.idp, begun["client"], answer["code"]).json()
        claims = running.claims_of(tokens["id_token"])
        if (claims["iss"], claims["aud"], claims["nonce"]) != (self.idp.issuer, begun["client"]["client_id"], begun["nonce"]):
            return "Not a token for us"
        return f"Signed in: {claims['sub']}"


class Handler(BaseHTTPRequestHandler):
    """`GET /NAME/start`, `GET` and `POST /NAME/callback`, and a home page at any other address."""

    party: RelyingParty

    def do_GET(self) -> None:
        """Begin a sign-in, take an answer from the address, or show the home page."""
        parts = urlsplit(self.path)
        name, _, page = parts.path.strip("/").partition("/")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if page == "start":
            self.send_response(302)
            self.send_header("Location", self.party.request(name, query))
            self.end_headers()
        else:
            self.show(self.party.check(query) if page == "callback" else "Home")

    def do_POST(self) -> None:
        """Take an answer from a form (OAuth 2.0 Form Post Response Mode)."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.show(self.party.check(dict(parse_qsl(body))) + " by form")

    def show(self, words: str) -> None:
        """A page with these words."""
        page = f'<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Portal</title><h1>{escape(words)}</h1>'
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def running_party(idp: Idp) -> Iterator[RelyingParty]:
    """The portal, serving until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    party = RelyingParty(idp, f"http://localhost:{server.server_port}")
    server.RequestHandlerClass = type("OwnHandler", (Handler,), {"party": party})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield party
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
