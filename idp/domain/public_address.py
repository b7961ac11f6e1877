"""Which network addresses are out on the internet, so that nobody makes us talk to our own network (requirement DC-02)."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

# addresses that stand for an IPv4 address: RFC 6052 section 2.1 (its last 32 bits), RFC 3056 section 2 (bits 16 to 48)
_NAT64, _6TO4 = IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16")
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291 section 2.4
# special purposes that not every version of the library knows: RFC 6890, RFC 7526, RFC 9637
_SPECIAL = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "3fff::/20")))


def plain(address: str) -> IPv4Address | IPv6Address:
    """The address that is meant, also where it is an IPv4 address in the clothes of IPv6. Raises ValueError."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv4Address):
        return found
    if found.ipv4_mapped:
        return found.ipv4_mapped
    if found in _NAT64:
        return IPv4Address(found.packed[12:])
    return IPv4Address(found.packed[2:6]) if found in _6TO4 else found


def public(address: str) -> bool:
    """Whether it belongs to the internet: not private, shared, loopback, link-local, multicast, reserved or for documents
    (the IANA registries of special-purpose addresses, RFC 6890)."""
    try:
        found = plain(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found not in _GLOBAL_UNICAST:
        return False
    if any(found in network for network in _SPECIAL):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def loopback(address: str) -> bool:
    """Whether it is this very machine."""
    try:
        return plain(address).is_loopback
    except ValueError:
        return False
