"""The workers of a meta-campaign: a process for each slot, started when it is first needed.

A worker that dies is replaced once for each inner campaign, which goes on from its ledger. Workers end with this process, and
so do their jailed jobs with them, however it ends.
"""

import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from overnight.errors import InternalError
from overnight.files.folders import read_tail
from overnight.meta.ended import ended
from overnight.meta.record import LOG, open_log
from overnight.meta.task import POSTPONED, Blame, InnerResult, InnerTask
from overnight.research.loop.port import TrialPostponed
from overnight.words.foreign import printable

LONGEST = 1_000_000  # bytes of an answer
LOOK_S = 0.2  # between looks whether the session stops
SHOWN = 200  # characters of an answer or of a line
LOG_SHOWN = 2000  # bytes of a worker's last words
TRIES = 2  # workers for one inner campaign


WORKER = (sys.executable, "-P", "-m", "overnight.meta.worker")  # -P: nothing of the folder that we were started in


class WorkerDied(Exception):  # noqa: N818  # an outcome
    """A worker ended without an answer."""


@dataclass(slots=True)
class _Worker:
    process: Process
    answers: BufferedByteReceiveStream

    async def close(self) -> None:
        """Kill it and wait for its end, also if the caller is cancelled."""
        with anyio.CancelScope(shield=True):
            if self.process.returncode is None:
                self.process.kill()
            await self.process.aclose()


@dataclass(slots=True)
class Workers:
    """Runs inner campaigns, one at a time on each slot."""

    command: Sequence[str] = WORKER
    _by_slot: dict[int, _Worker] = field(default_factory=dict)

    def known(self, task: InnerTask) -> InnerResult | None:
        """What an inner campaign came to that has ended; None if it has not."""
        return ended(Path(task.folder))

    async def run(self, task: InnerTask, slot: int, stopping: Callable[[], bool]) -> InnerResult:
        """Run one to its end; cancelled, it ends at once and can go on later.

        Raises:
            TrialPostponed: `stopping` became true meanwhile, and it was not finished.
            InternalError: it could not be run, or two workers ended without an answer.
        """
        for _ in range(TRIES):
            if stopping():
                raise TrialPostponed
            try:
                return await self._run(task, slot, stopping)
            except WorkerDied as died:
                reason = str(died)
        raise InternalError(_with_log(f"a worker of the meta-campaign {reason}", Path(task.folder)))

    async def _run(self, task: InnerTask, slot: int, stopping: Callable[[], bool]) -> InnerResult:
        worker = self._by_slot.get(slot) or await self._start(slot, Path(task.folder))
        try:
            answer = await self._answer(worker, task, stopping)
            result = None if answer == POSTPONED else _parsed(answer)
        except BaseException:
            del self._by_slot[slot]
            await worker.close()
            raise
        if result is None:
            raise TrialPostponed
        if result.blame == Blame.OURS:
            raise InternalError(_with_log(result.failure, Path(task.folder)))
        return result

    async def _answer(self, worker: _Worker, task: InnerTask, stopping: Callable[[], bool]) -> str:
        try:
            if worker.process.stdin is None:
                raise RuntimeError("a worker without standard input")
            await worker.process.stdin.send(f"{task.text()}\n".encode())
            while True:
                with anyio.move_on_after(LOOK_S):
                    return (await worker.answers.receive_until(b"\n", LONGEST)).decode(errors="replace")
                if stopping():  # again and again: a worker may not listen yet
                    worker.process.send_signal(signal.SIGTERM)
        except anyio.DelimiterNotFound as error:
            raise WorkerDied("answered with an endless line") from error
        except (anyio.IncompleteRead, anyio.EndOfStream, anyio.BrokenResourceError, ProcessLookupError) as error:
            with anyio.CancelScope(shield=True):
                code = await worker.process.wait()
            raise WorkerDied(f"ended without an answer, with exit code {code}") from error

    async def _start(self, slot: int, folder: Path) -> _Worker:
        with open_log(folder) as log:
            process = await anyio.open_process(self.command, stdin=PIPE, stdout=PIPE, stderr=log, start_new_session=True)
        if process.stdout is None:
            raise RuntimeError("a worker without standard output")
        self._by_slot[slot] = worker = _Worker(process, BufferedByteReceiveStream(process.stdout))
        return worker

    async def close(self) -> None:
        """End them all."""
        for worker in self._by_slot.values():
            await worker.close()
        self._by_slot.clear()


def _parsed(answer: str) -> InnerResult:
    try:
        return InnerResult.parse(answer)
    except ValueError as error:
        raise WorkerDied(f"answered what is no result: {printable(answer, SHOWN)}") from error


def _with_log(what: str, folder: Path) -> str:
    """A fault with the last words of its worker, and where the rest is."""
    log = folder / LOG
    said = read_tail(log, LOG_SHOWN).strip()
    return f"{what}; see {log}" + (f", which ends with: {printable(said.splitlines()[-1], SHOWN)}" if said else "")


@asynccontextmanager
async def workers() -> AsyncIterator[Workers]:
    """Workers that end with the context."""
    made = Workers()
    try:
        yield made
    finally:
        await made.close()
