"""`sector_identifier_uri`: read once, over a network that may be hostile, and held against the redirect URIs (OIDC Core section
8.1, OIDC Registration section 5; requirement DC-02)."""

import dataclasses
import json
import threading
from typing import Any

import pytest

from idp.deps import Deps
from idp.services import client_registration
from idp.services.client_registration import Rejected
from idp.tables import clients
from tests.ports.listener import listening, saying
from tests.ports.test_fetch import PUBLIC, Network

URI = "https://portal.example/sector.json"
REDIRECTS = ["https://a.example/cb", "https://b.example/cb"]
WISH = {"client_id": "c", "subject_type": "pairwise", "sector_identifier_uri": URI, "redirect_uris": REDIRECTS}
WORDS = "sector_identifier_uri: a JSON array that names every redirect_uri has to stand there."


def served(body: bytes, kind: str = "application/json", status: str = "200 OK", more: str = "") -> bytes:
    """A whole answer."""
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def listed(*uris: str) -> bytes:
    """What the portals publish."""
    return served(json.dumps(uris).encode())


def refused(deps: Deps, network: Network, context: Any = None, seconds: float = 5.0) -> bool:
    """Whether the registration fails with the one sentence that tells nothing of the network, and nothing is stored."""
    with pytest.raises(Rejected) as told:
        client_registration.register(deps, WISH, network.fetcher(context, seconds))
    with deps.database.read() as connection:
        return told.value.problems == [WORDS] and clients.one(connection, "c") is None


def test_hosts_of_one_sector_are_named_there(deps: Deps, tls: Any) -> None:
    with listening(saying(listed(*REDIRECTS, "https://c.example/more")), tls[0]) as server:
        network = Network([[PUBLIC]], server.port)
        found = client_registration.register(deps, WISH, network.fetcher(tls[1]))
    assert (found["subject_type"], found["sector_identifier_uri"], network.reached) == ("pairwise", URI, [(PUBLIC, 443)])
    assert client_registration.client_from(found, "c").sector == "portal.example"


@pytest.mark.parametrize(
    "said",
    [listed(REDIRECTS[0]), listed(), served(b'{"a":1}'), served(b'"https://a.example/cb"'), served(b"not JSON"), served(b"[" * 60_000),
     served(b"\xff\xfe"), listed(*(uri + "/" for uri in REDIRECTS)), served(json.dumps(REDIRECTS).encode(), "text/html"),
     served(json.dumps(REDIRECTS).encode(), status="404 Not Found"), served(json.dumps([[one] for one in REDIRECTS]).encode()),
     served(b"", status="302 Found", more="Location: https://portal.example/else\r\n"), served(b" " * 66_000 + b"[]"), b"SSH-2.0-x\r\n", b""],
    ids=str,
)  # fmt: skip
def test_whatever_else_stands_there_is_refused(deps: Deps, tls: Any, said: bytes) -> None:
    """Missing addresses, other kinds, redirects, too much, nonsense."""
    with listening(saying(said), tls[0]) as server:
        assert refused(deps, Network([[PUBLIC]], server.port), tls[1])


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:192.168.0.1"])
def test_our_own_network_is_not_asked(deps: Deps, address: str) -> None:
    for found in ([address], [PUBLIC, address]):
        network = Network([found])
        assert refused(deps, network) and network.reached == []


def test_a_name_that_changes_its_mind_is_looked_up_once(deps: Deps, tls: Any) -> None:
    """DNS rebinding: what was checked is what is connected to."""
    with listening(saying(listed(*REDIRECTS)), tls[0]) as server:
        network = Network([[PUBLIC], ["127.0.0.1"]], server.port)
        client_registration.register(deps, WISH, network.fetcher(tls[1]))
        assert (network.asked, network.reached) == (["portal.example"], [(PUBLIC, 443)])
        network.asked.clear()
        with pytest.raises(Rejected):
            client_registration.register(deps, WISH, network.fetcher(tls[1]))
        assert network.reached == [(PUBLIC, 443)], "the second time it would have led here"


def test_who_is_slow_is_not_waited_for(deps: Deps, tls: Any) -> None:
    with listening(lambda caller: threading.Event().wait(3) and None, tls[0]) as server:
        assert refused(deps, Network([[PUBLIC]], server.port), tls[1], seconds=0.3)


@pytest.mark.parametrize(
    ("change", "name"),
    [({"sector_identifier_uri": "http://portal.example/s"}, "sector_identifier_uri"), ({"sector_identifier_uri": "x"}, "sector_identifier_uri"),
     ({"sector_identifier_uri": ["https://a.example/"]}, "sector_identifier_uri"), ({"subject_type": "both"}, "subject_type")],
)  # fmt: skip
def test_malformed_metadata_reach_no_network(deps: Deps, change: dict[str, Any], name: str) -> None:
    network = Network([[PUBLIC]])
    with pytest.raises(Rejected, match=name):
        client_registration.register(deps, {**WISH, **change}, network.fetcher())
    assert network.asked == []


@pytest.mark.parametrize(
    ("change", "words"),
    [({"redirect_uris": REDIRECTS}, "several hosts"), ({"redirect_uris": [], "grant_types": []}, "needs a redirect URI"),
     ({"redirect_uris": ["http://127.0.0.1/cb"], "application_type": "native", "token_endpoint_auth_method": "none"}, "every native app")],
)  # fmt: skip
def test_without_one_host_a_sector_has_to_be_named(deps: Deps, change: dict[str, Any], words: str) -> None:
    """Section 8.1: "if there are multiple hostnames in the registered redirect_uris, the Client MUST register a sector_identifier_uri"."""
    with pytest.raises(Rejected, match=words):
        client_registration.register(deps, {"subject_type": "pairwise", **change})


def test_with_https_it_is_https(deps: Deps) -> None:
    """Also where the address is this machine's, and for the page that third parties begin a sign-in at (OIDC Core section 4)."""
    secure = dataclasses.replace(deps, settings=dataclasses.replace(deps.settings, issuer="https://id.example"))
    for name in ("sector_identifier_uri", "initiate_login_uri", "backchannel_logout_uri", "event_delivery_uri"):
        with pytest.raises(Rejected, match=f"{name}: use https"):
            client_registration.register(secure, {"redirect_uris": REDIRECTS[:1], name: "http://localhost/x"})
