"""What portals learn of a member: claims by scope and by single request (OIDC Core sections 5.1, 5.4, 5.5)."""

from typing import Any, Iterable

from idp.domain.account import Account

PROFILE = (
    "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
    "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
)  # fmt: skip
BY_SCOPE = {
    "profile": PROFILE,
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "address": ("address",),
    "contract": ("contractor_id", "contract_type"),
}
CLAIMS = frozenset(claim for claims in BY_SCOPE.values() for claim in claims)
FROM_DESTINATIONS = frozenset((*BY_SCOPE["email"], *BY_SCOPE["phone"]))
# claims of ours that no stored profile value may replace
OWN = ("nickname", "preferred_username", "locale", "updated_at")


def wanted(scope: Iterable[str], single: Iterable[str] = ()) -> frozenset[str]:
    """Claim names that these scopes and single requests cover."""
    return frozenset(claim for name in scope for claim in BY_SCOPE.get(name, ())) | (frozenset(single) & CLAIMS)


def covering(single: Iterable[str]) -> frozenset[str]:
    """Scopes that cover these single claims: what the consent page asks about in their place."""
    asked = frozenset(single)
    return frozenset(scope for scope, claims in BY_SCOPE.items() if not asked.isdisjoint(claims))


def claims_of(account: Account, names: frozenset[str]) -> dict[str, Any]:
    """Values of the wanted claims; a claim without a value is left out, never empty. `sub` is not among them.

    `account.destinations` must be loaded if e-mail or phone claims are wanted.
    """
    found: dict[str, Any] = {name: value for name, value in account.profile.items() if name in CLAIMS}
    found |= {
        "nickname": account.nickname,
        "preferred_username": account.login_id,
        "locale": account.locale,
        "updated_at": account.updated_at,
        "contractor_id": account.contractor_id,
        "contract_type": account.contract_type,
    }
    for kind, claim in (("email", "email"), ("sms", "phone_number")):
        known = sorted((d for d in account.destinations if d.kind == kind), key=lambda d: (not d.usual, not d.verified_at))
        found.pop(claim, None)
        found.pop(claim + "_verified", None)
        if known:
            found |= {claim: known[0].address, claim + "_verified": known[0].verified_at is not None}
    return {name: value for name, value in found.items() if name in names and value not in (None, "", {})}
