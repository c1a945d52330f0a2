"""A process that runs inner campaigns one after another: a task on a line of standard input, its result on one of output.

It ends with its parent: a thread reads standard input, and when that ends, so does the process, whatever it does. What it
writes to standard error goes into the folder of the campaign that it runs.
"""

import os
import queue
import signal
import threading
import traceback
from pathlib import Path
from typing import TextIO

import anyio

from overnight.errors import OvernightError, leaf_errors
from overnight.meta.inner import Halt, run_inner
from overnight.meta.record import open_log
from overnight.meta.task import POSTPONED, Blame, InnerResult, InnerTask


def main() -> None:
    """Work until standard input ends."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    tasks = os.fdopen(os.dup(0), encoding="utf-8")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)  # no command that is started here reads a task, or keeps us from seeing the end
    threading.Thread(target=_read, args=(tasks, lines), daemon=True).start()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # nothing but answers goes to the parent
    while True:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # between two tasks there is nothing to stop
        print(_answer(InnerTask.parse(lines.get())), file=answers, flush=True)  # the answer


def _read(tasks: TextIO, lines: "queue.SimpleQueue[str]") -> None:
    for line in tasks:
        lines.put(line)
    os._exit(0)


def _answer(task: InnerTask) -> str:
    """The result of a task; an error that is not the campaign's own is in the log as well."""
    try:
        log_into(Path(task.folder))
        return anyio.run(_work, task)
    except BaseExceptionGroup as several:
        leaves = leaf_errors(several)
        error: BaseException = leaves[0] if len(leaves) == 1 else several  # without the task groups around an only fault
    except (OvernightError, OSError) as one:
        error = one
    traceback.print_exception(error)
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    return InnerResult(progress=None, failure=what, blame=Blame.OURS).text()


def log_into(folder: Path) -> None:
    """Let standard error go into a folder."""
    with open_log(folder) as log:
        os.dup2(log.fileno(), 2)
        os.dup2(log.fileno(), 1)


async def _work(task: InnerTask) -> str:
    halt = Halt()
    async with anyio.create_task_group() as tasks:
        await tasks.start(_listen, halt)
        result = await run_inner(task, halt)
        tasks.cancel_scope.cancel()
    return result.text() if result else POSTPONED


async def _listen(halt: Halt, *, task_status: "anyio.abc.TaskStatus[None]") -> None:
    with anyio.open_signal_receiver(signal.SIGTERM) as signals:
        task_status.started()
        async for _ in signals:
            halt.ask()


if __name__ == "__main__":
    main()
