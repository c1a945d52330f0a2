"""The proxy of one job: an HTTP/1.1 forward proxy that passes on what its allowance lists, and nothing else.

It serves one listening socket, which only that job reaches (see `jail/tie.py`). Every request has a connection of its own:
after its answer the connection ends, so that no byte of one request can be taken for another's. Redirects are not followed:
what the client asks for next is looked at by itself. A tunnel (CONNECT) carries TLS alone, to the host that it was opened for.

The client may be hostile, and so may a host. Does not cover: what an allowed host does with what it is sent; what is said
within TLS, such as another host's name to a server that has several (domain fronting).
"""

import asyncio
import errno
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Self

from overnight.egress.allowance import Allowance, Meter, Spent
from overnight.egress.answer import CONTINUE, ESTABLISHED, UNKNOWN_NAME, BadAnswer, read_answer, refusing
from overnight.egress.client_hello import NotTls, read_client_hello
from overnight.egress.connection import Connection, Outcome, Tally
from overnight.egress.dial import Dialer, Unreachable
from overnight.egress.hosts import BadHost, Target, allows, canonical
from overnight.egress.relay import Deadlines, End, Take, both, copy, copy_chunks
from overnight.egress.request import BadRequest, Request, read_request

AT_ONCE = 32  # connections of a job; each takes two of our files. Others wait
MOST_INTERIM = 8  # answers before the answer
FULL_S = 0.2  # before we accept again if no file is left
REFUSED, TOO_LATE, TOO_LARGE, BAD_GATEWAY = 403, 408, 431, 502


@dataclass(slots=True)
class _Visit:
    """One connection of the job while it lasts."""

    meter: Meter
    began: float = field(default_factory=time.time)
    since_s: float = field(default_factory=time.monotonic)
    target: Target | None = None
    address: str = ""
    bytes_up: int = 0
    bytes_down: int = 0
    answered: bool = False  # something of an answer went to the client
    idle: asyncio.Timeout | None = None
    idle_s: float = 0.0

    def up(self, count: int) -> None:
        self.meter.send(count)
        self.bytes_up += count
        self._alive()

    def down(self, count: int) -> None:
        self.meter.receive(count)
        self.bytes_down += count
        self._alive()

    def _alive(self) -> None:
        if self.idle and not self.idle.expired():
            self.idle.reschedule(asyncio.get_running_loop().time() + self.idle_s)

    def record(self, outcome: Outcome, reason: str) -> Connection:
        return Connection(
            host=self.target.host if self.target else "",
            port=self.target.port if self.target else 0,
            address=self.address,
            bytes_up=self.bytes_up,
            bytes_down=self.bytes_down,
            began=self.began,
            wall_s=time.monotonic() - self.since_s,
            outcome=outcome,
            reason=reason,
        )


class Proxy:
    """Serves one job from `async with` to its end; `connections` has what came of it."""

    def __init__(
        self, allowance: Allowance, dialer: Dialer, *, deadlines: Deadlines | None = None, at_once: int = AT_ONCE
    ) -> None:
        self._meter = Meter(allowance)
        self._dialer = dialer
        self._deadlines = deadlines or Deadlines()
        self._room = asyncio.Semaphore(at_once)
        self._tally = Tally()
        self._doors: set[asyncio.Task[None]] = set()
        self._visits: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []

    @property
    def connections(self) -> tuple[Connection, ...]:
        """What was reached and refused so far; see `Tally`."""
        return self._tally.connections

    def listen(self, listening: socket.socket) -> None:
        """Serve a listening socket, which it owns from then on."""
        listening.setblocking(False)
        self._doors.add(asyncio.get_running_loop().create_task(self._accept(listening)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all connections; on return no task is left.

        Raises:
            BaseException: what went wrong in the proxy itself.
        """
        tasks = [*self._doors, *self._visits]
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        failures = [*self._failures, *ended]
        await asyncio.sleep(0)  # for the transports, which close in the loop's next turn
        if failure := next((each for each in failures if each and not isinstance(each, asyncio.CancelledError)), None):
            raise failure

    async def _accept(self, listening: socket.socket) -> None:
        """Accept until the job has had all its connections; then the socket closes, and the kernel refuses the others."""
        loop = asyncio.get_running_loop()
        with listening:
            while not self._meter.exhausted:
                await self._room.acquire()  # until then, those that come wait in the kernel, and take none of our files
                try:
                    client, _ = await loop.sock_accept(listening)
                except OSError as error:
                    if error.errno not in {errno.EMFILE, errno.ENFILE}:
                        return  # the jail is gone
                    self._room.release()
                    await asyncio.sleep(FULL_S)
                    continue
                self._meter.connections += 1
                visit = loop.create_task(self._serve(client))
                self._visits.add(visit)
                visit.add_done_callback(partial(self._gone, client))

    def _gone(self, client: socket.socket, visit: asyncio.Task[None]) -> None:
        self._visits.discard(visit)
        self._room.release()
        if visit.cancelled():  # maybe before it began
            client.close()
        if not visit.cancelled() and (failure := visit.exception()):
            self._failures.append(failure)

    async def _serve(self, connection: socket.socket) -> None:
        visit = _Visit(self._meter)
        outcome, reason = Outcome.REACHED, ""
        try:
            client = await End.of(connection)
        except OSError:
            return  # it is gone already
        status = 0  # of an answer of our own
        try:
            async with asyncio.timeout(self._deadlines.longest_s):
                await self._request(visit, client)
        except BadRequest as bad:
            visit.target = visit.target or bad.target
            outcome, reason, status = Outcome.CUT if visit.bytes_up else Outcome.REFUSED, str(bad), bad.status
        except Spent as spent:
            outcome, reason, status = Outcome.CUT, str(spent), REFUSED
        except (Unreachable, BadAnswer) as problem:
            outcome, reason, status = Outcome.FAILED, str(problem), BAD_GATEWAY
        except TimeoutError:
            outcome, reason, status = Outcome.CUT, "it took too long", BAD_GATEWAY
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # one of both ends broke off
        except asyncio.CancelledError:  # the job has ended
            client.writer.transport.abort()
            raise
        finally:
            if outcome is Outcome.REACHED and not visit.bytes_up:
                outcome, reason = Outcome.REFUSED, "it ended before anything was sent"
            self._tally.add(visit.record(outcome, reason))
        if status and not visit.answered:
            client.writer.write(refusing(status, reason))
        await client.close(linger=bool(status))

    async def _request(self, visit: _Visit, client: End) -> None:
        request = await self._read_request(client)
        visit.target = target = request.target
        if not allows(self._meter.allowance.hosts, target):
            raise BadRequest(f"{target.authority()} is not on the list of what this job may reach", status=REFUSED)
        if spent := self._meter.spent:
            raise BadRequest(spent, status=REFUSED)
        connection, address = await self._dialer.connect(target)
        visit.address = str(address)
        server = await End.of(connection)
        try:
            visit.idle_s = self._deadlines.idle_s
            async with asyncio.timeout(visit.idle_s) as visit.idle:
                await (self._tunnel(visit, client, server) if request.tunnel else self._pass_on(visit, request, client, server))
        except TimeoutError:
            if visit.idle and visit.idle.expired():
                raise BadRequest(f"nothing came for {visit.idle_s:g} s", status=BAD_GATEWAY) from None
            raise
        finally:
            visit.idle = None
            await server.close()

    async def _read_request(self, client: End) -> Request:
        try:
            async with asyncio.timeout(self._deadlines.head_s):
                return read_request(await client.reader.readuntil(b"\r\n\r\n"))
        except TimeoutError:
            why = f"no whole request came within {self._deadlines.head_s:g} s"
            raise BadRequest(why, status=TOO_LATE) from None
        except asyncio.LimitOverrunError:
            raise BadRequest("its headers are too many or too long", status=TOO_LARGE) from None

    async def _tunnel(self, visit: _Visit, client: End, server: End) -> None:
        await client.send(ESTABLISHED)
        visit.answered = True
        try:
            async with asyncio.timeout(self._deadlines.head_s):
                hello, name = await read_client_hello(client.reader)
        except NotTls as problem:
            raise BadRequest(str(problem)) from None
        except TimeoutError:
            raise BadRequest("what goes through a tunnel must be TLS, whose client speaks first") from None
        assert visit.target is not None  # noqa: S101  # the caller set it
        if not _is_named(visit.target, name):
            await client.send(UNKNOWN_NAME)
            raise BadRequest("the TLS within the tunnel asks for another host than the tunnel, or for none")
        visit.up(len(hello))
        await server.send(hello)
        await both(_to_end(client, server, visit.up), _to_end(server, client, visit.down))

    async def _pass_on(self, visit: _Visit, request: Request, client: End, server: End) -> None:
        head = request.head()
        visit.up(len(head))
        await server.send(head)
        await both(self._body(visit, request, client, server), self._answer(visit, request, client, server), until_other=True)

    async def _body(self, visit: _Visit, request: Request, client: End, server: End) -> None:
        with suppress(ConnectionError):  # a server may answer before it has read all, and close
            if request.waits:
                await client.send(CONTINUE)
            if request.length is None:
                await copy_chunks(client, server, visit.up)
            elif await copy(client, server, visit.up, request.length):
                raise BadRequest("its body is shorter than it says")

    async def _answer(self, visit: _Visit, request: Request, client: End, server: End) -> None:
        for _ in range(MOST_INTERIM):
            try:
                answer = read_answer(await server.reader.readuntil(b"\r\n\r\n"), request.method)
            except asyncio.LimitOverrunError:
                raise BadAnswer("the answer has a head that is too long") from None
            except asyncio.IncompleteReadError:
                raise BadAnswer("the answer ended before its head did") from None
            if not answer.interim:
                break
        else:
            raise BadAnswer("the answer does not begin")
        visit.down(len(answer.head))
        visit.answered = True
        await client.send(answer.head)
        await copy(server, client, visit.down, answer.length)


async def _to_end(source: End, sink: End, take: Take) -> None:
    await copy(source, sink, take)
    sink.half_close()


def _is_named(target: Target, name: str | None) -> bool:
    """Whether TLS asks for the host of its tunnel: by its name, or without one if that is an address."""
    if target.address is not None or name is None:
        return target.address is not None and name is None
    try:
        return canonical(name) == (target.host, None)
    except BadHost:
        return False
