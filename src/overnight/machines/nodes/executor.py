"""The port `Executor` over nodes: a job's folder goes to the node of its slot, and its changes come back.

Does not cover: paths of `readable`, which must exist on the node; a `Link` to us: jobs that need one, as agents' do, stay here.
"""

import os
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import anyio
from anyio import to_thread

from overnight.errors import SandboxError
from overnight.files.folders import write_all
from overnight.jail.job import FOLDER, Job, JobEnding, JobResult
from overnight.jail.port import Link, OutputMonitor
from overnight.machines.nodes.calls import OUTPUT, Answer, End, More, Start, State, Wait
from overnight.machines.nodes.lost import NodeLost
from overnight.machines.nodes.manifest import read_manifest
from overnight.machines.nodes.remote_node import RemoteNode
from overnight.machines.nodes.returned import BadReturn, Returning
from overnight.machines.nodes.sending import start
from overnight.machines.nodes.spool import Finished
from overnight.machines.nodes.tree import Piece
from overnight.machines.proxied import Reached
from overnight.words.foreign import printable

WAIT_S = 20.0  # of one call, which renews the job's lease
CANCEL_S = 15.0  # that the end of a cancelled job is waited for; its lease ends it in any case
_SHOWN = 300  # characters of what a node says
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
Locate = Callable[[int], tuple[RemoteNode, int]]


class RemoteExecutor:
    """Runs jobs on nodes, each in the jail there."""

    name = "jail"

    def __init__(self, session: str, locate: Locate, *, reached: Reached | None = None) -> None:
        """`locate` gives the node of a slot and the slot's number there, or raises `ValueError` or `NodeLost`.

        `reached` gets what a job reached of the hosts that it may reach, if anything, before its run returns.
        """
        self._session = session
        self._locate = locate
        self._reached = reached

    def folder_of(self, folder: Path) -> str:  # noqa: ARG002  # the same for every job
        """Where a job finds its own folder."""
        return FOLDER

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        """Run the job to its end on the node of its slot, or collect the result that the node has kept of it.

        What a job changed in its folder comes back if it ended by itself. The result of a job with an id stays on the node
        until it is acknowledged. `monitor` travels, pickled; the one here gets the whole output once the job has ended.

        Raises:
            NodeLost: the node is lost, or cannot run it; no result is known.
            SandboxError: the machine's fault, here or there, which the user can fix.
            ValueError: there is no such slot, or the job needs a link to us.
        """
        if link and (link.talk or link.doors):
            raise ValueError("a job with a link to us cannot run on a node")
        node, slot = self._locate(job.slot)
        asked = await to_thread.run_sync(self._asked, job, slot, monitor)
        try:
            finished = await self._run(node, asked, job)
        except anyio.get_cancelled_exc_class():
            with anyio.move_on_after(CANCEL_S, shield=True), suppress(NodeLost):
                await node.ask(End(session=self._session, job_id=asked.job_id))
            raise
        if monitor:
            monitor(await to_thread.run_sync(Path(job.output).read_bytes))
        if self._reached and finished.reached:
            self._reached(job, finished.reached)
        if not job.id:
            node.done.add(asked.job_id)
        return finished.result

    def _asked(self, job: Job, slot: int, monitor: OutputMonitor | None) -> Start:
        return Start(
            session=self._session,
            job_id=job.id or uuid.uuid4().hex,
            wait_s=WAIT_S,
            slot=slot,
            command=job.command,
            environment=dict(job.environment),
            limits=job.limits,
            readable=job.readable,
            stdin=job.stdin,
            forget=job.forget,
            role=job.role,
            number=job.number,
            monitor=_pickled(monitor) if monitor else b"",
            keep=bool(job.id),
            entries=tuple(read_manifest(Path(job.folder))),
        )

    async def _run(self, node: RemoteNode, asked: Start, job: Job) -> Finished:
        answer, contents = await start(node, asked, Path(job.folder))
        while answer.state is State.RUNNING:
            wait = Wait(session=self._session, job_id=asked.job_id, wait_s=WAIT_S)
            answer, contents = await node.ask(wait, wait_s=WAIT_S)
        finished = _finished(node, answer)
        try:
            with closing(_Collecting(job, finished)) as collecting:
                await to_thread.run_sync(collecting.take, answer.pieces, contents)
                while answer.more:
                    after = answer.pieces[-1]
                    answer, contents = await node.ask(More(session=self._session, job_id=asked.job_id, after=after))
                    _check(node, answer)
                    await to_thread.run_sync(collecting.take, answer.pieces, contents)
        except BadReturn as error:  # the job's doing, as nodes are trusted: it must not cost us the node
            result = replace(finished.result, ending=JobEnding.DISK, exit_code=None, detail=printable(str(error), _SHOWN))
            return finished.model_copy(update={"result": result})
        return finished


class _Collecting:
    """Writes what comes back from a job."""

    def __init__(self, job: Job, finished: Finished) -> None:
        """Begin with an empty output.

        Raises:
            BadReturn: the node returns what no job within its limits can leave.
            SandboxError: the output cannot be written.
        """
        if not 0 <= finished.captured_bytes <= job.limits.output_bytes:
            raise BadReturn("it returned more output than was asked for")
        self._job, self._finished = job, finished
        self._returning: Returning | None = None
        self._left_bytes = finished.captured_bytes
        try:
            self._output = os.open(job.output, _CREATE, 0o600)
        except OSError as error:
            raise SandboxError(f"a job's output cannot be written to {job.output}: {error.strerror}") from error

    def take(self, pieces: Sequence[Piece], contents: Sequence[bytes]) -> None:
        """Write these pieces, the output's first."""
        if len(pieces) != len(contents):
            raise BadReturn("it returned incomplete contents")
        if self._returning is None:
            self._returning = Returning(Path(self._job.folder), self._finished.changes, self._job.limits)
        printed = [content for piece, content in zip(pieces, contents, strict=True) if piece.index == OUTPUT]
        self._left_bytes -= sum(map(len, printed))
        if self._left_bytes < 0:
            raise BadReturn("it returned more output than there is")
        try:
            for content in printed:
                write_all(self._output, content)
        except OSError as error:
            raise SandboxError(f"a job's output cannot be written: {error.strerror}", fix="free space on the disk") from error
        self._returning.write(pieces[len(printed) :], contents[len(printed) :])

    def close(self) -> None:
        """Close the output."""
        os.close(self._output)


def _finished(node: RemoteNode, answer: Answer) -> Finished:
    """The result in an answer.

    Raises:
        NodeLost: there is none.
        SandboxError: there is none, for a reason that the user can fix.
    """
    _check(node, answer)
    if answer.finished is None:
        raise NodeLost(node.name, "it returned no result")
    return answer.finished


def _check(node: RemoteNode, answer: Answer) -> None:
    reason = printable(answer.reason, _SHOWN)
    if answer.state is State.REFUSED:
        raise SandboxError(f"node {node.name}: {reason}", fix=printable(answer.fix, _SHOWN))
    if answer.state is not State.FINISHED:
        raise NodeLost(node.name, reason)


def _pickled(monitor: OutputMonitor) -> bytes:
    from cloudpickle import dumps

    pickled: bytes = dumps(monitor)
    return pickled
