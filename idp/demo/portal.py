"""A sample portal, to read as an example: all that a relying party does and must check, over plain HTTP.

It knows nothing of the provider but its address, a client id and a secret (OpenID Connect Core 1.0 section 3.1).
"""

import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, redirect, render_template, request, session, url_for
from joserfc.errors import JoseError
from requests import RequestException

from idp.demo import outbox
from idp.demo.pages import TEXTS, dress, language

SCOPE = "openid profile email phone address contract"
CLOCK_SKEW = 10  # seconds by which the provider's clock may differ from ours
# what the links on the home page ask of the provider (OpenID Connect Core 1.0 section 3.1.2.1)
ASKS: dict[str, dict[str, Any]] = {
    "again": {"prompt": "login"},
    "fresh": {"max_age": 0},
    "code": {"acr_values": "urn:x-idp:acr:2", "max_age": 300, "operation": "mail_password"},
    "silent": {"prompt": "none"},
    "english": {"ui_locales": "en"},
}


def create_portal(issuer: str, client_id: str, client_secret: str, secret_key: bytes, mail_dir: Path, sms_dir: Path) -> Flask:
    """The portal as a WSGI application, to be mounted at /demo of the issuer's own address.

    `secret_key` signs the portal's cookie; the folders are those that `mail.url` and `sms.url` name.
    """
    portal = Flask(__name__)
    portal.config.update(
        SECRET_KEY=secret_key,
        SESSION_COOKIE_NAME="demo-portal",
        SESSION_COOKIE_PATH="/demo",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=issuer.startswith("https://"),
    )
    provider = OAuth(portal).register(
        "idp",
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": SCOPE, "code_challenge_method": "S256", "default_timeout": 10},
    )

    def metadata() -> dict[str, Any]:
        """The discovered metadata, read once; it must name the issuer that we trust (Discovery 1.0 section 4.3)."""
        found = provider.load_server_metadata()
        if found.get("issuer") != issuer:
            found.pop("_loaded_at", None)  # read it again next time
            raise OAuthError("issuer_mismatch")
        return found

    @portal.before_request
    def own_address() -> Any:
        # our cookie would not come back to 127.0.0.1 from a sign-in that returns to localhost
        return None if request.host == urlsplit(issuer).netloc else redirect(f"{issuer}/demo/")

    @portal.get("/")
    def home() -> str:
        return render_template("home.html", member=session.get("member"), client_id=client_id)

    @portal.get("/sign-in")
    def sign_in() -> Any:
        metadata()
        ask = request.args.get("ask", "")
        # Authlib makes state, nonce and the PKCE verifier
        begun = provider.create_authorization_url(f"{issuer}/demo/callback", **{"ui_locales": language(), **ASKS.get(ask, {})})
        url = begun.pop("url")
        older = sorted((key for key in session if key.startswith("_state_")), key=lambda key: session[key]["exp"])
        for key in older[:-2]:
            del session[key]  # a cookie holds 4 KiB: room for three attempts at a time
        provider.save_authorize_data(redirect_uri=f"{issuer}/demo/callback", ask=ask, sent_at=int(time.time()), **begun)
        return redirect(url)

    @portal.get("/callback")
    def callback() -> Any:
        state = request.args.get("state", "")
        begun = provider.framework.get_state_data(session, state)
        if begun is None:
            raise OAuthError("mismatching_state")  # not begun in this browser, or used already
        # which provider answers? (RFC 9207 section 2.4)
        required = metadata().get("authorization_response_iss_parameter_supported")
        if request.args.get("iss", None if required else issuer) != issuer:
            raise OAuthError("issuer_mismatch")
        if "error" in request.args:
            provider.framework.clear_state_data(session, state)
        # fetches the token, then checks its signature by JWKS, exp, iat, nonce and at_hash, and what is named here
        must_be = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}}
        token = provider.authorize_access_token(claims_options=must_be, leeway=CLOCK_SKEW)
        claims = token.get("userinfo")
        if not claims:
            raise OAuthError("missing_id_token")
        if begun["ask"] in ("again", "fresh") and claims.get("auth_time", 0) < begun["sent_at"] - CLOCK_SKEW:
            raise OAuthError("not_asked_again")  # Core section 3.1.3.7, item 13
        info = provider.userinfo(token=token)
        if info.get("sub") != claims["sub"]:
            raise OAuthError("other_subject")  # Core section 5.3.2
        session["member"] = {"claims": claims, "info": info, "id_token": token["id_token"]}
        return redirect(url_for("home"))

    @portal.post("/sign-out")
    def sign_out() -> Any:
        member = session.pop("member", {})
        leave = metadata().get("end_session_endpoint")
        if not leave or not member:
            return redirect(url_for("home"))
        # the session at the provider ends too, and the member comes back (OpenID Connect RP-Initiated Logout 1.0)
        asked = {"client_id": client_id, "post_logout_redirect_uri": f"{issuer}/demo/", "ui_locales": language()}
        return redirect(f"{leave}?{urlencode({**asked, 'id_token_hint': member.get('id_token', '')})}")

    @portal.get("/outbox")
    def sent() -> str:
        return render_template("outbox.html", letters=outbox.newest(mail_dir, sms_dir))

    def problem(key: str, status: int, error: Any) -> tuple[str, int]:
        code, description = str(getattr(error, "error", "") or ""), str(getattr(error, "description", "") or "")
        return render_template("problem.html", key=key, code=code[:100], description=description[:300]), status

    @portal.errorhandler(OAuthError)
    def refused(error: OAuthError) -> tuple[str, int]:
        key = f"error.{error.error}"
        return problem(key if key in TEXTS["ja"] else "error.other", 400, error)

    @portal.errorhandler(JoseError)
    @portal.errorhandler(ValueError)
    def not_genuine(error: Exception) -> tuple[str, int]:
        return problem("error.bad_token", 400, error)

    @portal.errorhandler(RequestException)
    def unreachable(error: RequestException) -> tuple[str, int]:
        return problem("error.unreachable", 502, error)

    dress(portal, issuer)
    return portal
