"""Pure: which addresses are at home. Python's `is_private` has others too, such as those of examples and of benchmarks."""

import ipaddress

LARGEST = 1024  # addresses of a subnet that is scanned
NETWORKS = tuple(
    ipaddress.IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")
)


def at_home(network: ipaddress.IPv4Network) -> bool:
    """Whether all its addresses are of a home network, or of this machine."""
    return any(network.subnet_of(each) for each in NETWORKS)
