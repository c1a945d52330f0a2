"""Whether an agent is still active: it calls a model, prints, or changes files; how long it takes does not matter.

An agent that no model answers any more is not waited for: some retry until there is quota, or for ever.

Does not cover: an agent that works silently for longer than the patience: it is taken for one that hangs.
"""

import math
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import anyio

from overnight.agents.port import TurnFailed
from overnight.agents.task_group import companion_tasks
from overnight.models.port import ModelRun

T = TypeVar("T")
LOOKED_AT = 20_000  # files of a workspace
LOOKS = 20  # within the patience
REFUSED_S = 60.0  # for an agent to end by itself when no provider is available; those that do so take some seconds
FINAL_S = 10.0  # the same for one that never had an answer, nor will get one until a person acts
FIRST_LOOK_S = 1.0  # after the start; later ones are further apart


def mark(folder: Path) -> int:
    """A number that changes when a file below a folder is written, made or removed."""
    return hash(frozenset(_entries(str(folder))))


def _entries(folder: str) -> Iterator[tuple[str, int, int]]:
    folders, seen = [folder], 0
    while folders and seen < LOOKED_AT:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                seen += 1
                status = entry.stat(follow_symlinks=False)
                yield entry.path, status.st_size, status.st_mtime_ns
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)


class Activity:
    """What an agent did last, observed from outside."""

    def __init__(self, folder: Path, output: Path, run: ModelRun | None, signs: Callable[[], int] = int) -> None:
        """`signs`: how many further signs of life there were."""
        self._folder = folder
        self._output = output
        self._run = run
        self._signs = signs
        self._last: object = None
        self._since = time.monotonic()
        self._refused_since: float | None = None

    def idle_s(self) -> float:
        """How long nothing has happened, as far as was observed; infinite if nothing can come of it any more."""
        seen = (mark(self._folder), self._output.stat().st_size if self._output.exists() else 0, self._signs())
        if seen != self._last:
            self._last, self._since = seen, time.monotonic()
        idle_s = time.monotonic() - self._since
        if self._run is None:
            return idle_s
        return math.inf if self._refused_s(self._run) > _longest_s(self._run) else min(idle_s, self._run.idle_s)

    def _refused_s(self, run: ModelRun) -> float:
        """How long it has had no model; 0 while a call is under way, which may get one."""
        if run.refusal is None:
            self._refused_since = None
        elif self._refused_since is None:
            self._refused_since = time.monotonic()
        return time.monotonic() - self._refused_since if self._refused_since is not None and run.idle_s else 0.0


def _longest_s(run: ModelRun) -> float:
    """How long an agent may go on without a model."""
    refusal = run.refusal
    final = refusal is not None and refusal.wait_s is None and not run.usage.calls
    return FINAL_S if final else REFUSED_S


async def unless_idle(work: Awaitable[T], idle_s: Callable[[], float], patience_s: float) -> T:
    """What the work returns; it is cancelled once it has been idle for `patience_s`.

    Raises:
        TurnFailed: it was.
    """

    async def watch() -> None:
        pause_s = FIRST_LOOK_S
        while True:
            idle = idle_s()
            if math.isinf(idle):
                raise TurnFailed("no model answered it any more, and it was ended")
            if idle >= patience_s:
                raise TurnFailed(f"it did nothing for {patience_s:.3g} s and was ended")
            await anyio.sleep(min(patience_s - idle, patience_s / LOOKS, pause_s))
            pause_s *= 2

    async with companion_tasks() as tasks:
        tasks.start_soon(watch)
        return await work
    raise AssertionError  # a body that returns never gets here
