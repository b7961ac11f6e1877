"""What a probe needs here: a client of its own, and a member for one sign-in, who leaves nothing behind."""

from dataclasses import dataclass, field

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account
from idp.services import client_registration, factors
from idp.services.passwords import Hasher
from idp.tables import clients, probes

CLIENT_ID = "idp-probe"
CALLBACK, SIGNED_OUT = "/probe/callback", "/probe/signed-out"  # nothing is served there: the probe is its own browser
LEFT_AFTER = 600  # seconds after which a member of a probe belongs to none that still runs


@dataclass(frozen=True)
class Nobody:
    """A member for one sign-in. `secret`: of the authenticator app, where the policy wants a second factor."""

    subject: str
    login_id: str
    password: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)


def secret(deps: Deps) -> str:
    """The probe's client secret: derived, and so never stored."""
    return deps.vault.keyed_hash("probe client", deps.settings.issuer)


def ensure_client(deps: Deps) -> bool:
    """Register the probe as a portal; true if it was not registered just so, and workers have yet to learn of it."""
    issuer = deps.settings.issuer
    wanted = {
        "client_id": CLIENT_ID,
        "client_secret": secret(deps),
        "client_name": "Probe",
        "redirect_uris": [issuer + CALLBACK],
        "post_logout_redirect_uris": [issuer + SIGNED_OUT],
        "scope": "openid",
        "id_token_signed_response_alg": "RS256",
    }
    with deps.database.read() as connection:
        known = next((row for row in clients.rows(connection) if row["id"] == CLIENT_ID), None)
    hashed = deps.vault.keyed_hash("client_secret", wanted["client_secret"])
    if known and known["secret_hash"] == hashed and known["metadata"].get("redirect_uris") == wanted["redirect_uris"]:
        return False
    client_registration.register(deps, wanted)
    return True


def make_nobody(deps: Deps, hasher: Hasher) -> Nobody:
    """A member whom no form finds and no letter reaches; those whom earlier probes left behind go. Raises `Unavailable`."""
    now, password = deps.now(), vault.random_token()
    login_id = probes.PREFIX + vault.random_id(probes.LENGTH - len(probes.PREFIX))
    account = Account(
        id=vault.random_id(), login_id=login_id, login_id_key=login_id, nickname="Probe", password_hash=hasher.hash(password),
        password_state="current", password_at=now, offered_at=now, created_at=now, updated_at=now,
    )  # fmt: skip
    app = factors.new_secret() if deps.policy.second_factor.mode == "required" else None
    with deps.database.write() as connection:
        for account_id in probes.left_over(connection, now - LEFT_AFTER):
            probes.remove(connection, account_id)
        probes.add(connection, account)
        if app:
            factors.set_app(connection, deps, account.id, app, 0)
    return Nobody(account.id, login_id, password, app)


def remove(deps: Deps, nobody: Nobody) -> None:
    """Take the member away. Raises `Unavailable`."""
    with deps.database.write() as connection:
        probes.remove(connection, nobody.subject)
