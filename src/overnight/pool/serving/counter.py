"""The thread that owns a desk: requests that came meanwhile are carried out with one wait for the disk."""

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from overnight.pool.messages import Answer, Refusal, Signed
from overnight.pool.serving.desk import Desk
from overnight.pool.serving.inspection import Inspected
from overnight.pool.serving.refusing import Busy

MOST_AT_ONCE = 64  # requests of one transaction
MOST_WAITING = 4096
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """A request, or a question."""

    done: Future[Any]  # Any: what it asks for
    request: Signed | None = None
    inspected: Inspected | None = None  # what was found in the text of the request
    question: Callable[[Desk], object] | None = None


class Counter:
    """Where requests from the event loop meet a desk, which lives in a thread of its own as its database does."""

    def __init__(self, open_desk: Callable[[], Desk]) -> None:
        self._open_desk = open_desk
        self._jobs: queue.Queue[Job | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="desk", daemon=True)
        self._opened: Future[None] = Future()

    def start(self) -> None:
        """Open the desk; raises what opening it raises."""
        self._thread.start()
        self._opened.result()

    def stop(self) -> None:
        """Carry out what came, then close the record."""
        self._jobs.put(None)
        self._thread.join()

    def take(self, request: Signed, inspected: Inspected | None = None) -> Awaitable[Answer | Refusal]:
        """Carry out a request; Busy if too many wait."""
        return self._put(Job(Future(), request=request, inspected=inspected))

    def ask(self, question: Callable[[Desk], T]) -> Awaitable[T]:
        """Ask the desk; Busy if too many wait."""
        return self._put(Job(Future(), question=question))

    def _put(self, job: Job) -> Awaitable[Any]:  # Any: as `Job`
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            raise Busy from None
        return asyncio.wrap_future(job.done)

    def _work(self) -> None:
        try:
            desk = self._open_desk()
        except BaseException as error:  # noqa: BLE001  # it is raised again where the counter is started
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        with desk.record:
            while (jobs := self._next())[-1] is not None:
                self._carry_out(desk, [job for job in jobs if job])
            self._carry_out(desk, [job for job in jobs if job])

    def _next(self) -> list[Job | None]:
        """What waits now, at least one; None at its end: no more comes."""
        jobs = [self._jobs.get()]
        while jobs[-1] is not None and len(jobs) < MOST_AT_ONCE and not self._jobs.empty():
            jobs.append(self._jobs.get())
        return jobs

    def _carry_out(self, desk: Desk, jobs: list[Job]) -> None:
        jobs = [job for job in jobs if job.done.set_running_or_notify_cancel()]
        for job in jobs:
            if job.question:
                _finish([job], lambda job=job: [job.question(desk)])  # type: ignore[misc]  # mypy loses the loop's variable
        asked = [job for job in jobs if job.request]
        if asked and not _finish(asked, lambda: _taken(desk, asked), last=False):
            for job in asked:  # one of them broke the transaction: it alone fails
                _finish([job], lambda job=job: _taken(desk, [job]))  # type: ignore[misc]  # as above


def _taken(desk: Desk, jobs: list[Job]) -> Sequence[Answer | Refusal]:
    inspected = {job.request.signature: job.inspected for job in jobs if job.request and job.inspected}
    return desk.take_all([job.request for job in jobs if job.request], inspected)


def _finish(jobs: list[Job], answer: Callable[[], Any], *, last: bool = True) -> bool:  # Any: as `Job`
    """Give each its answer, or the error if there is no other try."""
    try:
        answers = answer()
    except Exception as error:  # noqa: BLE001  # the thread serves all others
        if last:
            for job in jobs:
                job.done.set_exception(error)
        return False
    for job, each in zip(jobs, answers, strict=True):
        job.done.set_result(each)
    return True
