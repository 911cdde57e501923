"""Networks: what is left of a reader's IP address once it arrives here."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

UNKNOWN_NETWORK = "unknown"


def network_of(ip: str) -> str:
    """The /24 (IPv4) or /64 (IPv6) that an IP address lies in; `UNKNOWN_NETWORK` for anything else.

    An IPv4 address written as IPv6 counts as IPv4, or one reader would have two networks.

    >>> network_of("203.0.113.77"), network_of("2001:db8:1:2:3::4"), network_of("::ffff:203.0.113.77")
    ('203.0.113.0/24', '2001:db8:1:2::/64', '203.0.113.0/24')
    """
    try:
        address = ip_address(ip.strip().partition("%")[0])
    except ValueError:
        return UNKNOWN_NETWORK
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if isinstance(address, IPv6Address):
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return f"{IPv4Address(int(address) >> 8 << 8)}/24"
