"""Limits per network address and for the whole service; a limit slows down, it never locks an account."""

import ipaddress
from functools import lru_cache

from idp.deps import Deps

MINUTE = 60
SHORTEST_PAGE = 2 * MINUTE


@lru_cache(maxsize=1_024)
def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 address (requirement LG-06)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed.ipv4_mapped or parsed) if parsed.version == 6 else str(parsed)


def page_allowed(deps: Deps, address: str) -> bool:
    """Count one new journey of this address, so that anonymous visitors cannot fill the store (SE-07)."""
    count = deps.ephemeral.hit("pages:" + network_of(address), MINUTE)
    return count <= deps.policy.rates.pages_per_address_per_minute


def page_life(deps: Deps) -> int:
    """Seconds for which the page of somebody who has proven nothing is kept; each is counted. However many come, those kept at once
    are at most twice as many as if in each minute as many came as the policy says, and those of the last two minutes (SE-07). What a
    page is for stands in its form, too, so that whoever comes back later goes on."""
    page, most = deps.policy.sessions.page, deps.policy.rates.pages_per_minute_before_friction
    count = max(most, deps.ephemeral.hit("pages", MINUTE))
    # by the square: the sum over however many stays below that of the first
    return max(min(SHORTEST_PAGE, page), page * most**2 // count**2)


def sign_in_allowed(deps: Deps, address: str) -> bool:
    """Count one password try of this address. While very many sign-ins fail all over the service (a list of
    stolen passwords being tried), each address gets fewer tries (requirement LG-15)."""
    rates = deps.policy.rates
    count = deps.ephemeral.hit("sign-ins:" + network_of(address), MINUTE)
    if count > rates.sign_ins_per_address_per_minute:
        return False
    return count <= rates.sign_ins_per_address_under_friction or not under_friction(deps)


def first_refusal(deps: Deps, address: str) -> bool:
    """Whether to put on record that this address is being slowed down: once a minute, or a flood fills the record."""
    return deps.ephemeral.add("slowed:" + network_of(address), b"1", MINUTE)


def device_code_allowed(deps: Deps, address: str) -> bool:
    """Count one code of a television that this address types. While very many are wrong all over the service, each address
    gets fewer tries (RFC 8628 section 5.1)."""
    rates = deps.policy.rates
    count = deps.ephemeral.hit("device-codes:" + network_of(address), MINUTE)
    if count > rates.device_codes_per_address_per_minute:
        return False
    return count <= rates.device_codes_per_address_under_friction or deps.ephemeral.get("device-friction") is None


def device_code_failed(deps: Deps) -> bool:
    """Count one wrong code of the whole service; true for the one that begins the friction."""
    return deps.ephemeral.hit("device-failures", MINUTE) == deps.policy.rates.device_failures_per_minute_before_friction + 1 and (
        deps.ephemeral.add("device-friction", b"1", 5 * MINUTE)
    )


def sign_in_failed(deps: Deps) -> bool:
    """Count one failure of the whole service; true for the one that begins the friction."""
    return deps.ephemeral.hit("failures", MINUTE) == deps.policy.rates.failures_per_minute_before_friction + 1 and (
        deps.ephemeral.add("friction", b"1", 5 * MINUTE)
    )


def under_friction(deps: Deps) -> bool:
    """Whether addresses are slowed down now."""
    return deps.ephemeral.get("friction") is not None
