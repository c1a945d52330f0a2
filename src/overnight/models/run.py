"""The models as one caller has them for one piece of work."""

import asyncio
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pydantic_core import from_json, to_json

from overnight.models.accounts import Accounts
from overnight.models.body import Room
from overnight.models.call import Broken, ModelCall, SettledCall
from overnight.models.failures import is_too_long, message, takes_no_pictures
from overnight.models.port import ModelsParked, RequestRefused
from overnight.models.provider import Prices
from overnight.models.relay import ModelAnswer, ModelRequest, Relay
from overnight.models.spending.purse import Purse
from overnight.models.surcharge import surcharge
from overnight.models.usage import CallRecord, Usage, Wire
from overnight.models.wires.formats import FORMATS

TOKEN_BYTES = 32
ANSWER_BYTES = 16 * 1024 * 1024  # of an answer that is read in this process; an honest one has a thousandth
MOST_CALLS = 16  # of a run at a time; others wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What all runs of a gateway share."""

    accounts: Accounts
    relay: Relay
    purse: Purse
    prices: Prices
    called: Callable[[CallRecord], None]
    doing: Callable[[str, int, str], None]  # role, number, and what its newest call waits for; empty if there is none


class GatewayRun:
    """Implements `ModelRun`; alive from `use` to the end of its block."""

    def __init__(
        self,
        supply: Supply,
        *,
        role: str,
        number: int,
        model: str,
        port: int,
        listen: Callable[[socket.socket, "GatewayRun"], None],
    ) -> None:
        self._supply = supply
        self._listen = listen
        self._role = role
        self._number = number
        self._usage = Usage()
        self._refusal: ModelsParked | None = None
        self._failure = ""
        self._calls: set[ModelCall] = set()
        self._endings: set[Callable[[], None]] = set()
        self._newest = time.monotonic()
        self._asked: ModelCall | None = None  # the newest
        self.slots = asyncio.Semaphore(MOST_CALLS)
        self.room = Room()
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        self.model = model
        self.port = port
        self.closed = False
        self.enclosed = False  # reached through sockets of its own alone: its token may show in a list of processes

    @property
    def url(self) -> str:
        """Where agents find it."""
        return f"http://127.0.0.1:{self.port}/{self.token}"

    @property
    def usage(self) -> Usage:
        """What it used so far."""
        return self._usage

    @property
    def idle_s(self) -> float:
        """How long no call has been under way."""
        return 0.0 if self._calls else time.monotonic() - self._newest

    @property
    def refusal(self) -> ModelsParked | None:
        """Why its newest call got no whole answer from any provider."""
        return self._refusal

    @property
    def failure(self) -> str:
        """Why its newest call came to nothing although a provider was asked."""
        return self._failure

    @property
    def wires(self) -> Sequence[Wire]:
        """What its providers speak, those of the first one that can be asked now first."""
        return self._supply.accounts.wires

    def listen(self, listening: socket.socket) -> None:
        """Answer this run on a socket of its own, from now on on such ones alone, and close that at the run's end."""
        self.enclosed = True
        self._listen(listening, self)

    async def call(self, wire: Wire, body: Mapping[str, object], *, waits: bool = True) -> Mapping[str, object]:
        """One call without streaming; the provider's answer.

        Raises:
            ModelsParked: no provider can be asked now, or the budget is spent.
            RequestRefused: the provider refuses this very request.
        """
        request = replace(self.request(wire, body), waits=waits)
        with self.open(request, len(to_json(body, inf_nan_mode="null"))) as call:
            answer = await self.ask(call, request)
            if answer.reply is None:
                raise RequestRefused(
                    f"{answer.account.provider.name} refuses the request: {answer.status} {message(answer.fault)}",
                    status=answer.status,
                    too_long=is_too_long(answer.status, answer.fault),
                    no_pictures=takes_no_pictures(answer.status, answer.fault),
                )
            try:
                document: object = from_json(await _whole(call))
            except (Broken, ValueError) as error:
                self._failure = f"the answer of {answer.account.provider.name} cannot be read"
                raise RequestRefused(f"{answer.account.provider.name} gave an answer that cannot be read: {error}") from None
        if not isinstance(document, dict):
            raise RequestRefused(f"{answer.account.provider.name} gave an answer that is not an object")
        return document

    def request(
        self,
        wire: Wire,
        body: Mapping[str, object],
        *,
        model: str = "",
        stream: bool = False,
        array: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> ModelRequest:
        """A request as it is put to providers; the program's model goes before the agent's.

        `model` and `stream` may be said by its path instead of its body.

        Raises:
            ValueError: it asks for what cannot be metered.
        """
        form = FORMATS[wire]
        summary = form.read_request(body)
        if self._supply.purse.limits_cost and (field := surcharge(body)):
            raise ValueError(f"a budget in dollars cannot be kept with `{field}`, which changes the price: leave it out")
        return ModelRequest(
            wire=form,
            body=body,
            model=self.model or model or summary.model,
            stream=stream or summary.stream,
            most_output=summary.most_output,
            single=summary.single,
            pictures=summary.pictures,
            array=array,
            headers={**form.headers, **(headers or {})},
        )

    @contextmanager
    def open(self, request: ModelRequest, size: int) -> Iterator[ModelCall]:
        """A call of this run; settled at the end of the block, or of the run.

        Raises:
            ModelsParked: the run is over.
        """
        if self.closed:
            raise ModelsParked("the work that these models were for is over")
        supply = self._supply
        call = ModelCall(
            request,
            size,
            role=self._role,
            relay=supply.relay,
            purse=supply.purse,
            prices=supply.prices,
            counted=self._count,
            doing=self._do,
        )
        self._calls.add(call)
        try:
            yield call
        finally:
            call.settle()
            self._calls.discard(call)
            self._newest = time.monotonic()
            if call is self._asked and call.broken:
                self._refusal, self._failure = call.broken, str(call.broken)
            if not self._calls:
                self._do("")

    async def ask(self, call: ModelCall, request: ModelRequest) -> ModelAnswer:
        """The answer to a call, or why there is none, which `refusal` has then too.

        Raises:
            ModelsParked: no provider can be asked now, or the budget is spent.
        """
        self._asked = call
        refusal: ModelsParked | None = None
        self._failure = ""
        try:
            answer = await call.ask(self._supply.accounts.speaking(request.wire.wire))
            if answer.reply is None:
                self._failure = f"{answer.account.provider.name} refuses the request: {answer.status} {message(answer.fault)}"
            return answer
        except ModelsParked as error:
            refusal = error
            raise
        finally:
            if call is self._asked:
                self._refusal = refusal

    def at_end(self, ending: Callable[[], None]) -> Callable[[], None]:
        """Have something done when the run ends; returns what takes that back."""
        self._endings.add(ending)
        return lambda: self._endings.discard(ending)

    def close(self) -> None:
        """End it: what is under way is settled as far as it came."""
        self.closed = True
        for call in list(self._calls):
            call.settle()
        for ending in list(self._endings):
            ending()

    def _do(self, doing: str) -> None:
        if not self.closed:
            self._supply.doing(self._role, self._number, doing)

    def _count(self, counted: SettledCall) -> None:
        self._usage += counted.usage
        self._supply.called(
            CallRecord(
                number=self._number,
                role=self._role,
                provider=counted.provider,
                model=counted.model,
                usage=counted.usage,
                answer_s=counted.answer_s,
            )
        )


async def _whole(call: ModelCall) -> bytes:
    """All of an answer, also of one that comes as a stream though none was asked for.

    Raises:
        ValueError: it has no end.
        Broken: it does not come to its end.
    """
    content = bytearray()
    async for chunk in call.chunks():
        content += chunk
        if len(content) > ANSWER_BYTES:
            raise ValueError("it does not end")
    return bytes(content)
