"""The way back to the portal in a real browser, with the Content-Security-Policy in force (Form Post Response Mode)."""

import datetime
import http.server
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Browser, Playwright

from tests.browser import visitor
from tests.oidc.installation import Installation
from tests.oidc.relying_party import Portal
from tests.running import PASSWORD

LANDING = "https://www.elsewhere.example/landing"


@dataclass
class Portals:
    """Every https site of the world: a portal whose callback leads on to another site, and that site."""

    port: int = 0
    seen: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)


def certificate(folder: Path) -> Path:
    """A file with a key and a certificate that nobody signed but itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "portal.example")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1)).sign(
        key, hashes.SHA256()
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "tls.pem").write_bytes(key.private_bytes(*plain) + made.public_bytes(serialization.Encoding.PEM))
    return folder / "tls.pem"


@pytest.fixture(scope="module")
def portals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portals]:
    """A TLS server that answers for all of them."""
    found = Portals()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            found.seen.append((self.command, parse_qsl(body or urlsplit(self.path).query, keep_blank_values=True)))
            self.send_response(303 if self.path.startswith("/callback") else 200)
            self.send_header("Location", LANDING)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path_factory.mktemp("tls")))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    found.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()


@pytest.fixture(scope="module")
def chromium(playwright: Playwright, portals: Portals) -> Iterator[Browser]:
    """Chromium, for which every site but localhost lies at that server."""
    rules = f"--host-resolver-rules=MAP *.example:443 127.0.0.1:{portals.port}"
    found = playwright.chromium.launch(executable_path=visitor.chromium_path(), args=[*visitor.FLAGS, rules])
    yield found
    found.close()


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_the_member_arrives_even_where_the_portal_leads_on_to_another_site(
    house: Installation, portal: Portal, chromium: Browser, portals: Portals, mode: str
) -> None:
    """Requirement WB-01, form-action that allows the redirects of portals: browsers hold it against every redirect that
    follows a form, also against those of the portal. The state arrives as it was."""
    state, name = '"><script>alert(1)</script>&amp;日本 +%', house.member()
    context = chromium.new_context(ignore_https_errors=True)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    portals.seen.clear()
    page.goto(portal.address(response_mode=mode, state=state))
    page.fill("input[autocomplete~=username]", name)
    page.fill("input[autocomplete=current-password]", PASSWORD)
    page.press("input[autocomplete=current-password]", "Enter")
    page.wait_for_url(LANDING, timeout=20_000)
    context.close()
    assert not complaints
    method, pairs = portals.seen[0]
    assert method == ("GET" if mode == "query" else "POST")
    assert portal.granted(portal.redeem(portal.checked(pairs, state)["code"]))


def test_a_native_app_gets_its_answer_at_the_port_it_listens_at(house: Installation, chromium: Browser) -> None:
    """RFC 8252 section 7.3: the port is not registered, so no policy can name it."""
    native, heard = house.portals["native"], []

    class App(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), App) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        callback = f"http://127.0.0.1:{server.server_port}/callback"
        page = chromium.new_page()
        page.goto(native.address(redirect_uri=callback))
        page.fill("input[autocomplete~=username]", house.member())
        page.fill("input[autocomplete=current-password]", PASSWORD)
        page.press("input[autocomplete=current-password]", "Enter")
        page.wait_for_url(callback + "?*", timeout=20_000)
        page.close()
        server.shutdown()
    pairs = parse_qsl(urlsplit(heard[0]).query)
    assert native.granted(native.redeem(native.checked(pairs)["code"], redirect_uri=callback))
