"""Whether an agent is still active: files, output, calls to models, other signs."""

import asyncio
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from overnight.agents.activity import FINAL_S, REFUSED_S, Activity, mark, unless_idle
from overnight.agents.port import TurnFailed
from overnight.models.port import ModelsParked
from overnight.models.usage import Usage


class Clock:
    """Replaces the module `time`."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """The time that a test sets."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that the test controls."""
    found = Clock()
    monkeypatch.setattr("overnight.agents.activity.time", found)
    return found


def write(path: Path) -> None:
    path.write_text("x")


def shape(path: Path) -> None:
    path.parent.joinpath("deep/deeper").mkdir(parents=True)


@pytest.mark.parametrize("act", [write, shape, lambda path: path.parent.joinpath("old").unlink()])
def test_every_change_of_files_is_a_sign(tmp_path: Path, act: Any) -> None:
    """A file written, created or removed, or a folder created."""
    (tmp_path / "old").write_text("x")
    before = mark(tmp_path)
    assert mark(tmp_path) == before
    act(tmp_path / "new")
    assert mark(tmp_path) != before


def test_a_change_deep_below_is_a_sign_and_links_are_not_followed(tmp_path: Path) -> None:
    """A file in a nested folder counts; a circular link causes no error and no cost."""
    deep = tmp_path / "a/b"
    deep.mkdir(parents=True)
    (deep / "circle").symlink_to(tmp_path)
    before = mark(tmp_path)
    (deep / "file").write_text("x")
    assert mark(tmp_path) != before
    assert mark(tmp_path / "gone") == mark(tmp_path / "gone too"), "a missing folder is not an error"


def test_files_output_and_signs_each_count(tmp_path: Path, clock: Clock) -> None:
    """Each of them, and nothing else, restarts the idle time."""
    output, signs = tmp_path / "output", [0]
    (tmp_path / "work").mkdir()
    activity = Activity(tmp_path / "work", output, None, lambda: signs[0])
    activity.idle_s()
    for act in (
        lambda: (tmp_path / "work/file").write_text("x"),
        lambda: output.write_text("printed"),
        lambda: signs.__setitem__(0, 1),
    ):
        clock.now += 30
        assert activity.idle_s() == 30
        act()
        assert activity.idle_s() == 0
    clock.now += 7
    assert activity.idle_s() == 7


def test_waiting_for_a_model_is_no_idleness(tmp_path: Path, clock: Clock) -> None:
    """While a call is in progress, nothing else needs to happen."""
    run: Any = SimpleNamespace(idle_s=0.0, refusal=None, usage=Usage())
    activity = Activity(tmp_path, tmp_path / "output", run)
    activity.idle_s()
    clock.now += 500
    assert activity.idle_s() == 0
    run.idle_s = 40.0
    assert activity.idle_s() == 40


def test_an_agent_that_no_model_answers_is_not_waited_for(tmp_path: Path, clock: Clock) -> None:
    """However often it tries again, unless a call is in progress or was answered."""
    run: Any = SimpleNamespace(idle_s=1.0, refusal=ModelsParked("no quota", wait_s=300.0), usage=Usage())
    activity = Activity(tmp_path, tmp_path / "output", run)
    assert activity.idle_s() == 0
    clock.now += REFUSED_S
    assert activity.idle_s() == 1
    clock.now += 1
    assert activity.idle_s() == math.inf
    run.idle_s = 0.0
    assert activity.idle_s() == 0
    run.idle_s, run.refusal = 1.0, None
    assert activity.idle_s() == 1
    run.refusal = ModelsParked("no quota", wait_s=300.0)
    assert activity.idle_s() == 1, "the time starts again"


@pytest.mark.parametrize(("calls", "longest_s"), [(0, FINAL_S), (1, REFUSED_S)])
def test_one_that_never_had_a_model_nor_will_is_ended_soon(tmp_path: Path, clock: Clock, calls: int, longest_s: float) -> None:
    """Where a person has to act first; one that had answers gets longer, as another model of its may still answer."""
    run: Any = SimpleNamespace(idle_s=1.0, refusal=ModelsParked("401"), usage=Usage(calls=calls))
    activity = Activity(tmp_path, tmp_path / "output", run)
    assert activity.idle_s() == 0
    clock.now += longest_s
    assert activity.idle_s() == 1
    clock.now += 1
    assert activity.idle_s() == math.inf


def test_one_without_a_model_is_not_said_to_have_done_nothing() -> None:
    """It may have asked again and again."""
    with pytest.raises(TurnFailed, match="no model answered it any more"):
        asyncio.run(unless_idle(asyncio.Event().wait(), lambda: math.inf, 600.0))


def test_idle_work_is_ended_with_a_reason() -> None:
    """The work is cancelled, and its clean-up is finished before the caller is notified."""
    ended = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cleaned up")

    with pytest.raises(TurnFailed, match=r"it did nothing for 0\.05 s and was ended"):
        asyncio.run(unless_idle(work(), lambda: 1.0, 0.05))
    assert ended == ["cleaned up"]


def test_busy_work_may_take_any_time() -> None:
    """Work that is never idle is not ended, however short the patience; its result and its own errors are passed on."""

    async def work(looks: list[int]) -> str:
        while len(looks) < 50:  # noqa: ASYNC110  # it waits for the looks
            await asyncio.sleep(0)
        return "done"

    async def broken() -> None:
        raise OSError("its own")

    looks: list[int] = []

    def idle_s() -> float:
        looks.append(1)
        return 0.0

    assert asyncio.run(unless_idle(work(looks), idle_s, 0.001)) == "done"
    with pytest.raises(OSError, match="its own"):
        asyncio.run(unless_idle(broken(), lambda: 0.0, 10.0))


def test_a_cancellation_from_outside_is_passed_on() -> None:
    """Stopping the campaign is not a failure of the agent."""

    async def cancelled() -> bool:
        task = asyncio.create_task(unless_idle(asyncio.Event().wait(), lambda: 0.0, 10.0))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(cancelled())
