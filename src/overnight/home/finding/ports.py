"""Which ports of a host are open: a connection is made, and closed before anything is sent."""

import resource
import socket
from collections.abc import Sequence

from overnight.home.finding.subnets import Link

PORTS = (
    22, 80, 81, 443, 502, 554, 1400, 1443, 1502, 1883, 3671, 4998, 5000, 5353, 5540, 6053, 6466, 7000, 8008, 8009, 8060, 8080,
    8081, 8123, 8443, 8554, 8883, 8899, 9000, 9090, 9123, 9999, 16021, 34567, 37777, 49152, 49494, 55443,
)  # fmt: skip
CONTROL = "127.255.255.254"  # where no device is: what is open there is open on each address of loopback
WITHIN_S = 0.5
A_HOST = 16  # connections to one at once: small devices have few
AT_ONCE = 512
NO_PORT = 24  # IP_BIND_ADDRESS_NO_PORT: the port is chosen when it connects


class Connector:
    """Connects from one interface, to so many at once as this process may."""

    def __init__(self, link: Link) -> None:
        import anyio

        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._all = anyio.CapacityLimiter(max(16, min(AT_ONCE, soft // 2)))
        self._own = link.own
        self._is_loopback = link.is_loopback
        self._everywhere: Sequence[int] = ()

    async def prepare(self, ports: Sequence[int]) -> None:
        """Find out what is open on each address of loopback, which is no device."""
        if self._is_loopback:
            self._everywhere = await self._scanned(CONTROL, ports)

    async def open_ports(self, host: str, ports: Sequence[int]) -> Sequence[int]:
        """Which ports of a host are open."""
        return [port for port in await self._scanned(host, ports) if port not in self._everywhere]

    async def _scanned(self, host: str, ports: Sequence[int]) -> Sequence[int]:
        import anyio

        mine = anyio.CapacityLimiter(A_HOST)
        found: list[int] = []

        async def one(port: int) -> None:
            async with mine, self._all:
                if await self._is_open(host, port):
                    found.append(port)

        async with anyio.create_task_group() as tasks:
            for port in ports:
                tasks.start_soon(one, port)
        return sorted(found)

    async def _is_open(self, host: str, port: int) -> bool:
        import asyncio

        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
            tried.setblocking(False)
            try:
                if not self._is_loopback:
                    tried.setsockopt(socket.IPPROTO_IP, NO_PORT, 1)
                    tried.bind((self._own, 0))
                async with asyncio.timeout(WITHIN_S):
                    await asyncio.get_running_loop().sock_connect(tried, (host, port))
            except OSError:  # also TimeoutError
                return False
            return True
