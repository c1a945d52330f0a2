"""One job on a node: its folder is made, it runs in the jail, and what it left becomes a result in the spool."""

import os
import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from anyio import to_thread

from overnight.egress.connection import Connection
from overnight.errors import UserError
from overnight.jail.checkout import Checkout
from overnight.jail.job import Job, JobEnding, JobResult, Limits
from overnight.jail.limit_hits import LimitHit
from overnight.machines.nodes.cache import ContentCache
from overnight.machines.nodes.calls import Answer, Start, State
from overnight.machines.nodes.spool import Finished, Spool
from overnight.machines.nodes.tree import Changes, find_changes, make_tree
from overnight.machines.share import Share, make_executor
from overnight.words.quantities import size_text

FULL_BYTES = 16 * 1000**2  # with less free space a command that failed may have failed for it


class JobRunner:
    """Runs the jobs of a session."""

    def __init__(
        self, share: Share, checkout: Checkout, *, spool: Spool, cache: ContentCache, now: Callable[[], float]
    ) -> None:
        """`checkout` is hidden from all jobs; `now` is Unix time in seconds.

        Raises:
            SandboxError: the jail does not work here.
        """
        self._executor = make_executor("jail", share, checkout=checkout, reached=self._note_reached)
        self._spool, self._cache, self._now = spool, cache, now
        self._reached: dict[PurePath, Sequence[Connection]] = {}

    def lack_of_room(self, limits: Limits) -> str:
        """Why there is no room for a job; empty if there is."""
        free, needed = self._free_bytes(), limits.disk_bytes + limits.output_bytes
        if free >= needed:
            return ""
        return f"its disk is full: {size_text(free)} are free, and a job may write {size_text(needed)}"

    async def run(self, asked: Start, digest: bytes) -> Answer | None:
        """Run a job and keep its result under the digest of what was asked; or why there is none."""
        try:
            result = await self._result(asked)
            if _failed(asked.limits, result) and (full := self._full()):
                return full
            await to_thread.run_sync(self._finish, asked, digest, result)
        except UserError as error:
            return self._full() or Answer(state=State.REFUSED, reason=str(error.args[0]), fix=error.fix)
        except OSError as error:
            return self._full() or Answer(state=State.FAILED, reason=f"the job's files cannot be kept: {error}")
        except Exception as error:  # noqa: BLE001  # the outermost loop of a job: an error of ours must not end all others
            return Answer(state=State.FAILED, reason=f"{type(error).__name__}: {error}")
        finally:
            self._reached.pop(self._spool.tree(asked.job_id), None)
        return None

    async def _result(self, asked: Start) -> JobResult:
        tree, output = self._spool.tree(asked.job_id), self._spool.output(asked.job_id)
        _check_readable(asked.readable)
        with self._cache.held([each.content for each in asked.entries if each.kind == "file"]):
            self._spool.place(asked.job_id)
            await to_thread.run_sync(make_tree, tree, asked.entries, self._cache.open)
        job = Job(
            command=asked.command,
            folder=tree,
            output=output,
            limits=asked.limits,
            environment=asked.environment,
            readable=asked.readable,
            stdin=asked.stdin,
            slot=asked.slot,
            forget=asked.forget,
            role=asked.role,
            number=asked.number,
        )
        monitor = pickle.loads(asked.monitor) if asked.monitor else None  # noqa: S301  # of our head, as all of the call is
        return await self._executor.run(job, monitor=monitor)

    def _finish(self, asked: Start, digest: bytes, result: JobResult) -> None:
        tree = self._spool.tree(asked.job_id)
        changes = Changes()
        if result.ending is JobEnding.EXITED:
            found = find_changes(tree, asked.entries, asked.limits)
            if isinstance(found, LimitHit):
                result = _stopped(result, found)
            else:
                changes = found
        self._spool.finish(
            Finished(
                job_id=asked.job_id,
                asked=digest,
                slot=asked.slot,
                keep=asked.keep,
                result=result,
                captured_bytes=self._spool.output(asked.job_id).stat().st_size,
                changes=changes,
                reached=tuple(self._reached.get(tree, ())),
                ended_at=self._now(),
            )
        )

    def _note_reached(self, job: Job, connections: Sequence[Connection]) -> None:
        self._reached[job.folder] = connections

    def _free_bytes(self) -> int:
        status = os.statvfs(self._spool.folder)
        return status.f_bavail * status.f_frsize

    def _full(self) -> Answer | None:
        """That the disk is full, if it is; then nothing else that went wrong here means anything."""
        if (free := self._free_bytes()) >= FULL_BYTES:
            return None
        return Answer(state=State.FAILED, reason=f"its disk is full: {size_text(free)} are left")


def _failed(limits: Limits, result: JobResult) -> bool:
    """Whether a job may have failed for a reason that is not its own."""
    return result.ending is JobEnding.EXITED and result.exit_code not in limits.allow_exit


def _stopped(result: JobResult, stop: LimitHit) -> JobResult:
    return replace(result, ending=stop.ending, exit_code=None, detail=stop.detail)


def _check_readable(paths: Sequence[str]) -> None:
    for path in paths:
        if not Path(path).exists():
            raise UserError(
                f"jobs cannot read {path}: it does not exist there, and data does not travel with a job",
                fix="put it at the same path on every node",
            )
