"""Connects to what a job asks for: to the very address that was looked at, which is not asked for again.

So a name that leads elsewhere a moment later gains nothing. If any of its addresses is one that no job reaches, none is tried.

Does not cover: whom the address belongs to; over TLS the client itself checks the server's certificate.
"""

import asyncio
import socket
from collections.abc import Sequence

from overnight.egress.addresses import Address, Network, refusal
from overnight.egress.hosts import Target
from overnight.egress.port import Resolver
from overnight.egress.request import BadRequest

RESOLVE_S = 10.0
CONNECT_S = 10.0  # for each address
MOST_ADDRESSES = 4  # that are tried


class Unreachable(Exception):  # noqa: N818  # an outcome, not an error
    """A host could not be reached; says why in one line."""


class Dialer:
    """Opens connections to hosts of the public internet."""

    def __init__(self, resolver: Resolver, *, also: Sequence[Network] = ()) -> None:
        """`also`: networks that are reached although they are not public, which only a test gives."""
        self._resolver = resolver
        self._also = tuple(also)

    async def connect(self, target: Target) -> tuple[socket.socket, Address]:
        """A connection to a target, and the address that it leads to.

        Raises:
            BadRequest: its address is one that no job reaches.
            Unreachable: there is no such host, or none answers.
        """
        addresses = [target.address] if target.address else await self._addresses(target)
        for address in addresses:
            if why := self.refusal(address):
                raise BadRequest(
                    f"{target.host} resolves to {address}, which is {why}: no job reaches that", status=403, target=target
                )
        problem = "it has no address"
        for address in addresses[:MOST_ADDRESSES]:
            try:
                return await _connected(address, target.port), address
            except TimeoutError:
                problem = "it does not answer"
            except OSError as error:
                problem = error.strerror or "no connection"
        raise Unreachable(f"{target.host}:{target.port} cannot be reached: {problem}")

    def refusal(self, address: Address) -> str:
        """What an address is, if no job reaches it; empty for one that is."""
        if any(address.version == network.version and address in network for network in self._also):
            return ""
        return refusal(address) or ("this machine itself" if _is_own(address) else "")

    async def _addresses(self, target: Target) -> Sequence[Address]:
        try:
            async with asyncio.timeout(RESOLVE_S):
                return await self._resolver.resolve(target.host)
        except TimeoutError:
            raise Unreachable(f"the name {target.host} cannot be resolved: nobody answers") from None
        except OSError as error:
            raise Unreachable(f"the name {target.host} cannot be resolved: {error.strerror or error}") from None


async def _connected(address: Address, port: int) -> socket.socket:
    connection = _socket(address, socket.SOCK_STREAM)
    try:
        async with asyncio.timeout(CONNECT_S):
            await asyncio.get_running_loop().sock_connect(connection, (str(address), port))
    except BaseException:
        connection.close()
        raise
    return connection


def _is_own(address: Address) -> bool:
    """Whether this machine would talk with itself; nothing is sent to find out."""
    with _socket(address, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((str(address), 9))  # the port does not matter
        except OSError:
            return False  # there is no way to it
        own: str = asking.getsockname()[0]
        return own == str(address)


def _socket(address: Address, kind: int) -> socket.socket:
    made = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, kind)  # noqa: PLR2004  # of IP
    made.setblocking(False)
    return made
