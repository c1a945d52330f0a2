"""Workers: stopped or dead, no inner campaign is lost or run twice, and none survives its parent; `slow/` has the kills."""

from pathlib import Path

import anyio
import pytest
from inner_campaigns import counting, make_target, task_on
from processes import gone

from overnight.errors import InternalError
from overnight.files.own import NotOurs
from overnight.meta.record import LOG, finished, inner_ledgers
from overnight.meta.task import InnerTask
from overnight.meta.workers import Workers, workers
from overnight.research.loop.port import TrialPostponed

MARK = "sleep 0.0371"  # identifies the trials of these campaigns among all processes


def run_on_one(task: InnerTask, stopping: bool = False) -> None:
    """Run a task on a worker of its own."""

    async def work() -> None:
        async with workers() as hands:
            await hands.run(task, 0, lambda: stopping or Path(task.folder, "stop").exists())

    anyio.run(work)


def test_a_worker_that_dies_twice_is_our_fault_with_its_log(tmp_path: Path) -> None:
    """The error names the log; what the worker wrote to standard error is there, and not on our terminal."""
    killing = make_target(tmp_path / "killing", measure="kill -9 $PPID; exit {seed}")
    task = task_on(killing, tmp_path / "inner" / "a" / "target")
    with pytest.raises(InternalError, match="ended without an answer"):
        run_on_one(task)
    assert Path(task.folder, LOG).exists() and finished(Path(task.folder)) is None


def test_a_stop_postpones_what_runs(tmp_path: Path) -> None:
    """A worker is asked to stop, ends at its next trial, and can go on; what was asked for before it begins is not begun."""
    log = tmp_path / "log"
    target = make_target(tmp_path / "target", measure=counting(log))
    task = task_on(target, tmp_path / "inner" / "a" / "target")
    with pytest.raises(TrialPostponed):
        run_on_one(task, stopping=True)
    assert not log.exists()

    async def stopped() -> None:
        async with workers() as hands, anyio.create_task_group() as group:

            async def run() -> None:
                with pytest.raises(TrialPostponed):
                    await hands.run(task, 0, log.exists)

            group.start_soon(run)

    anyio.run(stopped)
    some = len(log.read_text().splitlines())
    run_on_one(task)
    [record] = inner_ledgers(tmp_path)
    assert 0 < some < len(log.read_text().splitlines()) == record.result.trials + 4


def test_cancelled_it_ends_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    """A cancelled run, as by a second Ctrl-C, kills the worker and its trial; the same slot works again afterwards."""
    log = tmp_path / "log"
    slow = make_target(tmp_path / "slow", measure=f"echo x >> {log} && {MARK}9999 && python train.py {{seed}}")
    quick = make_target(tmp_path / "quick")

    async def cancelled() -> None:
        async with workers() as hands, anyio.create_task_group() as group:
            group.start_soon(hands.run, task_on(slow, tmp_path / "inner" / "a" / "target"), 0, lambda: False)
            while not log.exists():  # noqa: ASYNC110  # a file of a command
                await anyio.sleep(0.01)
            group.cancel_scope.cancel()
        assert gone(f"{MARK}9999")
        async with workers() as hands:
            again: Workers = hands
            result = await again.run(task_on(quick, tmp_path / "inner" / "b" / "target", trials=12), 0, lambda: False)
            assert result.trials == 12

    anyio.run(cancelled)


RUBBISH = {
    "no result": ("echo rubbish", "what is no result: rubbish"),
    "bytes": (r"printf '\377\n'", "what is no result"),
    "an endless line": ("yes | tr -d '\\n'", "an endless line"),
    "half a line": ("printf half", "ended without an answer"),
    "another type": ("""echo '{"progress": "9"}'""", "what is no result"),
    "nothing": ("true", "ended without an answer"),
}


@pytest.mark.parametrize("name", RUBBISH)
def test_a_worker_that_answers_rubbish_is_replaced_once_and_then_our_fault(tmp_path: Path, name: str) -> None:
    """The error says what came, in printable words, and names the log; nothing of it counts."""
    script, said = RUBBISH[name]
    began = tmp_path / "began"
    hands = Workers(command=("sh", "-c", f"echo x >> {began}; read task; {script}"))
    task = InnerTask(folder=str(tmp_path / "a" / "target"), organisation="", path="program.md", secret="")

    async def work() -> None:
        try:
            await hands.run(task, 0, lambda: False)
        finally:
            await hands.close()

    with pytest.raises(InternalError, match=said) as raised:
        anyio.run(work)
    assert LOG in str(raised.value) and str(raised.value).isprintable()
    assert began.read_text() == "x\nx\n" and finished(Path(task.folder)) is None


def test_a_trial_cannot_read_the_tasks_of_its_worker(tmp_path: Path) -> None:
    """Standard input of what a worker starts is empty, so no job swallows the next task or keeps the worker from its end."""
    read = tmp_path / "read"
    target = make_target(tmp_path / "target", measure=f"wc -c >> {read} && python train.py {{seed}}")
    tasks = [task_on(target, tmp_path / "inner" / name / "target", trials=10) for name in ("a", "b")]

    async def work() -> None:
        async with workers() as hands:
            for task in tasks:
                assert (await hands.run(task, 0, lambda: False)).trials == 10

    anyio.run(work)
    assert set(read.read_text().split()) == {"0"}


def test_no_log_is_written_through_a_link(tmp_path: Path) -> None:
    """In the place of the log, of the inner campaign's folder or of the trial's: an archive could bring one."""
    outside = tmp_path / "outside"
    outside.mkdir()
    for index, place in enumerate((f"t/target/{LOG}", "t/target", "t")):
        folder = tmp_path / str(index)
        (folder / place).parent.mkdir(parents=True)
        (folder / place).symlink_to(outside / "x" if place.endswith(LOG) else outside)
        task = InnerTask(folder=str(folder / "t" / "target"), organisation="", path="program.md", secret="")
        with pytest.raises(NotOurs):
            run_on_one(task)
    assert not list(outside.iterdir())
