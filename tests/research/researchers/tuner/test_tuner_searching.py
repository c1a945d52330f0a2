"""The tuner with search trials: what it measures, when it proposes, and that nothing but its two exceptions leaves it."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from anyio import from_thread, wait_all_tasks_blocked
from tuner_searches import LOSS, FakeSearch, Function, Searched, Values, constants, quadratic

from overnight.gate.verdict import Verdict
from overnight.program.program import Direction, Metric
from overnight.research.experiment import Draft, Scalar
from overnight.research.researchers.port import NoIdeas, ProposalFailed, SearchEnded, SearchTrial
from overnight.research.researchers.tuner.exploring import Explorer, Point
from overnight.research.researchers.tuner.past import changed_keys

SOURCE = "RATE = 0.1\nDECAY = 0.1\nSCALE = 2.0\n"
BOWL = quadratic(RATE=0.02, DECAY=0.4)
START = BOWL(constants(SOURCE)) or 0.0


def noisy(source: str = SOURCE, function: Function = BOWL, budget: float = math.inf, at_once: int = 1) -> FakeSearch:
    """A search whose trials have noise, half of it the luck of their seed."""
    heads = tuple(START + 0.1 * (i - 2) for i in range(5))
    return FakeSearch(
        function=function,
        source=source,
        budget=budget,
        at_once=at_once,
        head_values=heads,
        noise=0.3,
        luck=0.3,
        sigma=0.42,
        together=at_once,
    )


def found(work: Searched) -> float:
    """The true value of what was proposed last."""
    return BOWL(constants(work.proposal)) or 0.0


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("at_once", [1, 4])
def test_one_jump_of_all_that_matters_is_proposed(tmp_path: Path, exact: bool, at_once: int) -> None:
    """It removes most of the loss at once, without what changes nothing if that is sure, and says how it was found."""
    search = (
        FakeSearch(function=BOWL, source=SOURCE, at_once=at_once, together=at_once)
        if exact
        else noisy(budget=200, at_once=at_once)
    )
    work = Searched(folder=tmp_path, search=search)
    draft = work.propose(1)
    assert found(work) < 0.2 * START
    assert changed_keys(draft.notes) - ({"t.py:SCALE"} if not exact else set()) == {"t.py:RATE", "t.py:DECAY"}
    assert draft.searched == len(search.trials)
    assert "found by search" in draft.hypothesis
    assert search.most_running == at_once


def test_a_maximised_metric_is_searched_upwards(tmp_path: Path) -> None:
    """The same constants, the other way round."""
    search = FakeSearch(function=lambda values: -(BOWL(values) or 0.0), source=SOURCE)
    work = Searched(folder=tmp_path, search=search, metric=Metric(name="score", direction=Direction.MAXIMIZE))
    work.propose(1)
    assert found(work) < 0.2 * START


def test_seeds_are_taken_in_turn_and_only_if_there_is_noise(tmp_path: Path) -> None:
    """An exact target is measured with one seed, no choice of values twice; a noisy one with a few, and the head with each."""
    exact = Searched(folder=tmp_path / "exact", search=FakeSearch(function=BOWL, source=SOURCE))
    exact.propose(1)
    assert {trial.repeat for trial in exact.search.trials} == {0}
    assert len({repr(trial.notes) for trial in exact.search.trials}) == len(exact.search.trials)
    other = Searched(folder=tmp_path / "noisy", search=noisy(budget=100))
    other.propose(1)
    assert {trial.repeat for trial in other.search.trials} == {0, 1, 2}
    assert sorted(trial.repeat for trial in other.search.trials if not changed_keys(trial.notes))[:3] == [0, 1, 2]


def test_what_was_found_is_not_proposed_twice(tmp_path: Path) -> None:
    """While a jump has no verdict, the tuner waits."""
    work = Searched(folder=tmp_path, search=FakeSearch(function=BOWL, source=SOURCE))
    work.propose(1)
    trials = len(work.search.trials)
    with pytest.raises(NoIdeas, match="waits for the verdict on what its search found"):
        work.propose(2)
    assert len(work.search.trials) == trials


def test_a_jump_that_came_to_nothing_is_not_proposed_again(tmp_path: Path) -> None:
    """Also if nothing was measured of it, as when the checks reject it: another one is, or the search goes on."""
    work, points = Searched(folder=tmp_path, search=FakeSearch(function=BOWL, source=SOURCE, budget=60)), []
    with pytest.raises((NoIdeas, SearchEnded)):
        for number in range(1, 100):
            draft = work.propose(number)
            points.append(draft.notes["point"])
            work.end(number, draft, Verdict.REJECT)
    assert len(points) == len({*points}) > 0


def test_search_goes_on_from_what_was_kept(tmp_path: Path) -> None:
    """Old trials still count: the next search needs fewer, and changes what is left to change."""
    work = Searched(folder=tmp_path, search=noisy(budget=120))
    draft = work.propose(1)
    first, before = len(work.search.trials), found(work)
    work.end(1, draft, Verdict.KEEP, START - before)
    work.search.head_values = (before, before + 0.1, before - 0.1)
    with pytest.raises((NoIdeas, SearchEnded)):
        for number in range(2, 40):
            draft = work.propose(number)
            assert "was t.py:SCALE" not in draft.notes or "search trials" not in draft.hypothesis
            work.end(number, draft, Verdict.DISCARD, 0.0)
    assert len([t for t in work.search.trials[first:] if t.base == "commit-1"]) == len(work.search.trials) - first


def test_crashes_are_avoided(tmp_path: Path) -> None:
    """If the program crashes where the optimum would be, the best that runs is proposed, and few trials crash."""
    search = FakeSearch(function=lambda values: None if float(values["RATE"] or 0) < 0.05 else BOWL(values), source=SOURCE)
    work = Searched(folder=tmp_path, search=search)
    work.propose(1)
    assert 0.05 <= float(constants(work.proposal)["RATE"] or 0) < 0.07
    assert sum(trial.value is None for trial in search.trials) < len(search.trials) / 2


@pytest.mark.parametrize("at_once", [1, 4])
def test_the_end_of_a_search_is_passed_on(tmp_path: Path, at_once: int) -> None:
    """With a budget that ends before anything is worth a proof, `SearchEnded` leaves; every trial that ended is known."""
    work = Searched(folder=tmp_path, search=noisy(budget=7, at_once=at_once))
    with pytest.raises(SearchEnded):
        work.propose(1)
    assert len(work.search.trials) == 7
    with pytest.raises(SearchEnded):
        work.propose(2)


def test_a_restart_continues_the_search(tmp_path: Path) -> None:
    """A tuner that recalls the trials of another measures nothing twice, and what it proposes is as good."""
    work = Searched(folder=tmp_path, search=FakeSearch(function=BOWL, source=SOURCE, budget=12))
    with pytest.raises(SearchEnded):
        work.propose(1)
    work.restart()
    work.search.budget = math.inf
    draft = work.propose(2)
    assert draft.searched == len(work.search.trials) > 12
    assert len({repr(trial.notes) for trial in work.search.trials}) == len(work.search.trials)
    assert found(work) < 0.2 * START


@dataclass(slots=True, kw_only=True)
class Late(FakeSearch):
    """Trials of other values than the head's end when they may."""

    may_end: anyio.Event = field(default_factory=anyio.Event)

    async def measure(self, files: Mapping[str, bytes], notes: Mapping[str, Scalar], *, repeat: int = 0) -> SearchTrial:
        """One trial."""
        if changed_keys(notes):
            await self.may_end.wait()
        return await FakeSearch.measure(self, files, notes, repeat=repeat)

    async def end(self) -> None:
        """Let them end, and wait until they have been taken in."""
        self.may_end.set()
        await wait_all_tasks_blocked()


def test_what_ends_while_it_thinks_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last choice of a small space ends while the tuner looks at the ones before, and is what it proposes."""
    search = Late(function=lambda values: float(bool(values["A"])), source="A = True\n", at_once=2)
    work, suggest = Searched(folder=tmp_path, search=search), Explorer.suggest

    def thinks(explorer: Explorer, tried: Collection[Point], seed: int) -> Values | None:
        suggested = suggest(explorer, tried, seed)
        if suggested is None:
            from_thread.run(search.end)
        return suggested

    monkeypatch.setattr(Explorer, "suggest", thinks)
    work.propose(1)
    assert constants(work.proposal) == {"A": False} and len(search.trials) == 2


def test_a_trial_without_inputs_shows_nothing(tmp_path: Path) -> None:
    """No constant is to blame for it: each is measured again, and is part of what is proposed; it counts as no trial."""
    void = [n for n in range(40) if n % 3]
    work = Searched(folder=tmp_path, search=FakeSearch(function=BOWL, source=SOURCE, without_inputs=void))
    draft = work.propose(1)
    assert found(work) < 0.2 * START
    assert draft.searched == sum(not trial.void for trial in work.search.trials) < len(work.search.trials)
    assert "crash" not in draft.hypothesis


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_search_without_inputs_is_given_up(tmp_path: Path, at_once: int) -> None:
    """After three trials in a row whose `prepare` failed, with the reason; those under way end."""
    search = FakeSearch(function=BOWL, source=SOURCE, at_once=at_once, without_inputs=range(100))
    with pytest.raises(ProposalFailed, match="search trials in a row had no inputs: `prepare` failed: exit code 1"):
        Searched(folder=tmp_path, search=search).propose(1)
    assert 3 <= len(search.trials) < 3 + at_once


def test_the_same_assignment_gives_the_same_search(tmp_path: Path) -> None:
    """Two tuners measure and propose the same."""
    works = [Searched(folder=tmp_path / str(i), search=noisy(budget=40)) for i in range(2)]
    drafts = [work.propose(1) for work in works]
    assert drafts[0] == drafts[1]
    assert works[0].search.trials == works[1].search.trials


def test_a_simplification_comes_every_24_search_trials(tmp_path: Path) -> None:
    """A statement or an effect fewer is proposed now and then, and is screened as any other change."""
    source = f"{SOURCE}def forward(x):\n    x = norm(x)\n    return x\n"
    work = Searched(folder=tmp_path, search=noisy(source, budget=200))
    drafts: list[Draft] = []
    for number in range(1, 5):
        drafts.append(work.propose(number))
        work.end(number, drafts[-1], Verdict.DISCARD, -0.1)
    simpler = [draft for draft in drafts if "simpler if nothing is lost" in draft.hypothesis]
    assert len(simpler) == 1
    assert simpler[0].hypothesis.startswith(("Drop `x = norm(x)` in forward() (", "Lower SCALE from 2 to 1 (", "Lower DECAY"))
    assert simpler[0].searched == 0


def test_a_switch_that_crashes_does_not_stop_the_search(tmp_path: Path) -> None:
    """Nor is it changed for ever: after a few crashes it is left alone."""
    source = "RATE = 0.1\nNORM = True\nSIZE = 33\n"

    def function(values: Values) -> float | None:
        return quadratic(RATE=0.02)(values) if values["NORM"] and values["SIZE"] == 33 else None

    work = Searched(folder=tmp_path, search=FakeSearch(function=function, source=source))
    work.propose(1)
    assert float(constants(work.proposal)["RATE"] or 0) == pytest.approx(0.02, rel=0.3)
    assert sum(trial.value is None for trial in work.search.trials) <= 20


HOSTILE = {
    "constant": lambda _: 1.0,
    "zero": lambda _: 0.0,
    "crashes": lambda _: None,
    "huge": lambda values: 1e300 * (BOWL(values) or 0.0),
    "opposite": lambda values: 1.7e308 if float(values["RATE"] or 0) > 0.1 else -1.7e308,
    "tiny": lambda values: 1e-300 * (BOWL(values) or 0.0),
    "not a number": lambda values: math.nan if float(values["RATE"] or 0) > 0.1 else BOWL(values),
    "infinite": lambda values: math.inf if float(values["RATE"] or 0) > 0.1 else -math.inf,
    "two values": lambda values: float(float(values["RATE"] or 0) > 0.1),
}


HEADS: Sequence[tuple[tuple[float, ...], float]] = (
    ((1.0, 1.0), 0.0),
    ((math.nan, 1.0), 1.0),
    ((1.7e308, 1.7e308), 0.0),
    ((math.inf,), 1.0),
)


@pytest.mark.parametrize(("name", "head"), [(name, i % len(HEADS)) for i, name in enumerate(HOSTILE)])
def test_whatever_trials_report_only_its_own_exceptions_leave(tmp_path: Path, name: str, head: int) -> None:
    """A proposal, no ideas or the end of the search, within the budget."""
    heads, sigma = HEADS[head]
    search = FakeSearch(
        function=HOSTILE[name], source=SOURCE, budget=20, at_once=2, head_values=heads, noise=sigma, sigma=sigma and math.inf
    )
    work = Searched(folder=tmp_path, search=search)
    with pytest.raises((NoIdeas, SearchEnded)):
        for number in range(1, 100):
            draft = work.propose(number)
            work.end(number, draft, Verdict.DISCARD, None)
    assert len(search.trials) <= 20


@pytest.mark.parametrize(
    "source",
    [
        "\n".join(f"A{i} = 0.{i + 1}5" for i in range(80)),
        "A = 1e-300\nB = 5e-324\nC = -1e-300\nD = 999999999999999999\nE = 1e18\nDROPOUT = 0.0\nBETA = 0.99999999999\n",
        "A = True\n",
        "ä = 0.5\nCONFIG = {'é': 0.5, 'ключ': 3, 'x': {'y': (0.5, 3)}}\n",
    ],
)
def test_many_extreme_and_oddly_named_constants(tmp_path: Path, source: str) -> None:
    """At most 64 constants are searched, and each value is written so that the file says the same number."""
    search = FakeSearch(function=lambda values: 1.0 * (len(repr(values)) % 7), source=source, budget=30)
    work = Searched(folder=tmp_path, search=search)
    with pytest.raises((NoIdeas, SearchEnded)):
        for number in range(1, 20):
            work.end(number, work.propose(number), Verdict.DISCARD, -1.0)
    assert search.trials
    for trial in search.trials:
        assert len([key for key in trial.notes if ":" in key and not key.startswith("was ")]) <= 64
        assert all(math.isfinite(value) for value in trial.notes.values() if isinstance(value, float))


@pytest.mark.parametrize("path", ["a b.py", "ä.py", "-x.py", "a:b.py"])
def test_files_with_odd_names(tmp_path: Path, path: str) -> None:
    """A search in such a file is like any other."""
    search = FakeSearch(function=BOWL, source=SOURCE, budget=30)
    work = Searched(folder=tmp_path, search=search, metric=LOSS, editable=(path,))
    with pytest.raises((NoIdeas, SearchEnded)):
        for number in range(1, 20):
            work.end(number, work.propose(number), Verdict.DISCARD, -1.0)
    assert search.trials
