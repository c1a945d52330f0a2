"""A node as the head knows it: the way to it, and calls that outlive a network that is away for a while."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import anyio
from pydantic import ValidationError

from overnight.machines.nodes.calls import Answer, Call, Joined
from overnight.machines.nodes.leases import LEASE_S
from overnight.machines.nodes.lost import NodeLost, Unreachable

CALL_S = 60.0  # that an answer may take beyond what the call itself waits
RETRY_S = 0.5  # between two attempts
LARGEST_ANSWER = 256 * 1000**2  # bytes


class Way(Protocol):
    """Brings calls to one node."""

    async def call(self, name: str, body: bytes, contents: Sequence[bytes], within_s: float) -> tuple[bytes, Sequence[bytes]]:
        """The node's answer to one call.

        Raises:
            Unreachable: there was none within this time.
        """
        ...


class RemoteNode:
    """One node, by its name."""

    def __init__(
        self,
        name: str,
        way: Way,
        joined: Joined,
        *,
        clock_skew_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock_skew_s` is how far its clock is before ours; `clock` is monotonic, in seconds."""
        self.clock_skew_s = clock_skew_s
        self.name = name
        self.way = way
        self.joined = joined
        self.known: set[bytes] = set()  # contents that it was sent
        self.done: set[str] = set()  # jobs without an id of the caller's whose results are here; the next call says so
        self.sending = anyio.Lock()  # one tree at a time, so that no content is sent twice
        self.lost = ""  # why it is out of use; empty: it is in use
        self._calls: set[anyio.CancelScope] = set()
        self._clock = clock
        self._heard_s = clock()

    def lose(self, reason: str) -> None:
        """Take it out of use; what is asked of it now is lost."""
        self.lost = reason
        for each in self._calls:
            each.cancel()

    async def ask(self, call: Call, contents: Sequence[bytes] = (), *, wait_s: float = 0.0) -> tuple[Answer, Sequence[bytes]]:
        """Its answer to a call, which is repeated for as long as a lease lasts.

        Raises:
            NodeLost: it does not answer, or not in our words.
        """
        body = call.model_dump_json().encode()
        began_s = self._clock()
        while True:
            if self.lost:
                raise NodeLost(self.name, self.lost)
            try:
                with self._while_in_use():
                    answer, beside = await self.way.call(type(call).__name__, body, contents, wait_s + CALL_S)
                    self._heard_s = self._clock()
                    return self._read(answer), beside
            except Unreachable as error:
                if self._clock() - max(began_s, self._heard_s) >= LEASE_S:
                    raise NodeLost(self.name, str(error)) from error
                with self._while_in_use():
                    await anyio.sleep(RETRY_S)

    @contextmanager
    def _while_in_use(self) -> Iterator[None]:
        """Cancel what is done here when the node is lost."""
        with anyio.CancelScope() as scope:
            self._calls.add(scope)
            try:
                yield
            finally:
                self._calls.discard(scope)

    def _read(self, answer: bytes) -> Answer:
        try:
            if len(answer) > LARGEST_ANSWER:
                raise ValueError("an answer is too large")
            return Answer.model_validate_json(answer)
        except (ValueError, ValidationError) as error:
            raise NodeLost(self.name, f"it does not answer as a node does: {error}") from error
