"""Runs trials on slots, the most urgent first, and records each as it ends."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

import anyio

from overnight.gate.early_stopping import stopping_bar
from overnight.gate.gate import LOSSES_OF_NODES
from overnight.gate.guards import breach
from overnight.gate.noise import noise_kind
from overnight.gate.seeds import candidate_first, place_in_block, place_of_seed, trial_seed
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.git.port import FileChange
from overnight.machines.nodes.lost import NodeLost
from overnight.machines.place import LOCAL, Place
from overnight.program.program import Noise
from overnight.research.events import TrialCancelled, TrialFinished, TrialStarted, TrialVoided
from overnight.research.loop.command import TrialFailed
from overnight.research.loop.journal import Journal
from overnight.research.loop.port import TrialPostponed, Trials
from overnight.research.loop.slots import Slots, Urgency, anywhere
from overnight.research.loop.stop import Stop
from overnight.research.nodes import are_compared
from overnight.research.places.port import EnvironmentWatch
from overnight.research.search_trial import Searched

if TYPE_CHECKING:
    from overnight.research.loop.kept_results import KeptResults

SETTLING_S = 10.0  # that a machine may take to hear that a result is recorded

T = TypeVar("T")


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
    kept: "KeptResults | None" = None  # of trials on other machines

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
        """Run one trial and record it.

        None: the campaign stops before it starts, it is not `wanted` any more, or its node was lost, which voids it.
        """
        seed = self._seed(key, on)
        keeper = self.kept.where(key, commit=on.commit, seed=seed) if self.kept else anywhere
        async with self.slots.lease(urgency, key, partial(self._node, key, keeper)) as place:
            if not self._may_run(place, wanted):
                return None
            self._void_strays(key, place.node)
            if self._is_new_to_head(key, place):
                state = self.journal.state
                head = TrialKey(
                    experiment=state.head_experiment, stage=Stage.BASELINE, arm=Arm.BASELINE, index=state.gate.head_trials
                )
                await self._run_at(place, head, Subject(commit=state.head, tree=state.head))
                if not self._may_run(place, wanted):
                    return None
            return await self._run_at(place, key, on)

    def _may_run(self, place: Place, wanted: Callable[[], bool]) -> bool:
        return not self.stop.requested and wanted() and place.node in self.slots.nodes

    async def _run_at(self, place: Place, key: TrialKey, on: Subject) -> TrialFinished | None:
        """Run a trial on a slot that is held for it, and record it."""
        try:
            return await self._recorded(place, key, on)
        finally:
            if self.kept:
                with anyio.move_on_after(SETTLING_S, shield=True):
                    await self.kept.settle(key)

    async def _recorded(self, place: Place, key: TrialKey, on: Subject) -> TrialFinished | None:
        self._look_around()
        self.journal.show(TrialStarted(key=key, place=place))
        state = self.journal.state
        bar = stopping_bar(key, state.program.metric, state.gate)
        trials = self.trials.with_changes(on.changes) if on.changes else self.trials
        try:
            trial = await trials.run(key, commit=on.commit, tree=on.tree, seed=self._seed(key, on), slot=place.slot, bar=bar)
        except TrialPostponed:
            self.journal.show(TrialCancelled(key=key))
            return None
        except NodeLost as lost:
            self.slots.abandon(place)
            self.journal.record(TrialVoided(key=key, node=lost.node, reason=lost.reason))
            return None
        except anyio.get_cancelled_exc_class():
            self.journal.show(TrialCancelled(key=key))
            raise
        trial = replace(trial, surroundings=state.surroundings, place=place)
        finished = TrialFinished(trial=trial, elapsed_s=self.journal.elapsed_s(), searched=self._searched(on, trial))
        self.journal.record(finished)
        return finished

    async def checks(self, commit: str, urgency: Urgency = Urgency.HEAD, *, number: int = 0) -> TrialFailed | None:
        """Run the program's checks on a commit, of an experiment by number; the failure of the first that fails, or None."""

        async def run(place: Place) -> TrialFailed | None:
            return await self.trials.checks(commit, place.slot, number=number)

        try:
            return await self.somewhere(run, urgency)
        except NodeLost as lost:
            return TrialFailed(Fault.CHECKS, f"{LOSSES_OF_NODES} machines were lost while the checks ran; the last: {lost}")

    async def somewhere(self, job: Callable[[Place], Awaitable[T]], urgency: Urgency = Urgency.HEAD) -> T | None:
        """Run something that leaves no record on any slot, once more if its node is lost; None if the campaign stops before.

        Raises:
            NodeLost: that happened again.
        """
        for last in (False, True):
            async with self.slots.lease(urgency) as place:
                if self.stop.requested:
                    return None
                try:
                    return await job(place)
                except NodeLost:
                    self.slots.abandon(place)
                    if last:
                        raise
        return None

    def _seed(self, key: TrialKey, on: Subject) -> int:
        return self.seed(key, repeat=on.searched.repeat if on.searched else 0)

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

    def _node(self, key: TrialKey, keeper: Callable[[], str | None]) -> str | None:
        """The node that a trial must run on; None if that may be any.

        What it is compared with ran or runs there; or it ran there itself, and the result is not recorded here.
        """
        held = self.slots.holding(partial(are_compared, key))
        nodes: list[str | None] = [held.node] if held else [node for _, node in self._compared(key)]
        return next((node for node in nodes or [keeper()] if node in self.slots.nodes), None)

    def _is_new_to_head(self, key: TrialKey, place: Place) -> bool:
        """Whether a verdict without noise would compare with a head that was never measured on this node.

        Nodes may differ in a last digit: then both of a candidate's trials could win by where they ran.
        """
        state = self.journal.state
        if place.node == LOCAL or key.stage is not Stage.SCREEN or key.arm is not Arm.CANDIDATE:
            return False
        exact = noise_kind(state.program, state.gate) is Noise.DETERMINISTIC
        node = state.nodes.get(place.node)
        return exact and node is not None and node.head != state.head

    def _compared(self, key: TrialKey) -> Iterable[tuple[TrialKey, str]]:
        """The finished trials that one is compared with, and their nodes."""
        state = self.journal.state
        if key.stage is Stage.AUDIT:
            samples = state.audit.samples if state.audit else ()
            return [(one.key, one.node) for one in samples if are_compared(key, one.key)]
        trials = chain.from_iterable(opened.trials for opened in state.open if opened.number == key.experiment)
        return [(one.key, one.place.node) for one in trials if one.place and are_compared(key, one.key)]

    def _void_strays(self, key: TrialKey, node: str) -> None:
        """What a trial would be compared with ran on a node that is gone: the pair is run anew, all of it on this node."""
        for other, where in self._compared(key):
            if where != node:
                reason = "the node was lost before the other arm of the pair had run on it"
                self.journal.record(TrialVoided(key=other, node=where, reason=reason, under_way=False))

    def _look_around(self) -> None:
        """If what trials depend on has changed, record that before the trial, so that the ledger shows which ran on what."""
        state = self.journal.state
        if changed := self.environment.look(state.environment, state.program.readable):
            self.journal.record(changed)
