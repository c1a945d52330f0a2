"""A command of the user's settings that runs as long as we listen, and prints a line of JSON for each message.

We write a line to its standard input for each message that is on disk: `{"ack": ID}`. Until it reads that, it should print the
message again whenever it is started; one that keeps no messages can ignore its input.

Does not cover: processes that leave the command's session; they live on.
"""

import json
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Annotated

import anyio
from anyio.abc import Process
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from overnight.notices.notice import NotifySpec
from overnight.notices.port import Deaf, Message
from overnight.notices.secrets import environment_for
from overnight.user_command import end_session
from overnight.words.foreign import printable

LINE_BYTES = 64 * 1024  # a longer line is left out; the text of a message is bounded by who takes it
ACK_S = 20.0  # until it has read an acknowledgement
LAST_S = 1.0  # for what it printed before it ended; a child of it may keep its pipe open for ever
MOST_ODD = 100  # lines in a row that are no messages
SAID, SAID_BYTES = 200, 2000  # characters of its last line on stderr, and the bytes that are kept for it


def _as_text(raw: object) -> object:
    return str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw


def _visible(text: str) -> str:
    if not text.isprintable():
        raise ValueError("has an invisible character")
    return text


Name = Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(_as_text), AfterValidator(_visible)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    id: Name
    sender: Name
    text: str
    at: Annotated[float, Field(ge=0, lt=1e11, allow_inf_nan=False)] | None = None
    group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pipes:
    """Our ends of a command's pipes. They are our own, as asyncio keeps its pipes until the last child has closed them."""

    acks: int
    lines: int
    errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandReceiver:
    """Runs an argument vector and reads its lines."""

    spec: NotifySpec
    environment: Mapping[str, str]
    ack_s: float = ACK_S

    async def receive(self, take: Callable[[Message], None]) -> None:
        """Run it once, until it ends or we are cancelled."""
        with ExitStack() as stack:
            process, pipes = await self._start(stack)
            try:
                said = await self._listen(process, pipes, take)
                what = "it closed its output" if process.returncode is None else f"it exited with {process.returncode}"
            finally:
                if process.returncode is None:
                    await end_session(process)
            raise Deaf(f"{what}{last_line(said)}", again=True)

    async def _start(self, stack: ExitStack) -> tuple[Process, _Pipes]:
        with ExitStack() as theirs:

            def pipe(*, to_us: bool) -> tuple[int, int]:
                ends = os.pipe()
                ours, its = ends if to_us else ends[::-1]
                stack.callback(os.close, ours)
                theirs.callback(os.close, its)
                os.set_blocking(ours, False)
                return ours, its

            (acks, stdin), (lines, stdout), (errors, stderr) = pipe(to_us=False), pipe(to_us=True), pipe(to_us=True)
            try:
                process = await anyio.open_process(
                    self.spec.receive,
                    stdin=stdin,
                    stdout=stdout,
                    stderr=stderr,
                    env=environment_for(self.spec.variables, self.environment),
                    start_new_session=True,
                )
            except OSError as error:
                raise Deaf(f"it cannot be started: {error.strerror}", again=False) from None
            return process, _Pipes(acks=acks, lines=lines, errors=errors)

    async def _listen(self, process: Process, pipes: _Pipes, take: Callable[[Message], None]) -> bytes:
        """Read until it has ended; the end of what it wrote to standard error.

        What `take` raises is raised as it is, not in a group.
        """
        failure: Exception | None = None
        said = bytearray()

        async def read() -> None:
            nonlocal failure
            try:
                await self._read(pipes, take)
            except Exception as error:  # noqa: BLE001  # raised again below, outside the task group
                failure = error
                tasks.cancel_scope.cancel()
            tasks.cancel_scope.deadline = anyio.current_time() + LAST_S

        async def keep_said() -> None:
            async for some in _chunks(pipes.errors):
                said.extend(some)
                del said[:-SAID_BYTES]

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            tasks.start_soon(keep_said)
            await process.wait()
            tasks.cancel_scope.deadline = anyio.current_time() + LAST_S
        if failure:
            raise failure
        return bytes(said)

    async def _read(self, pipes: _Pipes, take: Callable[[Message], None]) -> None:
        odd = 0
        async for line in _lines(pipes.lines):
            message = _message(line) if line is not None else None
            if message is None:
                odd += 1
                if odd >= MOST_ODD:
                    raise Deaf(f"it printed {odd} lines in a row that are no messages", again=True)
                continue
            odd = 0
            take(message)
            await self._acknowledge(pipes.acks, message.id)

    async def _acknowledge(self, acks: int, message: str) -> None:
        """Say that a message is on disk; a command that does not read its input is fine as long as the pipe has room."""
        rest = memoryview(json.dumps({"ack": message}).encode() + b"\n")
        try:
            with anyio.fail_after(self.ack_s):
                while rest:
                    await anyio.wait_writable(acks)
                    with suppress(BlockingIOError):
                        rest = rest[os.write(acks, rest) :]
        except BrokenPipeError:  # it does not want to know
            return
        except TimeoutError:
            raise Deaf(f"it did not read an acknowledgement within {self.ack_s:.0f} s", again=True) from None


async def _chunks(pipe: int) -> AsyncIterator[bytes]:
    """What comes through a pipe, until its other end is closed."""
    while True:
        await anyio.wait_readable(pipe)
        with suppress(BlockingIOError):
            if not (some := os.read(pipe, LINE_BYTES)):
                return
            yield some


async def _lines(pipe: int) -> AsyncIterator[bytes | None]:
    """The lines that come through a pipe, without their ends; None for one that is too long, which is never held whole."""
    held, too_long = bytearray(), False
    async for some in _chunks(pipe):
        held += some
        *whole, rest = held.split(b"\n")
        for line in whole:
            yield None if too_long or len(line) > LINE_BYTES else bytes(line)
            too_long = False
        too_long = too_long or len(rest) > LINE_BYTES
        held = bytearray() if too_long else bytearray(rest)


def _message(line: bytes) -> Message | None:
    """The message that a line stands for; None if it is none."""
    try:
        read = _Line.model_validate_json(line)
    except ValidationError:
        return None
    now = time.time()
    at = now if read.at is None else min(now, read.at)
    return Message(id=read.id, sender=read.sender, text=read.text, at=at, group=read.group)


def last_line(said: bytes) -> str:
    """The last line that a command said, behind a colon; empty if it said nothing."""
    lines = said.decode(errors="replace").split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "")
    return f": {printable(last.strip(), SAID)}" if last else ""
