"""The fetcher against a hostile network: names that lie, servers that redirect, drip, flood and speak nonsense."""

import datetime
import socket
import ssl
import threading
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from idp.adapters.fetch import MAX_BODY, SafeFetcher
from idp.domain import public_address
from idp.ports import Fetched, NotFetched, Unavailable
from tests.ports.listener import listening, saying

PUBLIC, OTHER = "93.184.215.14", "1.1.1.1"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: Application/JSON; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Network:
    """A resolver that answers one row after the other, the last for ever, and a way out that leads to `port` here whatever
    the address; both remember what they were asked."""

    answers: list[list[str]]
    port: int = 0
    asked: list[str] = field(default_factory=list)
    reached: list[tuple[str, int]] = field(default_factory=list)

    def resolve(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def connect(self, address: tuple[str, int], seconds: float) -> socket.socket:
        self.reached.append(address)
        return socket.create_connection(("127.0.0.1", self.port), seconds)

    def fetcher(self, context: ssl.SSLContext | None = None, seconds: float = 5.0, loopback: bool = False) -> SafeFetcher:
        return SafeFetcher(loopback, self.resolve, self.connect, context, seconds)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(server's, client's) contexts for portal.example."""
    folder: Path = tmp_path_factory.mktemp("tls")
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal.example")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("portal.example")]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = made.sign(key, hashes.SHA256())
    (folder / "c.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / "k.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "c.pem", folder / "k.pem")
    return server, ssl.create_default_context(cafile=str(folder / "c.pem"))


def here(seconds: float = 5.0) -> SafeFetcher:
    """As in the demo."""
    return SafeFetcher(loopback=True, seconds=seconds)


def test_it_asks_the_address_that_it_has_checked_by_the_name_that_it_was_given(tls: Any) -> None:
    with listening(saying(OK), tls[0]) as server:
        network = Network([[PUBLIC], ["127.0.0.1"]], server.port)
        fetcher = network.fetcher(tls[1])
        assert fetcher.get("https://portal.example/jwks?a=b", "application/json") == Fetched(200, "application/json", b"{}")
        assert (network.asked, network.reached) == (["portal.example"], [(PUBLIC, 443)]), "looked up once, and pinned"
        head = server.heard[0].decode()
        assert head.startswith("GET /jwks?a=b HTTP/1.1\r\n") and "Host: portal.example\r\n" in head and "Accept: application/json" in head
        # a moment later the name stands for this machine
        with pytest.raises(NotFetched, match="not a public address"):
            fetcher.get("https://portal.example/jwks", "*/*")
        assert network.reached == [(PUBLIC, 443)]


def test_the_certificate_is_the_names(tls: Any) -> None:
    with listening(saying(OK), tls[0]) as server:
        network = Network([[PUBLIC]], server.port)
        with pytest.raises(Unavailable, match="other.example"):
            network.fetcher(tls[1]).get("https://other.example/", "*/*")
        with pytest.raises(Unavailable):
            network.fetcher().get("https://portal.example/", "*/*")
        assert not any(b"GET" in one for one in server.heard), "nothing was asked"


def test_a_body_is_posted_with_its_headers() -> None:
    with listening(saying(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")) as server:
        headers = {"Content-Type": "application/secevent+jwt", "Authorization": "Bearer x"}
        assert here().post(f"http://localhost:{server.port}/e", b"a.b.c", headers) == Fetched(202, "", b"")
        head, body = server.heard[0].split(b"\r\n\r\n")
        assert body == b"a.b.c" and b"Bearer x" in head and head.count(b"Content-Length: 5") == 1 and head.count(b"Host:") == 1


NOT_PUBLIC = (
    "127.0.0.1 127.8.8.8 0.0.0.0 10.0.0.1 172.16.5.4 192.168.1.1 169.254.169.254 100.64.0.1 192.0.0.8 192.0.2.1 198.18.0.1 "
    "198.51.100.7 203.0.113.9 224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd12::1 fec0::1 ff02::1 "
    "2001:db8::1 2001::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::10.0.0.1 "
    "64:ff9b:1::1 2002:7f00:1:: 2002:a00:1:: 100::1 192.88.99.1 3fff::1 x 1.2.3 127.1 0x7f.1 2130706433"
).split()


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_address_of_our_own_network_is_connected_to(address: str) -> None:
    assert not public_address.public(address)
    for found in ([address], [PUBLIC, address], [address, PUBLIC]):
        network = Network([found])
        with pytest.raises(NotFetched, match="not a public address"):
            network.fetcher().get("https://portal.example/", "*/*")
        assert network.reached == []


@pytest.mark.parametrize("address", [PUBLIC, OTHER, "2606:4700::1111", "2a00:1450:4001:800::200e", "64:ff9b::5db8:d70e", "::ffff:1.1.1.1"])
def test_the_internet_is_public(address: str) -> None:
    assert public_address.public(address) and not public_address.loopback(address)


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://[::1]/", "https://127.1/", "https://2130706433/", "https://localhost/"])
def test_this_machine_by_whatever_name_is_not_asked(url: str) -> None:
    with pytest.raises((NotFetched, Unavailable)) as told:
        SafeFetcher(loopback=False).get(url, "*/*")
    assert told.type is NotFetched or "looked up" in str(told.value)


@pytest.mark.parametrize(
    "url",
    ["http://portal.example/", "http://localhost/", "ftp://portal.example/", "file:///etc/passwd", "https://a@portal.example/", "//x", "",
     "https://portal.example/#a", "https://portal.example:0/", "https://portal.example/\r\nX: y", "gopher://127.0.0.1:25/", "https:///x"],
)  # fmt: skip
def test_other_addresses_are_not_asked(url: str) -> None:
    network = Network([[PUBLIC]])
    with pytest.raises(NotFetched):
        network.fetcher().get(url, "*/*")
    assert network.asked == network.reached == []


def test_in_the_demo_this_machine_is_asked_but_not_its_neighbours() -> None:
    for scheme, address in (("http", "10.0.0.1"), ("https", "10.0.0.1"), ("http", PUBLIC), ("https", "169.254.169.254")):
        network = Network([["127.0.0.1", address]])
        with pytest.raises(NotFetched):
            network.fetcher(loopback=True).get(f"{scheme}://localhost/", "*/*")
        assert network.reached == []
    assert all(public_address.loopback(one) for one in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1")) and ip_address(OTHER)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with listening(saying(OK)) as second:
        away = f"HTTP/1.1 {status} Away\r\nLocation: http://localhost:{second.port}/\r\nContent-Length: 0\r\n\r\n".encode()
        with listening(saying(away)) as first:
            assert here().get(f"http://localhost:{first.port}/", "*/*").status == status
        assert second.heard == []


@pytest.mark.parametrize("length", [True, False])
def test_an_answer_has_a_limit(length: bool) -> None:
    said = lambda size: f"Content-Length: {size}\r\n" if length else ""  # noqa: E731
    for size in (MAX_BODY, MAX_BODY + 1):
        with listening(saying(f"HTTP/1.1 200 OK\r\n{said(size)}\r\n".encode() + b"x" * size)) as server:
            if size == MAX_BODY:
                assert len(here().get(f"http://localhost:{server.port}/", "*/*").body) == size
            else:
                with pytest.raises(NotFetched, match="larger than 64 KiB"):
                    here().get(f"http://localhost:{server.port}/", "*/*")


def test_a_packed_answer_is_not_unpacked() -> None:
    bomb = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"
    with listening(saying(bomb)) as server:
        assert here().get(f"http://localhost:{server.port}/", "*/*").body == b"\x1f\x8b\x08\x00"
        assert b"Accept-Encoding: identity" in server.heard[0]


def _dripping(first: bytes) -> Callable[[socket.socket], None]:
    def drip(caller: socket.socket) -> None:
        caller.sendall(first)
        for _ in range(400):
            caller.sendall(b"x")
            threading.Event().wait(0.05)

    return drip


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
def test_who_drips_is_left_after_the_time_for_everything(first: bytes) -> None:
    """Each byte comes in time; all together do not. Without the limit it would take 20 seconds."""
    with listening(_dripping(first)) as server, pytest.raises((Unavailable, NotFetched)):
        here(seconds=0.5).get(f"http://localhost:{server.port}/", "*/*")


def test_who_says_nothing_is_left() -> None:
    with listening(lambda caller: threading.Event().wait(3) and None) as server, pytest.raises(Unavailable):
        here(seconds=0.3).get(f"http://localhost:{server.port}/", "*/*")


def test_a_handshake_that_does_not_come_is_left(tls: Any) -> None:
    with listening(lambda caller: threading.Event().wait(3) and None) as server, pytest.raises(Unavailable):
        Network([[PUBLIC]], server.port).fetcher(tls[1], seconds=0.3).get("https://portal.example/", "*/*")


def test_a_resolver_that_hangs_is_left() -> None:
    stop = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        stop.wait(20)
        return [PUBLIC]

    with pytest.raises(Unavailable):
        SafeFetcher(False, hang, seconds=0.3).get("https://portal.example/", "*/*")
    stop.set()


def test_names_that_nobody_has_and_doors_that_are_shut_are_tried_again() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror("no such name")

    with pytest.raises(Unavailable, match="looked up"):
        SafeFetcher(False, unknown).get("https://portal.example/", "*/*")
    with pytest.raises(Unavailable):
        Network([[]]).fetcher().get("https://portal.example/", "*/*")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unavailable):
        here().get(f"http://localhost:{port}/", "*/*")


@pytest.mark.parametrize(
    "answer",
    [b"SSH-2.0-x\r\n", b"\x00\xff" * 100, b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", b"HTTP/1.1 " + b"9" * 70_000,
     b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_nonsense_is_no_answer(answer: bytes) -> None:
    with listening(saying(answer)) as server, pytest.raises((NotFetched, Unavailable)):
        here().get(f"http://localhost:{server.port}/", "*/*")
