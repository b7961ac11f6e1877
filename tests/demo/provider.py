"""A tiny OpenID Connect provider over real HTTP that can be told to misbehave in one way, to try relying parties against."""

import base64
import hashlib
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Iterator
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jws, jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

SUBJECT = "m-7f3k2"
INFO: dict[str, Any] = {
    "sub": SUBJECT,
    "name": "山田 花子",
    "family_name": "山田",
    "given_name": "花子",
    "middle_name": "マリア",
    "nickname": "はなこ<b>",
    "preferred_username": "hanako01",
    "profile": "https://portal.example.jp/members/hanako",
    "picture": "https://portal.example.jp/members/hanako.png",
    "website": "https://hanako.example.jp/",
    "gender": "female",
    "birthdate": "1958-04-01",
    "zoneinfo": "Asia/Tokyo",
    "locale": "ja",
    "updated_at": 1_795_000_000,
    "email": "hanako@example.jp",
    "email_verified": True,
    "phone_number": "+819012345678",
    "phone_number_verified": True,
    "address": {"formatted": "〒520-3308\n滋賀県甲賀市甲南町野田1-2-3", "region": "滋賀県", "postal_code": "520-3308", "country": "JP"},
    "contractor_id": "1234567",
    "contract_type": "individual",
}

KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "first"})


@dataclass
class Provider:
    """Its settings: `twist` names the one thing that is wrong; `asked` holds what the last relying party asked."""

    issuer: str
    client_id: str
    client_secret: str
    twist: str = ""
    asked: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def id_token(self, nonce: str, access_token: str) -> str:
        """A signed ID token for the one member, or one with the wanted fault."""
        now = int(time.time())
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims: dict[str, Any] = {"iss": self.issuer, "sub": SUBJECT, "aud": self.client_id, "iat": now, "exp": now + 600, "nonce": nonce}
        claims |= {"auth_time": now, "acr": "urn:x-idp:acr:1", "amr": ["pwd"]}
        claims["at_hash"] = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
        faults = {
            "nonce": {"nonce": "another"},
            "iss": {"iss": "https://evil.example"},
            "aud": {"aud": "another", "azp": self.client_id},
            "exp": {"iat": now - 900, "exp": now - 300},
            "at_hash": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
            "old_auth_time": {"auth_time": now - 3_000},
        }
        claims |= faults.get(self.twist, {})
        header = {"alg": "RS256", "kid": "first"}
        if self.twist == "alg_none":
            return jws.serialize_compact({"alg": "none"}, json.dumps(claims), KEY, ["none"])
        return jwt.encode(header, claims, OTHER_KEY if self.twist == "signature" else KEY)


def application(provider: Provider) -> Flask:
    """Discovery, JWKS, an authorization endpoint that signs the one member in at once, token and userinfo."""
    app = Flask(__name__)

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Any:
        if provider.twist == "down":
            return Response("sorry", 503)
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo", "jwks_uri": "jwks"}
        names["end_session_endpoint"] = "end-session"
        return {
            "issuer": "https://evil.example" if provider.twist == "discovered_issuer" else provider.issuer,
            **{name: f"{provider.issuer}/{path}" for name, path in names.items()},
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": True,
        }

    @app.get("/end-session")
    def end_session() -> Any:
        provider.asked = request.args.to_dict()
        return redirect(provider.asked["post_logout_redirect_uri"])

    @app.get("/jwks")
    def jwks() -> Any:
        return {"keys": [KEY.as_dict(private=False)]}

    @app.get("/authorize")
    def authorize() -> Any:
        provider.asked = asked = request.args.to_dict()
        answer = {"state": asked["state"], "iss": provider.issuer}
        if provider.twist == "access_denied":
            answer |= {"error": "access_denied", "error_description": "stopped by <the member>"}
        else:
            code = hashlib.sha256(asked["state"].encode()).hexdigest()
            provider.codes[code] = asked
            answer["code"] = code
        if provider.twist == "iss_parameter":
            answer["iss"] = "https://evil.example"
        if provider.twist in ("no_iss_parameter", "no_state"):
            del answer["iss" if provider.twist == "no_iss_parameter" else "state"]
        return redirect(f"{asked['redirect_uri']}?{urlencode(answer)}")

    @app.post("/token")
    def token() -> Any:
        if provider.twist == "token_down":
            return Response("sorry", 503)
        asked = provider.codes.pop(request.form["code"], None)
        verifier = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        good = asked is not None and base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() == asked["code_challenge"]
        client = request.authorization
        if not good or client is None or (client.username, client.password) != (provider.client_id, provider.client_secret):
            return jsonify(error="invalid_grant"), 400
        answer = {"access_token": "at-1", "token_type": "Bearer", "expires_in": 600}
        if provider.twist != "no_id_token":
            answer["id_token"] = "garbage" if provider.twist == "garbage" else provider.id_token(asked["nonce"], "at-1")
        return answer

    @app.get("/userinfo")
    def userinfo() -> Any:
        if request.headers.get("Authorization") != "Bearer at-1":
            return Response(status=401)
        return INFO | ({"sub": "another"} if provider.twist == "other_subject" else {})

    return app


@contextmanager
def serving(app: Any, port: int = 0) -> Iterator[int]:
    """Serve a WSGI application on loopback in a thread; yields the port. `app` may be a function of the port."""
    server = make_server("127.0.0.1", port, lambda *_: [], threaded=True)
    server.app = app(server.port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
