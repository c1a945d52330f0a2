"""Measures a kept change again against its parent: nothing is recorded, and none of the seeds was used before."""

from dataclasses import dataclass

import anyio

from overnight.gate.seeds import candidate_first, trial_seed
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.research.loop.port import Trials
from overnight.research.loop.slots import Slots


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshPair:
    """Both trees with one seed."""

    seed: int
    before: Trial
    after: Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """Measures pairs of two commits; the seeds follow from a secret that was drawn only for this."""

    trials: Trials
    slots: Slots
    secret: str

    async def pair(self, number: int, index: int, *, before: str, after: str) -> FreshPair:
        """One pair of a kept experiment's parent and its commit, in random order."""
        commits = {Arm.BASELINE: before, Arm.CANDIDATE: after}
        key = TrialKey(experiment=number, stage=Stage.AUDIT, arm=Arm.BASELINE, index=index)
        seed = trial_seed(self.secret, key)
        done: dict[Arm, Trial] = {}

        async def one(arm: Arm) -> None:
            own = TrialKey(experiment=number, stage=Stage.AUDIT, arm=arm, index=index)
            async with self.slots.lease() as place:
                done[arm] = await self.trials.run(own, commit=commits[arm], tree=commits[arm], seed=seed, slot=place.slot)

        order = sorted(commits, key=lambda arm: (arm is Arm.CANDIDATE) != candidate_first(self.secret, key))
        async with anyio.create_task_group() as tasks:
            for arm in order:
                tasks.start_soon(one, arm)
        return FreshPair(seed=seed, before=done[Arm.BASELINE], after=done[Arm.CANDIDATE])
