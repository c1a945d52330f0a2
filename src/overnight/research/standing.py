"""What a campaign's state consists of: open experiments, kept changes and a tally."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from math import fsum

from overnight.gate.memory import GateMemory
from overnight.gate.noise import noise_model
from overnight.gate.pairs import judged_pairs
from overnight.gate.plausibility import Levels
from overnight.gate.trial import Stage, Trial
from overnight.gate.verdict import Conclusion
from overnight.program.program import Program
from overnight.research.events import Moved, Proposed, Registered, Reopened, TrialFinished, TrialVoided

PROOF = frozenset({Stage.SCREEN, Stage.CONFIRM, Stage.HOLDOUT})  # stages that judge proposals


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenExperiment:
    """A proposal without its verdict, or a keep whose branch has not moved yet."""

    proposed: Proposed
    moved: Moved | None = None  # the newest move onto another head
    restart: int = 0  # how often its evidence started again
    registered: Registered | None = None  # its test, once it has one
    trials: tuple[Trial, ...] = ()  # since the evidence last started again
    losses: tuple[str, ...] = ()  # of nodes, each while a trial of its tree ran there
    conclusion: Conclusion | None = None  # set: a keep that waits for `Advanced`
    head_values: tuple[float, ...] = ()  # of such a keep, as in `Kept`
    levels: Levels | None = None  # of such a keep, as in `Kept`

    @property
    def number(self) -> int:
        """Of the experiment."""
        return self.proposed.number

    @property
    def base(self) -> str:
        """The commit that it is measured against."""
        return self.moved.onto if self.moved else self.proposed.base

    @property
    def commit(self) -> str:
        """The commit that is measured."""
        return self.moved.commit if self.moved else self.proposed.commit

    @property
    def tree(self) -> str:
        """The digest of its change."""
        return self.moved.tree if self.moved else self.proposed.tree

    @property
    def level(self) -> float | None:
        """The level alpha_t of its test; None before it has one."""
        return self.registered.level if self.registered else None

    @property
    def margin(self) -> float:
        """The harm that a change to less code may do, by its test; 0: it must be better."""
        return self.registered.margin if self.registered else 0.0

    @property
    def screened(self) -> bool:
        """Whether it need not be screened: it was before it was merged into this head, or a search found it."""
        return self.moved.screened if self.moved else self.proposed.searched > 0

    @property
    def unscreened(self) -> bool:
        """Whether it was put to the test without screening, as its author's search stands in for it."""
        stages = {trial.key.stage for trial in self.trials}
        return self.proposed.searched > 0 and Stage.CONFIRM in stages and Stage.SCREEN not in stages

    @property
    def replaces(self) -> tuple[int, ...]:
        """The kept experiments that it would undo."""
        return self.moved.replaces if self.moved else ()

    @property
    def shrinks(self) -> bool:
        """Whether it has less code than what it is measured against."""
        size = self.moved or self.proposed
        return size.lines_removed > size.lines_added


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One link of the chain of keeps."""

    number: int
    commit: str
    hypothesis: str
    conclusion: Conclusion
    head_values: tuple[float, ...] = ()  # trials of the head that a keep without a test was judged against
    levels: Levels | None = None  # of the head and of this, by the trials that its verdict is based on
    replaced_by: int = 0  # later keep that undid it, because their texts conflict; 0: none
    searched: int = 0  # as in `Experiment`, as the next two
    unscreened: bool = False
    together: tuple[int, ...] = ()
    believed: bool = False  # a person has read it, and believes its gain


def with_beliefs(kept: Iterable[Kept], commits: Collection[str]) -> tuple[Kept, ...]:
    """The chain, with what a person said of these commits."""
    return tuple(replace(link, believed=link.believed or link.commit in commits) for link in kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many experiments ended how, and what they used."""

    keep: int = 0
    discard: int = 0
    crash: int = 0
    reject: int = 0
    reopened: int = 0  # that had another verdict before, which counts no more
    missed: int = 0  # tries of researchers and advisers that came to nothing
    trials: int = 0
    search: int = 0  # of the trials: those that searched
    proof: int = 0  # screening, confirmation and holdout
    baseline: int = 0  # of heads; the rest are an audit's
    trial_wall_s: float = 0.0
    search_wall_s: float = 0.0  # of it
    tokens: int = 0
    cost_usd: float = 0.0

    @property
    def experiments(self) -> int:
        """Those that ran; a reject is free of charge."""
        return self.keep + self.discard + self.crash


def counted_in(tally: Tally, trial: Trial) -> Tally:
    """The tally after another finished trial."""
    stage = trial.key.stage
    return replace(
        tally,
        trials=tally.trials + 1,
        search=tally.search + (stage is Stage.SEARCH),
        proof=tally.proof + (stage in PROOF),
        baseline=tally.baseline + (stage is Stage.BASELINE),
        trial_wall_s=tally.trial_wall_s + trial.wall_s,
        search_wall_s=tally.search_wall_s + (trial.wall_s if stage is Stage.SEARCH else 0.0),
        tokens=tally.tokens + trial.tokens,
        cost_usd=tally.cost_usd + trial.cost_usd,
    )


def levels_of(opened: OpenExperiment, program: Program, gate: GateMemory) -> Levels | None:
    """Both sides of a kept experiment by the trials that its verdict is based on; None if there are none.

    `gate` is what was known of the head that it was judged against.
    """
    pairs = [pair for pair in judged_pairs(opened.trials, opened.conclusion.pairs if opened.conclusion else 0) if pair.valid]
    before, after = [pair.values[0] for pair in pairs], [pair.values[1] for pair in pairs]
    if not pairs:
        before = list(opened.head_values)
        after = [t.value for t in opened.trials if t.key.stage is Stage.SCREEN and t.value is not None]
    if not before or not after:
        return None
    sides = fsum(before) / len(before), fsum(after) / len(after)
    return Levels(before=sides[0], after=sides[1], deviations=noise_model(program, gate).deviations(program.metric, *sides))


def opened_by(event: Proposed | Reopened) -> OpenExperiment:
    """An experiment as it is when it is proposed, or opened again."""
    if isinstance(event, Reopened):
        return OpenExperiment(proposed=event.proposed, restart=event.restart)
    return OpenExperiment(proposed=event)


def continued(opened: OpenExperiment, event: Moved | Registered | TrialFinished) -> OpenExperiment:
    """An open experiment after one of its events."""
    match event:
        case Moved():
            return OpenExperiment(proposed=opened.proposed, moved=event, restart=opened.restart + 1, losses=opened.losses)
        case Registered():
            return replace(opened, registered=event)
        case TrialFinished(trial=trial):
            return replace(opened, trials=(*opened.trials, trial))


def voided(opened: OpenExperiment, event: TrialVoided, loss: str) -> OpenExperiment:
    """An open experiment without a trial that counts no more; `loss`: of a node, which its tree may be to blame for."""
    losses = opened.losses if not loss or loss in opened.losses else (*opened.losses, loss)
    return replace(opened, losses=losses, trials=tuple(trial for trial in opened.trials if trial.key != event.key))
