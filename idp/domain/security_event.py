"""Security events as portals are told of them: their names in the house, their published types, and the token's claims."""

from typing import Any, Literal, Mapping

RISC = "https://schemas.openid.net/secevent/risc/event-type/"
CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
Event = Literal["disabled", "enabled", "purged", "identifier_changed", "credential_changed", "sessions_revoked"]
# OpenID RISC Profile 1.0 section 2, OpenID CAEP 1.0 section 3
TYPES: Mapping[str, str] = {
    "disabled": RISC + "account-disabled",
    "enabled": RISC + "account-enabled",
    "purged": RISC + "account-purged",
    "identifier_changed": RISC + "identifier-changed",
    "credential_changed": CAEP + "credential-change",
    "sessions_revoked": CAEP + "session-revoked",
}
By = Literal["user", "admin", "system"]
MEDIA_TYPE = "application/secevent+jwt"  # RFC 8417 section 2.3
TYP = "secevent+jwt"


class NotBelieved(Exception):
    """A token that was pushed to us and is not taken: `err` of RFC 8935 section 2.4, and a sentence for whoever sends it."""

    def __init__(self, err: str, description: str):
        super().__init__(description)
        self.err, self.description = err, description


def claims(issuer: str, client_id: str, subject: str, jti: str, event: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of a security event token (RFC 8417 section 2.2) about one of our subjects (RFC 9493 section 3.2.2).

    `facts`: `at` in Unix seconds, `by` whom (`By`), and of a changed credential `credential_type` and `change_type` (CAEP
    section 3.3). A portal knows the member by the subject only, also where an identifier has changed: the new one is not
    said. Raises KeyError for an event of another name.
    """
    about: dict[str, Any] = {name: facts[name] for name in ("credential_type", "change_type") if name in facts}
    if TYPES[event].startswith(CAEP):
        about |= {"event_timestamp": facts["at"], "initiating_entity": facts["by"]}
    return {
        "iss": issuer,
        "aud": client_id,
        "iat": facts["at"],
        "jti": jti,
        "sub_id": {"format": "iss_sub", "iss": issuer, "sub": subject},
        "events": {TYPES[event]: about},
    }
