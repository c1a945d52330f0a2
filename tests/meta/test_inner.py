"""Inner campaigns: what they come to, what is kept of them, and that a kill or a halt loses nothing."""

from collections import Counter
from pathlib import Path

import anyio
import pytest
from inner_campaigns import counting, make_target, task_on

from overnight.gate.trial import Stage
from overnight.meta.inner import Halt, run_inner
from overnight.meta.record import RESULT, finished, inner_ledgers
from overnight.meta.task import Blame, InnerResult, InnerTask
from overnight.research.events import Stopped, TrialFinished


def run(task: InnerTask) -> InnerResult:
    result = anyio.run(run_inner, task, Halt())
    assert result is not None
    return result


def trials_of(folder: Path) -> Counter[Stage]:
    """How many trials of each stage are in the ledger of the one inner campaign below a folder; none is there twice."""
    [record] = inner_ledgers(folder)
    with record.ledger() as ledger:
        entries = list(ledger.events())
    assert entries[-1].digest == record.result.ledger
    keys = Counter(entry.event.trial.key for entry in entries if isinstance(entry.event, TrialFinished))
    assert set(keys.values()) <= {1}, "a trial was recorded twice"
    return Counter(key.stage for key in keys)


def test_progress_is_what_the_audit_measures_and_the_ledger_is_kept(tmp_path: Path) -> None:
    """The result has the audited gain with its interval, who proposed what and what trials were for; the rest is deleted."""
    log, target = tmp_path / "log", tmp_path / "target"
    make_target(target, measure=counting(log))
    folder = tmp_path / "inner" / "screen-1" / "target"
    result = run(task_on(target, folder))
    assert result.progress == pytest.approx(2.0, abs=0.3)
    assert result.low is not None and result.high is not None and result.progress is not None
    assert result.low <= result.progress <= result.high
    assert (result.kept, result.experiments, result.failure) == (1, 4, "")
    assert result.by_role["script"].items() >= {"proposed": 4, "kept": 1, "discarded": 3}.items()
    counts = trials_of(tmp_path)
    assert {stage.value: count for stage, count in counts.items()} == {s: p["trials"] for s, p in result.by_purpose.items()}
    assert counts[Stage.AUDIT] == 4
    assert sum(counts.values()) == len(log.read_text().splitlines()) == result.trials + counts[Stage.AUDIT]
    assert sorted(path.name for path in folder.iterdir()) == ["ledger.db", RESULT]
    assert run(task_on(target, folder)) == result, "it ran again"
    assert len(log.read_text().splitlines()) == result.trials + counts[Stage.AUDIT]


def test_the_budget_is_hard(tmp_path: Path) -> None:
    """The campaign ends at its last trial, also in the middle of a test, and is audited for what it kept until then."""
    target = make_target(tmp_path / "target")
    result = run(task_on(target, tmp_path / "inner" / "a" / "target", trials=17))
    assert result.trials == 17
    of_time = run(task_on(target, tmp_path / "inner" / "b" / "target", trials=None, trial_seconds=1e-6))
    assert (of_time.trials, of_time.kept, of_time.progress, of_time.low) == (1, 0, 0.0, None)


@pytest.mark.parametrize("in_audit", [False, True])
def test_a_halted_campaign_goes_on_to_the_same_end(tmp_path: Path, in_audit: bool) -> None:
    """Halted after some trials, in its search or in its audit, it gives no result; then it goes on, and runs no trial twice."""
    log, target = tmp_path / "log", tmp_path / "target"
    make_target(target, measure=counting(log))
    whole = run(task_on(target, tmp_path / "whole" / "a" / "target", trials=20, audit_pairs=3))
    after = len(log.read_text().splitlines()) - 3 if in_audit else 9
    log.unlink()
    task, halt = task_on(target, tmp_path / "halted" / "a" / "target", trials=20, audit_pairs=3), Halt()
    folder = Path(task.folder) / "repo" / ".overnight" / "inner"

    ended: list[InnerResult | None] = []

    async def halted() -> None:
        async def ask() -> None:
            while not log.exists() or len(log.read_text().splitlines()) < after:  # noqa: ASYNC110  # a file of a command
                await anyio.sleep(0.001)
            halt.ask()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            ended.append(await run_inner(task, halt))

    anyio.run(halted)
    assert ended == [None]
    assert finished(Path(task.folder)) is None and (folder / "ledger.db").exists()
    again = run(task)
    assert (again.progress, again.trials, again.kept) == (whole.progress, whole.trials, whole.kept)
    assert sum(trials_of(tmp_path / "halted").values()) == len(log.read_text().splitlines())
    [record] = inner_ledgers(tmp_path / "halted")
    with record.ledger() as ledger:
        assert sum(isinstance(entry.event, Stopped) for entry in ledger.events()) >= 2


def test_who_is_to_blame(tmp_path: Path) -> None:
    """An organisation that is none is a verdict, for good; a target that cannot be measured is not, and is tried again."""
    target = make_target(tmp_path / "target")
    task = task_on(target, tmp_path / "a" / "target", organisation="no program")
    assert run(task).blame == Blame.ORGANISATION
    assert finished(Path(task.folder)) is not None
    broken = make_target(tmp_path / "broken", measure="exit 3")
    task = task_on(broken, tmp_path / "b" / "target")
    result = run(task)
    assert (result.progress, result.blame) == (None, Blame.TARGET)
    assert "exit code 3" in result.failure
    assert finished(Path(task.folder)) is None
