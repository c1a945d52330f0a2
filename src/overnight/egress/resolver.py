"""The machine's own resolver, asked without anybody having to wait for it in the end.

Does not cover: what the answer is worth. It may be anybody's who owns the name, or who is between us and its servers: so what
is connected to is looked at by its address, and by what it can prove over TLS.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread

from overnight.egress.addresses import Address

MOST_AT_ONCE = 8  # look-ups of one job: each has a thread


class SystemResolver:
    """Implements `Resolver` by `getaddrinfo`, as every program of this machine does."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def resolve(self, host: str) -> Sequence[Address]:
        """All addresses of a name, in the order in which this machine prefers them."""
        await self._turns.acquire()
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Sequence[Address] | OSError] = loop.create_future()

        def settle(answer: Sequence[Address] | OSError) -> None:
            self._turns.release()
            if not found.done():
                found.set_result(answer)

        def ask() -> None:
            answer = _look_up(host)
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, answer)

        try:
            Thread(target=ask, daemon=True).start()
        except RuntimeError as error:  # this process may have no further thread
            self._turns.release()
            raise OSError(str(error)) from error
        answer = await found
        if isinstance(answer, OSError):
            raise answer
        return answer


def _look_up(host: str) -> Sequence[Address] | OSError:
    try:
        found = socket.getaddrinfo(f"{host}.", None, type=socket.SOCK_STREAM)  # the dot: never within a search domain
    except UnicodeError:
        return OSError("not the name of a host")
    except OSError as error:
        return error
    return list(dict.fromkeys(ipaddress.ip_address(place[0]) for *_, place in found))
