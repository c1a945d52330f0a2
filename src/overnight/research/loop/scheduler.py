"""Runs trials on slots, the most urgent first, and records each as it ends."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import anyio

from overnight.gate.early_stopping import stopping_bar
from overnight.gate.guards import breach
from overnight.gate.noise import noise_kind
from overnight.gate.seeds import candidate_first, place_in_block, place_of_seed, trial_seed
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.git.port import FileChange
from overnight.machines.place import Place
from overnight.program.program import Noise
from overnight.research.events import TrialCancelled, TrialFinished, TrialStarted
from overnight.research.loop.journal import Journal
from overnight.research.loop.port import TrialPostponed, Trials
from overnight.research.loop.slots import Slots, Urgency
from overnight.research.loop.stop import Stop
from overnight.research.places.port import EnvironmentWatch
from overnight.research.search_trial import Searched


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a trial runs on."""

    commit: str
    tree: str  # its digest in the record
    changes: Sequence[FileChange] = ()  # to the commit, in no commit
    searched: Searched | None = None  # what for, if it searches


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduler:
    """Every trial of a campaign runs here."""

    journal: Journal
    trials: Trials
    slots: Slots
    stop: Stop
    environment: EnvironmentWatch
    places: Sequence[Place]  # of each slot

    async def run_all(
        self, keys: Iterable[TrialKey], subject_of: Callable[[TrialKey], Subject], urgency: Urgency = Urgency.HEAD
    ) -> list[Trial]:
        """Run trials on as many slots as are free, those of one seed in random order; return those that finished."""
        finished: list[Trial] = []

        async def one(key: TrialKey) -> None:
            if ended := await self.run(key, subject_of(key), urgency):
                finished.append(ended.trial)

        async with anyio.create_task_group() as tasks:
            for key in sorted(keys, key=self.order):
                tasks.start_soon(one, key)
        return finished

    async def run(
        self, key: TrialKey, on: Subject, urgency: Urgency, *, wanted: Callable[[], bool] = lambda: True
    ) -> TrialFinished | None:
        """Run one trial and record it; None if the campaign stops before it starts, or it is not `wanted` any more."""
        async with self.slots.lease(urgency, key) as slot:
            if self.stop.requested or not wanted():
                return None
            self._look_around()
            self.journal.show(TrialStarted(key=key, slot=slot))
            state = self.journal.state
            bar = stopping_bar(key, state.program.metric, state.gate)
            trials = self.trials.with_changes(on.changes) if on.changes else self.trials
            seed = self.seed(key, repeat=on.searched.repeat if on.searched else 0)
            try:
                trial = await trials.run(key, commit=on.commit, tree=on.tree, seed=seed, slot=slot, bar=bar)
            except TrialPostponed:
                self.journal.show(TrialCancelled(key=key))
                return None
            except anyio.get_cancelled_exc_class():
                self.journal.show(TrialCancelled(key=key))
                raise
            trial = replace(trial, surroundings=state.surroundings, place=self.places[slot])
            finished = TrialFinished(trial=trial, elapsed_s=self.journal.elapsed_s(), searched=self._searched(on, trial))
            self.journal.record(finished)
            return finished

    def seed(self, key: TrialKey, *, repeat: int = 0) -> int:
        """The trial's seed; of search trials, those of one `repeat` share it."""
        state = self.journal.state
        return trial_seed(state.secret, place_of_seed(key, state.gate.head_number, repeat=repeat))

    def _searched(self, on: Subject, trial: Trial) -> Searched | None:
        """What a trial searched for, with the guard that it breaks if one trial is enough to tell."""
        if on.searched is None or trial.value is None:
            return on.searched
        state = self.journal.state
        exact = noise_kind(state.program, state.gate) is Noise.DETERMINISTIC
        return replace(on.searched, breach=breach(state.program.guards, [trial], deterministic=exact) or "")

    def order(self, key: TrialKey) -> tuple[int, bool | bytes]:
        """What trials are sorted by: those of one index are in random order."""
        secret = self.journal.state.secret
        if key.stage is Stage.AUDIT:
            return key.index, place_in_block(secret, key)
        return key.index, (key.arm is Arm.CANDIDATE) != candidate_first(secret, key)

    def _look_around(self) -> None:
        """If what trials depend on has changed, record that before the trial, so that the ledger shows which ran on what."""
        state = self.journal.state
        if changed := self.environment.look(state.environment, state.program.readable):
            self.journal.record(changed)
