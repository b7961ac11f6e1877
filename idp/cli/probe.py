"""`idp probe`: a sign-in as a member at a portal makes it, from discovery to signing out, for cron and monitoring."""

import base64
import hashlib
import json
import time
from typing import Any, Callable, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

import click
import pyotp
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from idp import vault
from idp.adapters.visitor import Seen, Visitor
from idp.cli.common import hasher, opened
from idp.deps import Deps
from idp.ports import Unavailable
from idp.services import probing
from idp.services.probing import Nobody

LEARN = 2.0  # seconds in which every worker learns of a new client
SKEW = 10
T = TypeVar("T")


class Wrong(Exception):
    """An answer that is not as it must be."""


@click.command()
@click.option("--ca", type=click.Path(exists=True, dir_okay=False), help="A file of certificates to believe, if yours is signed in the house.")
@click.pass_context
def probe(ctx: click.Context, ca: str | None) -> None:
    """Sign a member in who is nobody, through the public address, as a portal would, and say how long each step took.

    \b
    Discovery, keys, the page, password (and code, where the policy wants one), tokens and their
    checks, UserInfo, signing out. One line of JSON; exit code 0: all well, 1: it says which step failed.
    The member is made for this and taken away again, with everything but its rows of the audit record
    (client idp-probe). No mail, no SMS. Once a minute is a good measure:
      * * * * *  idp probe || mail -s "nobody can sign in" desk@example.jp
    """
    with opened(ctx, migrate=False) as deps:
        run = Run(deps, ca)
        try:
            run.all()
        except (Wrong, Unavailable, JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
            run.failed = str(error) if isinstance(error, (Wrong, Unavailable)) else f"{type(error).__name__}: {error}"
    click.echo(json.dumps(run.story(), ensure_ascii=False))
    if run.failed:
        ctx.exit(1)


class Run:
    """One probe: its steps, how long each took, and where it stopped."""

    def __init__(self, deps: Deps, ca: str | None):
        issuer = deps.settings.issuer
        self._deps, self._issuer = deps, issuer
        self._back = issuer + probing.CALLBACK
        self._visitor = Visitor(issuer, issuer + "/probe/", ca)
        self._took: dict[str, float] = {}
        self._step = "prepare"
        self.failed = ""

    def story(self) -> dict[str, Any]:
        """What is printed."""
        said = {"ok": not self.failed, "issuer": self._issuer, "seconds": {name: round(took, 3) for name, took in self._took.items()}}
        total = {"total": round(sum(took for name, took in self._took.items() if name not in ("prepare", "clean_up")), 3)}
        return {**said, **total, **({"step": self._step, "reason": self.failed[:300]} if self.failed else {})}

    def _timed(self, step: str, do: Callable[[], T]) -> T:
        self._step, began = step, time.perf_counter()
        try:
            return do()
        finally:
            self._took[step] = time.perf_counter() - began

    def all(self) -> None:
        """Every step, and whatever comes of it the member is taken away."""
        nobody = self._timed("prepare", self._prepare)
        try:
            self._sign_in_and_out(nobody)
        finally:
            stopped_at = self._step
            self._timed("clean_up", lambda: probing.remove(self._deps, nobody))
            self._step = stopped_at

    def _prepare(self) -> Nobody:
        if probing.ensure_client(self._deps):
            time.sleep(LEARN)
        return probing.make_nobody(self._deps, hasher(self._deps))

    def _sign_in_and_out(self, nobody: Nobody) -> None:
        metadata = self._timed("discovery", lambda: _json(self._visitor.get("/.well-known/openid-configuration"), 200))
        if metadata["issuer"] != self._issuer:
            raise Wrong("another issuer")
        keys = self._timed("keys", lambda: KeySet.import_key_set(_json(self._visitor.get(metadata["jwks_uri"]), 200)))  # type: ignore[arg-type]
        verifier, state, nonce = vault.random_token(), vault.random_token(), vault.random_token()
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {"response_type": "code", "client_id": probing.CLIENT_ID, "redirect_uri": self._back, "scope": "openid", "state": state}
        asked |= {"nonce": nonce, "code_challenge": digest, "code_challenge_method": "S256"}
        address = f"{metadata['authorization_endpoint']}?{urlencode(asked)}"
        page = self._timed("page", lambda: self._visitor.get(address))
        code = self._answer(self._timed("sign_in", lambda: self._signed_in(page, nobody)), state)["code"]
        tokens = self._timed("tokens", lambda: self._tokens(metadata["token_endpoint"], code, verifier))
        self._check(tokens, keys, nonce, nobody)
        info = self._timed("userinfo", lambda: _json(self._visitor.get(metadata["userinfo_endpoint"], Authorization=f"Bearer {tokens['access_token']}"), 200))
        if info.get("sub") != nobody.subject:
            raise Wrong("another subject")
        self._timed("sign_out", lambda: self._signed_out(metadata["end_session_endpoint"], tokens["id_token"], state))
        silent = self._timed("signed_out", lambda: self._visitor.get(f"{address}&prompt=none"))
        if self._answer(silent, state, refused=True)["error"] != "login_required":
            raise Wrong("the session goes on after signing out")

    def _signed_in(self, page: Seen, nobody: Nobody) -> Seen:
        form = page.form()
        if not {"username", "current-password"} <= set(form.names):
            raise Wrong(f"no sign-in form, but {page.status} at {urlsplit(page.address).path}")
        names = form.names
        seen = self._visitor.submit(form, **{names["username"]: nobody.login_id, names["current-password"]: nobody.password})
        if nobody.secret and "one-time-code" in (form := seen.form()).names:
            code = pyotp.TOTP(nobody.secret).at(int(self._deps.clock()))
            seen = self._visitor.submit(form, **{form.names["one-time-code"]: code})
        return seen

    def _answer(self, seen: Seen, state: str, refused: bool = False) -> dict[str, str]:
        """The parameters that come back to the portal."""
        if not seen.leads_to.startswith(self._back + "?"):
            raise Wrong(f"no way back to the portal, but {seen.status} at {urlsplit(seen.address).path}")
        found = {name: values[0] for name, values in parse_qs(urlsplit(seen.leads_to).query).items()}
        if found.get("state") != state or found.get("iss") != self._issuer:
            raise Wrong("an answer to another request")
        if ("error" in found) != refused:
            raise Wrong(f"the answer is {found.get('error', 'a code')}")
        return found

    def _tokens(self, endpoint: str, code: str, verifier: str) -> dict[str, Any]:
        given = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": self._back}
        return _json(self._visitor.post(endpoint, given, probing.CLIENT_ID, probing.secret(self._deps)), 200)

    def _check(self, tokens: dict[str, Any], keys: Any, nonce: str, nobody: Nobody) -> None:
        """OpenID Connect Core 1.0 section 3.1.3.7, and at_hash of section 3.1.3.6."""
        claims, now = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims, self._deps.clock()
        half = base64.urlsafe_b64encode(hashlib.sha256(tokens["access_token"].encode()).digest()[:16]).rstrip(b"=").decode()
        wanted = {"iss": self._issuer, "aud": probing.CLIENT_ID, "sub": nobody.subject, "nonce": nonce, "at_hash": half}
        if wrong := [name for name, value in wanted.items() if claims.get(name) != value]:
            raise Wrong(f"the ID token's {', '.join(wrong)}")
        if not claims["iat"] - SKEW <= now < claims["exp"]:
            raise Wrong("the ID token is not of this time")

    def _signed_out(self, endpoint: str, id_token: str, state: str) -> None:
        back = self._issuer + probing.SIGNED_OUT
        asked = {"id_token_hint": id_token, "post_logout_redirect_uri": back, "state": state}
        seen = self._visitor.get(f"{endpoint}?{urlencode(asked)}")
        if seen.leads_to != f"{back}?{urlencode({'state': state})}":
            raise Wrong(f"no way back after signing out, but {seen.status} at {urlsplit(seen.address).path}")


def _json(seen: Seen, status: int) -> dict[str, Any]:
    if seen.status != status:
        raise Wrong(f"{urlsplit(seen.address).path} answers {seen.status}")
    found = json.loads(seen.text)
    if not isinstance(found, dict):
        raise Wrong(f"{urlsplit(seen.address).path} answers no object")
    return found
