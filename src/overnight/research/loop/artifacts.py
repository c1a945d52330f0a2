"""What `produce` leaves for `score`: made, handed over without links, kept for the holdout trial with the same seed."""

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from overnight.files.folders import BadArtifact
from overnight.gate.trial import Fault, Stage, TrialKey
from overnight.program.program import PUBLIC, SPLIT, Program
from overnight.research.loop.command import CommandRunner, TrialFailed, TrialRun
from overnight.research.places.port import View, Workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What is scored: the folder that `produce` left, and that of `prepare`, if the program has one."""

    produced: Path
    prepared: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactMaker:
    """Runs `prepare` and `produce`, and hands their files to the scorer."""

    program: Program
    start: str  # commit that frozen code is taken from
    commands: CommandRunner
    workspaces: Workspaces
    _kept: dict[TrialKey, Made] = field(default_factory=dict)  # for later holdout trials

    async def make(self, run: TrialRun, key: TrialKey, *, sealed: bool) -> Made:
        """What this trial scores; on the holdout, what confirmation made with the same seed, unless the inputs are sealed."""
        twin = replace(key, stage=Stage.CONFIRM)
        if key.stage is Stage.HOLDOUT and twin in self._kept:
            return self._kept[twin]
        with ExitStack() as undo:
            prepared = None
            if self.program.prepare:
                prepared = self._new(undo, self.start, View.SCORER)
                split = key.stage.value if sealed else PUBLIC
                await self._prepare(run, self.program.prepare.replace(SPLIT, split), prepared)
            produced = self._new(undo, run.commit, View.OPEN)
            if prepared:
                self._copy_inputs(prepared, produced)
            await self.commands.run_tree(run, self.program.produce or "", produced)
            undo.pop_all()
        return Made(produced=produced, prepared=prepared)

    def hand_over(self, key: TrialKey, made: Made, folder: Path) -> None:
        """Copy artifacts and inputs into the scorer's folder; keep what holdout trials will need, delete the rest.

        The inputs are those that `prepare` left: changes that the candidate made to its own copy do not count.

        Raises:
            TrialFailed: an artifact or an input is missing, too large or not a regular file.
        """
        early = key.stage is Stage.CONFIRM and key.index < self.program.gate.holdout_pairs
        try:
            self.workspaces.copy_artifacts(made.produced, self.program.artifacts, folder, self.program.limits.disk_bytes)
            if made.prepared:
                self._copy_inputs(made.prepared, folder)
            if early and self.program.holdout and not self.program.splits:
                self._kept[key] = made
        except BadArtifact as bad:
            raise TrialFailed(Fault.ARTIFACT, str(bad)) from bad
        finally:
            if made not in self._kept.values():
                self._delete(made)

    def forget(self, number: int) -> None:
        """Delete what was kept of an experiment between its trials."""
        for key in [key for key in self._kept if key.experiment == number]:
            self._delete(self._kept.pop(key))

    def _new(self, undo: ExitStack, commit: str, view: View) -> Path:
        folder = self.workspaces.create(commit, view)
        undo.callback(self.workspaces.remove, folder)
        return folder

    async def _prepare(self, run: TrialRun, command: str, folder: Path) -> None:
        """Have frozen code make the inputs; its failure is reported as such, and is not the tree's fault."""
        try:
            await self.commands.run(run, command, folder)
        except TrialFailed as failed:
            raise TrialFailed(Fault.PREPARE, f"`prepare` failed: {failed}", failed.excerpt) from failed

    def _copy_inputs(self, prepared: Path, folder: Path) -> None:
        try:
            self.workspaces.copy_artifacts(prepared, self.program.inputs, folder, self.program.limits.disk_bytes)
        except BadArtifact as bad:
            raise TrialFailed(Fault.PREPARE, f"`prepare` failed to leave its inputs: {bad}") from bad

    def _delete(self, made: Made) -> None:
        for folder in filter(None, (made.produced, made.prepared)):
            self.workspaces.remove(folder)
