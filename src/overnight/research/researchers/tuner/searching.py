"""One search of the tuner: it measures what its model finds promising, until the best of it is worth a proof."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import anyio
from anyio import to_thread

from overnight.gate.steps import VOIDS
from overnight.program.program import Metric
from overnight.research.experiment import Scalar
from overnight.research.researchers.port import ProposalFailed, Search, SearchEnded
from overnight.research.researchers.tuner.banking import Prospect, worth_a_proof
from overnight.research.researchers.tuner.exploring import Explorer, Point
from overnight.research.researchers.tuner.findings import Value
from overnight.research.researchers.tuner.jump import Jump, best_jump
from overnight.research.researchers.tuner.moves import Move
from overnight.research.researchers.tuner.observations import Observation, oriented
from overnight.research.researchers.tuner.past import FRUITLESS, WAS, Past
from overnight.research.researchers.tuner.so_far import Wait, so_far
from overnight.research.researchers.tuner.target import Target
from overnight.research.search_trial import SO_FAR
from overnight.words.quantities import counted

SEEDS = 3  # that trials take in turn: one would be overfitted, many would hide in their own luck what a change does
LOOKS = 4  # trials between two looks at whether the best is worth a proof
CHECKED = 2  # seeds with which a jump is measured before its proof: a proof of what crashes costs ten times as much
MOST_REPEATS = 8  # trials of one choice of values


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A trial to run next."""

    values: Mapping[str, Value]  # of all constants
    repeat: int


@dataclass(slots=True, kw_only=True)
class Searching:
    """The search for one proposal."""

    target: Target
    explorer: Explorer
    past: Past
    search: Search
    metric: Metric
    head: str  # commit
    random: Random
    proposed: Collection[str] = ()  # points of the tuner's proposals
    _running: list[Probe] = field(default_factory=list)
    _ended: anyio.Event = field(default_factory=anyio.Event)  # set and replaced when a trial ends
    _over: bool = False  # nothing more is measured for this proposal
    _voids: list[str] = field(default_factory=list)  # why the newest trials in a row had no inputs
    _looked: int = 0  # search trials when it last looked at the best
    _chosen: Jump | None = None  # what is worth a proof, while it is checked and trials that run end
    _said: str = ""  # of the best at the last look, for people

    async def jump(self) -> Jump | None:
        """The best that was found, once it is worth a proof; None if there is nothing left to measure.

        Raises:
            SearchEnded: nothing more is measured for this proposal.
            ProposalFailed: trials have no inputs.
        """
        async with anyio.create_task_group() as tasks:
            while not self._over and len(self._voids) < VOIDS:
                if len(self._running) >= self.search.at_once:
                    await self._ended.wait()
                    continue
                ended = self._ended
                found = await to_thread.run_sync(self._next)
                if isinstance(found, Probe):
                    self._running.append(found)
                    tasks.start_soon(self._measure, found)
                elif self._running or ended.is_set():
                    await ended.wait()  # a trial that ended meanwhile may show something better
                else:
                    return found
        if self._over:
            raise SearchEnded
        raise ProposalFailed(f"{counted(len(self._voids), 'search trial')} in a row had no inputs: {self._voids[-1]}")

    async def _measure(self, probe: Probe) -> None:
        own = self._own
        changed = {key: value for key, value in probe.values.items() if value != own[key]}
        notes: dict[str, Scalar] = {**probe.values, **{WAS + key: own[key] for key in changed}}
        notes |= {SO_FAR: self._said} if self._said else {}
        try:
            trial = await self.search.measure(self.target.edit(Move(values=changed, reason="")), notes, repeat=probe.repeat)
            self.past.recall(trial)
            self._voids = [*self._voids, trial.reason] if trial.void else []
        except SearchEnded:
            self._over = True
        finally:
            self._running.remove(probe)
            self._ended.set()
            self._ended = anyio.Event()

    @property
    def _own(self) -> Mapping[str, Value]:
        """The values of the head."""
        return {d.key: d.constant.value for d in self.explorer.space}

    def _next(self) -> Probe | Jump | None:
        """What to measure or to propose; None if there is neither. It takes some 10 ms, so it runs in a thread."""
        if self.past.fruitless >= FRUITLESS:
            return None
        seeds = 1 if self.search.exact else SEEDS
        if (unseen := self._unseen(self._own, seeds)) is not None:
            return Probe(values=self._own, repeat=unseen)
        observations = self._observations()
        self.explorer.learn(observations, self.search.sigma, observations[-1].value if self._heads else None)
        if self._chosen or abs(self.past.searched - self._looked) >= LOOKS:
            found = self._look()
            if found:
                return found
        values = self.explorer.suggest(self._tried(observations), self.random.getrandbits(32))
        if values:
            return Probe(values=values, repeat=(self.past.searched + len(self._running)) % seeds)
        return self._again() or self._jump_worth_a_proof(last=True)

    def _look(self) -> Probe | Jump | None:
        """The best as a jump if it is worth a proof, after a few trials of its own; else None."""
        self._looked = self.past.searched
        self._chosen = self._revised(self._chosen) if self._chosen else self._jump_worth_a_proof()
        if self._chosen is None:
            return None
        values = {**self._own, **self._chosen.values}
        unseen = self._unseen(values, 1 if self.search.exact else CHECKED)
        return self._chosen if unseen is None else Probe(values=values, repeat=unseen)

    def _revised(self, chosen: Jump) -> Jump | None:
        """A jump as it looks after further trials; None if it is not worth a proof any more."""
        ((gain,), (error,)) = self.explorer.gains([chosen.values])
        return self._if_worth(Jump(values=chosen.values, gain=float(gain), error=float(error), shares=chosen.shares))

    def _jump_worth_a_proof(self, *, last: bool = False) -> Jump | None:
        return self._if_worth(best_jump(self.explorer, self.random.getrandbits(32)), last=last)

    def _if_worth(self, jump: Jump | None, *, last: bool = False) -> Jump | None:
        """A jump if it is worth a proof; what people are told of it changes with that."""
        wait = self._wait(jump, last=last) if jump else None
        heads = self._heads
        self._said = so_far(jump, sum(heads) / len(heads) if heads else None, wait or Wait.CHECKED)
        return None if wait else jump

    def _wait(self, jump: Jump, *, last: bool) -> Wait | None:
        """Why a jump is not worth a proof now; None if it is."""
        potential = 0.0 if last else self.explorer.potential
        if potential is None:
            return Wait.FEW
        if self.target.point(self.target.edit(Move(values=jump.values, reason=""))) in self.proposed:
            return Wait.PROPOSED
        prospect = Prospect(
            gain=jump.gain,
            error=jump.error,
            potential=potential,
            constants=len(self.explorer.space),
            spent=self.past.searched,
            left=self.search.trials_left(),
        )
        if worth_a_proof(prospect, self.search.proof_trials):
            return None
        return Wait.UNPROVABLE if math.isinf(self.search.proof_trials(jump.gain - jump.error)) else Wait.MORE

    @property
    def _heads(self) -> Sequence[float]:
        """The newest values of the head."""
        return [value for value in self.search.head_values if math.isfinite(value)]

    def _observations(self) -> Sequence[Observation]:
        heads = self._heads
        own = Observation(
            values=self._own,
            value=oriented(self.metric, sum(value / len(heads) for value in heads)),
            block=self.past.block(self.head, "head"),
            share=1.0 / max(len(heads), 1),
        )
        return [*self.past.observations(self.metric), *([own] if heads else [])]

    def _tried(self, observations: Sequence[Observation]) -> set[Point]:
        """What was measured, or is: the choices of values of this space."""
        own = self._own
        seen = (*(one.values for one in observations), *(probe.values for probe in tuple(self._running)))
        return {tuple((key, values.get(key, own[key])) for key in own) for values in seen}

    def _unseen(self, values: Mapping[str, Value], seeds: int) -> int | None:
        """The first seed with which these values were not measured, nor are, if that were fewer than so many; else None."""
        running = {f"search {probe.repeat}" for probe in tuple(self._running) if probe.values == values}
        seen = running | {seed for seed in self.past.repeats(values, self.head) if seed.startswith("search ")}
        if len(seen) >= seeds:
            return None
        return next(repeat for repeat in range(len(seen) + 1) if f"search {repeat}" not in seen)

    def _again(self) -> Probe | None:
        """Another trial of a choice that was measured before, where there are only few choices and they are noisy."""
        if self.search.exact:
            return None
        values = self.explorer.suggest((), self.random.getrandbits(32))
        unseen = self._unseen(values, MOST_REPEATS) if values else None
        return None if values is None or unseen is None else Probe(values=values, repeat=unseen)
