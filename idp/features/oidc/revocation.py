"""Revocation: a client ends its own tokens (RFC 7009)."""

from idp.domain.client import Client
from idp.features.oidc import access_tokens, jose, protected, refresh_tokens
from idp.services import records
from idp.tables import grants, refresh_families
from idp.web.house import House
from idp.web.machine import NO_STORE, MachineRequest, Reply

DONE = Reply(200, b"", NO_STORE)  # to whatever was shown (section 2.2): nobody learns whose or how old it was


def answer(house: House, request: MachineRequest) -> Reply:
    """Answer one revocation request. `token_type_hint` is not needed: our tokens tell what they are (section 2.1)."""

    def end(client: Client, text: str) -> Reply:
        if token := refresh_tokens.read(house.deps.vault, text):
            _end_family(house, client, token)
        else:
            _end_access(house, client, text)
        return DONE

    return protected.about_a_token(house, request, end, public=True)


def _end_family(house: House, client: Client, token: refresh_tokens.Token) -> None:
    """The whole grant, also for a token that has been replaced: who ends one wants none of them (section 2.1)."""
    deps = house.deps
    with deps.database.write() as connection:
        family = refresh_families.by_series(connection, token.series_hash)
        if family is None or family.grant.client_id != client.id:
            return
        if refresh_tokens.end(connection, deps, token, family.grant, deps.now()):
            records.add(connection, deps, "grant_revoked", account_id=family.grant.subject, client_id=client.id)


def _end_access(house: House, client: Client, text: str) -> None:
    """This one token, by its `jti`."""
    deps = house.deps
    try:
        claims = access_tokens.read(house, text)
    except jose.BadToken:
        return
    if claims["client_id"] == client.id and claims["exp"] > deps.clock():
        with deps.database.write() as connection:
            grants.revoke(connection, claims["jti"], claims["exp"] + 1)
