"""Subnets of the owner's home, and the interface by which this machine is on one.

A subnet is looked at only through an interface that is on it: what is behind a router is not.
"""

import ipaddress
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.home.setup.addresses import LARGEST, at_home
from overnight.words.foreign import printable

SHOWN = 60  # characters of what was given, in a message
_ADDRESS, _MASK = 0x8915, 0x891B  # SIOCGIFADDR, SIOCGIFNETMASK
Network = ipaddress.IPv4Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An interface, and where this machine is on it."""

    interface: str
    own: str  # address of this machine
    network: Network

    @property
    def is_loopback(self) -> bool:
        """Whether it leads to this machine alone: there are no neighbours, and no multicast."""
        return self.network.is_loopback


def parse_subnet(text: str) -> Network:
    """A private subnet.

    Raises:
        UserError: it is none, or too large.
    """
    shown = printable(text, SHOWN)
    try:
        found = Network(text.strip(), strict=False)
    except ValueError:
        raise UserError(f"`{shown}` is no subnet", fix="write it as 192.168.1.0/24") from None
    if not at_home(found):
        raise UserError(f"{shown} is no private network", fix="name the subnet of your own home, such as 192.168.1.0/24")
    if found.num_addresses > LARGEST:
        fix = "name the part that devices are in, such as 192.168.1.0/24"
        raise UserError(f"{shown} has more than {LARGEST:,} addresses", fix=fix)
    return found


def links() -> Sequence[Link]:
    """The interfaces of this machine that are up, by name."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for _, name in socket.if_nameindex():
            try:
                own, mask = (_of_interface(asked, name, what) for what in (_ADDRESS, _MASK))
            except OSError:  # without an address
                continue
            found.append(Link(interface=name, own=own, network=Network(f"{own}/{mask}", strict=False)))
    return sorted(found, key=lambda link: link.interface)


def home_networks() -> Sequence[Network]:
    """The private networks that this machine is on, which its owner may have scanned."""
    found = []
    for link in links():
        try:
            network = parse_subnet(str(link.network))
        except UserError:
            continue
        if not network.is_loopback:
            found.append(network)
    return found


def link_to(subnet: Network) -> Link:
    """The interface by which this machine is on a subnet.

    Raises:
        UserError: it is on no such one.
    """
    known = links()
    on = next((link for link in known if subnet.subnet_of(link.network)), None)
    if on is None:
        mine = ", ".join(str(link.network) for link in known if not link.is_loopback) or "no network"
        raise UserError(f"this machine is not on {subnet}", fix=f"name a subnet that it is on; it is on {mine}")
    return on


def _of_interface(asked: socket.socket, name: str, what: int) -> str:
    import fcntl

    answer = fcntl.ioctl(asked.fileno(), what, struct.pack("256s", name.encode()[:15]))
    return socket.inet_ntoa(answer[20:24])
