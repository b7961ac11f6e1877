"""The doctor: why each request was refused, exactly, for the client's people and for nobody else."""

import base64
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Callable

import pytest
from werkzeug.test import Client as Browser

from idp import app
from idp.deps import Deps
from idp.features.console_clients import flow
from idp.features.oidc import codes
from idp.ports import Unavailable
from idp.services import client_registration, doctor
from idp.services.client_register import ClientRegister
from idp.services.doctor import Finding
from idp.tables import clients
from tests.console.conftest import Built
from tests.oidc import signing
from tests.running import new_name

CB = "https://portal.example.jp/cb/"
SECRET = "s" * 43
GOOD = {"response_type": "code", "scope": "openid", "redirect_uri": CB, "code_challenge": "c" * 43, "code_challenge_method": "S256"}


class Party:
    """A portal of its own for each test, at all of the provider's addresses without a server."""

    def __init__(self, built: Built, **metadata: Any):
        self.deps, self.id = built.deps, new_name()
        wish = {"client_id": self.id, "client_secret": SECRET, "redirect_uris": [CB, "https://portal.example.jp/other"], **metadata}
        if wish.get("token_endpoint_auth_method") in ("private_key_jwt", "none"):
            del wish["client_secret"]
        client_registration.register(self.deps, wish)
        self.browser = Browser(app.create_wsgi(app.build(self.deps)))
        self.provider = SimpleNamespace(issuer=self.deps.settings.issuer)
        self.member = built.idp.account(new_name())

    def authorize(self, **changes: str | None) -> Any:
        query = {"client_id": self.id, **{name: value for name, value in {**GOOD, **changes}.items() if value is not None}}
        return self.browser.get("/authorize", query_string=query, base_url=self.deps.settings.issuer)

    def token(self, secret: str | None = SECRET, headers: dict[str, str] | None = None, **form: str) -> Any:
        if secret is not None:
            headers = {"Authorization": "Basic " + base64.b64encode(f"{self.id}:{secret}".encode()).decode(), **(headers or {})}
        form = {"grant_type": "authorization_code", "redirect_uri": CB, **form}
        return self.browser.post("/token", data=form, headers=headers, base_url=self.deps.settings.issuer)

    def code(self, of: str = "", **changes: Any) -> str:
        client = ClientRegister(self.deps).find(self.id)
        assert client
        about: dict[str, Any] = {
            "redirect_uri": CB, "subject": self.member, "epoch": 0, "sid": "sid", "scope": ("openid",), "nonce": None, "code_challenge": None,
            "auth_time": self.deps.now(), "acr": None, "amr": ("pwd",), "userinfo_claims": (), "id_token_claims": (),
        }  # fmt: skip
        return codes.issue(self.deps, replace(client, id=of or self.id), **{**about, **changes})

    def found(self) -> list[Finding]:
        return doctor.findings(self.deps, self.id)

    def only(self) -> Finding:
        (one,) = self.found()
        return one


@pytest.fixture
def party(built: Built) -> Party:
    return Party(built)


AUTHORIZE: list[tuple[dict[str, str | None], str, dict[str, str]]] = [
    ({"redirect_uri": CB[:-1]}, "redirect", {"sent": CB[:-1], "registered": CB}),
    ({"redirect_uri": CB.replace("https", "http")}, "redirect", {"sent": CB.replace("https", "http"), "registered": CB}),
    ({"redirect_uri": CB + "?member=hanako&x=1"}, "redirect", {"sent": CB + "?member=...&x=...", "registered": CB}),
    ({"redirect_uri": "https://hanako:pw@portal.example.jp/cb/"}, "redirect", {"sent": CB, "registered": CB}),
    ({"redirect_uri": "あ" * 2_000}, "redirect", {"sent": ("\\u3042" * 50)[:300]}),
    ({"redirect_uri": None}, "redirect_none", {}),
    ({"state": "s" * 1_025}, "state", {}),
    ({"scope": "profile"}, "oauth", {"error": "invalid_scope", "words": "scope must hold openid"}),
    ({"scope": "openid nonsense"}, "scope", {"sent": "nonsense"}),
    ({"code_challenge": None, "code_challenge_method": None}, "pkce_none", {}),
    ({"code_challenge_method": "plain"}, "pkce_plain", {}),
    ({"response_type": "token"}, "oauth", {"error": "unsupported_response_type"}),
    ({"request_uri": "https://x.example/"}, "oauth", {"error": "request_uri_not_supported"}),
]


@pytest.mark.parametrize(("changes", "reason", "facts"), AUTHORIZE, ids=range(len(AUTHORIZE)))
def test_authorization_requests(party: Party, changes: dict[str, str | None], reason: str, facts: dict[str, str]) -> None:
    party.authorize(**changes)
    one = party.only()
    assert (one.where, one.reason) == ("authorize", reason)
    assert {name: one.facts[name] for name in facts} == facts


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


TOKEN: list[tuple[Callable[[Party], Any], str, str, dict[str, str]]] = [
    (lambda p: p.token(code="x"), "token", "code_unknown", {}),
    (lambda p: p.token(code=p.code(redirect_uri=CB + "x")), "token", "redirect_token", {"sent": CB, "registered": CB + "x"}),
    (lambda p: p.token(code=p.code(code_challenge="c" * 43), code_verifier="v" * 43), "token", "pkce_mismatch", {}),
    (lambda p: p.token(code=p.code(code_challenge="c" * 43)), "token", "pkce_missing", {}),
    (lambda p: p.token(code=p.code(), code_verifier="v" * 43), "token", "pkce_missing", {}),
    (lambda p: p.token(code=p.code(code_challenge="c" * 43), code_verifier="v"), "token", "pkce_malformed", {}),
    (lambda p: p.token(code=p.code("other")), "token", "code_another_client", {}),
    (lambda p: p.token(code=p.code(epoch=7)), "token", "ended", {}),
    (lambda p: p.token(grant_type="client_credentials"), "token", "oauth", {"error": "unauthorized_client"}),
    (lambda p: p.token(grant_type="password"), "token", "oauth", {"error": "unsupported_grant_type"}),
    (lambda p: p.token("wrong" * 9, code="x"), "auth", "secret", {}),
    (lambda p: p.token(None, client_id=p.id, client_secret=SECRET, code="x"), "auth", "method", {"sent": "client_secret_post"}),
    (lambda p: p.token(None, client_id=p.id, code="x"), "auth", "method", {"sent": "none", "registered": "client_secret_basic"}),
    (lambda p: p.token(client_secret=SECRET, code="x"), "auth", "two", {}),
    (lambda p: p.token(None, {"Authorization": "Basic %%%"}, client_id=p.id, code="x"), "auth", "basic", {}),
]


@pytest.mark.parametrize(("ask", "where", "reason", "facts"), TOKEN, ids=range(len(TOKEN)))
def test_token_requests(party: Party, ask: Callable[[Party], Any], where: str, reason: str, facts: dict[str, str]) -> None:
    if reason == "oauth" and facts["error"] == "unsupported_grant_type":
        assert ask(party).status_code == 400 and party.found() == [], "before anybody has said who they are"
        return
    assert ask(party).status_code in (400, 401)
    one = party.only()
    assert (one.where, one.reason) == (where, reason)
    assert {name: one.facts[name] for name in facts} == facts


def test_pushed_requests(party: Party) -> None:
    asked = {"response_type": "code", "scope": "openid", "redirect_uri": CB[:-1]}
    for more in ({}, {"redirect_uri": CB}):
        party.browser.post("/par", data={**asked, **more}, headers=basic(f"{party.id}:{SECRET}"), base_url=party.deps.settings.issuer)
    found = {one.reason: one for one in party.found()}
    assert {one.where for one in found.values()} == {"par"} and set(found) == {"redirect", "pkce_none"}
    assert found["redirect"].facts["registered"] == CB


def test_a_code_used_twice(party: Party) -> None:
    code = party.code()
    assert party.token(code=code).status_code == 200 and party.found() == []
    assert party.token(code=code).status_code == 400 and party.only().reason == "code_used_again"


def test_the_secret_before_is_told_from_a_wrong_one(party: Party) -> None:
    client_registration.rotate_secret(party.deps, party.id, 0)
    party.browser = Browser(app.create_wsgi(app.build(party.deps)))
    party.token(code="x")
    assert party.only().reason == "secret_old"


ASSERTIONS: list[tuple[dict[str, Any], dict[str, Any], str, dict[str, Any]]] = [
    ({"aud": "https://other.example"}, {}, "assertion_aud", {"sent": "https://other.example"}),
    ({"aud": ["a", "b"]}, {}, "assertion_aud", {"sent": '["a", "b"]'}),
    ({"iss": "somebody"}, {}, "assertion_iss", {"sent": "somebody"}),
    ({"exp": -95}, {}, "assertion_expired", {"seconds": 95}),
    ({"exp": 4_000}, {}, "assertion_exp", {"seconds": 4_000}),
    ({"iat": 75}, {}, "assertion_iat", {"seconds": 75}),
    ({"nbf": 33}, {}, "assertion_nbf", {"seconds": 33}),
    ({}, {"kid": "another"}, "assertion_key", {"sent": "alg=ES256 kid=another"}),
    ({"jti": None}, {}, "assertion", {"words": "jti"}),
]


@pytest.mark.parametrize(("claims", "header", "reason", "facts"), ASSERTIONS, ids=range(len(ASSERTIONS)))
def test_assertions(built: Built, claims: dict[str, Any], header: dict[str, Any], reason: str, facts: dict[str, Any]) -> None:
    party = Party(built, token_endpoint_auth_method="private_key_jwt", jwks=signing.jwks("portal-ES256"))
    now = int(built.deps.clock())
    said = {name: value + now if name in ("exp", "iat", "nbf") else value for name, value in claims.items()}
    text = signing.assertion(party, header, signing.KEYS["portal-ES256"], **said)
    party.token(None, client_assertion=text, client_assertion_type=signing.ASSERTION_TYPE, code="x")
    one = party.only()
    assert (one.where, one.reason) == ("auth", reason)
    for name, value in facts.items():
        assert abs(one.facts[name] - value) <= 3 if name == "seconds" else one.facts[name] == value  # type: ignore[operator]


def test_outside_every_wrong_proof_has_one_answer(party: Party, built: Built) -> None:
    """Trap T-15."""
    answers = [party.token("wrong" * 9, code="x"), party.token(None, client_id=party.id, code="x"), party.token(client_secret=SECRET, code="x")]
    nobody = party.browser.post("/token", data={"grant_type": "authorization_code"}, headers=basic(f"nobody:{SECRET}"), base_url=built.deps.settings.issuer)
    assert {(one.status_code, one.data) for one in [*answers, nobody]} == {(401, nobody.data)}


def test_what_is_right_costs_and_leaves_nothing(party: Party) -> None:
    party.authorize()
    assert party.token(code=party.code()).status_code == 200
    assert party.found() == [] and doctor.last(party.deps, party.id) is None
    with party.deps.database.read() as connection:
        row = clients.one(connection, party.id)
    assert row and abs(row["used_at"] - party.deps.now()) < 60


def test_nobody_fills_the_store(party: Party) -> None:
    for number in range(60):
        party.authorize(redirect_uri=f"https://x{number}.example/")
    assert len(party.found()) == doctor.KEEP
    assert doctor.last(party.deps, "nobody") is None
    party.authorize(client_id="nobody")
    assert doctor.last(party.deps, "nobody") is None, "of who is no client nothing is kept"


def test_the_same_again_pushes_nothing_out(party: Party) -> None:
    party.authorize(redirect_uri=CB[:-1])
    for _ in range(30):
        party.authorize(code_challenge=None, code_challenge_method=None)
    assert sorted(one.reason for one in party.found()) == ["pkce_none", "redirect"]


def test_no_code_secret_or_verifier_is_kept(party: Party) -> None:
    code = party.code(code_challenge="c" * 43)
    party.token("WRONGSECRET" * 4, code=code, code_verifier="VERIFIER" * 6)
    party.token(code=code, code_verifier="VERIFIER" * 6)
    party.authorize(redirect_uri=CB + "?token=TOKENOFAMEMBER", login_hint="hanako@example.jp")
    kept = str(party.found())
    assert party.found() and not [one for one in ("WRONGSECRET", "VERIFIER", code, "TOKENOFAMEMBER", "hanako") if one in kept]


def test_a_store_that_is_away_changes_no_answer(party: Party) -> None:
    class Away:
        def get(self, *_: Any) -> bytes:
            raise Unavailable("ephemeral")

    client = ClientRegister(party.deps).find(party.id)
    assert client
    deps: Deps = replace(party.deps, ephemeral=Away())  # type: ignore[arg-type]
    doctor.note(deps, client, "token", "secret")


@pytest.mark.parametrize(
    ("registered", "sent", "marked"),
    [
        ("https://a/cb/", "https://a/cb", [("/", " ")]),
        ("https://a/cb", "https://a/CB", [("cb", "CB")]),
        ("https://a/cb", "http://a/cb", [("s", " ")]),
        ("https://a/cb", "https://a/ cb", [(" ", "\u2423")]),
        ("same", "same", []),
    ],
    ids=range(5),
)
def test_two_texts_are_marked_where_they_differ_and_stay_aligned(registered: str, sent: str, marked: list) -> None:
    found = flow.pieces(registered, sent)
    assert [(one.registered, one.sent) for one in found if not one.same] == marked
    assert all(len(one.registered) == len(one.sent) for one in found)
