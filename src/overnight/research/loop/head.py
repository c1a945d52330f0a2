"""Measures the head: the level that proposals have to beat, and the noise of its trials."""

from dataclasses import dataclass, field

import anyio

from overnight.errors import UserError
from overnight.gate.gate import FAILURES, baseline_step, head_is_known
from overnight.gate.target import head_reached_target
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.machines.place import Place
from overnight.research.ending import TARGET
from overnight.research.loop.command import TrialFailed
from overnight.research.loop.journal import Journal
from overnight.research.loop.scheduler import Scheduler, Subject

# The fix then.
NO_KNOWN_CAUSE = "make it pass by hand in a fresh clone, as trials run it: with an empty home folder and none of your variables"


def failure_of(trial: Trial) -> TrialFailed | None:
    """Why a trial has no value; None if it has one."""
    return TrialFailed(trial.fault, trial.reason, trial.excerpt) if trial.fault else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadRunner:
    """Measures the head for one caller at a time; the others wait only if they cannot go on without what it finds."""

    journal: Journal
    scheduler: Scheduler
    _lock: anyio.Lock = field(default_factory=anyio.Lock)

    async def warm_up(self) -> None:
        """If time is measured, run one trial of the head that does not count, so that caches and clocks settle."""
        if self.journal.state.program.measures_time and not self.scheduler.stop.requested:
            await self._uncounted(Stage.BASELINE)

    async def measure(self) -> None:
        """Measure the head until the gate knows enough of it; if it has reached the target, request the stop.

        Raises:
            UserError: it cannot be measured.
        """
        state = self.journal.state
        if state.program.gate.expensive and state.gate.failures >= FAILURES:
            raise UserError(f"the head itself failed in {FAILURES} pairs in a row", fix=NO_KNOWN_CAUSE)
        if self._is_needed():
            async with self._lock:
                failed = await self.baseline()
            if failed:
                what = f"the head itself cannot be measured: {failed.reason}"
                raise UserError(what, fix=NO_KNOWN_CAUSE, excerpt=failed.excerpt)
        if head_reached_target(self.journal.state.program, self.journal.state.gate):
            self.scheduler.stop.request(TARGET)

    async def baseline(self) -> Trial | None:
        """Measure the head until the gate knows enough about it; return the last failed trial if the head itself fails."""
        while not self.scheduler.stop.requested:
            state = self.journal.state
            wanted = baseline_step(state.program, state.gate, state.head_experiment)
            if wanted is None:
                return None
            head = Subject(commit=state.head, tree=state.head)
            finished = await self.scheduler.run_all(wanted.trials, lambda _, head=head: head)  # type: ignore[misc]  # a default
            if finished and all(trial.fault for trial in finished) and self._hopeless():
                return finished[-1]
        return None

    async def once(self) -> Trial | None:
        """Measure the head once, if the gate would never do so alone; return the trial if it fails."""
        state = self.journal.state
        if not state.program.gate.expensive:
            return None
        key = TrialKey(experiment=state.head_experiment, stage=Stage.BASELINE, arm=Arm.BASELINE, index=0)
        finished = await self.scheduler.run_all([key], lambda _: Subject(commit=state.head, tree=state.head))
        return next((trial for trial in finished if trial.fault), None)

    async def checks(self) -> TrialFailed | None:
        """Run the program's checks on the head; return the failure of the first one that fails."""
        return await self.scheduler.checks(self.journal.state.head)

    async def rehearse(self) -> TrialFailed | None:
        """Run the holdout and audit commands once on the head; return the failure of one, never its answer."""
        program = self.journal.state.program
        for stage, command in ((Stage.HOLDOUT, program.holdout), (Stage.AUDIT, program.audit)):
            if command:
                trial = await self._uncounted(stage)
                if trial and (failed := failure_of(trial)):
                    return TrialFailed(failed.fault, f"the {stage} command: {failed}", failed.excerpt)
        return None

    async def _uncounted(self, stage: Stage) -> Trial | None:
        """A trial of the head that leaves no record; None if the campaign stops before."""
        key = TrialKey(experiment=0, stage=stage, arm=Arm.BASELINE, index=0)
        head = self.journal.state.head

        async def run(place: Place) -> Trial:
            trials = self.scheduler.trials
            trial = await trials.run(key, commit=head, tree=head, seed=self.scheduler.seed(key), slot=place.slot)
            if self.scheduler.kept:
                await self.scheduler.kept.settle(key)
            return trial

        return await self.scheduler.somewhere(run)

    def _is_needed(self) -> bool:
        """Whether there is something to measure, and to wait for if another caller does it already."""
        state = self.journal.state
        if baseline_step(state.program, state.gate, state.head_experiment) is None:
            return False
        return not (self._lock.locked() and head_is_known(state.program, state.gate))

    def _hopeless(self) -> bool:
        """Whether the head has no value: at once for the start, after further tries for a head that was measured before."""
        state = self.journal.state
        if state.gate.failures >= FAILURES:
            return True
        again = state.head_experiment and baseline_step(state.program, state.gate, state.head_experiment)
        return not state.gate.baseline and not again
