"""What to compare with: a bare WSGI answer and a Flask answer under the settings of `idp serve`, and raw cryptography."""

import hmac
import sys
import time
from functools import cache
from typing import Any, Callable, Iterable

from argon2.low_level import Type, hash_secret, verify_secret
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from flask import Flask, Response, render_template
from jinja2 import DictLoader

from idp.cli.serve import _gunicorn_options
from idp.config import Server, Settings
from idp.domain.policy import Argon2Cost

JSON = "application/json"
# a row of this page is 100 bytes long, its text escaped like any
_PAGE = """<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8"><title>{{ rows|length }}</title></head><body>
<h1>{{ rows[0].name }}</h1><ul>
{% for row in rows %}<li class="row"><strong>{{ row.name }}</strong> <a href="/{{ row.path }}">{{ row.text }}</a></li>
{% endfor %}</ul></body></html>"""
_ROWS = [{"name": f"{n:08d}", "path": f"p{n:07d}", "text": "x" * 32} for n in range(1_000)]
_SECRET = b"x" * 44  # as long as a peppered password


def verifications(cost: Argon2Cost, count: int) -> tuple[float, float]:
    """(CPU seconds, seconds) of so many Argon2id verifications."""
    encoded = hash_secret(_SECRET, b"s" * 16, cost.time_cost, cost.memory_kib, cost.parallelism, 32, Type.ID)
    return _timed(count, lambda: verify_secret(encoded, _SECRET, Type.ID))


def signatures(count: int) -> tuple[float, float]:
    """(CPU seconds, seconds) of so many RS256 signatures over a text as long as an ID token's."""
    key, text = _key(), b"x" * 600
    return _timed(count, lambda: key.sign(text, padding.PKCS1v15(), hashes.SHA256()))


def refreshes(count: int) -> tuple[float, float]:
    """(CPU seconds, seconds) of what so many refreshes cannot do without: the keyed hashes of a client's secret and of a
    token's mark, an RS256 signature for the ID token and an ES256 signature for the access token."""
    rsa_key, ec_key, text = _key(), _ec_key(), b"x" * 600

    def once() -> None:
        _keyed_hash(), _keyed_hash()
        rsa_key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        ec_key.sign(text, _ES256)

    return _timed(count, once)


def bound_exchanges(count: int) -> tuple[float, float]:
    """The same of exchanges bound to a key: the keyed hash of a client's secret, a check of the proof's ES256 signature, and
    the signatures of both tokens."""
    rsa_key, ec_key, text = _key(), _ec_key(), b"x" * 600
    signature, public = ec_key.sign(text, _ES256), ec_key.public_key()

    def once() -> None:
        _keyed_hash()
        public.verify(signature, text, _ES256)
        rsa_key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        ec_key.sign(text, _ES256)

    return _timed(count, once)


def client_tokens(count: int) -> tuple[float, float]:
    """The same of tokens for a client itself: the keyed hash of its secret, an ES256 signature."""
    key, text = _ec_key(), b"x" * 600
    return _timed(count, lambda: (_keyed_hash(), key.sign(text, _ES256)))


def introspections(count: int) -> tuple[float, float]:
    """The same of introspections: the keyed hash of a client's secret, a check of an ES256 signature."""
    key, text = _ec_key(), b"x" * 600
    signature, public = key.sign(text, _ES256), key.public_key()
    return _timed(count, lambda: (_keyed_hash(), public.verify(signature, text, _ES256)))


def _keyed_hash() -> bytes:
    return hmac.digest(_SECRET, _SECRET, "sha256")


_ES256 = ec.ECDSA(hashes.SHA256())


@cache
def _ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


_keys: list[rsa.RSAPrivateKey] = []


def _key() -> rsa.RSAPrivateKey:
    if not _keys:
        _keys.append(rsa.generate_private_key(65_537, 2_048))
    return _keys[0]


def _timed(count: int, call: Callable[[], Any]) -> tuple[float, float]:
    call()  # the first one finds cold caches and makes what is made once
    cpu, began = time.process_time(), time.perf_counter()
    for _ in range(count):
        call()
    return time.process_time() - cpu, time.perf_counter() - began


class Application:
    """`/bare/N` and `/flask/N` answer with N bytes of JSON type, `/template/N` with a page of about as many."""

    def __init__(self) -> None:
        self._bodies: dict[int, bytes] = _Bodies()
        self._app = app = Flask("reference")
        app.jinja_loader = DictLoader({"page.html": _PAGE})

        @app.get("/flask/<int:size>")
        def answer(size: int) -> Response:
            return Response(self._bodies[size], content_type=JSON)

        @app.get("/template/<int:size>")
        def page(size: int) -> str:
            return render_template("page.html", rows=_ROWS[: max(1, (size - 180) // 100)])

    def is_page(self, path: str) -> bool:
        """Asked by our workers: pages wait for a place."""
        return path.startswith("/template/")

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith("/bare/"):
            return self._app(environ, start_response)
        body = self._bodies[int(path[6:])]
        start_response("200 OK", [("Content-Type", JSON), ("Content-Length", str(len(body)))])
        return [body]


class _Bodies(dict[int, bytes]):
    def __missing__(self, size: int) -> bytes:
        body = self[size] = b"x" * size
        return body


def serve(port: int) -> None:
    """Serve the reference until SIGTERM."""
    from gunicorn.app.base import BaseApplication

    settings = Settings(issuer=f"http://localhost:{port}", server=Server(bind=f"127.0.0.1:{port}", workers=1))

    class Reference(BaseApplication):
        def load_config(self) -> None:
            for key, value in _gunicorn_options(settings).items():
                self.cfg.set(key, value)

        def load(self) -> Any:
            return Application()

    Reference().run()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
