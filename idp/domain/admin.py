"""The admin API's name as a resource, and what its clients may do there, scope by scope."""

from typing import Any, Mapping

PATH = "/admin/v1"
PREFIX = "admin:"
# scope → what it lets its holder do, in the words of the document
SCOPES: Mapping[str, str] = {
    "admin:members:read": "find members by an exact identifier and read them, masked",
    "admin:members:reveal": "read a member unmasked, with a reason, on record",
    "admin:members:write": "suspend, resume, unlock and sign out members, send login IDs and links for a new password",
    "admin:register:write": "import the operator's contracts",
    "admin:clients": "register, change and remove clients that have no access to this API themselves, and are not believed about members' mailboxes and contracts",
    "admin:sessions": "list and end the sessions of members",
    "admin:audit": "read and export the audit record",
    "admin:keys": "list the signing keys",
}


def resource(issuer: str) -> str:
    """What tokens for the API are asked for by (RFC 8707 section 2)."""
    return issuer + PATH


def reaches(metadata: Mapping[str, Any], issuer: str) -> bool:
    """Whether a client of this metadata (RFC 7591) has or judges access to the API, or is believed about members, whose letters it
    could have sent elsewhere: such ones only people make and change, so that no client gives itself or another one more than it has
    (requirement AD-04)."""
    named = (*metadata.get("resources", ()), *metadata.get("audiences", ()))
    return bool(metadata.get("may_send_events")) or resource(issuer) in named or any(name.startswith(PREFIX) for name in str(metadata.get("scope", "")).split())
