"""One experiment: trials as the gate asks for them, until the gate concludes."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import anyio

from overnight.errors import UserError
from overnight.gate.early_stopping import stopping_bar
from overnight.gate.gate import FAILURES, baseline_step, next_step
from overnight.gate.seeds import candidate_first, place_in_block, place_of_seed, trial_seed
from overnight.gate.steps import Conclude, Register, RunTrials
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.gate.verdict import Conclusion, Verdict
from overnight.research.events import Registered, TrialFinished, TrialStarted
from overnight.research.loop.journal import Journal
from overnight.research.loop.slots import Slots
from overnight.research.loop.stop import Stop
from overnight.research.loop.trial import TrialRunner
from overnight.research.places.port import EnvironmentWatch
from overnight.research.state import OpenExperiment

SUPERSEDED = "another change was kept first; it goes on against the new head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a trial runs on."""

    commit: str
    tree: str  # its digest in the record


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRunner:
    """Measures trees and asks the gate; every finished trial is on disk before the next step."""

    journal: Journal
    trials: TrialRunner
    slots: Slots
    stop: Stop
    environment: EnvironmentWatch
    head: anyio.Lock = field(default_factory=anyio.Lock)  # held while the head is measured

    async def warm_up(self) -> None:
        """If time is measured, run one trial of the head that does not count, so that caches and clocks settle."""
        state = self.journal.state
        if state.program.measures_time and not self.stop.requested:
            key = TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=0)
            async with self.slots.lease() as slot:
                await self.trials.run(key, commit=state.head, tree=state.head, seed=self.seed(key), slot=slot)

    async def measure_head(self) -> None:
        """Measure the head until the gate knows enough of it, for one caller at a time.

        Raises:
            UserError: it cannot be measured.
        """
        async with self.head:
            failed = await self.baseline()
        if failed:
            what = f"the head itself cannot be measured: {failed.reason}"
            raise UserError(what, fix="make it pass by hand, in a fresh clone")

    async def baseline(self) -> Trial | None:
        """Measure the head until the gate knows enough about it; return the last failed trial if the head itself fails."""
        while not self.stop.requested:
            state = self.journal.state
            wanted = baseline_step(state.program, state.gate, state.head_experiment)
            if wanted is None:
                return None
            finished = await self.run_trials(wanted.trials, _all_on(state.head))
            if finished and all(trial.fault for trial in finished) and self._hopeless():
                return finished[-1]
        return None

    def _hopeless(self) -> bool:
        """Whether the head has no value: at once for the start, after further tries for a head that was measured before."""
        state = self.journal.state
        if state.gate.failures >= FAILURES:
            return True
        again = state.head_experiment and baseline_step(state.program, state.gate, state.head_experiment)
        return not state.gate.baseline and not again

    async def checks(self) -> str:
        """Run the program's checks on the head; return why the first one fails."""
        return await self.trials.checks(self.journal.state.head, slot=0)

    async def rehearse(self) -> str:
        """Run the holdout and audit commands once on the head; return why one fails, never its answer."""
        state = self.journal.state
        for stage, command in ((Stage.HOLDOUT, state.program.holdout), (Stage.AUDIT, state.program.audit)):
            if command:
                key = TrialKey(experiment=0, stage=stage, arm=Arm.BASELINE, index=0)
                trial = await self.trials.run(key, commit=state.head, tree=state.head, seed=self.seed(key), slot=0)
                if trial.fault:
                    return f"the {stage} command: {trial.reason}"
        return ""

    async def conclude(self, number: int) -> Conclusion | None:
        """Take an open experiment to its verdict; None if the campaign stops first."""
        opened = self.journal.opened(number)
        if self.stop.requested:
            return None
        if not opened.trials:
            async with self.slots.lease() as slot:
                failed = await self.trials.checks(opened.proposed.commit, slot)
            if failed:
                return Conclusion(verdict=Verdict.CRASH, reason=failed)
        try:
            return await self._ask_gate(number)
        finally:
            self.trials.forget(number)

    async def _ask_gate(self, number: int) -> Conclusion | None:
        while not self.stop.requested:
            state, opened = self.journal.state, self.journal.opened(number)
            if state.head != opened.proposed.base:
                return Conclusion(verdict=Verdict.DISCARD, reason=SUPERSEDED, superseded=True)
            shrinks = opened.proposed.lines_removed > opened.proposed.lines_added
            step = next_step(
                state.program, state.gate, number, opened.trials, opened.level, margin=opened.margin, shrinks=shrinks
            )
            match step:
                case Conclude(conclusion=conclusion):
                    return conclusion
                case Register(level=level, test=test, margin=margin):
                    self.journal.record(Registered(number=number, test=test, level=level, margin=margin))
                case RunTrials(trials=keys):
                    await self._run_trials_of(opened, keys)
        return None

    async def _run_trials_of(self, opened: OpenExperiment, keys: tuple[TrialKey, ...]) -> None:
        proposed = opened.proposed
        head = Subject(commit=proposed.base, tree=proposed.base)
        candidate = Subject(commit=proposed.commit, tree=proposed.tree)
        await self.run_trials(keys, lambda key: head if key.arm is Arm.BASELINE else candidate)

    async def run_trials(self, keys: tuple[TrialKey, ...], subject_of: Callable[[TrialKey], Subject]) -> list[Trial]:
        """Run trials on as many slots as are free, those of one seed in random order; record each as it ends."""
        finished: list[Trial] = []

        async def one(key: TrialKey) -> None:
            async with self.slots.lease() as slot:
                if self.stop.requested:
                    return
                self._look_around()
                self.journal.show(TrialStarted(key=key, slot=slot))
                on, state = subject_of(key), self.journal.state
                bar = stopping_bar(key, state.program.metric, state.gate)
                trial = await self.trials.run(key, commit=on.commit, tree=on.tree, seed=self.seed(key), slot=slot, bar=bar)
                trial = replace(trial, surroundings=state.surroundings)
                self.journal.record(TrialFinished(trial=trial, elapsed_s=self.journal.elapsed_s()))
                finished.append(trial)

        async with anyio.create_task_group() as tasks:
            for key in sorted(keys, key=self._order):
                tasks.start_soon(one, key)
        return finished

    def _look_around(self) -> None:
        """If what trials depend on has changed, record that before the trial, so that the ledger shows which ran on what."""
        state = self.journal.state
        if changed := self.environment.look(state.environment, state.program.readable):
            self.journal.record(changed)

    def seed(self, key: TrialKey) -> int:
        """The trial's seed."""
        state = self.journal.state
        return trial_seed(state.secret, place_of_seed(key, state.gate.head_number))

    def _order(self, key: TrialKey) -> tuple[int, bool | bytes]:
        secret = self.journal.state.secret
        if key.stage is Stage.AUDIT:
            return key.index, place_in_block(secret, key)
        return key.index, (key.arm is Arm.CANDIDATE) != candidate_first(secret, key)


def _all_on(commit: str) -> Callable[[TrialKey], Subject]:
    return lambda _: Subject(commit=commit, tree=commit)
