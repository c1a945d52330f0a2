"""Waiting for tasks: by their processes, never by the clock."""

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from overnight.jobs.identity import Identity
from overnight.operations.operation import Context
from overnight.operations.own import task_stop
from overnight.operations.tasks.folder import TaskFolder, all_tasks, find_task
from overnight.operations.tasks.task import TaskState

PATIENCE_MS = 60_000


def gone(process: Identity) -> None:
    """Wait until a process is gone."""
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(process.pid)
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        assert poll.poll(PATIENCE_MS), f"process {process.pid} does not end"
        os.close(descriptor)


def ended(name: str) -> TaskFolder:
    """A task once its process is gone."""
    task = find_task(name)
    assert task.process is not None, "it has said that it is under way"
    gone(task.process)
    return find_task(name)


@contextmanager
def none_left() -> Iterator[None]:
    """End all tasks that still run at the end, and wait for them."""
    try:
        yield
    finally:
        running = [task for task in all_tasks() if task.state is TaskState.RUNNING]
        for task in running:
            with suppress(Exception):
                task_stop.run(Context(where=task.place), task_stop.TaskStopInput(name=task.name))
        for task in running:
            ended(task.name)
