"""A session's jobs on a node: started, waited for, ended, and kept until they are acknowledged.

Each slot runs one job at a time: another job in its slot is one that the head forgot, and is ended. Does not cover: who may
call (TLS with both sides checked); a job's processes (the jail does); space that others take from the disk while a job runs.
"""

import fcntl
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from overnight.files.folders import opened, remove_tree
from overnight.files.own import make_folder
from overnight.jail.checkout import Checkout
from overnight.machines.nodes.cache import ContentCache
from overnight.machines.nodes.calls import INLINE_BYTES, OUTPUT, START, Answer, Held, Join, Put, Start, State, Wait
from overnight.machines.nodes.job_runner import JobRunner
from overnight.machines.nodes.leases import Leases
from overnight.machines.nodes.manifest import tree_digest
from overnight.machines.nodes.spool import Finished, Spool
from overnight.machines.nodes.tree import Piece, read_pieces
from overnight.machines.share import Share, share_of

FULL_BYTES = 16 * 1000**2  # with less free space a command that failed may have failed for it
CACHE, JOBS = "cache", "jobs"  # in a session's folder
LONGEST_WAIT_S = 30.0  # of one call


@dataclass(slots=True, kw_only=True)
class RunningJob:
    """A job in progress."""

    asked: Start
    digest: bytes
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    ended: anyio.Event = field(default_factory=anyio.Event)


class SessionBusy(Exception):  # noqa: N818  # a state, which ends with a lease
    """An earlier process still has the session."""


class Session:
    """The jobs of one campaign on this node."""

    def __init__(self, folder: Path, terms: Join, *, leases: Leases, tasks: TaskGroup, now: Callable[[], float]) -> None:
        """Take a share of this machine; what a killed process left of the session is deleted, but for results.

        Raises:
            SandboxError: the jail does not work here.
            SessionBusy: another process has the session.
            UserError: its folder is not ours.
        """
        make_folder(folder)
        self.terms = terms
        self._folder = folder
        self._leases, self._tasks = leases, tasks
        self._running: dict[str, RunningJob] = {}
        self._faults: dict[str, Answer] = {}
        with ExitStack() as stack:
            if not stack.enter_context(_locked(folder)):
                raise SessionBusy(f"another process still has this session, in {folder}")
            self.share: Share = stack.enter_context(share_of(terms.limits, terms.slots, alone=terms.alone))
            checkout = Checkout(toplevels=[*map(Path, terms.toplevels)], private=[*map(Path, terms.private)])
            self._spool = Spool(folder / JOBS, now)
            self._cache = ContentCache(folder / CACHE)
            self._runner = JobRunner(self.share, checkout, spool=self._spool, cache=self._cache, now=now)
            self._stack = stack.pop_all()

    @property
    def held(self) -> tuple[Held, ...]:
        """The jobs that run, and those whose result is kept."""
        running = (Held(job_id=each, slot=job.asked.slot, running=True) for each, job in self._running.items())
        finished = (Held(job_id=each.job_id, slot=each.slot, running=False) for each in self._spool.finished.values())
        return (*running, *finished)

    @property
    def cpus(self) -> tuple[tuple[int, ...], ...]:
        """The processors that each slot is pinned to."""
        return tuple(tuple(self.share.cores.of_slot(slot, self.share.cpus)) for slot in range(self.share.slots))

    async def put(self, call: Put, contents: Sequence[bytes]) -> Answer:
        """Take parts of contents.

        Raises:
            OSError: there is no room on the disk.
            ValueError: one is not what it was sent as.
        """
        for digest, size, offset, content in zip(call.digests, call.sizes, call.offsets, contents, strict=True):
            await to_thread.run_sync(self._cache.put, digest, size, offset, content)
        return Answer(state=State.LACKING)

    def lacks(self, digests: Sequence[bytes]) -> Answer:
        """Which of these contents must be sent."""
        return Answer(state=State.LACKING, lacking=tuple(self._cache.lacks(digests)))

    async def start(self, asked: Start, contents: Sequence[bytes]) -> tuple[Answer, Sequence[bytes]]:
        """Start a job, unless it runs or has ended already, and say how it stands, as `wait` does.

        Raises:
            OSError: there is no room on the disk.
            ValueError: a content is not what it was sent as, or there is no such slot.
        """
        return (refused, ()) if (refused := await self._begin(asked, contents)) else await self.wait(asked)

    async def _begin(self, asked: Start, contents: Sequence[bytes]) -> Answer | None:
        """Start a job; an answer if it cannot be started."""
        if asked.done:
            self._tasks.start_soon(self.acknowledge, asked.done)
        for digest, content in zip(asked.digests, contents, strict=True):
            await to_thread.run_sync(self._cache.put, digest, len(content), 0, content)
        digest = _digest(asked)
        running, finished = self._running.get(asked.job_id), self._spool.finished.get(asked.job_id)
        if digest in {running and running.digest, finished and finished.asked}:
            return None
        if not 0 <= asked.slot < self.share.slots:
            raise ValueError(f"slot {asked.slot} of {self.share.slots}")
        lacking = self._cache.lacks(each.content for each in asked.entries if each.kind == "file")
        if lacking:
            return Answer(state=State.LACKING, lacking=tuple(lacking))
        if lack := self._runner.lack_of_room(asked.limits):
            return Answer(state=State.FAILED, reason=lack)
        in_the_way = [each for each, job in self._running.items() if each == asked.job_id or job.asked.slot == asked.slot]
        await self.end(in_the_way)
        self._faults.pop(asked.job_id, None)
        job = self._running[asked.job_id] = RunningJob(asked=asked, digest=digest)
        self._tasks.start_soon(self._run, job)
        return None

    async def wait(self, call: Wait | Start) -> tuple[Answer, Sequence[bytes]]:
        """How a job stands, once it has ended or the time to wait is over; its lease begins anew.

        Raises:
            OSError: what it left cannot be read.
        """
        if running := self._running.get(call.job_id):
            self._leases.renew(self.lease_of(call.job_id))
            with anyio.move_on_after(min(call.wait_s, LONGEST_WAIT_S)):
                await running.ended.wait()
        answer = self._stands(call.job_id)
        return await self.pieces(call.job_id, START) if answer.state is State.FINISHED else (answer, ())

    async def pieces(self, job_id: str, after: Piece) -> tuple[Answer, Sequence[bytes]]:
        """More of what a job left, as far as fits into one answer.

        Raises:
            OSError: it cannot be read.
        """
        finished = self._spool.finished.get(job_id)
        if finished is None:
            return Answer(state=State.UNKNOWN), ()
        pieces, contents = await to_thread.run_sync(self._read_pieces, finished, after)
        more = sum(map(len, contents)) >= INLINE_BYTES
        whole = finished if after == START else None
        return Answer(state=State.FINISHED, finished=whole, pieces=tuple(pieces), more=more), contents

    async def end(self, job_ids: Sequence[str]) -> None:
        """End these jobs with all their processes, as far as they run."""
        jobs = [job for each in job_ids if (job := self._running.get(each))]
        for job in jobs:
            job.scope.cancel()
        for job in jobs:
            await job.ended.wait()

    async def acknowledge(self, job_ids: Sequence[str]) -> None:
        """Delete these results."""
        for each in job_ids:
            self._faults.pop(each, None)
            if each not in self._running:
                await to_thread.run_sync(self._spool.remove, each)

    async def close(self) -> None:
        """End all jobs, delete all but the results that are to be kept, and give the share back."""
        await self.end(tuple(self._running))
        for each in self._running:
            self._leases.release(self.lease_of(each))
        with self._stack:
            await to_thread.run_sync(remove_tree, self._folder / CACHE)
            await self.acknowledge([each.job_id for each in self._spool.finished.values() if not each.keep])
            if not self._spool.finished:
                await to_thread.run_sync(remove_tree, self._folder)

    def lease_of(self, job_id: str) -> str:
        """The name of a job's lease."""
        return f"{self.terms.session}\0{job_id}"

    async def lapse(self, lapsed: Sequence[str]) -> None:
        """End the jobs whose lease is among these."""
        await self.end([each for each in self._running if self.lease_of(each) in lapsed])

    async def _run(self, job: RunningJob) -> None:
        asked = job.asked
        self._leases.renew(self.lease_of(asked.job_id))
        try:
            with job.scope:
                if fault := await self._runner.run(asked, job.digest):
                    self._faults[asked.job_id] = fault
        finally:
            self._leases.release(self.lease_of(asked.job_id))
            if asked.job_id not in self._spool.finished:
                with anyio.CancelScope(shield=True):
                    await to_thread.run_sync(self._spool.remove, asked.job_id)
            del self._running[asked.job_id]
            job.ended.set()

    def _stands(self, job_id: str) -> Answer:
        if job_id in self._running:
            return Answer(state=State.RUNNING)
        if job_id in self._spool.finished:
            return Answer(state=State.FINISHED)
        return self._faults.get(job_id) or Answer(state=State.UNKNOWN, reason="it does not have the job any more")

    def _read_pieces(self, finished: Finished, after: Piece) -> tuple[list[Piece], list[bytes]]:
        pieces, contents, left = list[Piece](), list[bytes](), INLINE_BYTES
        if after.index == OUTPUT:
            begin = after.offset + after.size_bytes
            with self._spool.output(finished.job_id).open("rb") as file:
                file.seek(begin)
                contents.append(file.read(min(left, finished.captured_bytes - begin)))
            pieces.append(Piece(index=OUTPUT, offset=begin, size_bytes=len(contents[0])))
            left -= len(contents[0])
            after = Piece(index=0, offset=0, size_bytes=0)
        if left > 0:
            more, bodies = read_pieces(self._spool.tree(finished.job_id), finished.changes.changed, after, left)
            return pieces + more, contents + bodies
        return pieces, contents


def sweep(root: Path, now: float) -> None:
    """Delete what killed processes left of their sessions, but for results that are not too old."""
    for folder in root.iterdir():
        with _locked(folder) as ours:
            if ours:
                remove_tree(folder / CACHE)
                if not Spool(folder / JOBS, lambda: now).finished:
                    remove_tree(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Lock a session's folder for this process; whether that was possible."""
    with opened(folder) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _digest(asked: Start) -> bytes:
    """A digest of what is asked, the same when it is asked again in another session."""
    what = asked.model_dump_json(include={"command", "environment", "limits", "readable", "stdin", "forget"})
    return hashlib.sha256(what.encode() + tree_digest(asked.entries)).digest()
