"""A driver file at work: a process in the jail without a network, whose only way to its device is a question to us.

We put each question to the one address that is meant, and take it down. Only GET passes while it describes or reads; what may
change something passes only while it writes. So a driver reaches no other address, whatever it tries.

Does not cover: what the jail does not, see `jail/jail.py`; a device that does something when it is asked by GET; what a driver
says that the device did not.
"""

import asyncio
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from overnight.errors import SandboxError
from overnight.home.drivers._http import ERROR, Answer
from overnight.home.port import DeviceError, Refused, Unreachable, Unsure
from overnight.home.things import Value
from overnight.jail.job import Job, JobResult, Limits, plain_environment
from overnight.jail.port import Executor, Link
from overnight.machines.share import make_executor
from overnight.words.foreign import printable

CALL_S = 4.0
LONGEST = 256 * 1024  # bytes of a line, and of an answer of the device that is passed on
MOST_ASKED = 16  # questions to the device in one call
SLOTS = 8  # drivers at work in this process
WORDS = 160  # characters of a driver's
LIMITS = Limits(
    wall_s=900.0,
    memory_bytes=200 * 1000**2,
    disk_bytes=1000**2,
    files=100,
    processes=4,
    output_bytes=100_000,
)
READS = frozenset({"describe", "read"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question to the device, and what came of it."""

    method: str
    path: str
    body: str = ""  # JSON; empty: none
    status: int = 0  # 0: no answer
    answer: str = ""


class Way(Protocol):
    """How the device is reached; `Http`, or a twin of a record."""

    async def send(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """Its answer.

        Raises:
            DeviceError: there is none.
        """
        ...


class _Ask(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["GET", "POST", "PUT"]
    path: Annotated[str, Field(pattern=r"^/[!-~]*$", max_length=2000)]
    body: Any = None  # Any: JSON


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ask: _Ask | None = None
    result: Any = None  # Any: JSON, checked by the caller
    failed: str | None = None


class JailedDriver:
    """One driver file and its process; begun at the first call, again after one that went wrong."""

    def __init__(self, source: str, way: Way) -> None:
        self._source = source
        self._way = way
        self._task: asyncio.Task[JobResult] | None = None
        self._left: list[asyncio.Task[JobResult]] = []  # processes that are ending
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.asked: list[Asked] = []  # in all calls
        self.in_call: list[Asked] = []  # in the last one
        self._error: DeviceError | None = None  # of the device, in this call

    async def call(self, name: str, want: Mapping[str, Value] | None = None) -> Any:  # Any: JSON that the driver says
        """What the driver answers.

        Raises:
            Unreachable: nothing that could change something was sent.
            Unsure: something was, and may have arrived.
            Refused: the device said no to it.
        """
        self.in_call, self._error = [], None
        try:
            async with asyncio.timeout(CALL_S):
                await self._begin()
                assert self._writer  # noqa: S101  # it has begun
                self._writer.write(json.dumps({"name": name, "want": dict(want or {})}).encode() + b"\n")
                said = await self._listen(reads=name in READS)
        except TimeoutError:
            self._drop()
            raise self._failure("its driver did not answer in time") from None
        except BaseException:
            self._drop()
            raise
        if said.failed is not None:
            raise self._failure(f"its driver failed: {printable(said.failed, WORDS)}")
        return said.result

    async def _listen(self, *, reads: bool) -> _Said:
        while True:
            said = await self._line()
            if said.ask is None:
                return said
            if len(self.in_call) >= MOST_ASKED:
                raise self._failure(f"its driver asks more than {MOST_ASKED} things at once")
            if reads and said.ask.method != "GET":
                raise Refused(f"its driver would change something to read it: {said.ask.method} {printable(said.ask.path, 80)}")
            await self._answer(said.ask)

    async def _line(self) -> _Said:
        assert self._reader  # noqa: S101  # it has begun
        try:
            line = await self._reader.readuntil(b"\n")
            return _Said.model_validate_json(line)
        except asyncio.LimitOverrunError:
            raise self._failure("its driver says too much") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise self._failure(f"its driver ended: {await self._ending()}") from None
        except ValidationError as error:
            raise self._failure(f"its driver says what is no answer: {printable(error.errors()[0]['msg'], WORDS)}") from None

    async def _answer(self, ask: _Ask) -> None:
        body = json.dumps(ask.body) if ask.method != "GET" else ""
        status, text, reply = 0, "", ""
        try:
            answer = await self._way.send(ask.method, ask.path, body.encode() or None)
        except DeviceError as error:
            self._error, reply = error, str(error)
        else:
            status, text = answer.status, answer.body[:LONGEST].decode("utf-8", "replace")
            if status >= ERROR:
                reply = f"it answers {status}: {answer.words}"
                self._error = Refused(reply)
        found = Asked(method=ask.method, path=ask.path, body=body, status=status, answer=text)
        self.in_call.append(found)
        self.asked.append(found)
        assert self._writer  # noqa: S101  # it has begun
        self._writer.write(json.dumps({"error": reply} if reply else {"text": text}).encode() + b"\n")

    def _failure(self, words: str) -> DeviceError:
        """What a call that went wrong is to who asked: by what was sent, not by what the driver says."""
        sent = [each for each in self.in_call if each.method != "GET"]
        if self._error and (not sent or len(sent) == 1 == len(self.in_call)):
            return self._error
        return Unsure(words) if sent else Unreachable(words)

    async def _begin(self) -> None:
        if self._task is not None and not self._task.done():
            return
        self._drop()
        if not _free:
            raise Unreachable(f"{SLOTS} learned drivers are at work already")
        slot, scratch = _free.pop(), TemporaryDirectory(prefix="overnight-driver-")
        work = Path(scratch.name) / "work"
        work.mkdir()
        (work / "inside.py").write_text(Path(__file__).with_name("_inside.py").read_text())
        (work / "driver.py").write_text(self._source)
        job = Job(
            command="exec python3 -I -S inside.py",
            folder=work,
            output=Path(scratch.name) / "output",
            limits=LIMITS,
            environment=plain_environment(LIMITS),
            slot=slot,
            role="driver",
        )
        ours, theirs = socket.socketpair()
        self._task = asyncio.get_running_loop().create_task(executor().run(job, Link(talk=theirs)))

        def ended(_: object) -> None:
            theirs.close()
            scratch.cleanup()
            _free.append(slot)

        self._task.add_done_callback(ended)
        self._reader, self._writer = await asyncio.open_connection(sock=ours, limit=LONGEST)

    async def _ending(self) -> str:
        assert self._task  # noqa: S101  # it has begun
        try:
            result = await self._task
        except SandboxError as error:
            return str(error)
        return result.detail or f"exit code {result.exit_code}"

    def _drop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._left.append(self._task)
            self._task = None
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    async def aclose(self) -> None:
        """End its process, and wait for that; the next call begins another one."""
        self._drop()
        left, self._left = self._left, []
        await asyncio.gather(*left, return_exceptions=True)


_free = list(range(SLOTS))


@cache
def executor() -> Executor:
    """The jail of this process."""
    return make_executor("jail", others=SLOTS + 1)  # and one for who writes drivers
