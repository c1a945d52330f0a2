"""Which addresses a job never reaches: all that are not plainly a host of the public internet.

Pure. An IPv6 address in which an IPv4 address is hidden is refused as such, whatever the inner one is.

Does not cover: a network of your own with public addresses, such as neighbours in a global IPv6 prefix; a translator from IPv6
to IPv4 with a prefix of its operator's own (RFC 6052, section 2.2). An address of this machine itself is found when it is
dialled, see `dial.py`.
"""

import ipaddress
from collections.abc import Mapping

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# IANA's special-purpose registries of IPv4 and IPv6, and what clouds serve secrets and settings on.
_SPECIAL: Mapping[str, str] = {
    "0.0.0.0/8": "this network's",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "a carrier's own",
    "127.0.0.0/8": "loopback",
    "168.63.129.16/32": "a cloud's metadata service",  # Azure; the one that is public by its number
    "169.254.169.254/32": "a cloud's metadata service",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "for documentation",
    "192.31.196.0/24": "reserved",
    "192.52.193.0/24": "reserved",
    "192.88.99.0/24": "a 6to4 relay's",
    "192.168.0.0/16": "private",
    "192.175.48.0/24": "reserved",
    "198.18.0.0/15": "for benchmarks",
    "198.51.100.0/24": "for documentation",
    "203.0.113.0/24": "for documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
    "::/128": "no host's",
    "::1/128": "loopback",
    "::ffff:0:0/96": "an IPv4 address in IPv6",
    "::/96": "an IPv4 address in IPv6",
    "64:ff9b::/96": "an IPv4 address behind a translator",
    "64:ff9b:1::/48": "an IPv4 address behind a translator",
    "2001::/32": "a Teredo tunnel's",
    "2001::/23": "reserved",
    "2001:db8::/32": "for documentation",
    "2002::/16": "a 6to4 tunnel's",
    "3fff::/20": "for documentation",
    "fd00:ec2::254/128": "a cloud's metadata service",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
_NETWORKS = sorted(((ipaddress.ip_network(text), why) for text, why in _SPECIAL.items()), key=lambda each: -each[0].prefixlen)
_PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")  # all that is given out for the public internet so far
_ISATAP = {0x0000_5EFE, 0x0200_5EFE}  # the upper half of an interface's part that holds an IPv4 address, RFC 5214


def refusal(address: Address) -> str:
    """What an address is, such as `private`, if no job reaches it; empty for a public one."""
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        return "bound to a network interface"
    for network, why in _NETWORKS:
        if address.version == network.version and address in network:
            return why
    if isinstance(address, ipaddress.IPv6Address):
        if address not in _PUBLIC_IPV6:
            return "reserved"
        if (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
            return "an IPv4 address in IPv6"
    return "" if address.is_global and not address.is_multicast else "reserved"
