"""What the Ephemeral plugs say and do when Redis is gone, hangs, is full, fails over, or shows a false certificate."""

import os
import signal
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Callable

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from idp.adapters.ephemeral_redis import RedisEphemeral
from idp.ports import Ephemeral, Unavailable
from tests import services
from tests.services import race, takes_less, wait_until



def _refuses(store: Ephemeral, seconds: float = 2.5) -> None:
    """Every method says `Unavailable` in time."""
    calls: list[Callable[[], Any]] = [
        lambda: store.put("k", b"v", 60),
        lambda: store.add("k", b"v", 60),
        lambda: store.get("k"),
        lambda: store.take("k"),
        lambda: store.spend("k", 60),
        lambda: store.drop("k"),
        lambda: store.hit("k", 60),
        store.ping,
    ]

    def call(number: int) -> None:
        with pytest.raises(Unavailable, match="ephemeral store"):
            calls[number]()

    def all_at_once() -> None:  # as a hanging server costs each its second
        numbers = iter(range(len(calls)))
        race(len(calls), lambda: call(next(numbers)))

    assert takes_less(seconds, all_at_once)


def test_redis_gone_and_back() -> None:
    with services.private_folder() as folder:
        with services.redis_server(folder) as url:
            store = RedisEphemeral(url)
            race(8, lambda: store.put("k", b"v", 60))  # several connections that will be dead
        _refuses(store, 1.5)
        with services.redis_server(folder):
            assert race(8, lambda: store.get("k")) == [None] * 8  # the very first call of each thread works
            assert store.spend("k", 60) is None and store.hit("k", 60) == 1  # scripts are loaded anew


def test_redis_hanging_and_back() -> None:
    with services.private_folder() as folder, services.redis_server(folder) as url:
        store = RedisEphemeral(url)
        store.put("k", b"v", 60)
        with redis.Redis.from_url(url) as client:
            pid = client.info()["process_id"]
        os.kill(pid, signal.SIGSTOP)
        try:
            _refuses(store)
        finally:
            os.kill(pid, signal.SIGCONT)
        wait_until(lambda: store.get("k") is None or True)
        store.put("k", b"v", 60)
        assert store.get("k") == b"v"


def test_redis_full_or_read_only_is_unavailable(redis_url: str) -> None:
    store = RedisEphemeral(redis_url)
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", 1)
        try:
            with pytest.raises(Unavailable):
                store.ping()
        finally:
            client.config_set("maxmemory", 0)
    store.ping()


def test_sentinel_failover_comes_back_by_itself() -> None:
    with services.private_folder() as folder, services.redis_sentinel(folder) as url:
        store = RedisEphemeral(url)
        store.put("k", b"v", 60)
        with redis.Redis.from_url(f"unix://{folder}/master/redis.sock") as client:
            pid = client.info()["process_id"]
            assert client.wait(1, 1000) == 1  # the replica has it
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(Unavailable):
            store.get("k")

        def back() -> bool:
            store.ping()  # writes, so it is the new master
            return True

        wait_until(back)
        assert store.get("k") == b"v"


def test_no_sentinel_answers() -> None:
    ports = ",".join(f"127.0.0.1:{services.free_port()}" for _ in range(2))
    _refuses(RedisEphemeral(f"redis+sentinel://{ports}/members"))


@pytest.mark.parametrize("url", ["redis+sentinel://host:26379", "redis+sentinel:///members", "redis+sentinel://host:x/members"])
def test_an_unreadable_address_is_a_value_error(url: str) -> None:
    with pytest.raises(ValueError):
        RedisEphemeral(url)


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
    certificate = builder.add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))


def test_redis_over_tls_checks_the_certificate() -> None:
    with services.private_folder() as folder:
        _certificate(folder)
        port = services.free_port()
        tls = ["--tls-port", str(port), "--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem"]
        tls += ["--tls-ca-cert-file", "cert.pem", "--tls-auth-clients", "no", "--bind", "127.0.0.1"]
        with services.redis_server(folder, *tls):
            store = RedisEphemeral(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={folder}/cert.pem")
            store.put("k", b"v", 60)
            assert store.get("k") == b"v"
            with pytest.raises(Unavailable):
                RedisEphemeral(f"rediss://127.0.0.1:{port}/0").ping()
