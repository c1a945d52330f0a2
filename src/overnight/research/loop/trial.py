"""One trial: a tree in a jail, the command with its seed, and the number that is read from what it left."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from overnight.files.folders import BadArtifact
from overnight.gate.early_stopping import CurveMonitor, StoppingBar
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.jail.job import Ending, Job, JobResult
from overnight.jail.port import Executor
from overnight.ledger.port import Artifacts
from overnight.program.metric import MetricReading, printed_metrics, read_metrics
from overnight.program.program import PUBLIC, SPLIT, Program
from overnight.research.places.port import View, Workspaces
from overnight.words.foreign import printable

BYTES_PER_MB = 1000**2
QUOTED = 200  # characters of a failed job's last line


class TrialFailed(Exception):  # noqa: N818  # the tree's fault, which becomes the trial's
    """The trial has no value, and why."""

    def __init__(self, fault: Fault, reason: str) -> None:
        super().__init__(reason)
        self.fault = fault


@dataclass(slots=True, kw_only=True)
class TrialRun:
    """A trial in progress: what it runs on, and what its jobs used so far."""

    commit: str
    seed: int
    slot: int
    key: TrialKey | None = None  # None: a checks command
    ear: CurveMonitor | None = None  # hears the job that runs the tree under trial
    used: list[JobResult] = field(default_factory=list)
    own: JobResult | None = None  # of the job that ran the tree under trial; None: that was another trial's
    log: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What is scored: the folder that `produce` left, and that of `prepare`, where the program has one."""

    produced: Path
    prepared: Path | None


class TrialRunner:
    """Runs the program's commands on trees of a campaign; knows nothing of verdicts."""

    def __init__(
        self,
        *,
        program: Program,
        start: str,
        executor: Executor,
        workspaces: Workspaces,
        artifacts: Artifacts,
        home: str | None = None,
    ) -> None:
        """`home` is what `~` means to the commands, where they are to find readable files in it."""
        self.program = program
        self._start = start
        self._executor = executor
        self._workspaces = workspaces
        self._artifacts = artifacts
        self._home = home
        self._made: dict[TrialKey, Made] = {}

    async def run(
        self, key: TrialKey, *, commit: str, tree: str, seed: int, slot: int, bar: StoppingBar | None = None
    ) -> Trial:
        """Run one trial to its end, or until its curve is below the bar; a fault of the tree is in the trial, never raised."""
        pattern = self.program.metric.curve
        ear = CurveMonitor(pattern, bar) if pattern and key.stage in {Stage.BASELINE, Stage.SCREEN} else None
        run = TrialRun(key=key, commit=commit, seed=seed, slot=slot, ear=ear)
        metrics: Mapping[str, float] = {}
        value, fault, reason = None, None, ""
        try:
            metrics = await (self._measure(run, key) if self.program.measure else self._produce_and_score(run, key))
            value = metrics[self.program.metric.name]
        except TrialFailed as failed:
            fault, reason = failed.fault, _sealed_reason(key, failed) if self._is_sealed(key) else str(failed)
        return Trial(
            key=key,
            seed=seed,
            tree=tree,
            value=value,
            metrics=metrics,
            early=run.ear.early if run.ear else None,
            fault=fault,
            reason=reason,
            wall_s=sum(result.wall_s for result in run.used),
            cpu_s=sum(result.cpu_s for result in run.used),
            peak_memory_bytes=max((result.peak_memory_bytes for result in run.used), default=0),
            log=self._keep_log(run),
        )

    async def checks(self, commit: str, slot: int) -> str:
        """Run the program's checks on a commit; the reason of the first that fails, empty if all pass."""
        for command in self.program.checks:
            try:
                with self._folder(commit, View.OPEN) as folder:
                    await self._job(TrialRun(commit=commit, seed=0, slot=slot), command, folder)
            except TrialFailed as failed:
                return f"the check `{printable(command, 80)}` failed: {failed}"
        return ""

    def forget(self, number: int) -> None:
        """Delete what was kept of an experiment between its trials."""
        for key in [key for key in self._made if key.experiment == number]:
            self._delete(self._made.pop(key))

    async def _measure(self, run: TrialRun, key: TrialKey) -> Mapping[str, float]:
        sealed = self._sealed_command(key.stage)
        with self._folder(run.commit, View.SEALED if sealed else View.OPEN) as folder:
            output = await self._run_tree(run, sealed or self.program.measure or "", folder)
            return self._read(run, output, folder)

    async def _produce_and_score(self, run: TrialRun, key: TrialKey) -> Mapping[str, float]:
        made = await self._make(run, key)
        command = self._sealed_command(key.stage) or self.program.score or ""
        with self._folder(self._start, View.SCORER) as folder:
            self._hand_over(key, made, folder)
            output = await self._job(run, command, folder)
            return self._read(run, output, folder)

    def _sealed_command(self, stage: Stage) -> str | None:
        """The command that measures on data which nothing else is measured on; None for the usual one."""
        return {Stage.HOLDOUT: self.program.holdout, Stage.AUDIT: self.program.audit}.get(stage)

    def _is_sealed(self, key: TrialKey) -> bool:
        """Whether nothing of a trial's words may be told; the start's are the user's own."""
        users = key.experiment == 0 and key.arm is Arm.BASELINE
        return self._sealed_command(key.stage) is not None and not users

    async def _make(self, run: TrialRun, key: TrialKey) -> Made:
        """What this trial scores; on the holdout what confirmation made with the same seed, unless that has sealed inputs."""
        twin = TrialKey(experiment=key.experiment, stage=Stage.CONFIRM, arm=key.arm, index=key.index)
        if key.stage is Stage.HOLDOUT and twin in self._made:
            return self._made[twin]
        with ExitStack() as undo:
            prepared = None
            if self.program.prepare:
                prepared = self._new(undo, self._start, View.SCORER)
                await self._prepare(run, key, self.program.prepare, prepared)
            produced = self._new(undo, run.commit, View.OPEN)
            if prepared:
                self._copy_inputs(prepared, produced)
            await self._run_tree(run, self.program.produce or "", produced)
            undo.pop_all()
        return Made(produced=produced, prepared=prepared)

    def _new(self, undo: ExitStack, commit: str, view: View) -> Path:
        folder = self._workspaces.create(commit, view)
        undo.callback(self._workspaces.remove, folder)
        return folder

    async def _prepare(self, run: TrialRun, key: TrialKey, command: str, folder: Path) -> None:
        """Let frozen code make the inputs; that it fails is told as what it is, and no fault of the tree."""
        split = key.stage.value if self._sealed_command(key.stage) else PUBLIC
        try:
            await self._job(run, command.replace(SPLIT, split), folder)
        except TrialFailed as failed:
            raise TrialFailed(Fault.PREPARE, f"`prepare` failed: {failed}") from failed

    def _copy_inputs(self, prepared: Path, folder: Path) -> None:
        try:
            self._workspaces.copy_artifacts(prepared, self.program.inputs, folder, self.program.limits.disk_bytes)
        except BadArtifact as bad:
            raise TrialFailed(Fault.PREPARE, f"`prepare` failed to leave its inputs: {bad}") from bad

    def _hand_over(self, key: TrialKey, made: Made, folder: Path) -> None:
        """Copy artifacts and inputs into the scorer's folder; what holdout trials will need is kept, all else deleted.

        The inputs are those that `prepare` left: what the candidate did to its own copy counts for nothing.
        """
        early = key.stage is Stage.CONFIRM and key.index < self.program.gate.holdout_pairs
        try:
            self._workspaces.copy_artifacts(made.produced, self.program.artifacts, folder, self.program.limits.disk_bytes)
            if made.prepared:
                self._copy_inputs(made.prepared, folder)
            if early and self.program.holdout and not self.program.splits:
                self._made[key] = made
        except BadArtifact as bad:
            raise TrialFailed(Fault.ARTIFACT, str(bad)) from bad
        finally:
            if made not in self._made.values():
                self._delete(made)

    def _delete(self, made: Made) -> None:
        for folder in filter(None, (made.produced, made.prepared)):
            self._workspaces.remove(folder)

    async def _run_tree(self, run: TrialRun, command: str, folder: Path) -> bytes:
        """Run the one job of a trial that runs the tree: its curve is heard, and what it used is the tree's own."""
        output = await self._job(run, command, folder, run.ear)
        run.own = run.used[-1]
        return output

    async def _job(self, run: TrialRun, command: str, folder: Path, ear: CurveMonitor | None = None) -> bytes:
        """Run one command; its captured output. Raises TrialFailed unless it ended well."""
        output = self._workspaces.output()
        limits = self.program.limits
        job = Job(
            command=command.replace("{seed}", str(run.seed)),
            folder=folder,
            output=output,
            limits=limits,
            environment=self._environment(run.seed),
            readable=self.program.readable,
            slot=run.slot,
        )
        try:
            result = await self._executor.run(job, monitor=ear.hear if ear else None)
            captured = output.read_bytes()
        finally:
            output.unlink(missing_ok=True)
        run.used.append(result)
        run.log += captured
        if result.ending is Ending.HEARD:
            raise TrialFailed(Fault.BEHIND, result.detail)
        if result.ending is not Ending.EXITED:
            raise TrialFailed(Fault.LIMIT, result.detail)
        if result.exit_code not in limits.allow_exit:
            raise TrialFailed(Fault.EXIT, _exit_reason(result, captured))
        return captured

    def _environment(self, seed: int) -> dict[str, str]:
        threads = str(self.program.limits.cpus)
        return {
            **({"HOME": self._home} if self._home else {}),
            "LANG": "C.UTF-8",
            "OVERNIGHT_SEED": str(seed),
            "PYTHONHASHSEED": "0",  # the order of a set is no part of what is measured
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": threads,
            "OPENBLAS_NUM_THREADS": threads,
            "MKL_NUM_THREADS": threads,
        }

    def _read(self, run: TrialRun, output: bytes, folder: Path) -> Mapping[str, float]:
        outside = _outside(run.own)
        name = self.program.metric.name
        if name in outside:
            return {**printed_metrics(output), **outside}
        result_json = None
        if self.program.metric.result:
            with suppress(BadArtifact):
                result_json = self._workspaces.artifact(folder, self.program.metric.result, self.program.limits.output_bytes)
        reading = read_metrics(output, self.program.metric, result_json)
        if not isinstance(reading, MetricReading):
            raise TrialFailed(Fault.METRIC, reading.reason)
        return {**reading.metrics, **outside, name: reading.value}

    def _keep_log(self, run: TrialRun) -> str:
        """Keep the captured output; never that of sealed data, which nobody is to see."""
        if run.key is None or self._sealed_command(run.key.stage) or not run.log:
            return ""
        path = self._workspaces.output()
        path.write_bytes(run.log)
        return self._artifacts.keep(path)

    @contextmanager
    def _folder(self, commit: str, view: View) -> Iterator[Path]:
        folder = self._workspaces.create(commit, view)
        try:
            yield folder
        finally:
            self._workspaces.remove(folder)


def _outside(result: JobResult | None) -> dict[str, float]:
    """The metrics that are measured from outside, of the job that ran the tree under trial, where one did."""
    if result is None:
        return {}
    return {
        "cpu_s": result.cpu_s,
        "wall_s": result.wall_s,
        "peak_memory_mb": result.peak_memory_bytes / BYTES_PER_MB,
    }


def _sealed_reason(key: TrialKey, failed: TrialFailed) -> str:
    """What failed and not how: the candidate could put hidden data into its last words, for the next one to read.

    Nor that it failed at all, where the next one could learn of it: between failures of different kinds it could choose, too.
    """
    if key.stage is Stage.HOLDOUT and key.arm is Arm.CANDIDATE:
        return ""
    return f"the sealed command came to no value ({failed.fault.value})"


def _exit_reason(result: JobResult, captured: bytes) -> str:
    lines = captured[-10 * QUOTED :].decode(errors="replace").strip().splitlines()
    code = result.exit_code or 0
    what = f"ended by signal {-code}" if code < 0 else f"exit code {code}"
    said = f"{what}: {printable(lines[-1], QUOTED)}" if lines else f"{what}, no output"
    return f"{said}; {result.detail}" if result.detail else said
