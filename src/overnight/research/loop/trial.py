"""One trial: a tree in a jail, the command with its seed, and the number that is read from what it left."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import from_thread, to_thread

from overnight.files.folders import BadArtifact
from overnight.gate.early_stopping import CurveMonitor, StoppingBar
from overnight.gate.seeds import is_first
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.git.port import FileChange
from overnight.jail.job import JobResult
from overnight.jail.port import Executor
from overnight.ledger.port import Artifacts
from overnight.program.metric import MetricReading, printed_metrics, read_metrics
from overnight.program.program import OUTSIDE, Program
from overnight.research.loop.artifacts import ArtifactMaker
from overnight.research.loop.command import CommandRunner, TrialFailed, TrialRun
from overnight.research.places.changed_trees import ChangedTrees
from overnight.research.places.port import CacheState, View, Workspaces
from overnight.words.foreign import printable
from overnight.words.scrubber import Scrubber

if TYPE_CHECKING:
    from overnight.research.loop.kept_results import KeptResults

BYTES_PER_MB = 1000**2


class TrialRunner:
    """Runs the program's commands on trees of a campaign; knows nothing about verdicts."""

    def __init__(
        self,
        *,
        program: Program,
        start: str,
        executor: Executor,
        workspaces: Workspaces,
        artifacts: Artifacts,
        cache: CacheState | None = None,
        home: str | None = None,
        scrubber: Scrubber | None = None,
        kept: "KeptResults | None" = None,
    ) -> None:
        """`home` is what `~` means to the commands, if it contains readable files; `scrubber`: what no log may hold."""
        self._scrubber = scrubber or Scrubber()
        self.program = program
        self._start = start
        self._workspaces = workspaces
        self._logs = artifacts
        self._cache = cache
        self._commands = CommandRunner(
            program=program, start=start, executor=executor, workspaces=workspaces, home=home, kept=kept
        )
        self._artifacts = ArtifactMaker(program=program, start=start, commands=self._commands, workspaces=workspaces)

    async def run(
        self, key: TrialKey, *, commit: str, tree: str, seed: int, slot: int, bar: StoppingBar | None = None
    ) -> Trial:
        """Run one trial to its end, or until its curve is below the bar; a fault of the tree is in the trial, never raised."""
        pattern = self.program.metric.curve
        curve = CurveMonitor(pattern, bar) if pattern and key.stage in {Stage.BASELINE, Stage.SCREEN} else None
        own = 0 if key.stage in {Stage.BASELINE, Stage.AUDIT} else key.experiment
        run = TrialRun(key=key, number=own, commit=commit, seed=seed, slot=slot, curve=curve)
        metrics: Mapping[str, float] = {}
        value, failure = None, None
        if self._cache:
            await to_thread.run_sync(self._cache.prepare, from_thread.check_cancelled)
        try:
            one_process = self.program.one_process
            metrics = await (self._run_measure_command(run, key) if one_process else self._produce_and_score(run, key))
            value = metrics[self.program.metric.name]
        except TrialFailed as failed:
            failure = self._sealed(key, self._explained(run, failed))
        return Trial(
            key=key,
            seed=seed,
            tree=tree,
            value=value,
            metrics=self._recorded(key, metrics),
            early=run.curve.early if run.curve else None,
            curve=run.curve.points if run.curve else (),
            fault=failure.fault if failure else None,
            reason=str(failure or ""),
            excerpt=failure.excerpt if failure else (),
            tail=_tail(run) if _is_shown(key) else (),
            wall_s=sum(result.wall_s for result in run.used),
            cpu_s=sum(result.cpu_s for result in run.used),
            peak_memory_bytes=max((result.peak_memory_bytes for result in run.used), default=0),
            log=self._keep_log(run),
        )

    async def checks(self, commit: str, slot: int, *, number: int = 0) -> TrialFailed | None:
        """Run the program's checks on a commit, of an experiment by number; the failure of the first that fails, or None."""
        for command in self.program.checks:
            try:
                with self._folder(commit, View.OPEN) as folder:
                    await self._commands.run(TrialRun(number=number, commit=commit, seed=0, slot=slot), command, folder)
            except TrialFailed as failed:
                reason = f"the check `{printable(command, 80)}` failed: {failed}"
                return TrialFailed(Fault.CHECKS, reason, failed.excerpt, tail=failed.tail)
        return None

    def over(self, workspaces: Workspaces, *, checks: tuple[str, ...] | None = None) -> "TrialRunner":
        """The runner of the same program in other work folders, perhaps with other checks."""
        return TrialRunner(
            program=self.program if checks is None else replace(self.program, checks=checks),
            start=self._start,
            executor=self._commands.executor,
            workspaces=workspaces,
            artifacts=self._logs,
            cache=self._cache,
            home=self._commands.home,
            kept=self._commands.kept,
        )

    def with_changes(self, changes: Sequence[FileChange]) -> "TrialRunner":
        """The runner of the same program on trees with changes that are in scope and in no commit."""
        return self.over(ChangedTrees(inner=self._workspaces, changes=changes))

    def forget(self, number: int) -> None:
        """Delete what was kept of an experiment between its trials."""
        self._artifacts.forget(number)

    async def _run_measure_command(self, run: TrialRun, key: TrialKey) -> Mapping[str, float]:
        sealed = self._sealed_command(key.stage)
        with self._folder(run.commit, View.SEALED if sealed else View.OPEN) as folder:
            output = await self._commands.run_tree(run, sealed or self.program.measure or "", folder)
            return self._read(run, key, output, folder)

    async def _produce_and_score(self, run: TrialRun, key: TrialKey) -> Mapping[str, float]:
        sealed = self._sealed_command(key.stage)
        made = await self._artifacts.make(run, key, sealed=sealed is not None)
        with self._folder(self._start, View.SCORER) as folder:
            self._artifacts.hand_over(key, made, folder)
            output = await self._commands.run(run, sealed or self.program.score or "", folder)
            return self._read(run, key, output, folder)

    def _sealed_command(self, stage: Stage) -> str | None:
        """The command that measures on data used for nothing else; None if the usual command applies."""
        return {Stage.HOLDOUT: self.program.holdout, Stage.AUDIT: self.program.audit}.get(stage)

    def _sealed(self, key: TrialKey, failed: TrialFailed) -> TrialFailed:
        """A failure with no more of its words than may be shown; those of the start are the user's own.

        Frozen code that sees hidden files prints no more than one line for researchers: a candidate could provoke the rest.
        """
        if key.experiment == 0 and key.arm is Arm.BASELINE:
            return failed
        if self._sealed_command(key.stage) is not None:
            return TrialFailed(failed.fault, _sealed_reason(key, failed))
        return TrialFailed(failed.fault, str(failed)) if failed.saw_hidden else failed

    def _read(self, run: TrialRun, key: TrialKey, output: bytes, folder: Path) -> Mapping[str, float]:
        outside = _outside(run.own)
        name = self.program.metric.name
        if name in outside:
            return {**printed_metrics(output), **outside}
        result_json = None
        if self.program.metric.result:
            with suppress(BadArtifact):
                result_json = self._workspaces.artifact(folder, self.program.metric.result, self.program.limits.output_bytes)
        reading = read_metrics(output, self.program.metric, result_json, sealed=key.stage is Stage.HOLDOUT)
        if not isinstance(reading, MetricReading):
            from overnight.words.failure import read_failure

            said = read_failure(output)  # of a script that goes on after an error
            raise TrialFailed(Fault.METRIC, reading.reason, said.lines if said.known else ())
        return {**reading.metrics, **outside, name: reading.value}

    def _explained(self, run: TrialRun, failed: TrialFailed) -> TrialFailed:
        """The failure; of a command that failed after it had printed a value, its reason says so."""
        metric, code = self.program.metric, run.used[-1].exit_code if run.used else None
        if failed.fault is not Fault.EXIT or metric.result or metric.name in OUTSIDE or (code or 0) < 0:
            return failed
        sealed = run.key is not None and run.key.stage is Stage.HOLDOUT
        if not isinstance(read_metrics(bytes(run.log), metric, sealed=sealed), MetricReading):
            return failed
        reason = f"{failed}; it printed {metric.name} all the same, and ended with exit code {code}"
        explained = TrialFailed(failed.fault, reason, failed.excerpt)
        explained.saw_hidden = failed.saw_hidden
        return explained

    def _recorded(self, key: TrialKey, metrics: Mapping[str, float]) -> Mapping[str, float]:
        """What is recorded of the metrics: of a search trial only what is asked of it, as there may be thousands of them."""
        if key.stage is not Stage.SEARCH:
            return metrics
        asked = {self.program.metric.name, *(guard.metric for guard in self.program.guards)}
        return {name: value for name, value in metrics.items() if name in asked}

    def _keep_log(self, run: TrialRun) -> str:
        """Keep the captured output; never that of sealed data, which nobody may see, or of a search, which nobody judges by."""
        if run.key is None or run.key.stage is Stage.SEARCH or self._sealed_command(run.key.stage) or not run.log:
            return ""
        path = self._workspaces.output()
        path.write_bytes(self._scrubber.whole(bytes(run.log)))
        return self._logs.keep(path)

    @contextmanager
    def _folder(self, commit: str, view: View) -> Iterator[Path]:
        folder = self._workspaces.create(commit, view)
        try:
            yield folder
        except TrialFailed as failed:
            failed.saw_hidden |= view is not View.OPEN and bool(self.program.hidden)
            raise
        finally:
            self._workspaces.remove(folder)


def _is_shown(key: TrialKey) -> bool:
    """Whether researchers see the end of what its tree printed: the head, or what may become it; never of sealed data."""
    return key.stage is Stage.BASELINE or is_first(key)


def _tail(run: TrialRun) -> tuple[str, ...]:
    """The end of what it printed."""
    from overnight.words.failure import last_lines

    return last_lines(run.printed)


def _outside(result: JobResult | None) -> dict[str, float]:
    """The metrics measured from outside, of the job that ran the tree under trial, if there is one."""
    if result is None:
        return {}
    return {
        "cpu_s": result.cpu_s,
        "wall_s": result.wall_s,
        "peak_memory_mb": result.peak_memory_bytes / BYTES_PER_MB,
    }


def _sealed_reason(key: TrialKey, failed: TrialFailed) -> str:
    """What failed, but not how: the candidate could put hidden data into its last words, for the next one to read.

    On the holdout not even that a candidate failed: it could also pass on data by the kind of failure that it chooses.
    """
    if key.stage is Stage.HOLDOUT and key.arm is Arm.CANDIDATE:
        return ""
    return f"the sealed command gave no value ({failed.fault.value})"
