"""What a member's sign-in gave one client: what every token made from it says, now or weeks later."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Grant:
    """One grant; `epoch` is the account's at the sign-in, `auth_time` in Unix seconds, `resource` the audience that the
    client asked for, if any; `jkt` the thumbprint of the key (RFC 7638) that whoever goes on with it must hold (RFC 9449);
    `device`: what it was given to (`domain.device`), if not to a browser."""

    grant_id: str
    client_id: str
    subject: str
    epoch: int
    sid: str
    scope: tuple[str, ...]
    auth_time: int
    acr: str | None
    amr: tuple[str, ...]
    userinfo_claims: tuple[str, ...]
    id_token_claims: tuple[str, ...]
    resource: str | None = None
    jkt: str | None = None
    device: str | None = None
