"""Simulated campaigns of the tuner, and Optuna beside it, as the bench compares them."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import anyio
import pytest
from tuning import optuna_alone
from tuning.bowls import Bowls
from tuning.campaign import run_campaign, run_in
from tuning.comparison import Compared, Instance
from tuning.cost import TimedLaboratory
from tuning.figures import figures, row
from tuning.laboratory import Laboratory, Spent
from tuning.objective import PATH, Objective
from tuning.optuna_alone import Sampler, Trace
from tuning.pricing import Pricing
from tuning.training import Training

from overnight.gate.trial import Stage
from overnight.gate.verdict import Verdict
from overnight.research.experiment import Draft, Experiment
from overnight.research.researchers.port import Assignment, NoIdeas, SearchEnded, SearchTrial


@dataclass(slots=True)
class ProposesOptimum:
    """A researcher that knows the optimum, then has no ideas."""

    source: str
    name: str = "oracle"
    learned: list[Experiment] = field(default_factory=list)

    async def propose(self, assignment: Assignment) -> Draft:
        if self.learned:
            raise NoIdeas("nothing is left")
        Path(assignment.workspace, PATH).write_text(self.source)  # noqa: ASYNC240  # of a test
        return Draft(hypothesis="the optimum")

    def learn(self, experiment: Experiment) -> None:
        self.learned.append(experiment)

    def recall(self, trial: SearchTrial) -> None:
        pass


@dataclass(slots=True)
class SearchesFirst(ProposesOptimum):
    """One that measures the optimum a few times before it proposes it."""

    trials: int = 5

    async def propose(self, assignment: Assignment) -> Draft:
        assert assignment.search
        for repeat in range(self.trials):
            await assignment.search.measure({PATH: self.source.encode()}, {}, repeat=repeat)
        draft = await ProposesOptimum.propose(self, assignment)
        return replace(draft, searched=self.trials)


def compared(regrets: Mapping[int, float], theirs: float, seed: int) -> Compared:
    """A comparison with these regrets of heads, by budget."""
    outcome = replace(run_campaign(Bowls(0), 20, "s"), baseline=8, search=0, proof=12)
    return Compared(
        instance=Instance(objective="bowls", seed=seed, budgets=tuple(regrets)),
        ours={budget: replace(outcome, regret=regret) for budget, regret in regrets.items()},
        optuna={sampler: Trace(regrets=[2.0] * 10 + [theirs] * 90, errors=[0.1] * 100) for sampler in Sampler},
    )


@pytest.mark.parametrize("family", [Bowls, Training, Pricing])
def test_campaign_of_the_tuner_spends_its_budget(family: type[Objective]) -> None:
    """Every trial counts, whatever its stage, and none beyond the budget runs; the same secret gives the same campaign."""
    outcomes = [run_campaign(family(1), 60, "secret") for _ in range(2)]
    assert outcomes[0].trials == 60
    assert outcomes[0].baseline >= 8
    assert outcomes[0].judged == outcomes[1].judged
    assert outcomes[0].regret == outcomes[1].regret


def test_optimum_is_proven_and_its_claim_is_compared_with_the_truth() -> None:
    """The gate keeps it as it would in a campaign; the regret is that of the kept head."""
    objective = Bowls(2)
    researcher = ProposesOptimum(objective.best)
    laboratory = Laboratory(objective=objective, trials=100, secret="s", head=objective.start)
    outcome = run_in(laboratory, researcher)
    assert outcome.regret == 0.0
    assert outcome.end == "nothing is left"
    assert [judged.verdict for judged in outcome.judged] == [Verdict.KEEP]
    (claim,) = outcome.claims
    assert claim.truth == pytest.approx(1.0)
    assert claim.holds
    assert researcher.learned[0].conclusion is not None
    assert outcome.proof + outcome.baseline == outcome.trials < 100


def test_what_a_search_found_is_not_screened() -> None:
    """Search trials have a count of their own; the time between them is taken for the tuner's."""
    objective = Bowls(2)
    researcher = SearchesFirst(objective.best)
    laboratory = TimedLaboratory(objective=objective, trials=100, secret="s", head=objective.start)
    outcome = run_in(laboratory, researcher)
    assert outcome.search == 5 + 5  # the second time it finds that it has no ideas
    assert [claim.searched for claim in outcome.claims] == [5]
    assert laboratory.used[Stage.SCREEN] == 0
    assert researcher.learned[0].unscreened
    assert len(laboratory.thought_s) == 4 + 4


def test_search_ends_with_the_budget() -> None:
    """The campaign is over then."""
    objective = Bowls(2)
    laboratory = Laboratory(objective=objective, trials=12, secret="s", head=objective.start)
    outcome = run_in(laboratory, SearchesFirst(objective.best))
    assert outcome.end == "the trials are used up"
    assert (outcome.baseline, outcome.search, outcome.proof) == (8, 4, 0)
    assert not outcome.judged


def test_unfinished_proof_does_not_count() -> None:
    """If the budget ends within it, the head stays what it was."""
    objective = Bowls(2)
    laboratory = Laboratory(objective=objective, trials=20, secret="s", head=objective.start)
    outcome = run_in(laboratory, ProposesOptimum(objective.best))
    assert outcome.regret == 1.0
    assert not outcome.claims
    assert outcome.trials == 20


def test_search_trials_share_a_seed_by_repeat_and_end_with_the_budget() -> None:
    """They count as trials, and the gate does not see them."""
    objective = Bowls(2)
    laboratory = Laboratory(objective=objective, trials=12, secret="s", head=objective.start)
    laboratory.baseline()
    search = laboratory.search("c0", "tuner")
    known, files = laboratory.memory, {PATH: objective.best.encode()}
    first, again, other = (anyio.run(partial(search.measure, files, {"a": 1}, repeat=repeat)) for repeat in (0, 0, 1))
    assert first.value == again.value != other.value
    assert first.notes == {"a": 1}
    assert search.trials_left() == 1
    assert search.sigma > 0.0
    assert search.head_values == known.baseline
    crashed = anyio.run(search.measure, {PATH: b""}, {})
    assert crashed.value is None
    assert crashed.reason
    with pytest.raises(SearchEnded):
        anyio.run(search.measure, files, {})
    assert laboratory.memory == known
    assert laboratory.used == {Stage.BASELINE: 8, Stage.SEARCH: 4}
    with pytest.raises(Spent):
        laboratory.judge(1, objective.best, screened=True)


def test_optuna_begins_at_the_start_and_its_trace_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trace has a regret for each trial; a second call reads it."""
    monkeypatch.setattr(optuna_alone, "FOLDER", tmp_path)
    trace = optuna_alone.optuna_alone(Training(1), Sampler.DEFAULT, 15)
    assert trace.regrets[0] == trace.regret(1) == trace.regret(0) == 1.0
    assert len(trace.regrets) == len(trace.errors) == 15
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text().replace("1.0", "2.0", 1))
    assert optuna_alone.optuna_alone(Training(1), Sampler.DEFAULT, 15).regret(1) == 2.0


def test_ratio_is_that_of_the_medians_with_an_interval_over_instances() -> None:
    """Optuna has as many trials as ours, or those that baseline and proof left."""
    rng = random.Random(1)
    results = [compared({20: 0.2 + 0.1 * rng.random(), 100: 0.1}, 0.2, seed) for seed in range(9)]
    short, long = figures(results)
    assert short.budget == 20
    assert short.equal[Sampler.DEFAULT].low <= short.equal[Sampler.DEFAULT].ratio <= short.equal[Sampler.DEFAULT].high
    assert short.equal[Sampler.DEFAULT].theirs == 0.2
    assert short.left[Sampler.DEFAULT].theirs == 1.0
    assert long.equal[Sampler.DEFAULT].ratio == pytest.approx(0.5)
    assert long.stages[0] + long.stages[1] + long.stages[2] == 20
    assert row(long).startswith("| bowls | 100 | 0.100 (0.100 to 0.100) | 0.200: 0.50 (0.50 to 0.50) |")
