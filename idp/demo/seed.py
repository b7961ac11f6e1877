"""The sample data of the trial: put in at the first start, left alone afterwards."""

from dataclasses import dataclass, replace
from typing import Any

from idp.demo.pages import HERE, MEMBERS, TEXTS
from idp.demo.portal import SCOPE
from idp.deps import Deps
from idp.domain.identifiers import fold_login_id
from idp.services import accounts as service
from idp.services import contractor_import
from idp.services.contractor_csv import ContractFile
from idp.services.passwords import Hasher
from idp.tables import accounts, contractors


@dataclass(frozen=True)
class SampleMember:
    """A member to sign in as. The password is public."""

    login_id: str
    password: str
    email: str


def seed(deps: Deps, hasher: Hasher) -> SampleMember:
    """Import contracts.csv into an empty register, add the members of members.toml that are not there yet; returns the first.

    What somebody changed in the meantime stays. Raises ValueError unless the issuer is this machine's own address:
    elsewhere anybody could sign in with these passwords.
    """
    if not deps.settings.loopback:
        raise ValueError("the sample passwords are public; the trial runs on localhost only")
    _import_contracts(deps)
    for row in MEMBERS:
        with deps.database.read() as connection:
            there = accounts.by_login_id(connection, fold_login_id(row["login_id"]) or "")
        if not there:
            _add(deps, hasher, row)
    first = MEMBERS[0]
    return SampleMember(first["login_id"], first["password"], first["email"])


def _import_contracts(deps: Deps) -> None:
    with deps.database.read() as connection:
        if deps.settings.contractors.url != "register:" or contractors.live_count(connection):
            return  # an import ends what its file does not name: never touch what somebody else put in
    with (HERE / "contracts.csv").open("rb") as file:
        try:
            contractor_import.run(deps.database, deps.vault, deps.clock, ContractFile(file))
        except contractor_import.Refused:
            pass  # another process is importing them


def _add(deps: Deps, hasher: Hasher, row: dict[str, Any]) -> None:
    wish = service.NewAccount(
        login_id=row["login_id"],
        nickname=row["nickname"],
        password=row["password"],
        letter=row.get("letter", False),
        email=row["email"],
        phone=row.get("mobile"),
        verified=True,
        usual=row.get("second_factor"),
        email_login=row.get("email_login", False),
        role=row.get("role", "member"),
        contractor_id=row.get("contractor_id"),
        contract_type=row.get("contract_type"),
        profile=row.get("profile", {}),
        imported=True,  # a policy with other rules for new login IDs does not stop the trial
    )
    account = replace(service.new_account(deps, hasher, wish), status=row.get("status", "active"))
    try:
        with deps.database.write() as connection:
            service.store(connection, deps, account, "demo", "demo")
    except accounts.Taken:
        pass  # another process was first, or a member has taken the address for sign-in


def portal_registration(issuer: str, client_id: str, secret: str) -> dict[str, Any]:
    """The sample portal's client metadata (RFC 7591 section 2)."""
    return {
        "client_id": client_id,
        "client_secret": secret,
        "client_name": TEXTS["ja"]["brand"],
        "client_uri": f"{issuer}/demo/",
        "redirect_uris": [f"{issuer}/demo/callback"],
        "post_logout_redirect_uris": [f"{issuer}/demo/"],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "application_type": "web",
        "scope": SCOPE,
        "operations": {"mail_password": True},
        "first_party": True,
    }


def banner(issuer: str, sample: SampleMember) -> str:
    """What the terminal shows at the start: addresses and a sample member, in English and Japanese."""
    facts = {"issuer": issuer, "login_id": sample.login_id, "password": sample.password}
    lines = [TEXTS[locale][f"banner.{part}"] for part in ("open", "member", "outbox", "console") for locale in ("en", "ja")]
    return "\n".join(line.format(**facts) for line in lines)
