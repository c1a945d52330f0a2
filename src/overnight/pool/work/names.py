"""Where the name of a hub may lead: to no service of this machine, nor of the link that it is on, such as a cloud's metadata.

Who owns a name decides where it leads, and may change that after somebody joined. An address in place of a name, and
`localhost`, are the user's own words and are not looked at.
Does not cover: other addresses of a private network, where honest hubs are as well.
"""

import errno
import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

LOCAL = "localhost"


class LeadsInside(OSError):  # noqa: N818  # named like what happens
    """A name leads to this machine or to its own link; the text says so."""


class OutsideResolver(AbstractResolver):
    """Looks up names, and refuses those that lead to this machine or its link."""

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        """`inner`: looks them up."""
        self._inner = inner or ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """Its addresses; LeadsInside if one may not be reached by a name."""
        found = await self._inner.resolve(host, port, family)
        if host.rstrip(".").lower() != LOCAL and any(_is_within(each["host"]) for each in found):
            what = f"the name {host} leads to this machine or to its own link, where no hub is; write the address"
            raise LeadsInside(errno.EHOSTUNREACH, what)
        return found

    async def close(self) -> None:
        """Release what looks them up."""
        await self._inner.close()


def _is_within(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or found
    return bool(mapped.is_loopback or mapped.is_link_local or mapped.is_unspecified or mapped.is_multicast)
