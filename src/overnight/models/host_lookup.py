"""Whether a host's name can be resolved, found out without anybody having to wait for the resolver in the end.

asyncio's own look-up runs in a thread that the end of the process waits for, and a resolver that gets no answer takes ten
seconds and more.
"""

import asyncio
import socket
from contextlib import suppress
from threading import Thread


async def look_up(host: str) -> None:
    """Wait until a name is resolved; who stops waiting leaves a thread behind that nobody waits for.

    Raises:
        OSError: there is no such host, or the resolver fails.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[OSError | None] = loop.create_future()

    def settle(problem: OSError | None) -> None:
        if not found.done():
            found.set_result(problem)

    def ask() -> None:
        problem = None
        try:
            socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except UnicodeError:  # such as a label that is too long
            problem = OSError("not the name of a host")
        except OSError as error:
            problem = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, problem)

    Thread(target=ask, daemon=True).start()
    if problem := await found:
        raise problem
